// The settings: the profile, the password, the appearance, and the end of the account.

import type { Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs, NAME, PASSWORD } from "../support/person";
import { awake, expect, kept, left, refusedRequest, STORAGE_KEY, test } from "../support/test";

const NEW_PASSWORD = "purple umbrella stand";
const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };

const toast = (page: Page) => page.getByRole("region", { name: "Messages" });
const tab = (page: Page, name: string) => page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const userButton = (page: Page) => page.getByRole("button", { name: "your menu" });

/** The user as the server has it. */
async function me(page: Page): Promise<{ full_name: string | null; email: string | null }> {
  const token = await page.evaluate((key) => {
    const session = sessionStorage.getItem(key) ?? localStorage.getItem(key) ?? "";
    return JSON.parse(session).token.access_token as string;
  }, STORAGE_KEY);
  return (await page.request.get("/users/me", { headers: { Authorization: `Bearer ${token}` } })).json();
}

/** Changes the user by another client. */
async function changeElsewhere(page: Page, update: object): Promise<void> {
  const form = { username: NAME, password: PASSWORD };
  const { access_token } = await (await page.request.post("/token", { form })).json();
  const headers = { Authorization: `Bearer ${access_token}` };
  expect((await page.request.patch("/users/me", { headers, data: update })).status()).toBe(200);
}

test.slow();

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    test.use({ viewport });

    test("the profile comes first, each part has an address, and axe finds nothing", async ({ page, server }) => {
      await addAda(server);
      await logInAs(page, "/settings");
      await expect(page).toHaveTitle("Settings · Cloakroom");
      await expect(tab(page, "Profile")).toHaveAttribute("aria-current", "page");
      await expect(page.getByLabel("Full name")).toHaveValue("Ada Lovelace");
      await expect(page.getByText("It cannot be changed")).toBeVisible();
      await expectAccessible(page);
      for (const [name, path, heading] of [
        ["Password", "/settings/password", "Password"],
        ["Appearance", "/settings/appearance", "Appearance"],
        ["Danger zone", "/settings/danger", "Delete your account"],
        ["Profile", "/settings", "Profile"],
      ] as const) {
        await tab(page, name).click();
        await expect(page).toHaveURL(new RegExp(`${path}$`));
        await expect(tab(page, name)).toHaveAttribute("aria-current", "page");
        await expect(page.getByRole("heading", { level: 2, name: heading })).toBeVisible();
        await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
        await expect(page).toHaveTitle(name === "Profile" ? "Settings · Cloakroom" : `${name} · Settings · Cloakroom`);
        await expectAccessible(page);
      }
      // Each address is loaded as well as it is reached by its link.
      await page.goto("/settings/password");
      await expect(page.getByLabel("Current password")).toBeVisible();
      await expect(page).toHaveTitle("Password · Settings · Cloakroom");
      await page.goBack();
      await expect(page.getByLabel("Full name")).toBeVisible();
    });

    test("the user's menu opens and closes by keyboard and pointer, and lies within the screen", async ({ page, server }) => {
      await addAda(server);
      if (size === "wide") await page.setViewportSize({ width: 1280, height: 600 });
      await logInAs(page, "/settings");
      const menu = page.getByRole("group", { name: "Your menu" });
      await userButton(page).focus();
      await page.keyboard.press("Enter");
      await expect(menu).toBeVisible();
      await expect(menu).toContainText("Ada Lovelace");
      await expect(menu).toContainText(NAME);
      await expect(menu.getByRole("button", { name: "Log out" })).toBeInViewport({ ratio: 1 });
      await expect(menu).toBeInViewport({ ratio: 1 });
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(menu).toBeHidden();
      await expect(userButton(page)).toBeFocused();
      await userButton(page).click();
      await expect(menu).toBeVisible();
      await page.locator("main").click({ position: { x: 5, y: 150 } });
      await expect(menu).toBeHidden();
      await userButton(page).click();
      await menu.getByRole("button", { name: "Log out" }).click();
      await left(page);
      await expect(page.getByRole("status").filter({ hasText: "You are logged out." })).toBeVisible();
    });
  });
}

test.describe("an unknown part", () => {
  test("is the 404 page, within the settings", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings");
    await page.goto("/settings/nothing");
    await awake(page);
    await expect(page.getByRole("heading", { name: "Nothing hangs here" })).toBeVisible();
    await expect(page).toHaveTitle("Page not found · Cloakroom");
    await expectAccessible(page);
  });
});

test.describe("the profile", () => {
  test("is saved, and the frame's name follows", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings");
    const name = page.getByLabel("Full name");
    const save = button(page, "Save");
    await expect(name).toHaveValue("Ada Lovelace");
    await expect(save).toBeDisabled();
    await expect(button(page, "Cancel")).toBeDisabled();
    const patch = page.waitForRequest((request) => request.method() === "PATCH");
    await name.fill("  Augusta King ");
    await save.click();
    const sent = await patch;
    expect(sent.postDataJSON()).toEqual({ full_name: "Augusta King" });
    expect(sent.headers()["if-match"]).toMatch(/^"/);
    await expect(toast(page)).toContainText("Your profile is saved.");
    await expect(name).toHaveValue("Augusta King");
    await expect(save).toBeDisabled();
    await expect(userButton(page)).toHaveAccessibleName(/^Augusta King/);
    await expect(page.locator(".avatar")).toHaveText("AK");
    // The focus is not lost with the button.
    await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
    // A second change has the new version.
    await page.getByLabel("E-mail").fill("augusta@example.com");
    await save.click();
    await expect(save).toBeDisabled();
    expect(await me(page)).toMatchObject({ full_name: "Augusta King", email: "augusta@example.com" });
    // Empty fields are cleared.
    await name.fill("");
    await page.getByLabel("E-mail").fill(" ");
    await save.click();
    await expect(userButton(page)).toHaveAccessibleName(/^ada:/);
    expect(await me(page)).toMatchObject({ full_name: null, email: null });
  });

  test("with a bad address is refused beside the field, and Cancel restores both", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings");
    const [name, email] = [page.getByLabel("Full name"), page.getByLabel("E-mail")];
    await name.fill("Augusta");
    await email.fill("ada@");
    await button(page, "Save").click();
    await expect(email).toHaveAttribute("aria-invalid", "true");
    await expect(email).toHaveAccessibleDescription(/e-mail/i);
    await expect(email).toBeFocused();
    await expectAccessible(page);
    await button(page, "Cancel").click();
    await expect(name).toHaveValue("Ada Lovelace");
    await expect(email).toHaveValue("ada@example.com");
    await expect(email).not.toHaveAttribute("aria-invalid", "true");
    await expect(name).toBeFocused();
    await expect(button(page, "Save")).toBeDisabled();
    expect(await me(page)).toMatchObject({ full_name: "Ada Lovelace", email: "ada@example.com" });
  });

  test.describe("that is refused", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("because somebody has the address says so at the field", async ({ page, server }) => {
      await addAda(server);
      await logInAs(page, "/settings");
      const email = page.getByLabel("E-mail");
      await email.fill("johndoe@example.com");
      await button(page, "Save").click();
      await expect(email).toHaveAccessibleDescription(/The e-mail address is taken/);
      await expect(email).toBeFocused();
      await expect(email).toHaveValue("johndoe@example.com");
    });

    for (const choice of ["Save mine", "Take what is saved"] as const) {
      test(`because it was changed elsewhere: ${choice}`, async ({ page, server }) => {
        await addAda(server);
        await logInAs(page, "/settings");
        const [name, email] = [page.getByLabel("Full name"), page.getByLabel("E-mail")];
        await name.fill("Augusta");
        await changeElsewhere(page, { full_name: "Lady Lovelace", email: "lady@example.com" });
        await button(page, "Save").click();
        const both = page.getByRole("group", { name: "Changed elsewhere" });
        await expect(both).toBeFocused();
        await expect(both.getByRole("row", { name: "Full name" })).toContainText("Lady LovelaceAugusta");
        await expect(both.locator("mark")).toHaveText(["Lady Lovelace", "Augusta"]);
        await expect(name).toHaveValue("Augusta");
        await expect(email).toHaveValue("lady@example.com");
        await expectAccessible(page);
        await button(page, choice).click();
        await expect(both).toBeHidden();
        const expected = choice === "Save mine" ? "Augusta" : "Lady Lovelace";
        await expect(name).toHaveValue(expected);
        await expect(button(page, "Save")).toBeDisabled();
        await expect(userButton(page)).toHaveAccessibleName(new RegExp(`^${expected}:`));
        expect(await me(page)).toMatchObject({ full_name: expected, email: "lady@example.com" });
        await expect(page.locator(":focus")).toHaveCount(1);
      });
    }

    test("because there is no network keeps what was typed and says so", async ({ page, server, context }) => {
      await addAda(server);
      await logInAs(page, "/settings");
      const name = page.getByLabel("Full name");
      await expect(name).toHaveValue("Ada Lovelace");
      await context.setOffline(true);
      const notice = page.getByText("You are offline.");
      await expect(notice).toBeVisible();
      await expectAccessible(page);
      await name.fill("Augusta");
      await button(page, "Save").click();
      await expect(page.getByRole("alert").filter({ hasText: "cannot be reached" })).toContainText("look whether it was saved");
      await expect(name).toHaveValue("Augusta");
      await context.setOffline(false);
      await expect(notice).toBeHidden();
      await expect(button(page, "Save")).toBeFocused();
      await button(page, "Save").click();
      await expect(toast(page)).toContainText("Your profile is saved.");
      expect(await me(page)).toMatchObject({ full_name: "Augusta" });
    });
  });
});

test.describe("the password", () => {
  test.use({ expectedMessages: [refusedRequest] });

  const fields = (page: Page) => ({
    current: page.getByLabel("Current password", { exact: true }),
    next: page.getByLabel("New password", { exact: true }),
    repeat: page.getByLabel("Repeat the new password", { exact: true }),
    send: button(page, "Change password"),
  });

  test("is changed, the session goes on, and others end", async ({ page, server, browser }) => {
    await addAda(server);
    const elsewhere = await browser.newPage({ baseURL: server.url });
    await logInAs(elsewhere, "/settings", { stay: true });
    await logInAs(page, "/settings/password");
    const { current, next, repeat, send } = fields(page);
    await current.fill(PASSWORD);
    await next.pressSequentially(NEW_PASSWORD.slice(0, 14));
    await expect(next).toHaveAccessibleDescription(/One more character\./);
    await next.fill(NEW_PASSWORD);
    await expect(next).toHaveAccessibleDescription(/Long enough\./);
    await next.locator("..").getByRole("button", { name: "Show password" }).click();
    await expect(next).toHaveAttribute("type", "text");
    await repeat.fill(NEW_PASSWORD);
    await repeat.press("Enter");
    await expect(next).toHaveAttribute("type", "password");
    await expect(toast(page)).toContainText("Your password is changed. Other sessions have ended.");
    for (const field of [current, next, repeat]) await expect(field).toHaveValue("");
    await expect(send).toBeEnabled();
    // The session goes on, with the same scopes, also after a reload.
    expect(await me(page)).toMatchObject({ email: "ada@example.com" });
    const { tab } = await kept(page);
    expect(JSON.parse(tab ?? "").token.scope).toBe("me items me:write items:write offline_access");
    await page.reload();
    await expect(current).toBeVisible();
    // Another browser is signed out on its next request.
    await elsewhere.reload();
    await left(elsewhere);
    await expect(elsewhere.getByRole("status").filter({ hasText: "Your session has expired. Log in to go on." })).toBeVisible();
    await logInAs(elsewhere, "/settings", { password: NEW_PASSWORD });
    await elsewhere.close();
  });

  test("that is weak, the present one, or not repeated is refused beside its field", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/password");
    const { current, next, repeat, send } = fields(page);
    await send.click();
    await expect(current).toBeFocused();
    await expect(current).toHaveAccessibleDescription(/Type the password that you have/);
    await current.fill(PASSWORD);
    for (const [weak, sentence] of [
      ["short", /at least 15 characters/],
      ["ada@example.com ada", /made of the e-mail address/],
      [PASSWORD, /the password that you have: choose another/],
    ] as const) {
      await next.fill(weak);
      await repeat.fill(weak);
      await send.click();
      await expect(next).toHaveAccessibleDescription(sentence);
      await expect(next).toBeFocused();
    }
    await expectAccessible(page);
    await next.fill(NEW_PASSWORD);
    await repeat.fill(`${NEW_PASSWORD}s`);
    await send.click();
    await expect(repeat).toHaveAccessibleDescription(/not the same/);
    await expect(repeat).toBeFocused();
    // Only the server knows the common ones.
    await next.fill("passwordpassword");
    await repeat.fill("passwordpassword");
    await send.click();
    await expect(next).toHaveAccessibleDescription(/one of the common ones/);
    await expect(next).toBeFocused();
    await expect(current).toHaveValue(PASSWORD);
    // It is announced that another one is right.
    const announced = page.getByRole("status").filter({ hasText: "Long enough." });
    await expect(announced).toHaveCount(0);
    await next.fill(NEW_PASSWORD);
    await expect(announced).toHaveCount(1);
  });

  test("with a wrong current one is refused at its field, and the session goes on", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/password");
    const { current, next, repeat, send } = fields(page);
    await current.fill("not the password");
    await next.fill(NEW_PASSWORD);
    await repeat.fill(NEW_PASSWORD);
    await send.click();
    await expect(current).toHaveAccessibleDescription(/The current password is incorrect/);
    await expect(current).toBeFocused();
    await expect(next).toHaveValue(NEW_PASSWORD);
    await expect(page).toHaveURL(/\/settings\/password$/);
    expect((await kept(page)).tab).not.toBeNull();
    await page.route("**/users/me/password", (route) =>
      route.fulfill({ status: 429, headers: { "Retry-After": "90" }, json: { detail: "Too many failed logins: try again later" } }),
    );
    await send.click();
    await expect(page.getByRole("alert").filter({ hasText: "Too many" })).toContainText("Try again in 90 seconds.");
  });

  test("that is changed while the login after it fails is said as it is", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/password");
    const { current, next, repeat, send } = fields(page);
    await page.route("**/token", (route) =>
      route.fulfill({ status: 503, headers: { "Retry-After": "5" }, json: { detail: "Too many logins at once: try again shortly" } }),
    );
    await current.fill(PASSWORD);
    await next.fill(NEW_PASSWORD);
    await repeat.fill(NEW_PASSWORD);
    await send.click();
    const problem = page.getByRole("alert").filter({ hasText: "Your password is changed." });
    await expect(problem).toContainText("Try again in 5 seconds.");
    for (const field of [current, next, repeat]) await expect(field).toHaveValue("");
    await expectAccessible(page);
    await page.unroute("**/token");
    await button(page, "Log in again").click();
    const dialog = page.getByRole("dialog", { name: "Type your password again" });
    await dialog.getByLabel("Password", { exact: true }).fill(NEW_PASSWORD);
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(toast(page)).toContainText("Your password is changed.");
    await expect(problem).toBeHidden();
    expect(await me(page)).toMatchObject({ email: "ada@example.com" });
  });

  test("changed in one tab leaves the other tabs of this device signed in", async ({ page, server, context }) => {
    await addAda(server);
    await logInAs(page, "/settings/password", { stay: true });
    const other = await context.newPage();
    await other.goto("/settings");
    await other.getByLabel("Full name").fill("Augusta");
    const { current, next, repeat, send } = fields(page);
    await current.fill(PASSWORD);
    await next.fill(NEW_PASSWORD);
    await repeat.fill(NEW_PASSWORD);
    await send.click();
    await expect(toast(page)).toContainText("Your password is changed.");
    // The call that was refused is repeated with the new token.
    await other.getByRole("button", { name: "Save", exact: true }).click();
    // The version changed with the password.
    await other.getByRole("button", { name: "Save mine" }).click();
    await expect(toast(other)).toContainText("Your profile is saved.");
    await expect(other).toHaveURL(/\/settings$/);
    await other.reload();
    await expect(other.getByLabel("Full name")).toHaveValue("Augusta");
  });
});

test.describe("the appearance", () => {
  const theme = (page: Page) => page.evaluate(() => [document.documentElement.dataset.theme, localStorage.getItem("cloakroom.theme")]);
  const ground = (page: Page) =>
    page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.documentElement).backgroundColor)?.[0]));

  test("is chosen in the settings, and survives a reload and a logout", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/appearance");
    const choice = page.locator("main").getByRole("group", { name: "Light or dark?" });
    await expect(choice.getByRole("radio", { name: "System" })).toBeChecked();
    await expect(choice.getByRole("radio", { name: "System" })).toHaveAccessibleDescription(/As this device is set/);
    await choice.getByRole("radio", { name: "Dark" }).check();
    expect(await theme(page)).toEqual(["dark", "dark"]);
    expect(await ground(page)).toBeLessThan(64);
    await page.reload();
    await expect(choice.getByRole("radio", { name: "Dark" })).toBeChecked();
    expect(await ground(page)).toBeLessThan(64);
    await userButton(page).click();
    await button(page, "Log out").click();
    await left(page);
    expect(await ground(page)).toBeLessThan(64);
    await logInAs(page, "/settings/appearance");
    await expect(choice.getByRole("radio", { name: "Dark" })).toBeChecked();
    await choice.getByRole("radio", { name: "Light" }).check();
    expect(await ground(page)).toBeGreaterThan(192);
    await choice.getByRole("radio", { name: "System" }).check();
    expect(await theme(page)).toEqual([undefined, null]);
  });

  test("is chosen in the user's menu too, by keyboard, and both show the same", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/appearance");
    await userButton(page).click();
    const menu = page.getByRole("group", { name: "Your menu" });
    const choice = menu.getByRole("group", { name: "Theme" });
    await expect(choice.getByRole("radio", { name: "System" })).toBeChecked();
    await page.keyboard.press("Tab");
    await expect(choice.getByRole("radio", { name: "System" })).toBeFocused();
    await page.keyboard.press("ArrowLeft");
    await expect(choice.getByRole("radio", { name: "Dark" })).toBeChecked();
    expect(await theme(page)).toEqual(["dark", "dark"]);
    await expect(page.locator("main").getByRole("radio", { name: "Dark" })).toBeChecked();
    await expect(menu).toBeVisible();
  });

  test("is followed by other tabs", async ({ page, server, context }) => {
    await addAda(server);
    await logInAs(page, "/settings/appearance", { stay: true });
    const other = await context.newPage();
    await other.goto("/settings/appearance");
    await other.getByRole("radio", { name: "Dark" }).check();
    await expect(page.locator("main").getByRole("radio", { name: "Dark" })).toBeChecked();
  });
});

test.describe("the end of the account", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("wants the username, and then the account is gone", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings/danger");
    const open = button(page, "Delete my account…");
    const question = page.getByRole("alertdialog", { name: "Delete your account?" });
    await open.click();
    await expect(question).toContainText("are lost for good");
    await expectAccessible(page);
    const yes = question.getByRole("button", { name: "Delete my account" });
    await expect(yes).toBeDisabled();
    await question.getByLabel("Type ada to confirm").fill("ad");
    await expect(yes).toBeDisabled();
    await question.getByRole("button", { name: "Keep my account" }).click();
    await expect(question).toBeHidden();
    await expect(open).toBeFocused();
    await open.click();
    await question.getByLabel("Type ada to confirm").fill("ada");
    await yes.click();
    await left(page);
    await expect(page).toHaveURL(/\/login$/);
    await expect(page.getByRole("status").filter({ hasText: "Your account is deleted." })).toBeVisible();
    expect(await kept(page)).toEqual({ tab: null, device: null });
    const answer = await page.request.post("/token", { form: { username: NAME, password: PASSWORD } });
    expect(answer.status()).toBe(401);
  });

  test("of the last administrator is refused", async ({ page, server }) => {
    await addAda(server, "--admin");
    await logInAs(page, "/settings/danger");
    await button(page, "Delete my account…").click();
    await page.getByLabel("Type ada to confirm").fill("ada");
    await page.getByLabel("Type ada to confirm").press("Enter");
    await expect(page.getByRole("alert").filter({ hasText: "last administrator" })).toBeVisible();
    await expect(button(page, "Delete my account…")).toBeFocused();
    await expectAccessible(page);
  });
});

test("who may not write is offered nothing that writes, and told why", async ({ page, server }) => {
  await addAda(server, "--scope", "me items");
  await logInAs(page, "/settings");
  await expect(page.locator("main")).toContainText("Ada Lovelace");
  for (const [path, sentence] of [
    ["/settings", "You cannot change your profile here"],
    ["/settings/password", "You cannot change your password here"],
    ["/settings/danger", "You cannot delete your account here"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(sentence)).toContainText("me:write");
    await expect(page.locator("main").getByRole("button")).toHaveCount(0);
    await expect(page.locator("main").getByRole("textbox")).toHaveCount(0);
    await expectAccessible(page);
  }
});

test("what is too long or written from right to left fits on a phone", async ({ page, server }) => {
  await page.setViewportSize(sizes.phone);
  await addAda(server);
  await logInAs(page, "/settings");
  await page.getByLabel("Full name").fill("W".repeat(255));
  await button(page, "Save").click();
  await expect(button(page, "Save")).toBeDisabled();
  await expectAccessible(page);
  await userButton(page).click();
  await expect(page.getByRole("group", { name: "Your menu" })).toBeInViewport({ ratio: 1 });
  await expectAccessible(page);
});
