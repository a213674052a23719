// Pictures of every page and dialog, to look at: `make screenshots`. Wide and phone, light and dark. They are in
// end2end/screenshots/. The three in the README are in docs/.

import type { Page } from "@playwright/test";
import { Api } from "../support/api";
import { makeStale } from "../support/person";
import type { Server } from "../support/server";
import { awake, expect, left, test } from "../support/test";

const password = "purple umbrella stand";
const sizes = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

/** Items that a person might leave. */
const things: [string, string?][] = [
  ["Black umbrella", "Wooden handle, a little wet"],
  ["Winter coat", "Navy blue, gloves in the left pocket"],
  ["Hat box", "From Vienna. Handle with care: the ribbon is older than both of us, and so is the box."],
  ["معطف أزرق", "مع زرين مفقودين"],
  ["A violin in its case, with two bows, a lump of rosin and the music for Thursday’s rehearsal in the back pocket"],
  ["Walking stick", "Silver knob"],
  ["Scarf"],
];

async function leave(url: string, username: string, secret: string): Promise<void> {
  const token = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ username, password: secret }) });
  const { access_token } = (await token.json()) as { access_token: string };
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${access_token}` };
  for (const [title, description] of [...things].reverse()) {
    await fetch(`${url}/items`, { method: "POST", headers, body: JSON.stringify({ title, description }) });
  }
  for (let number = 1; number <= 40; number += 1) {
    await fetch(`${url}/items`, { method: "POST", headers, body: JSON.stringify({ title: `Coat ${number}` }) });
  }
  for (const [title, description] of [...things].reverse()) {
    await fetch(`${url}/items`, { method: "POST", headers, body: JSON.stringify({ title, description }) });
  }
}

/** Makes the administrator ada, and grace. */
async function addUsers(server: Server): Promise<void> {
  await server.run(["user", "add", "ada", "--email", "ada@example.com", "--full-name", "Ada Lovelace", "--admin"], `${password}\n`);
  await server.run(["user", "add", "grace", "--full-name", "Grace Hopper"], `${password}\n`);
}

/** Takes pictures of the page. They are numbered, from this number on. */
function camera(page: Page, folder: string, first: number): (name: string, fullPage?: boolean) => Promise<void> {
  let number = first;
  return async (name, fullPage = true) => {
    await page.mouse.move(0, 0);
    // Toasts of the step before are not in the next picture.
    const dismiss = page.getByRole("button", { name: "Dismiss" });
    if (name !== "toast") while (await dismiss.count()) await dismiss.first().click();
    const path = `screenshots/${folder}/${String(number).padStart(2, "0")}-${name}.png`;
    await page.screenshot({ path, fullPage, animations: "disabled" });
    number += 1;
  };
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await awake(page);
  await expect(page.locator(".skeleton")).toHaveCount(0);
}

async function logIn(page: Page, username: string): Promise<void> {
  await page.goto("/login");
  await awake(page);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.locator("button[type=submit]").click();
  await expect(page.getByRole("heading", { name: /Welcome/ })).toBeVisible();
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme, deviceScaleFactor: size === "wide" ? 1 : 2, expectedMessages: [/^error: Failed to load resource/] });

      const folder = `${size}-${colorScheme}`;

      test("every page and dialog", async ({ page, server }) => {
        test.setTimeout(240_000);
        await addUsers(server);
        for (const name of ["alan", "barbara", "edsger", "frances", "margaret"]) {
          await server.run(["user", "add", name, "--email", `${name}@example.com`], `${password}\n`);
        }
        await leave(server.url, "ada", password);
        const take = camera(page, folder, 1);
        const close = async () => {
          await page.keyboard.press("Escape");
          const leaveDialog = page.getByRole("alertdialog", { name: "Leave without saving?" });
          if (await leaveDialog.isVisible()) await leaveDialog.getByRole("button", { name: "Leave" }).click();
          await expect(page.getByRole("dialog")).toHaveCount(0);
        };

        await page.goto("/login");
        await awake(page);
        await take("login-demo");
        await page.getByLabel("Username").fill("ada");
        await page.getByLabel("Password", { exact: true }).fill("wrong");
        await page.locator("button[type=submit]").click();
        await expect(page.getByRole("alert").filter({ hasText: "match" })).toBeVisible();
        await take("login-problem");
        await page.goto("/signup");
        await awake(page);
        await take("sign-up");
        await page.locator("button[type=submit]").click();
        await take("sign-up-problems");
        await page.goto("/nowhere");
        await take("not-found");

        await logIn(page, "grace");
        await take("account-empty");
        await open(page, "/my-items");
        await take("items-empty");
        await open(page, "/admin");
        await take("not-allowed");
        await page.getByRole("button", { name: "Your menu" }).click();
        await take("menu", false);
        await page.getByRole("button", { name: "Log out" }).click();
        await left(page);
        await take("logged-out");

        await logIn(page, "ada");
        await page.getByText("How this works").waitFor();
        await take("account");
        await open(page, "/my-items");
        await take("items");
        await page.getByRole("searchbox").fill("coat");
        await expect(page.getByText(/items found/).first()).toBeVisible();
        await take("items-search");
        await page.getByRole("searchbox").fill("zeppelin");
        await expect(page.getByText("Clear the search")).toBeVisible();
        await take("items-nothing-found");
        await open(page, "/my-items");
        await page.getByRole("button", { name: "New item" }).click();
        await take("item-new", false);
        await page.getByRole("dialog").locator("button[type=submit]").click();
        await take("item-new-problem", false);
        await page.getByRole("dialog").getByLabel("Title").fill("Opera glasses");
        await page.getByRole("dialog").locator("button[type=submit]").click();
        await expect(page.getByRole("dialog")).toHaveCount(0);
        await take("toast", false);
        await page.getByRole("button", { name: "Dismiss" }).first().click();
        await page.getByRole("button", { name: /^Edit/ }).first().click();
        await expect(page.getByRole("dialog").getByLabel("Title")).toHaveValue("Opera glasses");
        await page.getByRole("dialog").getByLabel("Title").fill("Opera glasses, gilded");
        await take("item-edit", false);
        await page.keyboard.press("Escape");
        await take("leave-question", false);
        await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
        await page.getByRole("button", { name: /^Delete/ }).first().click();
        await take("item-delete-question", false);
        await close();
        await open(page, "/my-items?page=3");
        await take("items-last-page");

        for (const part of ["", "/password", "/sessions", "/api-keys", "/appearance", "/danger"]) {
          await open(page, `/settings${part}`);
          await take(`settings${part.replace("/", "-")}`);
        }
        await open(page, "/settings/api-keys");
        await page.getByRole("button", { name: "New key" }).click();
        await take("api-key-new", false);
        await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Backup of the laptop");
        await page.getByRole("dialog").getByLabel("items", { exact: true }).check();
        await page.getByRole("button", { name: "Make the key" }).click();
        await expect(page.getByRole("listitem").filter({ hasText: "Backup of the laptop" })).toBeVisible();
        await take("api-key-created");
        await page.getByRole("button", { name: "Done" }).click();
        await open(page, "/settings");
        await page.getByLabel("E-mail").fill("nonsense");
        await page.getByLabel("Full name").focus();
        await take("settings-problem");
        await page.getByRole("button", { name: "Cancel" }).click();
        await open(page, "/settings/danger");
        await page.getByRole("button", { name: /Delete my account/ }).click();
        await take("delete-account-question", false);
        await close();

        await open(page, "/admin");
        await take("users");
        await page.getByRole("button", { name: "New user" }).click();
        await take("user-new", false);
        await close();
        await open(page, "/admin/users/grace");
        await take("user");
        await open(page, "/admin/users/ada");
        await take("user-oneself");
        await open(page, "/admin/users/nobody");
        await take("user-unknown");

        await open(page, "/my-items");
        await page.context().setOffline(true);
        await expect(page.getByText("You are offline")).toBeVisible();
        await take("offline", false);
        await page.context().setOffline(false);
      });

      test("conflicts, questions about a user, and the password again", async ({ page, server }) => {
        test.setTimeout(120_000);
        await addUsers(server);
        await server.run(["user", "add", "abdullah", "--full-name", "عبد الله محمد"], `${password}\n`);
        const take = camera(page, folder, 50);
        const button = (name: string) => page.getByRole("button", { name, exact: true });
        const conflict = page.getByRole("group", { name: "Changed elsewhere" });
        const question = page.getByRole("alertdialog");
        const api = await Api.as(server, "ada", password);
        const id = await api.create("Umbrella", "Black");
        await logIn(page, "ada");

        await open(page, "/my-items");
        await button("Edit “Umbrella”").click();
        const title = page.getByRole("textbox", { name: "Title" });
        await expect(title).toHaveValue("Umbrella");
        await api.send("PATCH", `/items/${id}`, { title: "Parasol", description: null });
        await title.fill("Walking stick");
        await title.press("Enter");
        await expect(conflict).toBeVisible();
        await take("item-conflict", false);
        await button("Take what is saved").click();
        await expect(page.getByRole("dialog")).toHaveCount(0);

        await open(page, "/settings");
        await page.getByLabel("Full name").fill("Augusta");
        await page.getByLabel("E-mail").fill("");
        await api.send("PATCH", "/users/me", { full_name: null, email: "lady@example.com" });
        await button("Save").click();
        await expect(conflict).toBeVisible();
        await take("settings-conflict");
        await button("Take what is saved").click();
        await expect(conflict).toBeHidden();

        await open(page, "/admin/users/grace");
        await expect(page.getByLabel("Full name")).toHaveValue("Grace Hopper");
        await page.getByLabel("Full name").fill("Grace");
        await api.send("PATCH", "/users/grace", { full_name: "Rear Admiral Hopper" });
        await page.getByRole("region", { name: "Profile", exact: true }).getByRole("button", { name: "Save", exact: true }).click();
        await expect(conflict).toBeVisible();
        await take("user-conflict");
        await button("Take what is saved").click();
        await expect(conflict).toBeHidden();
        await button("Disable").click();
        await expect(question).toBeVisible();
        await take("user-disable-question", false);
        await question.getByRole("button", { name: "Cancel" }).click();
        await button("Delete this user").click();
        await expect(question).toBeVisible();
        await take("user-delete-question", false);
        await question.getByRole("button", { name: "Cancel" }).click();
        await open(page, "/admin/users/abdullah");
        await expect(page.getByRole("heading", { name: "عبد الله محمد" })).toBeVisible();
        await take("user-right-to-left");

        await open(page, "/settings/danger");
        await makeStale(page, "/users/me", "DELETE");
        await button("Delete my account…").click();
        await page.getByLabel("Type ada to confirm").fill("ada");
        await page.getByLabel("Type ada to confirm").press("Enter");
        await expect(page.getByRole("dialog").getByLabel("Password", { exact: true })).toBeFocused();
        await take("step-up", false);
      });

      test.describe("a session that ends soon", () => {
        test.use({ settings: { CLOAKROOM__TOKEN__EXPIRES_IN: "600" } });

        test("says so", async ({ page, server }) => {
          await page.clock.install();
          await addUsers(server);
          await logIn(page, "grace");
          // Without the refresh token, the session ends with the access token.
          await page.context().clearCookies();
          await page.clock.fastForward(505_000);
          await expect(page.getByText(/Your session ends at \d/)).toBeVisible();
          await camera(page, folder, 70)("session-ends-soon", false);
        });
      });

      test.describe("without the demo, and with sign-up switched off", () => {
        test.use({ settings: { CLOAKROOM__DEMO__ENABLED: "false", CLOAKROOM__ACCOUNTS__SIGN_UP: "false" } });

        test("the pages before the login", async ({ page }) => {
          const take = camera(page, folder, 80);
          await open(page, "/login");
          await take("login");
          await open(page, "/signup");
          await expect(page.getByText("Sign-up is switched off here.")).toBeVisible();
          await take("sign-up-off");
        });
      });
    });
  }
}
