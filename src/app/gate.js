// The page's policy requires Trusted Types. The browser calls the policy named default when a string becomes markup.
// Leptos creates elements from the program's own markup, and none of that can run a script. Markup that could run one
// is refused. Scripts are never created from strings.
window.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (/<(script|iframe|object|embed|base)|[\s/"']on\w+\s*=|javascript:/i.test(html) ? null : html),
});
(function () {
  function stored(storage, key) {
    try {
      return window[storage].getItem("cloakroom." + key);
    } catch (blocked) {
      return null;
    }
  }
  function open(session) {
    try {
      session = JSON.parse(session);
      // With a refresh token, the UI gets the next token.
      return session.expires_at > Date.now() || /offline_access/.test(session.token.scope);
    } catch (nonsense) {
      return false;
    }
  }
  var root = document.documentElement;
  var isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  // A note is for the login page that is loaded when a session ends (src/app/way_out.rs). That page did not come.
  if (isBack && history.state?.note) history.replaceState(history.state.stamp, "");
  // What the person chose. Without a choice, the stylesheet asks the system.
  var theme = stored("localStorage", "theme");
  if (theme === "light" || theme === "dark") {
    root.dataset.theme = theme;
    var metas = document.querySelectorAll("meta[media]");
    metas[0].content = metas[1].content = metas[theme === "dark" ? 1 : 0].content;
  }
  var sessions = [stored("sessionStorage", "session"), stored("localStorage", "session")];
  root.dataset.session = sessions.some(open) ? "open" : "none";
  // An expired session is not handled here. The UI ends it, and says so on the login page.
  if (!sessions.some(Boolean) && root.dataset.audience === "signed-in") {
    var next = location.pathname + location.search;
    // Who goes back may be another person: what the former one looked at is not handed on.
    location.replace(isBack || next === "/" ? "/login" : "/login?next=" + encodeURIComponent(next));
  }
})();
