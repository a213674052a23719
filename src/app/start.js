// Loads the WASM and hydrates the page. Then it repeats a press that press.js has kept. If the WASM does not come, it
// says so and offers a retry. What was typed stays.
const root = document.documentElement;
const problem = document.getElementById("load-problem");
const patience = 20_000;
let attempts = 0;
let failures = 0;

async function load() {
  const attempt = ++attempts;
  const isOver = () => attempt !== attempts || root.dataset.app === "awake";
  problem.hidden = true;
  const late = setTimeout(() => (problem.hidden = isOver()), patience);
  let form;
  try {
    const wasm = await import("JS_FILE");
    // A second attempt does not wait for the first one's answer.
    const file = attempt > 1 ? fetch("WASM_FILE", { cache: "reload" }) : "WASM_FILE";
    await wasm.default({ module_or_path: file });
    // Two short tasks instead of a long one: the page answers to the person in between.
    await new Promise((next) => setTimeout(next));
    if (isOver()) return;
    form = letGo();
    await wasm.hydrate();
    root.dataset.app = "awake";
    problem.hidden = true;
  } catch (error) {
    console.error(error);
    if (isOver()) return;
    failures += 1;
    problem.hidden = false;
    form = undefined;
    letGo();
  } finally {
    clearTimeout(late);
  }
  form?.requestSubmit();
}

// Gives back the form whose press was kept.
function letGo() {
  const kept = root.keptPress;
  if (!kept) return undefined;
  root.keptPress = undefined;
  kept.form.setAttribute("aria-busy", "false");
  kept.button.disabled = false;
  kept.button.lastChild.data = kept.label;
  return kept.form;
}

// Some browsers do not fetch a script again that they could not fetch, and a server with a new version no longer has the
// old files. Only a reload helps there. It is the last resort, because it empties the form.
function retry() {
  if (failures > 1 && navigator.onLine) location.reload();
  else load();
}

root.addEventListener("press", () => failures && load());
problem.querySelector("button").addEventListener("click", retry);
load();
