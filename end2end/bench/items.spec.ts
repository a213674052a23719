// Whether a user with 10,000 items waits longer than one with 10: `make bench-page`. It prints medians in milliseconds.

import type { Page } from "@playwright/test";
import { awake, expect, test } from "../support/test";

const runs = 9;
const password = "purple umbrella stand";

const median = (times: number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** Makes a user with this many items, through the API. */
async function prepare(url: string, username: string, count: number): Promise<void> {
  const json = { "Content-Type": "application/json" };
  await fetch(`${url}/users`, { method: "POST", headers: json, body: JSON.stringify({ username, password }) });
  const token = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ username, password }) });
  const { access_token } = (await token.json()) as { access_token: string };
  const headers = { ...json, Authorization: `Bearer ${access_token}` };
  let made = 0;
  const work = async () => {
    while (made < count) {
      const title = `Coat ${++made}`;
      const answer = await fetch(`${url}/items`, { method: "POST", headers, body: JSON.stringify({ title }) });
      if (answer.status !== 201) throw new Error(`an item was not made: ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

/** The time from an action until the list shows what it should, in milliseconds of the page's own clock. */
async function timed(page: Page, action: () => Promise<void>, shows: RegExp): Promise<number> {
  await page.evaluate((source) => {
    const shows = new RegExp(source, "s");
    const shown = new Promise<number>((resolve) => {
      const look = () => {
        const text = document.querySelector("#list")?.textContent ?? "";
        if (shows.test(text)) requestAnimationFrame(() => resolve(performance.now()));
        else requestAnimationFrame(look);
      };
      look();
    });
    const begun = new Promise<number>((resolve) => {
      for (const kind of ["pointerdown", "input"]) {
        addEventListener(kind, () => resolve(performance.now()), { capture: true, once: true });
      }
    });
    Object.assign(window, { timed: Promise.all([begun, shown]).then(([from, to]) => to - from) });
  }, shows.source);
  await action();
  return page.evaluate(() => (window as unknown as { timed: Promise<number> }).timed);
}

for (const [count, sought] of [[10, 7], [10_000, 7777]] as const) {
  test(`${count} items`, async ({ page, login, server }) => {
    await prepare(server.url, "ada", count);
    const pages = Math.ceil(count / 20);
    await login.open();
    await login.submit("ada", password);
    const menu = page.getByRole("navigation", { name: "Pages" });
    const times = { first: [] as number[], search: [] as number[], last: [] as number[] };
    await menu.getByRole("link", { name: "Items" }).click();
    const search = page.getByRole("searchbox", { name: "Search items" });
    await expect(search).toBeVisible();
    for (let run = 0; run < runs; run += 1) {
      await menu.getByRole("link", { name: "Account" }).click();
      await expect(page.getByRole("heading", { name: "Welcome, ada" })).toBeVisible();
      times.first.push(await timed(page, () => menu.getByRole("link", { name: "Items" }).click(), new RegExp(`Coat ${count}(?!\\d)`)));
      times.search.push(await timed(page, () => search.fill(`coat ${sought}`), new RegExp(`1 item found.*Coat ${sought}(?!\\d)`, "s")));
      await search.fill("");
      await expect(page.getByText(new RegExp(`Coat ${count}(?!\\d)`)).first()).toBeVisible();
      if (pages > 1) {
        times.last.push(await timed(page, () => page.getByRole("link", { name: `Page ${pages}` }).click(), /Coat 1(?!\d)/));
        await page.goBack();
      }
    }
    // How long a key waits until the page has drawn it, while searches are under way.
    await page.evaluate(() => {
      const waits: number[] = [];
      Object.assign(window, { waits });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) waits.push(entry.duration);
      }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
    });
    await search.pressSequentially("coat 12345678901234567890", { delay: 40 });
    const waits = await page.evaluate(() => (window as unknown as { waits: number[] }).waits);
    console.log(
      `${count} items: first page ${median(times.first).toFixed(0)}, search ${median(times.search).toFixed(0)}, ` +
        `last page ${pages > 1 ? median(times.last).toFixed(0) : "the same"}; a key waits at most ${Math.max(0, ...waits)} ms`,
    );
    expect(times.first).toHaveLength(runs);
    await awake(page);
  });
}
