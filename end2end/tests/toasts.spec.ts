// The short messages about what was done: they are announced, can be dismissed, and cover nothing one works with.

import type { Page } from "@playwright/test";
import { Api } from "../support/api";
import { addAda, expectAccessible, logInAs, NAME, PASSWORD } from "../support/person";
import { still } from "../support/screen";
import type { Server } from "../support/server";
import { expect, refusedRequest, test } from "../support/test";

const region = (page: Page) => page.getByRole("region", { name: "Messages" });
const toast = (page: Page, text: string) => region(page).locator(".toast").filter({ hasText: text });
const dismiss = (page: Page, text: string) => toast(page, text).getByRole("button", { name: "Dismiss" });
const all = (page: Page) => region(page).locator(".toast");
const newItem = (page: Page) => page.getByRole("button", { name: "New item" });
const title = (page: Page) => page.getByRole("textbox", { name: "Title" });

/** Opens ada's items, of which there are some. */
async function arrive(page: Page, server: Server, ...titles: string[]): Promise<void> {
  await addAda(server);
  const api = await Api.as(server, NAME, PASSWORD);
  for (const title of titles) await api.create(title);
  await logInAs(page, "/my-items");
}

/** Makes an item. Its message appears. */
async function make(page: Page, name: string): Promise<void> {
  await newItem(page).click();
  await title(page).fill(name);
  await title(page).press("Enter");
  await expect(toast(page, name)).toBeVisible();
}

/** From now on time passes only when the test says so: a slow machine does not take a message away. */
async function stopTheClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 60_000);
}

/** Sends the form of a new item while the clock stands still. */
async function sendWithoutTime(page: Page, name: string): Promise<void> {
  await title(page).press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("cell", { name, exact: true })).toBeVisible();
  // The message has waited for the dialog. The list loads again, and gives the focus to the button in one of the next frames.
  await page.clock.runFor(200);
  await expect(toast(page, name)).toBeVisible();
  await expect(newItem(page)).toBeFocused();
}

/** Makes an item, and stops the clock. */
async function makeWithoutTime(page: Page, name: string): Promise<void> {
  await newItem(page).click();
  await title(page).fill(name);
  await stopTheClock(page);
  await sendWithoutTime(page, name);
}

/** Expects that axe finds nothing while a message is shown. It needs a clock that goes. */
async function expectAccessibleWith(page: Page, text: string): Promise<void> {
  await toast(page, text).hover();
  await page.clock.resume();
  await expectAccessible(page);
  await expect(toast(page, text)).toBeVisible();
}

/** Presses Delete, and says yes. */
async function remove(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Delete “${name}”` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
}

/** Deletes an item, which the server refuses. */
async function failToDelete(page: Page, name: string): Promise<void> {
  await remove(page, name);
  await expect(toast(page, name)).toBeVisible();
}

/** Holds the answers about single items back until the returned function is called. */
async function holdBack(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/items\/[^/]+$/, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

test("a message is announced: it appears in a part of the page that was there before", async ({ page, server }) => {
  await arrive(page, server);
  const [status, alert] = [region(page).getByRole("status"), region(page).getByRole("alert")];
  await expect(status).toHaveCount(1);
  await expect(alert).toHaveCount(1);
  await expect(all(page)).toHaveCount(0);
  await status.evaluate((element) => Object.assign(element, { wasThereBefore: true }));
  await make(page, "Umbrella");
  await expect(status).toContainText("“Umbrella” was added.");
  expect(await status.evaluate((element) => "wasThereBefore" in element)).toBe(true);
  await expect(alert).toBeEmpty();
  // It does not take the keyboard focus.
  await expect(newItem(page)).toBeFocused();
});

test("a message goes away by itself, and not at once", async ({ page, server }) => {
  await page.clock.install();
  await arrive(page, server);
  await makeWithoutTime(page, "Umbrella");
  await page.clock.runFor(6_000);
  await expect(toast(page, "Umbrella")).toBeVisible();
  await page.clock.runFor(4_000);
  await expect(toast(page, "Umbrella")).toHaveCount(0);
});

test("a message that comes while a dialog is open is shown, and announced, when it closes", async ({ page, server }) => {
  await page.clock.install();
  await arrive(page, server, "Cape");
  const release = await holdBack(page);
  await remove(page, "Cape");
  await newItem(page).click();
  const dialog = page.getByRole("dialog", { name: "New item" });
  await expect(dialog).toBeVisible();
  // The list is asked for again after the message has come.
  const reloaded = page.waitForResponse(/\/items\?/);
  release();
  await reloaded;
  expect(await all(page).count()).toBe(0);
  await stopTheClock(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.clock.runFor(200);
  await expect(region(page).getByRole("status")).toContainText("“Cape” was deleted.");
});

test("the time of a message goes on when the pointer was on one that is gone", async ({ page, server }) => {
  await page.clock.install();
  await arrive(page, server);
  await makeWithoutTime(page, "Cape");
  await toast(page, "Cape").hover();
  // The keyboard takes it away, and the pointer does not move.
  await dismiss(page, "Cape").press("Enter");
  await expect(all(page)).toHaveCount(0);
  await newItem(page).press("Enter");
  await title(page).fill("Tie");
  await sendWithoutTime(page, "Tie");
  await page.mouse.move(600, 5);
  await page.clock.runFor(10_000);
  await expect(all(page)).toHaveCount(0);
});

test("the focus is not lost when newer messages push out the one that it is on", async ({ page, server }) => {
  const [first, ...others] = ["Umbrella", "Coat", "Cape", "Tie"] as const;
  await page.clock.install();
  await arrive(page, server, first, ...others);
  await stopTheClock(page);
  await remove(page, first);
  await expect(toast(page, first)).toBeVisible();
  const release = await holdBack(page);
  for (const name of others) await remove(page, name);
  // Each question gives the focus back in the next frame.
  await page.clock.runFor(200);
  await dismiss(page, first).focus();
  release();
  for (const name of others) await expect(toast(page, name)).toBeVisible();
  await expect(toast(page, first)).toHaveCount(0);
  await page.clock.runFor(200);
  await expect(page.locator(":focus")).toHaveCount(1);
});

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 640 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(size, () => {
    test.use({ viewport });

    test("no more than three messages are shown, and the newest is wholly on the screen", async ({ page, server }) => {
      const titles = ["A", "B", "C", "D", "E"].map((letter) => `${letter} ${"long name ".repeat(6)}`.slice(0, 60));
      await page.clock.install();
      await arrive(page, server, ...titles);
      await stopTheClock(page);
      for (const name of titles) {
        await remove(page, name);
        await expect(toast(page, name)).toBeInViewport({ ratio: 1 });
      }
      await expect(all(page)).toHaveCount(3);
      for (const name of titles.slice(2)) await expect(toast(page, name)).toHaveCount(1);
    });
  });
}

test.describe("a message stays", () => {
  test("while the pointer is on it", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await makeWithoutTime(page, "Umbrella");
    await toast(page, "Umbrella").hover();
    await page.clock.runFor(30_000);
    await expect(toast(page, "Umbrella")).toBeVisible();
    await page.mouse.move(600, 5);
    await page.clock.runFor(10_000);
    await expect(toast(page, "Umbrella")).toHaveCount(0);
  });

  test("while the keyboard focus is on it", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await makeWithoutTime(page, "Umbrella");
    await dismiss(page, "Umbrella").focus();
    await page.clock.runFor(30_000);
    await expect(dismiss(page, "Umbrella")).toBeFocused();
    await newItem(page).focus();
    await page.clock.runFor(10_000);
    await expect(toast(page, "Umbrella")).toHaveCount(0);
  });

  test("while the keyboard focus is on it and the pointer goes over it", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await makeWithoutTime(page, "Umbrella");
    await dismiss(page, "Umbrella").focus();
    await toast(page, "Umbrella").hover();
    await page.mouse.move(600, 5);
    await page.clock.runFor(30_000);
    await expect(dismiss(page, "Umbrella")).toBeFocused();
  });

  test("while the pointer is on it and the keyboard focus leaves it", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await makeWithoutTime(page, "Umbrella");
    await dismiss(page, "Umbrella").focus();
    await toast(page, "Umbrella").hover();
    await newItem(page).focus();
    await page.clock.runFor(30_000);
    await expect(toast(page, "Umbrella")).toBeVisible();
  });
});

for (const way of ["pointer", "keyboard"] as const) {
  test(`messages are dismissed one by one, by ${way}, and the focus goes on`, async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await make(page, "Umbrella");
    await makeWithoutTime(page, "Coat");
    const press = async (name: string) => {
      if (way === "pointer") return dismiss(page, name).click();
      await expect(dismiss(page, name)).toBeFocused();
      return page.keyboard.press("Enter");
    };
    await dismiss(page, "Umbrella").focus();
    await press("Umbrella");
    await expect(toast(page, "Umbrella")).toHaveCount(0);
    await expect(toast(page, "Coat")).toBeVisible();
    await expect(dismiss(page, "Coat")).toBeFocused();
    await press("Coat");
    await expect(all(page)).toHaveCount(0);
    await expect(page.locator("main")).toBeFocused();
  });
}

test("the keyboard finds a message behind the page", async ({ page, server }) => {
  await page.clock.install();
  await arrive(page, server);
  await makeWithoutTime(page, "Umbrella");
  await expect(newItem(page)).toBeFocused();
  for (let steps = 0; steps < 20 && !(await dismiss(page, "Umbrella").evaluate((button) => button.matches(":focus"))); steps += 1) {
    await page.keyboard.press("Tab");
  }
  await expect(dismiss(page, "Umbrella")).toBeFocused();
  expect(await dismiss(page, "Umbrella").evaluate((button) => getComputedStyle(button).outlineStyle)).toBe("solid");
});

test.describe("a failure", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is announced at once, and stays until it is dismissed", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server, "Umbrella");
    await page.route(/\/items\/[^/]+$/, (route) => route.fulfill({ status: 503, json: { detail: "Busy" } }));
    await failToDelete(page, "Umbrella");
    await expect(region(page).getByRole("alert")).toContainText("“Umbrella” was not deleted.");
    await expect(region(page).getByRole("status")).toBeEmpty();
    await stopTheClock(page);
    await page.clock.runFor(120_000);
    await expect(toast(page, "Umbrella")).toBeVisible();
    await dismiss(page, "Umbrella").click();
    await expect(toast(page, "Umbrella")).toHaveCount(0);
  });
});

/** The controls, of the whole page or of the frame, that lie under a message. Only what is on the screen counts. */
async function covered(page: Page, of: string): Promise<string[]> {
  await still(page);
  return page.evaluate((of) => {
    const region = document.querySelector(".toasts");
    // Messages that are scrolled out of their part of the page cover nothing.
    const clip = region && getComputedStyle(region).overflowY !== "visible" ? region.getBoundingClientRect() : undefined;
    const toasts = [...document.querySelectorAll(".toast")].map((toast) => {
      const { left, right, top, bottom } = toast.getBoundingClientRect();
      return { left, right, top: Math.max(top, clip?.top ?? top), bottom: Math.min(bottom, clip?.bottom ?? bottom) };
    });
    const controls = document.querySelectorAll(`:is(${of}) :is(a, button, input, select, textarea, summary):not(.toasts *)`);
    const isCovered = (control: Element) => {
      const box = control.getBoundingClientRect();
      return toasts.some((toast) => {
        const width = Math.min(box.right, toast.right) - Math.max(box.left, toast.left);
        const height = Math.min(box.bottom, toast.bottom) - Math.max(box.top, toast.top);
        return width > 0.5 && height > 0.5 && control.checkVisibility({ visibilityProperty: true });
      });
    };
    return [...controls].filter(isCovered).map((control) => control.getAttribute("aria-label") ?? control.textContent ?? control.id);
  }, of);
}

const many = Array.from({ length: 20 }, (_, i) => `Item ${i + 1}`);

test.describe("on a wide screen", () => {
  test.use({ viewport: { width: 1280, height: 800 }, expectedMessages: [refusedRequest] });

  test("messages cover nothing, also if there are several", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server, ...many);
    await make(page, "Umbrella");
    expect(await covered(page, "body")).toEqual([]);
    await page.route(/\/items\/[^/]+$/, (route) => route.fulfill({ status: 503, json: { detail: "Busy" } }));
    await failToDelete(page, "Item 20");
    await makeWithoutTime(page, "Coat");
    await expect(all(page)).not.toHaveCount(1);
    expect(await covered(page, "body")).toEqual([]);
    await expectAccessibleWith(page, "Coat");
  });

  test("messages cover nothing on a low screen", async ({ page, server }) => {
    await page.clock.install();
    await page.setViewportSize({ width: 1280, height: 600 });
    await arrive(page, server, ...many);
    await make(page, "Umbrella");
    await page.route(/\/items\/[^/]+$/, (route) => route.fulfill({ status: 503, json: { detail: "Busy" } }));
    await failToDelete(page, "Item 20");
    await makeWithoutTime(page, "Coat");
    expect(await covered(page, "body")).toEqual([]);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 }, expectedMessages: [refusedRequest] });

  test("a message covers nothing of a page that fits the screen", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server);
    await makeWithoutTime(page, "Umbrella");
    expect(await covered(page, "body")).toEqual([]);
    await expectAccessibleWith(page, "Umbrella");
  });

  test("messages never cover the menus, and everything else can be scrolled clear of them", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server, ...many);
    await make(page, "Umbrella");
    await page.route(/\/items\/[^/]+$/, (route) => route.fulfill({ status: 503, json: { detail: "Busy" } }));
    await failToDelete(page, "Item 20");
    await makeWithoutTime(page, "Coat");
    expect(await all(page).count()).toBeGreaterThan(1);
    expect(await covered(page, ".side")).toEqual([]);
    await page.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" }));
    expect(await covered(page, ".side")).toEqual([]);
    // The end of the page is clear.
    await expect(page.getByLabel("Show")).toBeInViewport({ ratio: 1 });
    expect(await covered(page, ".content")).toEqual([]);
  });

  test("a message does not cover what has the keyboard focus", async ({ page, server }) => {
    await page.clock.install();
    await arrive(page, server, ...many);
    // The last row that is wholly on the screen, above the menu.
    const menu = (await page.getByRole("navigation", { name: "Pages" }).boundingBox())?.y ?? 0;
    const buttons = page.getByRole("button", { name: /^Edit “/ });
    await expect(buttons).toHaveCount(20);
    const boxes = await buttons.evaluateAll((all) => all.map((button) => button.getBoundingClientRect().bottom));
    const edit = buttons.nth(boxes.filter((bottom) => bottom < menu).length - 1);
    await edit.focus();
    await page.keyboard.press("Enter");
    await expect(title(page)).toBeFocused();
    await page.keyboard.type("!");
    await page.keyboard.press("Enter");
    await expect(toast(page, "!” was saved.")).toBeVisible();
    await expect(edit).toBeFocused();
    // The page may scroll for it.
    await expect.poll(() => covered(page, ":has(> :focus)")).not.toContain(await edit.getAttribute("aria-label"));
  });
});
