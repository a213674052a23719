// An entry of the history may be a former user's (src/app/stamp.rs). Whoever is signed in now goes to the account page, and
// whoever is not to a login page that does not lead there. It runs after gate.js, and before the first paint.
(function () {
  function stored(storage) {
    try {
      return JSON.parse(window[storage].getItem("cloakroom.session"));
    } catch (blocked) {
      return null;
    }
  }
  function user(session) {
    try {
      var claims = session.token.access_token.split(".")[1];
      return JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))).user_id;
    } catch (nonsense) {
      return null;
    }
  }
  var session = stored("sessionStorage") || stored("localStorage");
  if (typeof history.state === "string" && user(session) !== history.state) {
    // The address may be this one already. Then the browser loads it again, and keeps what is kept with it.
    history.replaceState(null, "");
    location.replace(session ? "/account" : "/login");
  }
})();
