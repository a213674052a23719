// Whoever logs in next in the same tab sees nothing of what the former user looked for, also by Back and Forward.

import type { Page } from "@playwright/test";
import { addAda, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import { awake, expect, kept, left, LoginPage, refusedRequest, test } from "../support/test";

const link = (page: Page, to: string) => page.getByRole("link", { name: to, exact: true });
const search = (page: Page) => page.getByRole("searchbox");

async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "your menu" }).click();
  await page.getByRole("group", { name: "Your menu" }).getByRole("button", { name: "Log out" }).click();
  await left(page);
}

/** Notes each time that the former user's text is on the page or in the address bar of the app. */
async function watch(page: Page, text = "secret"): Promise<string[]> {
  const seen: string[] = [];
  await page.exposeFunction("seen", (where: string) => seen.push(where));
  const look = (text: string) => {
    const { seen } = window as unknown as { seen(where: string): void };
    const again = () => {
      const fields = [...document.querySelectorAll("input")].some((field) => field.value.includes(text));
      if (fields || document.body?.innerText.includes(text)) seen(location.href);
      requestAnimationFrame(again);
    };
    requestAnimationFrame(again);
  };
  await page.addInitScript(look, text);
  await page.evaluate(look, text);
  return seen;
}

/** Waits until the entry of the history says whose it is. */
async function stamped(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => typeof history.state)).toBe("string");
}

/** johndoe searches for something, and for more. */
async function searchAsJohndoe(page: Page, login: LoginPage): Promise<void> {
  await login.asJohndoe();
  await link(page, "Items").click();
  await search(page).fill("secret words");
  await expect(page).toHaveURL(/q=secret/);
  await link(page, "Settings").click();
  await expect(page).toHaveURL(/\/settings$/);
  await link(page, "Items").click();
  await search(page).fill("secret places");
  await expect(page).toHaveURL(/q=secret/);
  await stamped(page);
}

test.slow();

test.beforeEach(async ({ server }) => addAda(server));

for (const kind of ["in the place of the login page", "after a reload"]) {
  test(`Back leads the next user to the own account, ${kind}`, async ({ page, login }) => {
    await searchAsJohndoe(page, login);
    await logOut(page);
    await login.submit(NAME, PASSWORD);
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    if (kind === "after a reload") await page.reload();
    await awake(page);
    const seen = await watch(page);
    for (let step = 0; step < 3; step += 1) {
      await page.goBack();
      await expect(page).not.toHaveURL(/secret/);
      await awake(page);
      await expect(page).toHaveURL(/\/account$/);
      await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    }
    await page.goForward();
    await expect(page).toHaveURL(/\/account$/);
    await page.reload();
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    expect(seen).toEqual([]);
  });
}

test("Back to the former user's account page opens the own one, and loads it once", async ({ page, login }) => {
  await login.asJohndoe();
  await stamped(page);
  // The account page and the settings are documents of their own.
  await page.goto("/settings");
  await awake(page);
  await stamped(page);
  await logOut(page);
  await login.submit(NAME, PASSWORD);
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  let documents = 0;
  page.on("request", (request) => (documents += Number(request.isNavigationRequest())));
  await page.goBack();
  await awake(page);
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  await stamped(page);
  await page.waitForLoadState("networkidle");
  expect(documents).toBeLessThanOrEqual(3);
});

test("Back after a logout leads to a login page that does not lead there", async ({ page, login }) => {
  await searchAsJohndoe(page, login);
  await logOut(page);
  await page.goBack();
  await left(page);
  await expect(page).toHaveURL(/\/login$/);
  await login.submit(NAME, PASSWORD);
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
});

test("Back after a logout in another tab leads to a login page that does not lead there", async ({ page, server, context }) => {
  await server.run(["user", "add", "grace", "--full-name", "Grace Hopper"], `${PASSWORD}\n`);
  await logInAs(page, "/account", { stay: true });
  const other = await context.newPage();
  await other.goto("/my-items?q=diary");
  await expect(search(other)).toHaveValue("diary");
  await stamped(other);
  await other.goto("about:blank");
  await logOut(page);
  await other.goBack();
  await left(other);
  await expect(other).toHaveURL(/\/login$/);
  const seen = await watch(other, "diary");
  await new LoginPage(other).submit("grace", PASSWORD);
  await expect(other.getByRole("heading", { name: "Welcome, Grace Hopper" })).toBeVisible();
  await expect(other).toHaveURL(/\/account$/);
  expect(seen).toEqual([]);
  expect(await other.content()).not.toContain("diary");
});

test.describe("a session that expires", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("leads back the same user, and not the next one", async ({ page, login, context }) => {
    await searchAsJohndoe(page, login);
    await page.clock.install();
    // Without the refresh token, the session ends with the access token.
    await context.clearCookies();
    await page.clock.fastForward("31:00");
    await left(page);
    await expect(page).toHaveURL(/\/login\?next=.*secret/);
    await login.submit(NAME, PASSWORD);
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    await expect(page).toHaveURL(/\/account$/);
    // And once more, with the former page of the login behind.
    await page.goto("/settings");
    await awake(page);
    await page.goBack();
    await expect(page).toHaveURL(/\/account$/);
    await logOut(page);
    await login.open(`/login?next=${encodeURIComponent("/my-items?q=umbrella")}`);
    await login.submit("johndoe", "secret");
    await expect(search(page)).toHaveValue("umbrella");
    await stamped(page);
    // Without the refresh token, the session ends with the access token.
    await context.clearCookies();
    await page.clock.fastForward("31:00");
    await left(page);
    await page.reload();
    await awake(page);
    await login.submit("johndoe", "secret");
    await expect(page).toHaveURL(/\/my-items\?q=umbrella$/);
    await expect(search(page)).toHaveValue("umbrella");
  });

  test("leaves a login page in the history that does not lead there either", async ({ page, login, context }) => {
    await searchAsJohndoe(page, login);
    await page.clock.install();
    // Without the refresh token, the session ends with the access token.
    await context.clearCookies();
    await page.clock.fastForward("31:00");
    await left(page);
    await expect(page).toHaveURL(/\/login\?next=.*secret/);
    await logInAs(page, "/settings");
    await page.goBack();
    await expect(page).toHaveURL(/\/account$/);
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  });
});

test.describe("a login page that did not come", () => {
  test.use({ expectedMessages: [refusedRequest] });

  // Without page.clock: it hides from the page that the person went back.
  test("and that is left in the history, does not lead there either", async ({ page, login, server }) => {
    await searchAsJohndoe(page, login);
    let asked = false;
    // The session ends, the login page is asked for, and the person goes elsewhere before it is there.
    await page.route(/login\?next=.*secret/, () => void (asked = true), { times: 1 });
    await server.run(["user", "passwd", "johndoe"], `${PASSWORD}\n`);
    await search(page).fill("secret gardens");
    await expect.poll(() => asked).toBe(true);
    await logInAs(page, "/settings");
    await page.goBack();
    await expect(page).toHaveURL(/\/account$/);
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
  });
});

test("an address that is typed or linked to is opened, also by the next user", async ({ page, login }) => {
  await searchAsJohndoe(page, login);
  await logOut(page);
  await page.goto("/my-items?q=mine");
  await left(page);
  await login.submit(NAME, PASSWORD);
  await expect(page).toHaveURL(/\/my-items\?q=mine$/);
  await expect(search(page)).toHaveValue("mine");
  await page.goto("/my-items?q=other");
  await expect(search(page)).toHaveValue("other");
  await page.goBack();
  await expect(search(page)).toHaveValue("mine");
});

test.describe("for one user", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("Back, Forward and reload work as ever, also after the password was typed again", async ({ page }) => {
    await page.goto(`/login?next=${encodeURIComponent("/my-items?q=hat")}`);
    await awake(page);
    await page.getByLabel("Username").fill(NAME);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.locator("button[type=submit]").click();
    await expect(search(page)).toHaveValue("hat");
    await link(page, "Settings").click();
    await link(page, "Danger zone").click();
    // The password is asked for twice, and not typed the second time.
    await makeStale(page, "/users/me", "DELETE", 2);
    await page.getByRole("button", { name: "Delete my account…" }).click();
    await page.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
    await page.getByLabel(`Type ${NAME} to confirm`).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Type your password again" });
    const before = (await kept(page)).tab;
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect.poll(async () => (await kept(page)).tab).not.toBe(before);
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect(dialog).toBeHidden();
    await page.goBack();
    await expect(page).toHaveURL(/\/settings$/);
    await page.goBack();
    await expect(page).toHaveURL(/\/my-items\?q=hat$/);
    await expect(search(page)).toHaveValue("hat");
    await page.reload();
    await expect(search(page)).toHaveValue("hat");
    await page.goForward();
    await expect(page).toHaveURL(/\/settings$/);
    await page.reload();
    await awake(page);
    await page.goBack();
    await expect(search(page)).toHaveValue("hat");
    // After another login of the same user, too.
    await link(page, "Account").click();
    await expect(page).toHaveURL(/\/account$/);
    await logOut(page);
    await page.getByLabel("Username").fill(NAME);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.locator("button[type=submit]").click();
    await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    await page.goBack();
    await expect(search(page)).toHaveValue("hat");
  });
});
