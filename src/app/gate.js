// Leptos makes elements of the program's own markup. Markup that could run a script is none of it, and scripts are never
// made of strings: the policy of this name is asked whenever that is tried (Trusted Types, as the page's policy demands).
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
  // One that expired is for the UI to end, which says so on the login page.
  var path = location.pathname.replace(/(.)\/$/, "$1");
  if (!sessions.some(Boolean) && (path === "/" || path === "/account")) {
    location.replace(path === "/" ? "/login" : "/login?next=" + encodeURIComponent(location.pathname + location.search));
  }
})();
