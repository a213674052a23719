// Fills the form in. The events tell the app, as if the person had typed.
document.querySelector(".demo button").addEventListener("click", function (event) {
  Object.entries(event.target.dataset).forEach(function (entry) {
    var field = document.getElementById(entry[0]);
    field.value = entry[1];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.querySelector("form [type=submit]").focus();
});
