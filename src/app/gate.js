// The page's policy requires Trusted Types. The browser calls the policy named default when a string becomes markup.
// Leptos creates elements from the program's own markup, and none of that can run a script. Markup that could run one
// is refused. Scripts are never created from strings.
window.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (/<(script|iframe|object|embed|base)|[\s/"']on\w+\s*=|javascript:/i.test(html) ? null : html),
});
(function () {
  function stored(storage) {
    try {
      return window[storage].getItem("cloakroom.session");
    } catch (blocked) {
      return null;
    }
  }
  function open(session) {
    try {
      return JSON.parse(session).expires_at > Date.now();
    } catch (nonsense) {
      return false;
    }
  }
  var root = document.documentElement;
  var sessions = [stored("sessionStorage"), stored("localStorage")];
  root.dataset.session = sessions.some(open) ? "open" : "none";
  // An expired session is not handled here. The UI ends it, and says so on the login page.
  if (!sessions.some(Boolean) && root.dataset.audience === "signed-in") {
    var next = location.pathname + location.search;
    location.replace(next === "/" ? "/login" : "/login?next=" + encodeURIComponent(next));
  }
})();
