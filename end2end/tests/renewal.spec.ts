// A new password ends the old token at once. What is asked for until the new token is there waits for it.

import type { Page } from "@playwright/test";
import { addAda, logInAs, PASSWORD } from "../support/person";
import { awake, expect, kept, left, refusedRequest, test } from "../support/test";

const NEW_PASSWORD = "purple umbrella stand";

const link = (page: Page, to: string) => page.getByRole("link", { name: to, exact: true });
const toast = (page: Page) => page.getByRole("region", { name: "Messages" });

/** Changes the password. The answer to the login after it is held until what is returned is called. */
async function change(page: Page, status?: number): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/token", async (route) => {
    await released;
    return status === undefined ? route.continue() : route.fulfill({ status, json: { detail: "Busy" } });
  });
  const changed = page.waitForResponse("**/users/me/password");
  const login = page.waitForRequest("**/token");
  await page.getByLabel("Current password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel("Repeat the new password", { exact: true }).fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Change password", exact: true }).click();
  expect((await changed).ok()).toBe(true);
  await login;
  return release;
}

/** Opens the page of items, and waits until the server has refused the old token. */
async function openItems(page: Page): Promise<void> {
  const refused = page.waitForResponse((response) => response.url().includes("/items?") && response.status() === 401);
  await link(page, "Items").click();
  const leave = page.getByRole("alertdialog").getByRole("button", { name: "Leave" });
  if (page.url().endsWith("/settings/password")) await leave.click();
  await refused;
}

test.slow();
test.use({ expectedMessages: [refusedRequest] });

test.beforeEach(async ({ server }) => addAda(server));

test("a page that is opened while the password changes is shown with the new token", async ({ page }) => {
  await logInAs(page, "/settings/password");
  const before = (await kept(page)).tab;
  const release = await change(page);
  await openItems(page);
  await expect(page).toHaveURL(/\/my-items$/);
  expect((await kept(page)).tab).toBe(before);
  release();
  await expect(toast(page)).toContainText("Your password is changed.");
  await expect(page.getByRole("button", { name: "Add your first item" })).toBeVisible();
  await expect(page).toHaveURL(/\/my-items$/);
  expect((await kept(page)).tab).not.toBe(before);
});

test("so is one in another tab of this device", async ({ page, context }) => {
  await logInAs(page, "/settings/password", { stay: true });
  const other = await context.newPage();
  await other.goto("/settings");
  await expect(other.getByLabel("Full name")).toHaveValue("Ada Lovelace");
  const release = await change(page);
  await openItems(other);
  await expect(other).toHaveURL(/\/my-items$/);
  release();
  await expect(toast(page)).toContainText("Your password is changed.");
  await expect(other.getByRole("button", { name: "Add your first item" })).toBeVisible();
  await expect(other).toHaveURL(/\/my-items$/);
  await other.close();
});

test("if the new token does not come, the page asks for the password and goes on", async ({ page }) => {
  await logInAs(page, "/settings/password");
  const release = await change(page, 503);
  await openItems(page);
  const answered = page.waitForResponse("**/token");
  release();
  await answered;
  await page.unroute("**/token");
  const dialog = page.getByRole("dialog", { name: "Type your password again" });
  await dialog.getByLabel("Password", { exact: true }).fill(NEW_PASSWORD);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("button", { name: "Add your first item" })).toBeVisible();
  await expect(page).toHaveURL(/\/my-items$/);
});

test("or ends the session, if the person does not want that", async ({ page }) => {
  await logInAs(page, "/settings/password");
  const release = await change(page, 503);
  await openItems(page);
  const answered = page.waitForResponse("**/token");
  release();
  await answered;
  await page.unroute("**/token");
  await page.getByRole("dialog", { name: "Type your password again" }).getByRole("button", { name: "Close" }).click();
  await left(page);
  await awake(page);
  await expect(page.getByRole("status").filter({ hasText: "Your session has expired." })).toBeVisible();
});
