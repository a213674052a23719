// Light or dark, by the person's own choice.

import type { Page } from "@playwright/test";
import { awake, expect, refusedRequest, test } from "../support/test";

/** Chooses before any page is loaded, as the switch behind the login does. */
async function choose(page: Page, theme: string): Promise<void> {
  await page.addInitScript((theme) => localStorage.setItem("cloakroom.theme", theme), theme);
}

/** The brightness of the ground, from 0 to 255, and the colours of the browser's bars. */
async function shown(page: Page): Promise<{ ground: number; bars: (string | null)[] }> {
  return page.evaluate(() => ({
    ground: Number(/\d+/.exec(getComputedStyle(document.documentElement).backgroundColor)?.[0]),
    bars: [...document.querySelectorAll("meta[name=theme-color]")].map((meta) => meta.getAttribute("content")),
  }));
}

const LIGHT = "#f4f1ea";
const DARK = "#141816";

for (const [theme, other] of [
  ["dark", "light"],
  ["light", "dark"],
] as const) {
  test.describe(`${theme} on a ${other} system`, () => {
    test.use({ colorScheme: other, expectedMessages: [refusedRequest] });

    test("is there at the first paint, on each page, and after a reload", async ({ page, login }) => {
      await choose(page, theme);
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      // Nothing but the document itself comes.
      await page.route("**/pkg/**", (route) => released.then(() => route.continue()));
      const bar = theme === "dark" ? DARK : LIGHT;
      const expectTheme = async () => {
        const { ground, bars } = await shown(page);
        expect(ground > 128).toBe(theme === "light");
        expect(bars).toEqual([bar, bar]);
      };
      await page.goto("/login", { waitUntil: "commit" });
      await expect(login.button()).toBeVisible();
      await expectTheme();
      release();
      await awake(page);
      await page.reload();
      await awake(page);
      await expectTheme();
      await page.goto("/nowhere");
      await expectTheme();
      await login.asJohndoe();
      await expectTheme();
      await page.reload();
      await awake(page);
      await expectTheme();
    });
  });
}

test("a choice in another tab is followed behind the login, and its end too", async ({ page, login, context }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await login.asJohndoe();
  expect((await shown(page)).ground).toBeGreaterThan(128);
  const other = await context.newPage();
  await other.goto("/favicon.svg");
  await other.evaluate(() => localStorage.setItem("cloakroom.theme", "dark"));
  await expect.poll(() => shown(page).then(({ ground }) => ground)).toBeLessThan(128);
  expect((await shown(page)).bars).toEqual([DARK, DARK]);
  await other.evaluate(() => localStorage.removeItem("cloakroom.theme"));
  await expect.poll(() => shown(page).then(({ ground }) => ground)).toBeGreaterThan(128);
  expect((await shown(page)).bars).toEqual([LIGHT, DARK]);
});

test("nonsense in the storage and a blocked storage leave the choice to the system", async ({ page, login }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await choose(page, "blue");
  await login.open();
  expect(await shown(page)).toEqual({ ground: 0x14, bars: [LIGHT, DARK] });
  await page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new DOMException("blocked", "SecurityError");
      },
    });
  });
  await page.reload();
  await awake(page);
  expect(await shown(page)).toEqual({ ground: 0x14, bars: [LIGHT, DARK] });
});
