// How long a person waits for a page, on a slow phone and a slow network: Chromium with a quarter of the CPU, 1.6 Mbit/s
// down, 750 kbit/s up and 150 ms for each round trip. Each number is the median of BENCH_RUNS runs (7). It prints the
// numbers and fails only if a page does not work.

import { type Browser, type BrowserContext, type CDPSession, expect, type Page, test } from "@playwright/test";
import { Server } from "../support/server";

const runs = Number(process.env.BENCH_RUNS ?? 7);
const network = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const cpuSlowdown = 4;

/** One visit of a page. Times are in milliseconds from the navigation, sizes in bytes. */
type Visit = { paint: number; ready: number; blocking: number; shift: number; bytes: number; requests: number };

/** Begins to record on every page of this context. The page is ready when `selector` is on it. */
async function record(context: BrowserContext, selector: string): Promise<void> {
  await context.addInitScript((selector) => {
    let done = () => {};
    const bench = { ready: 0, blocking: 0, shift: 0, pressed: 0, done: new Promise<void>((resolve) => (done = resolve)) };
    Object.assign(window, { bench });
    const observer = new MutationObserver(() => {
      if (!document.querySelector(selector)) return;
      bench.ready = performance.now();
      observer.disconnect();
      done();
    });
    observer.observe(document, { subtree: true, childList: true, attributeFilter: ["data-app"] });
    addEventListener("submit", () => (bench.pressed = performance.now()), true);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) bench.blocking += duration - 50;
    }).observe({ type: "longtask", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) bench.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  }, selector);
}

type Bench = { ready: number; blocking: number; shift: number; pressed: number; done: Promise<void> };
const ready = (page: Page) => page.evaluate(() => (window as unknown as { bench: Bench }).bench.done);
const bench = (page: Page) =>
  page.evaluate(() => {
    const { ready, blocking, shift, pressed } = (window as unknown as { bench: Bench }).bench;
    return { ready, blocking, shift, pressed };
  });

async function slow(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", network);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: cpuSlowdown });
  return cdp;
}

async function visit(page: Page, cdp: CDPSession, url: string): Promise<Visit> {
  let bytes = 0;
  let requests = 0;
  // What comes from the browser's cache has no bytes on the wire.
  const count = ({ encodedDataLength }: { encodedDataLength: number }) => {
    bytes += encodedDataLength;
    requests += encodedDataLength > 0 ? 1 : 0;
  };
  cdp.on("Network.loadingFinished", count);
  await page.goto(url, { waitUntil: "commit" });
  await ready(page);
  // Long tasks are reported a little later, and the icon is fetched last.
  await page.waitForTimeout(1000);
  cdp.off("Network.loadingFinished", count);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-paint")[0]?.startTime ?? 0);
  const { ready: at, blocking, shift } = await bench(page);
  return { paint, ready: at, blocking, shift, bytes, requests };
}

/** A first visit, and a second one in the same tab. */
async function twice(browser: Browser, url: string, selector: string, session?: string): Promise<[Visit, Visit]> {
  const context = await browser.newContext();
  await record(context, selector);
  if (session) await context.addInitScript((value) => localStorage.setItem("cloakroom.session", value), session);
  const page = await context.newPage();
  const cdp = await slow(page);
  const cold = await visit(page, cdp, url);
  const warm = await visit(page, cdp, url);
  await context.close();
  return [cold, warm];
}

/** Milliseconds from the press of Enter to the items on the screen. The person has typed for a while. */
async function login(browser: Browser, server: Server): Promise<number> {
  const context = await browser.newContext();
  await record(context, ".items li");
  const page = await context.newPage();
  await slow(page);
  await page.goto(`${server.url}/login`);
  await expect(page.locator("html")).toHaveAttribute("data-app", "awake");
  await page.getByLabel("Username").pressSequentially("johndoe", { delay: 150 });
  await page.getByLabel("Password", { exact: true }).pressSequentially("secret", { delay: 150 });
  await page.keyboard.press("Enter");
  await ready(page);
  const { pressed, ready: at } = await bench(page);
  await context.close();
  return at - pressed;
}

const median = (numbers: number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

function row(name: string, visits: Visit[]): string {
  const of = (key: keyof Visit) => median(visits.map((visit) => visit[key]));
  const cells = [of("paint"), of("ready"), of("blocking")].map((ms) => `${Math.round(ms)} ms`);
  cells.push(of("shift").toFixed(3), `${(of("bytes") / 1000).toFixed(1)} KB`, String(of("requests")));
  return `| ${name} | ${cells.join(" | ")} |`;
}

test("the pages on a slow phone", async ({ browser, request }) => {
  const server = await Server.start();
  await server.restartInProduction();
  try {
    const form = { username: "johndoe", password: "secret" };
    const hashes: number[] = [];
    let token: unknown;
    for (let run = 0; run < runs; run++) {
      const started = performance.now();
      token = await (await request.post(`${server.url}/token`, { form })).json();
      hashes.push(performance.now() - started);
    }
    const login_ = { fields: [["username", "johndoe"]], status: 200, milliseconds: 1 };
    const session = JSON.stringify({ token, expires_at: Date.now() + 1_800_000, login: login_ });

    const pages = { login: [] as [Visit, Visit][], account: [] as [Visit, Visit][], press: [] as number[] };
    for (let run = 0; run < runs; run++) {
      pages.login.push(await twice(browser, `${server.url}/login`, "html[data-app=awake]"));
      pages.account.push(await twice(browser, `${server.url}/account`, ".items li", session));
      pages.press.push(await login(browser, server));
    }
    const hash = median(hashes);
    console.log(`
## Pages on a slow phone

Medians of ${runs} runs in Chromium ${browser.version()}, on a quarter of the CPU, 1.6 Mbit/s and 150 ms

| page | first paint | ready | blocking | layout shift | on the wire | requests |
| --- | --- | --- | --- | --- | --- | --- |
${row("login, cold", pages.login.map(([cold]) => cold))}
${row("login, warm", pages.login.map(([, warm]) => warm))}
${row("account, cold", pages.account.map(([cold]) => cold))}
${row("account, warm", pages.account.map(([, warm]) => warm))}

Ready: the login form is hydrated; the account's items are on the screen.
From the press to the account: ${Math.round(median(pages.press))} ms, of which the hash ${Math.round(hash)} ms:
${Math.round(median(pages.press) - hash)} ms without it.
`);
  } finally {
    await server.stop();
  }
});
