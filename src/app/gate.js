(function () {
  var open = false;
  try {
    open = !!(sessionStorage.getItem("cloakroom.session") || localStorage.getItem("cloakroom.session"));
  } catch (blocked) {}
  document.documentElement.dataset.session = open ? "open" : "none";
  var path = location.pathname.replace(/(.)\/+$/, "$1");
  if (!open && (path === "/" || path === "/account")) {
    location.replace(path === "/" ? "/login" : "/login?next=" + encodeURIComponent(location.pathname + location.search));
  }
})();
