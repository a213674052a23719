// The interactive documentation: logs in through the token endpoint, and calls operations.

import type { Locator, Page } from "@playwright/test";
import { expectNoSidewaysScroll } from "../support/screen";
import { expect, refusedRequest, test } from "../support/test";

type Operation = { operationId: string; security?: Record<string, string[]>[] };

/** Opens the page, and waits until it shows the API. */
async function open(page: Page): Promise<void> {
  await page.goto("/docs");
  await expect(page.locator(".opblock").first()).toBeVisible();
}

/** Logs in with the dialog, asking for these scopes. */
async function authorize(page: Page, username: string, password: string, scopes: string[]): Promise<Locator> {
  await page.getByRole("button", { name: "Authorize" }).first().click();
  const dialog = page.locator(".modal-ux");
  // The real checkbox is hidden behind a drawn one, so this clicks the label.
  for (const scope of scopes) await dialog.locator(`input[data-value="${scope}"] + label`).click();
  // A client's id and secret have fields of the same names.
  await dialog.locator("#oauth_username").fill(username);
  await dialog.locator("#oauth_password").fill(password);
  await dialog.locator("#oauth_password").press("Enter");
  return dialog;
}

/** Whether a token with these scopes opens an operation. */
function mayCall(operation: Operation, scopes: string[]): boolean {
  const needed = operation.security?.flatMap((way) => Object.values(way).flat()) ?? [];
  return needed.every((scope) => scopes.includes(scope));
}

/** Calls an operation with "Try it out", and returns the status of the answer. */
async function call(page: Page, operation: Operation): Promise<string> {
  const block = page.locator(`.opblock[id$="-${operation.operationId}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  await block.getByRole("button", { name: "Execute" }).click();
  return block.locator(".live-responses-table .response-col_status").last().innerText();
}

test.describe("all of it", () => {
  // Chromium logs this message about Swagger UI's password fields.
  test.use({ expectedMessages: [/^verbose: \[DOM\]/] });

  test("it logs in with the ticked scopes, and calls what they let it, to read and to write", async ({ page }) => {
    // Swagger UI takes seconds for each operation where the machine has other work.
    test.slow();
    await open(page);
    const posted = page.waitForRequest((request) => request.url().endsWith("/token"));
    const scopes = ["me", "items", "items:write"];
    const dialog = await authorize(page, "johndoe", "secret", scopes);
    expect(new URLSearchParams((await posted).postData() ?? "").get("scope")).toBe(scopes.join(" "));
    await expect(dialog.getByRole("button", { name: "Remove authorization" }).last()).toBeVisible();
    await expect(dialog).not.toContainText("client_");
    await dialog.getByRole("button", { name: "Close" }).first().click();

    const document = await (await page.request.get("/openapi.json")).json();
    const operations = Object.entries<Record<string, Operation>>(document.paths)
      .filter(([path]) => !path.includes("{"))
      .flatMap(([, operations]) => Object.entries(operations))
      .filter(([method, operation]) => method === "get" && mayCall(operation, scopes))
      .map(([, operation]) => operation)
      // Swagger UI takes most of a minute to draw the whole document.
      .filter(({ operationId }) => operationId !== "openapi");
    expect(operations.length).toBeGreaterThan(6);
    for (const operation of operations) {
      expect(await call(page, operation), operation.operationId).toMatch(/^200/);
    }
    const items = page.locator('.opblock[id$="-read_own_items"] .live-responses-table');
    await expect(items).toContainText("Black umbrella");
    // With the example that the document has for the body.
    expect(await call(page, { operationId: "login_for_access_token" })).toMatch(/^200/);
    expect(await call(page, { operationId: "create_item" })).toMatch(/^201/);
    expect(await call(page, { operationId: "create_user" })).toMatch(/^201/);
  });
});

test.describe("refused", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("a wrong password is said in the server's words", async ({ page }) => {
    await open(page);
    const dialog = await authorize(page, "johndoe", "wrong", []);
    await expect(dialog.locator(".errors")).toContainText("Incorrect username or password");
  });

  test("without a token, an operation that wants one shows what the server says", async ({ page }) => {
    await open(page);
    const operation = { operationId: "read_users_me" };
    expect(await call(page, operation)).toMatch(/^401/);
    await expect(page.locator('.opblock[id$="-read_users_me"] .live-responses-table')).toContainText("Not authenticated");
  });

  test("a token without the scope is told which it needs", async ({ page }) => {
    await open(page);
    const dialog = await authorize(page, "johndoe", "secret", ["items"]);
    await dialog.getByRole("button", { name: "Close" }).first().click();
    expect(await call(page, { operationId: "read_users_me" })).toMatch(/^403/);
    await expect(page.locator('.opblock[id$="-read_users_me"] .live-responses-table')).toContainText(
      "insufficient_scope",
    );
  });
});

test("nothing comes from another host", async ({ page, server }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });
  await open(page);
  expect(elsewhere).toEqual([]);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`on a phone, in ${colorScheme}, nothing is cut off`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page);
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const brightness = (background.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    if (colorScheme === "dark") expect(brightness).toBeLessThan(200);
    await expectNoSidewaysScroll(page);
  });
}
