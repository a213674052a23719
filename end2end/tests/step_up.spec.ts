// Sensitive steps want the password again (RFC 9470), and a session says in good time that it ends.

import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import { awake, expect, kept, left, refusedRequest, STORAGE_KEY, test } from "../support/test";

// The tests know the key that signs the tokens.
const KEY = "5f0c2b7e91d84a36b7c15e0f4a9d2368c1e7b05f9a3d4c6288e1f70b6d5a4932";

const dialog = (page: Page) => page.getByRole("dialog", { name: "Type your password again" });
const password = (page: Page) => dialog(page).getByLabel("Password", { exact: true });
const goOn = (page: Page) => dialog(page).getByRole("button", { name: "Go on" });
const open = (page: Page) => page.getByRole("button", { name: "Delete my account…" });
const alert = (page: Page, text: string) => page.getByRole("alert").filter({ hasText: text });
const notice = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text });

type Claims = { auth_time: number; scope: string };

function claims(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

/** The same token, of somebody who typed the password this many seconds earlier. */
function aged(token: string, seconds: number): string {
  const [header] = token.split(".");
  const old = { ...claims(token), auth_time: claims(token).auth_time - seconds };
  const signed = `${header}.${Buffer.from(JSON.stringify(old)).toString("base64url")}`;
  return `${signed}.${createHmac("sha256", KEY).update(signed).digest("base64url")}`;
}

async function token(page: Page): Promise<string> {
  return JSON.parse((await kept(page)).tab ?? "").token.access_token;
}

/** Logs ada in, opens a page, and goes on with a token of an earlier login. The server itself finds that it is too old. */
async function logInEarlier(page: Page, path: string, seconds: number): Promise<void> {
  await logInAs(page, path);
  const older = aged(await token(page), seconds);
  await page.evaluate(
    ([key, older]) => {
      const session = JSON.parse(sessionStorage.getItem(key) ?? "");
      session.token.access_token = older;
      sessionStorage.setItem(key, JSON.stringify(session));
    },
    [STORAGE_KEY, older] as const,
  );
  await page.reload();
}

/** Asks for the account's end. */
async function askToDelete(page: Page): Promise<void> {
  await awake(page);
  await open(page).click();
  await page.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
  await page.getByLabel(`Type ${NAME} to confirm`).press("Enter");
}

/** Asks for the account's end, where the password is needed. */
async function beginToDelete(page: Page): Promise<void> {
  await askToDelete(page);
  await expect(dialog(page)).toBeVisible();
}

test.slow();
test.use({ settings: { CLOAKROOM__TOKEN__SECRET_KEY: KEY } });

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 900 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(`a sensitive step ten minutes after the password was typed, ${size}`, () => {
    test.use({ viewport, expectedMessages: [refusedRequest] });

    test("asks for it again, and goes on where it was", async ({ page, server }) => {
      await addAda(server);
      await logInEarlier(page, "/settings/danger", 600);
      const refused = page.waitForResponse((answer) => answer.request().method() === "DELETE");
      await beginToDelete(page);
      const answer = await refused;
      expect(answer.status()).toBe(401);
      expect(answer.headers()["www-authenticate"]).toMatch(/error="insufficient_user_authentication".*max_age="?300/);
      await expect(password(page)).toBeFocused();
      await expectAccessible(page);
      // Password managers see whose password it is.
      const username = dialog(page).locator("input[autocomplete=username]");
      await expect(username).toHaveValue(NAME);
      await expect(password(page)).toHaveAttribute("autocomplete", "current-password");
      const form = page.waitForRequest((request) => request.url().endsWith("/token"));
      const repeated = page.waitForRequest((request) => request.method() === "DELETE");
      await password(page).fill(PASSWORD);
      await password(page).press("Enter");
      expect(new URLSearchParams((await form).postData() ?? "").get("scope")).toBe("me items me:write items:write offline_access");
      const fresh = ((await repeated).headers()["authorization"] ?? "").replace("Bearer ", "");
      expect(Date.now() / 1000 - claims(fresh).auth_time).toBeLessThan(300);
      await left(page);
      await expect(notice(page, "Your account is deleted.")).toBeVisible();
      const login = { username: NAME, password: PASSWORD };
      expect((await page.request.post("/token", { form: login })).status()).toBe(401);
    });
  });
}

test.describe("a sensitive step ten minutes after the password was typed", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("asks for it once: the session goes on with a new token", async ({ page, server }) => {
    // The last administrator cannot go: so there is a session after the step.
    await addAda(server, "--admin");
    await logInEarlier(page, "/settings/danger", 600);
    const before = await token(page);
    await beginToDelete(page);
    await password(page).fill(PASSWORD);
    await password(page).press("Enter");
    await expect(alert(page, "last administrator")).toBeVisible();
    await expect(dialog(page)).toBeHidden();
    await expect(open(page)).toBeFocused();
    const after = await token(page);
    expect(claims(after).auth_time).toBeGreaterThan(claims(before).auth_time + 500);
    expect(claims(after).scope).toBe(claims(before).scope);
    await page.reload();
    await askToDelete(page);
    await expect(alert(page, "last administrator")).toBeVisible();
    await expect(dialog(page)).toBeHidden();
    await expect(page).toHaveURL(/\/settings\/danger$/);
  });

  test("that is cancelled, by Escape or Close, changes nothing, and the person stays signed in", async ({ page, server }) => {
    await addAda(server);
    await logInEarlier(page, "/settings/danger", 600);
    const before = await token(page);
    for (const way of ["Escape", "Close"] as const) {
      await beginToDelete(page);
      await password(page).fill("something");
      if (way === "Escape") await page.keyboard.press("Escape");
      else await dialog(page).getByRole("button", { name: "Close" }).click();
      await expect(dialog(page)).toBeHidden();
      await expect(alert(page, "Nothing was changed")).toContainText("the password was not typed again");
      await expect(open(page)).toBeFocused();
      await expect(page).toHaveURL(/\/settings\/danger$/);
      expect(await token(page)).toBe(before);
      await page.reload();
      await expect(open(page)).toBeVisible();
      expect((await page.request.get("/users/me", { headers: { Authorization: `Bearer ${before}` } })).status()).toBe(200);
    }
  });

  test("with a wrong password stays in the dialog, with the sentence at the field", async ({ page, server }) => {
    await addAda(server);
    await logInEarlier(page, "/settings/danger", 600);
    const before = await token(page);
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
    expect(await token(page)).toBe(before);
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
    await expect(notice(page, "Your account is deleted.")).toBeVisible();
  });
});

test("a step that is not sensitive does not ask for the password", async ({ page, server }) => {
  await addAda(server);
  await logInEarlier(page, "/settings", 600);
  await page.getByLabel("Full name").fill("Augusta");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Your profile is saved.");
  await expect(dialog(page)).toBeHidden();
});

test("a sensitive step three minutes after the password was typed does not ask for it", async ({ page, server }) => {
  await addAda(server);
  await logInEarlier(page, "/settings/danger", 180);
  await askToDelete(page);
  await left(page);
  await expect(notice(page, "Your account is deleted.")).toBeVisible();
});

test.describe("a sensitive step", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("works for who was granted less since the login", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/danger");
    await server.run(["user", "scopes", NAME, "me", "me:write"]);
    await makeStale(page, "/users/me", "DELETE");
    await beginToDelete(page);
    await password(page).fill(PASSWORD);
    await goOn(page).click();
    await left(page);
    await expect(notice(page, "Your account is deleted.")).toBeVisible();
  });
});

test.describe("a session that ends soon", () => {
  test.use({ settings: { CLOAKROOM__TOKEN__EXPIRES_IN: "1200" }, expectedMessages: [refusedRequest] });

  /** Logs ada in. Without the refresh token, the session ends with the access token. */
  const logInForOnce = async (page: Page, path: string, options: { stay?: boolean } = {}) => {
    await logInAs(page, path, options);
    await page.context().clearCookies();
  };
  const banner = (page: Page) => page.getByText(/Your session ends at \d/);
  const stay = (page: Page) => page.getByRole("button", { name: "Stay signed in" });

  test("says so two minutes before, and goes on if the person wants", async ({ page, server }) => {
    await page.clock.install();
    await addAda(server);
    await logInForOnce(page, "/settings");
    await page.getByLabel("Full name").fill("Augusta");
    await page.clock.fastForward(1_070_000);
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
      await logInForOnce(page, path);
      // What is typed does not hold the page back.
      if (path === "/settings") await page.getByLabel("Full name").fill("Augusta");
      await page.clock.fastForward(1_202_000);
      await left(page);
      await expect(page).toHaveURL(new RegExp(`/login\\?next=${encodeURIComponent(path)}$`));
      await expect(notice(page, "Your session has expired. Log in to go on.")).toBeVisible();
      expect(await kept(page)).toEqual({ tab: null, device: null });
    });
  }

  test("goes on in all tabs of this device", async ({ page, server, context }) => {
    await page.clock.install();
    await addAda(server);
    await logInForOnce(page, "/settings", { stay: true });
    const other = await context.newPage();
    await other.goto("/settings");
    await awake(other);
    await page.clock.fastForward(1_100_000);
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
    await logInForOnce(page, "/settings/danger");
    await page.clock.fastForward(1_100_000);
    await expect(banner(page)).toBeVisible();
    await makeStale(page, "/users/me", "DELETE");
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
    await expect(notice(page, "Your account is deleted.")).toBeVisible();
    expect(logins).toHaveLength(1);
  });
});
