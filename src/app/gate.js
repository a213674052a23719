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
  var sessions = [stored("sessionStorage"), stored("localStorage")];
  document.documentElement.dataset.session = sessions.some(open) ? "open" : "none";
  // An expired session is not handled here. The UI ends it, and says so on the login page.
  var path = location.pathname.replace(/(.)\/$/, "$1");
  if (!sessions.some(Boolean) && (path === "/" || path === "/account")) {
    location.replace(path === "/" ? "/login" : "/login?next=" + encodeURIComponent(location.pathname + location.search));
  }
})();
