// Sensitive steps want the password again (RFC 9470), and a session says in good time that it ends.

import type { Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import { awake, expect, kept, left, refusedRequest, test } from "../support/test";

const dialog = (page: Page) => page.getByRole("dialog", { name: "Type your password again" });
const password = (page: Page) => dialog(page).getByLabel("Password", { exact: true });
const goOn = (page: Page) => dialog(page).getByRole("button", { name: "Go on" });
const open = (page: Page) => page.getByRole("button", { name: "Delete my account…" });
const alert = (page: Page, text: string) => page.getByRole("alert").filter({ hasText: text });

/** Asks for the account's end, whose first answer is that the password is needed. */
async function beginToDelete(page: Page): Promise<void> {
  await makeStale(page, "/users/me", "DELETE");
  await open(page).click();
  await page.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
  await page.getByLabel(`Type ${NAME} to confirm`).press("Enter");
  await expect(dialog(page)).toBeVisible();
}

test.slow();

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 900 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(`a sensitive step, ${size}`, () => {
    test.use({ viewport, expectedMessages: [refusedRequest] });

    test("asks for the password, and goes on where it was", async ({ page, server }) => {
      await addAda(server);
      await logInAs(page, "/settings/danger");
      const before = (await kept(page)).tab;
      await beginToDelete(page);
      await expect(password(page)).toBeFocused();
      await expectAccessible(page);
      // Password managers see whose password it is.
      const username = dialog(page).locator("input[autocomplete=username]");
      await expect(username).toHaveValue(NAME);
      await expect(password(page)).toHaveAttribute("autocomplete", "current-password");
      const form = page.waitForRequest((request) => request.url().endsWith("/token"));
      await password(page).fill(PASSWORD);
      await password(page).press("Enter");
      expect(new URLSearchParams((await form).postData() ?? "").get("scope")).toBe("me items me:write items:write");
      await left(page);
      await expect(page.getByRole("status").filter({ hasText: "Your account is deleted." })).toBeVisible();
      expect(before).not.toBeNull();
    });
  });
}

test.describe("a sensitive step", () => {
  test.use({ expectedMessages: [refusedRequest] });

  for (const way of ["Escape", "Close"] as const) {
    test(`that is cancelled by ${way} changes nothing, and the person stays signed in`, async ({ page, server }) => {
      await addAda(server);
      await logInAs(page, "/settings/danger");
      await beginToDelete(page);
      await password(page).fill("something");
      if (way === "Escape") await page.keyboard.press("Escape");
      else await dialog(page).getByRole("button", { name: "Close" }).click();
      await expect(dialog(page)).toBeHidden();
      await expect(alert(page, "Nothing was changed")).toContainText("the password was not typed again");
      await expect(open(page)).toBeFocused();
      await expect(page).toHaveURL(/\/settings\/danger$/);
      await page.reload();
      await expect(open(page)).toBeVisible();
    });
  }

  test("with a wrong password stays in the dialog, with the sentence at the field", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/danger");
    await beginToDelete(page);
    await goOn(page).click();
    await expect(password(page)).toHaveAccessibleDescription(/Type your password/);
    await password(page).fill("wrong");
    await dialog(page).getByRole("button", { name: "Show password" }).click();
    await goOn(page).click();
    await expect(password(page)).toHaveAccessibleDescription(/That is not your password\. Try again\./);
    await expect(password(page)).toHaveAttribute("type", "password");
    await expect(password(page)).toBeFocused();
    await expect(password(page)).toHaveValue("wrong");
    await expectAccessible(page);
    await page.route("**/token", (route) =>
      route.fulfill({ status: 429, headers: { "Retry-After": "240" }, json: { detail: "Too many failed logins: try again later" } }),
    );
    await goOn(page).click();
    await expect(password(page)).toHaveAccessibleDescription(/Too many attempts\. Try again in 4 minutes\./);
    await page.unroute("**/token");
    await password(page).fill(PASSWORD);
    await goOn(page).click();
    await left(page);
  });

  test("works for who was granted less since the login", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/danger");
    await server.run(["user", "scopes", NAME, "me", "me:write"]);
    await beginToDelete(page);
    await password(page).fill(PASSWORD);
    await goOn(page).click();
    await left(page);
    await expect(page.getByRole("status").filter({ hasText: "Your account is deleted." })).toBeVisible();
  });
});

test.describe("a session that ends soon", () => {
  test.use({ settings: { CLOAKROOM__TOKEN__EXPIRES_IN: "600" }, expectedMessages: [refusedRequest] });

  const banner = (page: Page) => page.getByText(/Your session ends at \d/);
  const stay = (page: Page) => page.getByRole("button", { name: "Stay signed in" });

  test("says so two minutes before, and goes on if the person wants", async ({ page, server }) => {
    await page.clock.install();
    await addAda(server);
    await logInAs(page, "/settings");
    await page.getByLabel("Full name").fill("Augusta");
    await page.clock.fastForward(470_000);
    await expect(banner(page)).toBeHidden();
    await page.clock.fastForward(15_000);
    await expect(banner(page)).toBeVisible();
    await expectAccessible(page);
    const before = (await kept(page)).tab;
    await stay(page).click();
    await password(page).fill(PASSWORD);
    await goOn(page).click();
    await expect(dialog(page)).toBeHidden();
    await expect(banner(page)).toBeHidden();
    await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
    expect((await kept(page)).tab).not.toBe(before);
    // What was typed is still there, and the session goes on beyond its first end.
    await expect(page.getByLabel("Full name")).toHaveValue("Augusta");
    await page.clock.fastForward(300_000);
    await expect(banner(page)).toBeHidden();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("region", { name: "Messages" })).toContainText("Your profile is saved.");
  });

  for (const path of ["/settings", "/settings/password", "/account"]) {
    test(`ends on ${path}, and the login leads back`, async ({ page, server }) => {
      await page.clock.install();
      await addAda(server);
      await logInAs(page, path);
      // What is typed does not hold the page back.
      if (path === "/settings") await page.getByLabel("Full name").fill("Augusta");
      await page.clock.fastForward(602_000);
      await left(page);
      await expect(page).toHaveURL(new RegExp(`/login\\?next=${encodeURIComponent(path)}$`));
      await expect(page.getByRole("status").filter({ hasText: "Your session has expired. Log in to go on." })).toBeVisible();
      expect(await kept(page)).toEqual({ tab: null, device: null });
    });
  }

  test("goes on in all tabs of this device", async ({ page, server, context }) => {
    await page.clock.install();
    await addAda(server);
    await logInAs(page, "/settings", { stay: true });
    const other = await context.newPage();
    await other.goto("/settings");
    await awake(other);
    await page.clock.fastForward(500_000);
    await expect(banner(page)).toBeVisible();
    // All pages of a browser have one clock.
    await expect(banner(other)).toBeVisible();
    await stay(other).click();
    await password(other).fill(PASSWORD);
    await goOn(other).click();
    await expect(banner(other)).toBeHidden();
    await expect(banner(page)).toBeHidden();
    await page.clock.fastForward(200_000);
    await page.reload();
    await expect(page.getByLabel("Full name")).toHaveValue("Ada Lovelace");
  });

  test("asks once for all that wait", async ({ page, server }) => {
    await page.clock.install();
    await addAda(server);
    await logInAs(page, "/settings/danger");
    await page.clock.fastForward(500_000);
    await expect(banner(page)).toBeVisible();
    await beginToDelete(page);
    // Behind the dialog it cannot be pressed, but a call may come at any time.
    await stay(page).dispatchEvent("click");
    await expect(page.getByRole("dialog")).toHaveCount(1);
    const logins: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/token")) logins.push(request.url());
    });
    await password(page).fill(PASSWORD);
    await goOn(page).click();
    await left(page);
    await expect(page.getByRole("status").filter({ hasText: "Your account is deleted." })).toBeVisible();
    expect(logins).toHaveLength(1);
  });
});
