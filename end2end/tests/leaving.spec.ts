// Leaving a page with changes that are not saved asks first.

import type { Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs } from "../support/person";
import { expect, left, test } from "../support/test";

const question = (page: Page) => page.getByRole("alertdialog", { name: "Leave without saving?" });
const answer = (page: Page, name: "Stay" | "Leave") => question(page).getByRole("button", { name }).click();
const name = (page: Page) => page.getByLabel("Full name");
const link = (page: Page, to: string) => page.getByRole("link", { name: to, exact: true });

/** Opens the settings from the account page, and types something. */
async function type(page: Page): Promise<void> {
  await logInAs(page, "/account");
  await link(page, "Settings").click();
  await expect(name(page)).toHaveValue("Ada Lovelace");
  await name(page).fill("Augusta");
}

/** The page is as it was. */
async function expectUntouched(page: Page): Promise<void> {
  await expect(question(page)).toBeHidden();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
  await expect(name(page)).toHaveValue("Augusta");
  await expect(page.locator(":focus")).toHaveCount(1);
}

test.slow();

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 900 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(size, () => {
    test.use({ viewport });

    test("by a link asks", async ({ page, server }) => {
      await addAda(server);
      await type(page);
      await link(page, "Account").click();
      await expect(question(page)).toBeVisible();
      await expectAccessible(page);
      await answer(page, "Stay");
      await expectUntouched(page);
      await expect(link(page, "Account")).toBeFocused();
      // A tab is a link too.
      await link(page, "Password").click();
      await page.keyboard.press("Escape");
      await expectUntouched(page);
      await link(page, "Account").click();
      await answer(page, "Leave");
      await expect(page).toHaveURL(/\/account$/);
      await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
      await link(page, "Settings").click();
      await expect(name(page)).toHaveValue("Ada Lovelace");
    });

    test("by Log out asks", async ({ page, server }) => {
      await addAda(server);
      await type(page);
      const menu = page.getByRole("button", { name: "your menu" });
      await menu.click();
      await page.getByRole("button", { name: "Log out" }).click();
      await answer(page, "Stay");
      await expectUntouched(page);
      await expect(menu).toBeFocused();
      await menu.click();
      await page.getByRole("button", { name: "Log out" }).click();
      await answer(page, "Leave");
      await left(page);
      await expect(page.getByRole("status").filter({ hasText: "You are logged out." })).toBeVisible();
    });
  });
}

test("by Back asks", async ({ page, server }) => {
  await addAda(server);
  await type(page);
  await page.goBack();
  await answer(page, "Stay");
  await expectUntouched(page);
  // Twice in a row is one question.
  await page.goBack();
  await expect(question(page)).toBeVisible();
  await page.goBack();
  await expect(question(page)).toHaveCount(1);
  await answer(page, "Leave");
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  await link(page, "Settings").click();
  await expect(name(page)).toHaveValue("Ada Lovelace");
});

test("by Forward asks", async ({ page, server }) => {
  await addAda(server);
  await logInAs(page, "/settings");
  await link(page, "Account").click();
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  await page.goBack();
  await name(page).fill("Augusta");
  await page.goForward();
  await answer(page, "Stay");
  await expectUntouched(page);
  await page.goBack();
  await answer(page, "Leave");
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
});

test("by a reload asks in the browser's own words", async ({ page, server }) => {
  await addAda(server);
  await type(page);
  const asked = page.waitForEvent("dialog");
  const reloading = page.reload({ timeout: 5_000 }).catch(() => undefined);
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await reloading;
  await expectUntouched(page);
  page.once("dialog", (dialog) => dialog.accept());
  await page.reload();
  await expect(name(page)).toHaveValue("Ada Lovelace");
});

test("does not ask after saving, after cancelling, or without changes", async ({ page, server }) => {
  await addAda(server);
  page.on("dialog", () => expect("a dialog").toBe("none"));
  await type(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  await link(page, "Account").click();
  await expect(page).toHaveURL(/\/account$/);
  await page.goBack();
  await name(page).fill("Augusta");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Your profile is saved.");
  await page.goBack();
  await expect(page).toHaveURL(/\/account$/);
  await page.goForward();
  await expect(name(page)).toHaveValue("Augusta");
  await page.reload();
  await expect(name(page)).toHaveValue("Augusta");
  await name(page).fill("Ada");
  await name(page).fill("Augusta");
  await page.getByRole("button", { name: "your menu" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await left(page);
});

test("a link to a part of the page, or to the page itself, leaves nothing", async ({ page, server }) => {
  await addAda(server);
  await type(page);
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
  await expect(page).toHaveURL(/\/settings#main$/);
  await expect(question(page)).toBeHidden();
  await expect(name(page)).toHaveValue("Augusta");
  await link(page, "Profile").click();
  await expect(question(page)).toBeHidden();
  await expect(name(page)).toHaveValue("Augusta");
});
