// A form works from the first paint. Password managers press Enter before the WASM is there. The browser would then post
// the form itself, and show the answer's JSON. So the press is kept, and start.js repeats it when the WASM is awake.
(function () {
  var root = document.documentElement;
  addEventListener(
    "submit",
    function (event) {
      if (root.dataset.app === "awake") return;
      event.preventDefault();
      event.stopPropagation();
      var form = event.target;
      var button = form.querySelector("button[data-busy]");
      if (!button || root.keptPress) return;
      root.keptPress = { form: form, button: button, label: button.lastChild.data };
      form.setAttribute("aria-busy", "true");
      button.disabled = true;
      button.lastChild.data = button.dataset.busy;
      root.dispatchEvent(new Event("press"));
    },
    true,
  );
  // At the first key, the stylesheet of the pages behind the login comes too. src/browser/stylesheet.rs applies it.
  addEventListener(
    "input",
    function () {
      if (root.dataset.style) fetch(root.dataset.style).catch(function () {});
    },
    { once: true },
  );
})();
