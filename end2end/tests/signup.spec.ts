// The sign-up page: its rules, what the server refuses, and the way on.

import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/person";
import { awake, expect, kept, refusedRequest, test } from "../support/test";

const password = "purple umbrella stand";

class SignUpPage {
  constructor(private readonly page: Page) {}

  readonly username = () => this.page.getByLabel("Username");
  readonly fullName = () => this.page.getByLabel("Full name");
  readonly email = () => this.page.getByLabel("E-mail");
  readonly password = () => this.page.getByLabel("Password", { exact: true });
  readonly repeat = () => this.page.getByLabel("Repeat the password");
  readonly button = () => this.page.locator("button[type=submit]");

  async open(): Promise<void> {
    await this.page.goto("/signup");
    await awake(this.page);
  }

  async fill(values: { username?: string; fullName?: string; email?: string; password?: string; repeat?: string }): Promise<void> {
    await this.username().fill(values.username ?? "");
    await this.fullName().fill(values.fullName ?? "");
    await this.email().fill(values.email ?? "");
    await this.password().fill(values.password ?? "");
    await this.repeat().fill(values.repeat ?? values.password ?? "");
  }
}

test("whoever signs up is signed in, and lands on the account page", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await expect(page).toHaveTitle("Sign up · Cloakroom");
  await signUp.fill({ username: "ada", fullName: "Ada Lovelace", email: "ada@example.com", password });
  await signUp.button().click();
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole("region", { name: "Profile" })).toContainText("ada@example.com");
  expect((await kept(page)).tab).not.toContain(password);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
});

test("a username and a password are enough, and the name and the address may be left out", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await signUp.fill({ username: "bob", password });
  await signUp.repeat().press("Enter");
  await expect(page.getByRole("heading", { name: "Welcome, bob" })).toBeVisible();
});

test("what is missing or wrong is said at its field, and the first wrong one gets the focus", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await signUp.button().click();
  await expect(signUp.username()).toBeFocused();
  await expect(signUp.username()).toHaveAttribute("aria-invalid", "true");
  await expect(signUp.username()).toHaveAccessibleDescription(/1 to 64 letters/);
  await expect(signUp.password()).toHaveAccessibleDescription(/at least 15 characters/);
  await signUp.fill({ username: "ada lovelace", email: "nonsense", password: "short", repeat: "another" });
  await signUp.button().click();
  await expect(signUp.username()).toHaveAccessibleDescription(/1 to 64 letters/);
  await expect(signUp.email()).toHaveAccessibleDescription(/name@example.com/);
  await expect(signUp.password()).toHaveAccessibleDescription(/at least 15 characters/);
  await expect(signUp.repeat()).toHaveAccessibleDescription(/not the same/);
  expect(requests.filter((url) => url.endsWith("/users"))).toEqual([]);
  // What is mended is no longer marked.
  await signUp.username().fill("ada");
  await expect(signUp.username()).not.toHaveAttribute("aria-invalid");
});

test("a field is checked when it is left, and not while it is still empty", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await signUp.username().focus();
  await signUp.email().focus();
  await expect(signUp.username()).not.toHaveAttribute("aria-invalid");
  await signUp.email().fill("nonsense");
  await expect(signUp.email()).not.toHaveAttribute("aria-invalid");
  await signUp.password().focus();
  await expect(signUp.email()).toHaveAttribute("aria-invalid", "true");
});

test("the password's hint follows what is typed", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await expect(signUp.password()).toHaveAccessibleDescription(/At least 15 characters/);
  await signUp.password().fill("twelve chars");
  await expect(signUp.password()).toHaveAccessibleDescription(/3 more characters/);
  await signUp.password().fill("fourteen chars");
  await expect(signUp.password()).toHaveAccessibleDescription(/One more character/);
  await signUp.password().fill(password);
  await expect(signUp.password()).toHaveAccessibleDescription(/Long enough/);
  await page.getByRole("button", { name: "Show password" }).first().click();
  await expect(signUp.password()).toHaveAttribute("type", "text");
});

test("the password's hint is announced when it becomes long enough or too short, and not at each key", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  // What a screen reader hears: each change of an element that is live.
  const heard: string[] = [];
  await page.exposeFunction("heard", (text: string) => heard.push(text));
  await page.evaluate(() => {
    const { heard } = window as unknown as { heard(text: string): void };
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const live = element?.closest("[aria-live], [role=status], [role=alert]");
        if (live?.textContent) heard(live.textContent);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await signUp.password().pressSequentially(password);
  await signUp.password().press("End");
  for (let key = 0; key < password.length - 14; key += 1) await signUp.password().press("Backspace");
  await signUp.password().pressSequentially("xy");
  await expect.poll(() => heard).toEqual(["Too short.", "Long enough.", "Too short.", "Long enough."]);
  await expect(signUp.password()).toHaveAccessibleDescription(/^Long enough\./);
});

test.describe("what only the server knows", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is said at its field: a taken name, a taken address, a common password", async ({ page }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await signUp.fill({ username: "JohnDoe", password });
    await signUp.button().click();
    await expect(signUp.username()).toHaveAccessibleDescription(/username is taken/);
    await expect(signUp.username()).toBeFocused();
    await expect(signUp.password()).toHaveValue(password);
    await signUp.fill({ username: "ada", email: "JOHNDOE@example.com", password });
    await signUp.button().click();
    await expect(signUp.email()).toHaveAccessibleDescription(/address is taken/);
    await signUp.fill({ username: "ada", password: "passwordpassword" });
    await signUp.button().click();
    await expect(signUp.password()).toHaveAccessibleDescription(/common/);
    await signUp.fill({ username: "ada.lovelace1815", password: "ada.lovelace1815" });
    await signUp.button().click();
    await expect(signUp.password()).toHaveAccessibleDescription(/made of the username/);
  });

  test("and a server that does not answer loses nothing that was typed", async ({ page }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await page.route("**/users", (route) => route.abort());
    await signUp.fill({ username: "ada", password });
    await signUp.button().click();
    await expect(page.getByRole("alert").filter({ hasText: "cannot be reached" })).toBeVisible();
    await page.unroute("**/users");
    await signUp.button().click();
    await expect(page.getByRole("heading", { name: "Welcome, ada" })).toBeVisible();
  });

  test("a login that fails after the sign-up says that the account is made", async ({ page }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await page.route("**/token", (route) => route.fulfill({ status: 503, json: { detail: "x" } }));
    await signUp.fill({ username: "ada", password });
    await signUp.button().click();
    const made = page.getByRole("status").filter({ hasText: "Your account is made" });
    await expect(made).toBeVisible();
    await made.getByRole("link", { name: "Log in" }).click();
    await expect(page).toHaveURL(/\/login$/);
  });
});

test("the page that was asked for is opened after a sign-up too", async ({ page, login }) => {
  await page.goto("/my-items?q=hat");
  await awake(page);
  await page.getByRole("link", { name: "Sign up" }).click();
  await awake(page);
  await page.getByRole("link", { name: "Log in" }).click();
  await awake(page);
  await expect(login.button()).toBeVisible();
  await page.getByRole("link", { name: "Sign up" }).click();
  await awake(page);
  const signUp = new SignUpPage(page);
  await signUp.fill({ username: "ada", password });
  await signUp.button().click();
  await expect(page).toHaveURL(/\/my-items\?q=hat$/);
  await expect(page.getByRole("searchbox")).toHaveValue("hat");
});

test("what is typed is not lost without a question of the browser's", async ({ page }) => {
  const signUp = new SignUpPage(page);
  await signUp.open();
  page.once("dialog", () => expect("a dialog").toBe("none"));
  await page.reload();
  await awake(page);
  page.removeAllListeners("dialog");
  await signUp.username().fill("ada");
  const asked = page.waitForEvent("dialog");
  const reloading = page.reload({ timeout: 5_000 }).catch(() => undefined);
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await reloading;
  await expect(signUp.username()).toHaveValue("ada");
  // Whoever has signed up is not asked.
  await signUp.fill({ username: "ada", password });
  await signUp.button().click();
  await expect(page).toHaveURL(/\/account$/);
  page.on("dialog", () => expect("a dialog").toBe("none"));
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("ada");
});

test("the login page and the sign-up page lead to each other", async ({ page, login }) => {
  await login.open();
  await page.getByRole("link", { name: "Sign up" }).click();
  await awake(page);
  await expect(page.getByRole("heading", { name: "Sign up" })).toBeVisible();
  await page.getByRole("link", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/login$/);
});

test.describe("while sign-up is switched off", () => {
  test.use({ settings: { CLOAKROOM__ACCOUNTS__SIGN_UP: "false" } });

  test("no page offers it, and the sign-up page says so", async ({ page, login }) => {
    await login.open();
    await expect(page.getByRole("link", { name: "Sign up" })).toBeHidden();
    await page.goto("/signup");
    await expect(page.getByText("Sign-up is switched off here")).toBeVisible();
    await expect(page.getByLabel("Username")).toBeHidden();
  });
});

test.describe("in production, with another least length", () => {
  test.use({ settings: { CLOAKROOM__PASSWORD__MIN_LENGTH: "20" } });

  test("the hint and the rule are the server's", async ({ page }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await signUp.fill({ username: "ada", password: "nineteen characters" });
    await expect(signUp.password()).toHaveAccessibleDescription(/One more character/);
    await signUp.button().click();
    await expect(signUp.password()).toHaveAccessibleDescription(/at least 20 characters/);
  });
});

for (const width of [1280, 360]) {
  test.describe(`${width} px`, () => {
    test.use({ viewport: { width, height: 800 } });

    test("the sign-up page is accessible and fits, with problems and without", async ({ page }) => {
      const signUp = new SignUpPage(page);
      await signUp.open();
      await expectAccessible(page);
      await signUp.button().click();
      await expect(signUp.username()).toHaveAttribute("aria-invalid", "true");
      await expectAccessible(page);
    });
  });
}
