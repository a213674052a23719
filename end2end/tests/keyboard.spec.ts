// One whole visit by keyboard alone. Nothing here clicks, and nothing fills a field in but the keys. After each step it is
// said where the focus is.

import type { Locator, Page } from "@playwright/test";
import { awake, expect, left, test } from "../support/test";

const USERNAME = "grace";
const PASSWORD = "correct horse battery";
const NEW_PASSWORD = "purple umbrella stand";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { name, level: 1, exact: true });
const menu = (page: Page, name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true });
const userButton = (page: Page) => page.getByRole("button", { name: "your menu" });
const rows = (page: Page) => page.getByRole("table", { name: "Items" }).locator("tbody").getByRole("row");
const title = (page: Page) => page.getByRole("textbox", { name: "Title" });
const toasts = (page: Page) => page.getByRole("region", { name: "Messages" });

/** Presses Tab until this has the focus, which it shows, and which nothing covers. */
async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await expect(target).toBeVisible();
  const hasFocus = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 60 && !(await hasFocus()); presses += 1) await page.keyboard.press(key);
  await expect(target).toBeFocused();
  const ring = await target.evaluate((element) => {
    // The choices in the menu draw it around themselves.
    const drawn = [element, element.parentElement].map((element) => getComputedStyle(element ?? document.body));
    return drawn.some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 1);
  });
  expect(ring).toBe(true);
}

async function press(page: Page, target: Locator, key = "Enter"): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.type(text);
}

async function replace(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

/** The seconds do not pass that the page counts. So a message stays until it is dismissed, however long the keys take. */
async function stopTheSeconds(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const real = window.setInterval;
    window.setInterval = ((run: () => void, time?: number) => (time === 1000 ? 0 : real(run, time))) as typeof setInterval;
  });
}

test.slow();

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 900 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(size, () => {
    test.use({ viewport });

    test("a whole visit is made by keyboard alone", async ({ page, login }) => {
      await page.emulateMedia({ colorScheme: "light" });
      await stopTheSeconds(page);

      await test.step("sign up", async () => {
        await login.open();
        await expect(login.username()).toBeFocused();
        await press(page, page.getByRole("link", { name: "Sign up" }));
        await expect(page).toHaveURL(/\/signup$/);
        await awake(page);
        await type(page, field(page, "Username"), USERNAME);
        await type(page, page.getByLabel("Full name"), "Grace Hopper");
        await type(page, page.getByLabel("E-mail"), "grace@example.com");
        await type(page, field(page, "Password"), PASSWORD);
        await type(page, field(page, "Repeat the password"), PASSWORD);
        await press(page, button(page, "Sign up"));
        await expect(heading(page, "Welcome, Grace Hopper")).toBeFocused();
        await expect(page).toHaveURL(/\/account$/);
      });

      await test.step("open the items", async () => {
        // The menu is before the page.
        await tabTo(page, menu(page, "Items"), "Shift+Tab");
        await page.keyboard.press("Enter");
        await expect(heading(page, "Items")).toBeFocused();
        await expect(page).toHaveTitle("Items · Cloakroom");
      });

      await test.step("make two items", async () => {
        for (const name of ["Black umbrella", "Winter coat"]) {
          await press(page, button(page, "New item"));
          await expect(title(page)).toBeFocused();
          await page.keyboard.type(name);
          await type(page, page.getByRole("textbox", { name: "Description" }), "A little wet");
          await press(page, button(page, "Add item"));
          await expect(rows(page).first()).toContainText(name);
          await expect(button(page, "New item")).toBeFocused();
        }
        await expect(rows(page)).toHaveCount(2);
      });

      await test.step("search", async () => {
        const search = page.getByRole("searchbox", { name: "Search items" });
        await tabTo(page, search, "Shift+Tab");
        await page.keyboard.type("umbrella");
        await expect(rows(page)).toHaveCount(1);
        await expect(search).toBeFocused();
        await expect(page).toHaveURL(/\?q=umbrella$/);
      });

      await test.step("edit one", async () => {
        await press(page, button(page, "Edit “Black umbrella”"));
        await expect(title(page)).toBeFocused();
        await expect(title(page)).toHaveValue("Black umbrella");
        await replace(page, title(page), "Red umbrella");
        await press(page, button(page, "Save"));
        await expect(page.getByRole("dialog")).toHaveCount(0);
        await expect(rows(page)).toContainText("Red umbrella");
        await expect(button(page, "Edit “Red umbrella”")).toBeFocused();
      });

      await test.step("delete one, after a question", async () => {
        const question = page.getByRole("alertdialog");
        await press(page, button(page, "Delete “Red umbrella”"));
        await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
        await page.keyboard.press("Escape");
        await expect(question).toHaveCount(0);
        await expect(button(page, "Delete “Red umbrella”")).toBeFocused();
        await page.keyboard.press("Enter");
        await press(page, question.getByRole("button", { name: "Delete" }));
        const list = page.getByRole("region", { name: "Items", exact: true });
        await expect(list).toContainText("No item contains “umbrella”.");
        await expect(list).toBeFocused();
        await press(page, button(page, "Clear the search"));
        await expect(page.getByRole("searchbox", { name: "Search items" })).toBeFocused();
        await expect(rows(page)).toHaveText([/Winter coat/]);
      });

      await test.step("dismiss the messages", async () => {
        await expect(toasts(page)).toContainText("“Red umbrella” was deleted.");
        const dismiss = toasts(page).getByRole("button", { name: "Dismiss" });
        // No more than three are shown.
        await expect(dismiss).toHaveCount(3);
        await tabTo(page, dismiss.first());
        for (let messages = 3; messages > 0; messages -= 1) {
          await expect(toasts(page).locator(":focus")).toHaveCount(1);
          await page.keyboard.press("Enter");
          await expect(dismiss).toHaveCount(messages - 1);
        }
        await expect(page.locator("main")).toBeFocused();
      });

      await test.step("change the password", async () => {
        await tabTo(page, menu(page, "Settings"), "Shift+Tab");
        await page.keyboard.press("Enter");
        await expect(heading(page, "Settings")).toBeFocused();
        await press(page, page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Password" }));
        await expect(page).toHaveURL(/\/settings\/password$/);
        await expect(heading(page, "Settings")).toBeFocused();
        await type(page, field(page, "Current password"), PASSWORD);
        await type(page, field(page, "New password"), NEW_PASSWORD);
        await press(page, page.getByRole("button", { name: "Show password" }).nth(1), "Space");
        await expect(field(page, "New password")).toHaveAttribute("type", "text");
        await expect(field(page, "New password")).toHaveValue(NEW_PASSWORD);
        await type(page, field(page, "Repeat the new password"), NEW_PASSWORD);
        await press(page, button(page, "Change password"));
        await expect(toasts(page)).toContainText("Your password is changed.");
        // The focus is not lost: it is on something of this page.
        await expect(page.locator("main :focus")).toHaveCount(1);
      });

      await test.step("switch the theme", async () => {
        await tabTo(page, userButton(page), "Shift+Tab");
        await page.keyboard.press("Enter");
        const choice = page.getByRole("group", { name: "Your menu" }).getByRole("group", { name: "Theme" });
        await tabTo(page, choice.getByRole("radio", { name: "System" }));
        await page.keyboard.press("ArrowLeft");
        await expect(choice.getByRole("radio", { name: "Dark" })).toBeChecked();
        await expect(choice.getByRole("radio", { name: "Dark" })).toBeFocused();
        const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
        expect(Number(/\d+/.exec(ground)?.[0])).toBeLessThan(64);
      });

      await test.step("log out", async () => {
        await press(page, button(page, "Log out"));
        await left(page);
        await expect(page.getByRole("status").filter({ hasText: "You are logged out." })).toBeVisible();
        await expect(login.username()).toBeFocused();
      });

      await test.step("log in with the new password", async () => {
        await page.keyboard.type(USERNAME);
        await type(page, login.password(), NEW_PASSWORD);
        await page.keyboard.press("Enter");
        await expect(page.locator("main h1")).toBeFocused();
        await press(page, menu(page, "Items").or(page.getByRole("link", { name: "All items" })).last());
        await expect(heading(page, "Items")).toBeFocused();
        await expect(rows(page)).toHaveText([/Winter coat/]);
      });
    });
  });
}
