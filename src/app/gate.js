(function () {
  function open(storage) {
    try {
      return JSON.parse(window[storage].getItem("cloakroom.session")).expires_at > Date.now();
    } catch (nothingThere) {
      return false;
    }
  }
  var session = open("sessionStorage") || open("localStorage");
  document.documentElement.dataset.session = session ? "open" : "none";
  var path = location.pathname.replace(/(.)\/$/, "$1");
  if (!session && (path === "/" || path === "/account")) {
    location.replace(path === "/" ? "/login" : "/login?next=" + encodeURIComponent(location.pathname + location.search));
  }
})();
