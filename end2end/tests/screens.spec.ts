// Each page at the widths that people have, and each page and dialog enlarged: 200 % and 400 % of a screen of 1280 px.

import type { Locator, Page } from "@playwright/test";
import { Api } from "../support/api";
import { addAda, expectAccessible, logInAs, NAME, PASSWORD } from "../support/person";
import { expectNoSidewaysScroll, expectReachable, still } from "../support/screen";
import type { Server } from "../support/server";
import { awake, expect, test } from "../support/test";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

type Visit = { path: string; ready: (page: Page) => Locator; action: (page: Page) => Locator };

/** A page, how one sees that it is there, and what one came for. */
const signedOut: Visit[] = [
  { path: "/login", ready: (page) => page.getByRole("heading", { name: "Log in" }), action: (page) => button(page, "Log in") },
  { path: "/signup", ready: (page) => page.getByRole("heading", { name: "Sign up" }), action: (page) => button(page, "Sign up") },
];
const own: Visit[] = [
  { path: "/account", ready: (page) => page.locator("details.flow"), action: (page) => button(page, "Log out") },
  { path: "/my-items", ready: (page) => page.getByText("Item 20", { exact: true }), action: (page) => button(page, "New item") },
  { path: "/settings", ready: (page) => page.getByLabel("E-mail"), action: (page) => button(page, "Save") },
  { path: "/settings/password", ready: (page) => page.getByLabel("Current password"), action: (page) => button(page, "Change password") },
  { path: "/settings/appearance", ready: (page) => page.locator("main").getByRole("radio").first(), action: (page) => page.locator("main").getByRole("radio").last() },
  { path: "/settings/danger", ready: (page) => button(page, "Delete my account…"), action: (page) => button(page, "Delete my account…") },
];
const administration: Visit[] = [
  { path: "/admin", ready: (page) => page.getByRole("link", { name: "johndoe", exact: true }), action: (page) => button(page, "New user") },
  { path: "/admin/users/johndoe", ready: (page) => page.getByText("Black umbrella"), action: (page) => button(page, "Delete this user") },
];

/** Makes the administrator ada, with items on more than one page. */
async function arrive(page: Page, server: Server, path: string): Promise<void> {
  await addAda(server, "--admin");
  const api = await Api.as(server, NAME, PASSWORD);
  for (let i = 1; i <= 24; i += 1) await api.create(`Item ${i}`, `Number ${i} of those that hang here`);
  await logInAs(page, path);
}

async function go(page: Page, { path, ready }: Visit): Promise<void> {
  await page.goto(path);
  await awake(page);
  await expect(ready(page).first()).toBeVisible();
}

/** How many characters the longest line of running text has. */
async function longestLine(page: Page): Promise<number> {
  return page.evaluate(() => {
    let longest = 0;
    for (const paragraph of document.querySelectorAll("main :is(p, dd, li, h1, h2)")) {
      const lines = new Map<number, number>();
      const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
        for (let i = 0; i < (text.textContent?.length ?? 0); i += 1) {
          const range = document.createRange();
          range.setStart(text, i);
          range.setEnd(text, i + 1);
          const box = range.getBoundingClientRect();
          if (box.width > 0) lines.set(Math.round(box.bottom), (lines.get(Math.round(box.bottom)) ?? 0) + 1);
        }
      }
      longest = Math.max(longest, ...lines.values());
    }
    return longest;
  });
}

test.slow();

for (const [width, height] of [
  [360, 740],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
] as const) {
  test.describe(`${width} px`, () => {
    test.use({ viewport: { width, height } });

    const check = async (page: Page, visits: Visit[]) => {
      for (const visit of visits) {
        await test.step(visit.path, async () => {
          await go(page, visit);
          await expectAccessible(page);
          await expectReachable(visit.action(page));
          // More than twice the 80 characters of WCAG 1.4.8 cannot be read with ease.
          expect(await longestLine(page)).toBeLessThanOrEqual(160);
          const main = await page.locator("main > *").first().boundingBox();
          expect(main?.width).toBeLessThanOrEqual(1100);
        });
      }
    };

    test("the pages before the login fit", async ({ page }) => {
      await check(page, signedOut);
    });

    test("one's own pages and the administrator's fit", async ({ page, server }) => {
      await arrive(page, server, "/account");
      await check(page, [...own, ...administration]);
    });
  });
}

/** Expects that a dialog is on the screen, and that all its controls can be reached in it. */
async function expectUsable(dialog: Locator): Promise<void> {
  await expect(dialog).toBeVisible();
  await still(dialog.page());
  const { inside, wider } = await dialog.evaluate((box) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return {
      inside: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight,
      wider: box.scrollWidth - box.clientWidth,
    };
  });
  expect(inside).toBe(true);
  expect(wider).toBeLessThanOrEqual(0);
  for (const control of await dialog.locator("button, input:not([hidden]), textarea").all()) await expectReachable(control);
}

for (const [zoom, viewport] of [
  [200, { width: 640, height: 400 }],
  [400, { width: 320, height: 256 }],
] as const) {
  test.describe(`${zoom} % zoom`, () => {
    test.use({ viewport, deviceScaleFactor: zoom / 100 });

    const check = async (page: Page, visits: Visit[]) => {
      for (const visit of visits) {
        await test.step(visit.path, async () => {
          await go(page, visit);
          await expectNoSidewaysScroll(page);
          await expectReachable(visit.action(page));
          await expectReachable(page.locator("h1"));
          for (const field of await page.locator("main :is(input, textarea, select):visible").all()) await expectReachable(field);
        });
      }
    };

    test("the pages before the login can be used", async ({ page }) => {
      await check(page, signedOut);
    });

    test("one's own pages and the administrator's can be used", async ({ page, server }) => {
      await arrive(page, server, "/account");
      await check(page, [...own, ...administration]);
    });

    test("the menus can be used", async ({ page, server }) => {
      await arrive(page, server, "/settings");
      for (const name of ["Account", "Items", "Settings", "Users"]) {
        await expectReachable(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }));
      }
      await page.getByRole("button", { name: "your menu" }).click();
      const menu = page.getByRole("group", { name: "Your menu" });
      await expect(menu).toBeInViewport({ ratio: 1 });
      for (const name of ["Light", "Dark", "System"]) await expectReachable(menu.getByRole("radio", { name }));
      await expectReachable(menu.getByRole("button", { name: "Log out" }));
    });

    test("the dialogs fit the screen, or scroll", async ({ page, server }) => {
      await arrive(page, server, "/my-items");
      const dialog = page.getByRole("dialog");
      const question = page.getByRole("alertdialog");
      await button(page, "New item").click();
      await expectUsable(dialog);
      await page.keyboard.press("Escape");
      await button(page, "Edit “Item 20”").click();
      await expect(page.getByRole("textbox", { name: "Title" })).toHaveValue("Item 20");
      await expectUsable(dialog);
      await page.keyboard.press("Escape");
      await button(page, "Delete “Item 20”").click();
      await expectUsable(question);
      await question.getByRole("button", { name: "Cancel" }).click();

      await page.goto("/settings/danger");
      await awake(page);
      await button(page, "Delete my account…").click();
      await expectUsable(question);
      await question.getByRole("button", { name: "Keep my account" }).click();

      await page.goto("/admin");
      await awake(page);
      await button(page, "New user").click();
      await expect(page.getByLabel("Username", { exact: true })).toBeFocused();
      await expectUsable(dialog);
      await page.keyboard.press("Escape");
      await page.goto("/admin/users/johndoe");
      await awake(page);
      await button(page, "Disable").click();
      await expectUsable(question);
      await question.getByRole("button", { name: "Cancel" }).click();
      await button(page, "Delete this user").click();
      await expectUsable(question);
    });
  });
}

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test("the menu at the bottom never hides what the keyboard is on", async ({ page, server }) => {
    await arrive(page, server, "/my-items");
    await expect(page.getByText("Item 20", { exact: true })).toBeVisible();
    await page.locator("main h1").focus();
    const hidden: string[] = [];
    let stops = 0;
    for (let presses = 0; presses < 100; presses += 1) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(() => {
        const focused = document.activeElement;
        if (focused === null || !focused.closest("main")) return null;
        const { top, bottom, left, right } = focused.getBoundingClientRect();
        const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        const seen = hit !== null && (focused.contains(hit) || hit.contains(focused));
        return { name: focused.getAttribute("aria-label") ?? focused.textContent ?? "", seen };
      });
      if (found === null) break;
      stops += 1;
      if (!found.seen) hidden.push(found.name);
    }
    expect(hidden).toEqual([]);
    // Each of the 20 items has two buttons.
    expect(stops).toBeGreaterThan(40);
  });
});
