// API keys: a person makes one, a program uses it, and the person ends it.

import type { Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import type { Server } from "../support/server";
import { expect, refusedRequest, test } from "../support/test";

const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };

const dialog = (page: Page) => page.getByRole("dialog", { name: "New API key" });
const name = (page: Page) => dialog(page).getByLabel("Name", { exact: true });
const make = (page: Page) => dialog(page).getByRole("button", { name: "Make the key" });
const created = (page: Page, called = "") => page.getByRole("region", { name: new RegExp(`^Your new key ${called}`) });
const list = (page: Page) => page.getByRole("region", { name: "Your keys" });
const rows = (page: Page) => list(page).getByRole("listitem");

/** Fills in the form of a new key. */
async function fillIn(page: Page, called: string, scopes: string[], expires?: string): Promise<void> {
  await page.getByRole("button", { name: "New key" }).click();
  await expect(name(page)).toBeFocused();
  await name(page).fill(called);
  for (const scope of scopes) await dialog(page).getByLabel(scope, { exact: true }).check();
  if (expires) await dialog(page).getByLabel("Expires").selectOption(expires);
}

/** Makes a key, and returns its text. */
async function makeKey(page: Page, called: string, scopes: string[], expires?: string): Promise<string> {
  await fillIn(page, called, scopes, expires);
  await make(page).click();
  await expect(dialog(page)).toBeHidden();
  return created(page, called).locator(".key").innerText();
}

/** The status of the answer to a program that has this key. */
async function call(server: Server, path: string, key: string): Promise<number> {
  return (await fetch(`${server.url}${path}`, { headers: { "X-API-Key": key } })).status;
}

test.beforeEach(async ({ server }) => addAda(server));

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    test.use({ viewport });

    test("a person makes a key, a program uses it, and the person ends it", async ({ page, server }) => {
      await logInAs(page, "/settings/api-keys");
      await expect(page).toHaveTitle("API keys · Settings · Cloakroom");
      await expect(list(page)).toContainText("You have no keys.");
      await expectAccessible(page);
      const key = await makeKey(page, "Backup", ["items"]);
      expect(key).toMatch(/^cloakroom_key_[0-9A-Za-z]+$/);
      await expect(created(page).getByRole("heading")).toBeFocused();
      await expect(rows(page)).toHaveCount(1);
      await expect(rows(page)).toContainText(/Backup\s*items\s*Until .*, made .*\s*Never used/);
      await expectAccessible(page);

      expect(await call(server, "/items", key)).toBe(200);
      expect(await call(server, "/users/me", key)).toBe(403);

      await created(page).getByRole("button", { name: "Done" }).click();
      await expect(created(page)).toBeHidden();
      await expect(page.locator("main h1")).toBeFocused();
      await page.reload();
      await expect(rows(page)).toHaveCount(1);
      await expect(page.getByText(key)).toBeHidden();

      await list(page).getByRole("button", { name: "End Backup" }).click();
      const question = page.getByRole("alertdialog", { name: "End the key Backup?" });
      await question.getByRole("button", { name: "Cancel" }).click();
      await expect(rows(page)).toHaveCount(1);
      await list(page).getByRole("button", { name: "End Backup" }).click();
      await question.getByRole("button", { name: "End it" }).click();
      await expect(list(page)).toContainText("You have no keys.");
      await expect(page.getByRole("heading", { name: "Your keys" })).toBeFocused();
      expect(await call(server, "/items", key)).toBe(401);
    });
  });
}

test("a key that is ended is not shown any longer, and one without an end is listed as such", async ({ page }) => {
  await logInAs(page, "/settings/api-keys");
  await makeKey(page, "First", ["me"], "Never");
  await expect(rows(page)).toContainText("Never expires");
  await list(page).getByRole("button", { name: "End First" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End it" }).click();
  await expect(rows(page)).toHaveCount(0);
  await expect(created(page)).toBeHidden();
});

test("a name and a scope are needed, and closing the dialog asks first", async ({ page }) => {
  await logInAs(page, "/settings/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  await make(page).click();
  await expect(name(page)).toBeFocused();
  await expect(dialog(page)).toContainText("Choose at least one scope");
  await expectAccessible(page);
  await name(page).fill("Backup");
  await page.keyboard.press("Escape");
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay" }).click();
  await expect(name(page)).toHaveValue("Backup");
});

test("a second key does not take the place of the first, and leaving asks until both are copied or done", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await logInAs(page, "/settings/api-keys");
  const first = await makeKey(page, "First", ["me"]);
  await makeKey(page, "Second", ["me"]);
  await expect(created(page)).toHaveCount(2);
  await expect(created(page, "First")).toContainText(first);
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await page.getByRole("link", { name: "Profile", exact: true }).click();
  await question.getByRole("button", { name: "Stay" }).click();
  await created(page, "First").getByRole("button", { name: "Copy" }).click();
  await expect(created(page, "First").getByRole("status")).toHaveText("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first);
  await created(page, "Second").getByRole("button", { name: "Done" }).click();
  await expect(created(page)).toHaveCount(1);
  await page.getByRole("link", { name: "Profile", exact: true }).click();
  await expect(page).toHaveURL(/\/settings$/);
});

test("a key is shown also if the dialog is closed while it is made", async ({ page }) => {
  await logInAs(page, "/settings/api-keys");
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/users/me/api-keys", async (route) => {
    if (route.request().method() === "POST") await held;
    await route.fallback();
  });
  await fillIn(page, "Backup", ["me"]);
  await make(page).click();
  await page.keyboard.press("Escape");
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await expect(dialog(page)).toBeHidden();
  // Until then there is no second dialog, which the answer would close.
  const again = page.getByRole("button", { name: "New key" });
  await expect(again).toHaveAttribute("aria-busy", "true");
  await again.click();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(dialog(page)).toHaveCount(0);
  answer();
  await expect(created(page, "Backup").locator(".key")).toHaveText(/^cloakroom_key_/);
  await expect(rows(page)).toHaveCount(1);
});

test.describe("a refusal", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is shown in the dialog, with what was typed, and not again in the next one", async ({ page }) => {
    await logInAs(page, "/settings/api-keys");
    const detail = "You have 100 API keys: end one first";
    await page.route("**/users/me/api-keys", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      return route.fulfill({ status: 409, json: { detail } });
    });
    await fillIn(page, "Backup", ["me"]);
    await make(page).click();
    await expect(dialog(page).getByRole("alert")).toContainText(detail);
    await expect(name(page)).toHaveValue("Backup");
    await page.keyboard.press("Escape");
    await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
    await page.getByRole("button", { name: "New key" }).click();
    await expect(name(page)).toBeFocused();
    await expect(dialog(page)).not.toContainText(detail);
  });
});

test("only scopes that the person has are offered", async ({ page }) => {
  await logInAs(page, "/settings/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  await expect(dialog(page).getByRole("checkbox")).toHaveCount(4);
  await expect(dialog(page).getByLabel("admin")).toHaveCount(0);
});

test.describe("with the password again", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("the password is asked for if it was typed long ago, and then the key is made", async ({ page, server }) => {
    await logInAs(page, "/settings/api-keys");
    await makeStale(page, "/users/me/api-keys", "POST");
    await fillIn(page, "Backup", ["me"]);
    await make(page).click();
    const again = page.getByRole("dialog", { name: "Type your password again" });
    await again.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await again.getByRole("button", { name: "Go on" }).click();
    await expect(rows(page)).toHaveCount(1);
    const key = await created(page).locator(".key").innerText();
    expect(await call(server, "/users/me", key)).toBe(200);
  });
});

test("who may not change the account sees the keys, and makes and ends none", async ({ page, server, browser }) => {
  await logInAs(page, "/settings/api-keys");
  await makeKey(page, "Backup", ["me"]);
  await server.run(["user", "scopes", NAME, "me items"]);
  const context = await browser.newContext({ baseURL: server.url });
  const later = await context.newPage();
  await logInAs(later, "/settings/api-keys");
  await expect(rows(later)).toHaveCount(1);
  await expect(later.getByText("You cannot make or end keys here")).toBeVisible();
  await expect(later.getByRole("button", { name: /^(New key|End)/ })).toHaveCount(0);
  await expectAccessible(later);
  await context.close();
});
