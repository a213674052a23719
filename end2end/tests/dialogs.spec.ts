// States of dialogs and forms that come late: half typed, ready, refused. axe finds nothing in any of them, light and dark.

import type { Page } from "@playwright/test";
import { Api } from "../support/api";
import { addAda, expectAccessible, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import type { Server } from "../support/server";
import { expect, refusedRequest, test } from "../support/test";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const question = (page: Page) => page.getByRole("alertdialog");
const dialog = (page: Page) => page.getByRole("dialog");
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** Makes the administrator ada and the user grace. */
async function arrive(page: Page, server: Server, path: string): Promise<void> {
  await addAda(server, "--admin");
  await server.run(["user", "add", "grace", "--full-name", "Grace Hopper"], `${PASSWORD}\n`);
  await logInAs(page, path);
}

test.slow();

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 800 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(`axe finds nothing, ${size}`, () => {
    test.use({ viewport, expectedMessages: [refusedRequest] });

    test("in the questions before a user is deleted, disabled and enabled, and where one gets a password", async ({ page, server }) => {
      await arrive(page, server, "/admin/users/grace");
      await test.step("before a user is deleted: empty, half typed, ready", async () => {
        await button(page, "Delete this user").click();
        const word = page.getByLabel("Type grace to confirm");
        await expectAccessible(page);
        await word.fill("gra");
        await expect(question(page).getByRole("button", { name: "Delete" })).toBeDisabled();
        await expectAccessible(page);
        await word.fill("grace");
        await expect(question(page).getByRole("button", { name: "Delete" })).toBeEnabled();
        await expectAccessible(page);
        await question(page).getByRole("button", { name: "Cancel" }).click();
      });
      await test.step("before a user is disabled and enabled", async () => {
        await button(page, "Disable").click();
        await expectAccessible(page);
        await question(page).getByRole("button", { name: "Disable" }).click();
        await expect(page.getByRole("region", { name: "Messages" })).toContainText("Disabled the user grace.");
        await expectAccessible(page);
        await button(page, "Enable").click();
        await expectAccessible(page);
        await question(page).getByRole("button", { name: "Cancel" }).click();
      });
      await test.step("where a user gets a password: too short, suggested, shown", async () => {
        const password = page.getByRole("textbox", { name: "Password", exact: true });
        await password.fill("short");
        await button(page, "Set password").click();
        await expect(password).toHaveAttribute("aria-invalid", "true");
        await expectAccessible(page);
        await button(page, "Suggest one").click();
        await expect(page.getByText("The suggestion is")).toBeVisible();
        await button(page, "Show password").click();
        await expect(password).toHaveAttribute("type", "text");
        await expectAccessible(page);
      });
    });

    test("in the dialog of a new user: refused, and with a suggestion", async ({ page, server }) => {
      await arrive(page, server, "/admin");
      await button(page, "New user").click();
      await page.getByLabel("Username", { exact: true }).fill("GRACE");
      await button(page, "Suggest one").click();
      await expectAccessible(page);
      await button(page, "Create").click();
      await expect(page.getByLabel("Username", { exact: true })).toHaveAccessibleDescription(/is taken/);
      await expectAccessible(page);
    });

    test("in the question before one's account is deleted: half typed, ready, refused", async ({ page, server }) => {
      await arrive(page, server, "/settings/danger");
      await button(page, "Delete my account…").click();
      const word = page.getByLabel(`Type ${NAME} to confirm`);
      await word.fill("a");
      await expectAccessible(page);
      await word.fill(NAME);
      await expectAccessible(page);
      await word.press("Enter");
      await expect(page.getByRole("alert").filter({ hasText: "last administrator" })).toBeVisible();
      await expectAccessible(page);
    });

    test("in the dialog that asks for the password again: nothing typed, wrong, shown", async ({ page, server }) => {
      await arrive(page, server, "/settings/danger");
      await makeStale(page, "/users/me", "DELETE");
      await button(page, "Delete my account…").click();
      await page.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
      await page.getByLabel(`Type ${NAME} to confirm`).press("Enter");
      const password = dialog(page).getByLabel("Password", { exact: true });
      await expect(password).toBeFocused();
      await button(page, "Go on").click();
      await expect(password).toHaveAccessibleDescription(/Type your password/);
      await expectAccessible(page);
      await password.fill("not the password");
      await password.press("Enter");
      await expect(password).toHaveAccessibleDescription(/That is not your password/);
      await expectAccessible(page);
      await dialog(page).getByRole("button", { name: "Show password" }).click();
      await expect(password).toHaveAttribute("type", "text");
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("alert").filter({ hasText: "Nothing was changed" })).toBeVisible();
      await expectAccessible(page);
    });

    test("where an item was changed or deleted elsewhere", async ({ page, server }) => {
      await addAda(server);
      const api = await Api.as(server, NAME, PASSWORD);
      const id = await api.create("Umbrella", "Black");
      await logInAs(page, "/my-items");
      await button(page, "Edit “Umbrella”").click();
      const title = page.getByRole("textbox", { name: "Title" });
      await expect(title).toHaveValue("Umbrella");
      await api.send("PATCH", `/items/${id}`, { title: "Parasol", description: null });
      await title.fill("Walking stick");
      await title.press("Enter");
      await expect(page.getByRole("group", { name: "Changed elsewhere" })).toBeVisible();
      await expectAccessible(page);
      await api.send("DELETE", `/items/${id}`);
      await button(page, "Save mine").click();
      await expect(dialog(page).getByRole("alert").filter({ hasText: "deleted elsewhere" })).toBeVisible();
      await expectAccessible(page);
    });

    test("where the profile was changed elsewhere: both fields, and an empty one", async ({ page, server }) => {
      await addAda(server);
      const api = await Api.as(server, NAME, PASSWORD);
      await logInAs(page, "/settings");
      await page.getByLabel("Full name").fill("Augusta");
      await page.getByLabel("E-mail").fill("");
      await api.send("PATCH", "/users/me", { full_name: null, email: "lady@example.com" });
      await button(page, "Save").click();
      const both = page.getByRole("group", { name: "Changed elsewhere" });
      await expect(both.getByRole("row")).toHaveCount(3);
      await expectAccessible(page);
    });

    test("where a user was changed elsewhere: the profile, the scopes, and what was not done", async ({ page, server }) => {
      await arrive(page, server, "/admin/users/grace");
      await expect(page.getByLabel("Full name")).toHaveValue("Grace Hopper");
      const api = await Api.as(server, NAME, PASSWORD);
      await api.send("PATCH", "/users/grace", { full_name: "Rear Admiral Hopper", scopes: ["me"] });
      await page.getByLabel("Full name").fill("Grace");
      await card(page, "Profile").getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("group", { name: "Changed elsewhere" })).toBeFocused();
      await expectAccessible(page);
      await api.send("PATCH", "/users/grace", { scopes: ["me", "items"] });
      await page.getByRole("checkbox", { name: "admin", exact: true }).check();
      await card(page, "Access").getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("group", { name: "Changed elsewhere" })).toHaveCount(2);
      await expectAccessible(page);
      await api.send("PATCH", "/users/grace", { email: "grace@example.com" });
      await button(page, "Disable").click();
      await question(page).getByRole("button", { name: "Disable" }).click();
      await expect(card(page, "Access").getByText("nothing was done")).toBeVisible();
      await expectAccessible(page);
    });
  });

  test.describe(`axe finds nothing when the session ends soon, ${size}`, () => {
    test.use({ viewport, settings: { CLOAKROOM__TOKEN__EXPIRES_IN: "600" }, expectedMessages: [refusedRequest] });

    test("in the warning, on each page, and in its dialog", async ({ page, server, context }) => {
      await page.clock.install();
      // The account page comes last: the ids of the test's timers do not fit into those of the WASM, so its timer cannot be
      // stopped when it is left.
      await arrive(page, server, "/my-items");
      // Without the refresh token, the session ends with the access token.
      await context.clearCookies();
      await page.clock.fastForward(505_000);
      const warning = page.getByText(/Your session ends at \d/);
      for (const name of ["Settings", "Users", "Items", "Account"]) {
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
        await expect(page.locator("main h1")).toBeFocused();
        await expect(warning).toBeVisible();
        await expectAccessible(page);
      }
      await button(page, "Stay signed in").click();
      await expect(dialog(page).getByLabel("Password", { exact: true })).toBeFocused();
      await expectAccessible(page);
    });
  });
}
