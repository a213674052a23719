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
  const late = setTimeout(() => isOver() || fail(), patience);
  let form;
  try {
    // A second attempt does not wait for the first one's answer. The script gets the answer, not the address: it would
    // wait for the first answer too.
    const cache = attempt > 1 ? "reload" : "default";
    const [wasm, response] = await Promise.all([import("JS_FILE"), fetch("WASM_FILE", { cache })]);
    if (!response.ok) throw new Error(`failed to fetch the WASM: ${response.status}`);
    await wasm.default({ module_or_path: response });
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
    fail();
    form = undefined;
    letGo();
  } finally {
    clearTimeout(late);
  }
  form?.requestSubmit();
}

function fail() {
  failures += 1;
  problem.hidden = false;
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

// A program that has failed cannot go on. Only a reload helps.
function follow(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  failures = 2;
  problem.hidden = false;
}

addEventListener("error", (event) => follow(event.error));
addEventListener("unhandledrejection", (event) => follow(event.reason));
root.addEventListener("press", () => failures && load());
problem.querySelector("button").addEventListener("click", retry);
// Whoever signs up instead of logging in, or the other way round, still comes to the page of `next`.
for (const link of document.querySelectorAll(".login-page a")) link.search = location.search;
load();
