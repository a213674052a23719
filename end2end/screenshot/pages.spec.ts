// Pictures of every page and dialog, to look at: `make screenshots`. Wide and phone, light and dark. They are in
// end2end/screenshots/. The three in the README are in docs/.

import type { Page } from "@playwright/test";
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

      test("every page and dialog", async ({ page, server }) => {
        test.setTimeout(240_000);
        await server.run(["user", "add", "ada", "--email", "ada@example.com", "--full-name", "Ada Lovelace", "--admin"], `${password}\n`);
        await server.run(["user", "add", "grace", "--full-name", "Grace Hopper"], `${password}\n`);
        for (const name of ["alan", "barbara", "edsger", "frances", "margaret"]) {
          await server.run(["user", "add", name, "--email", `${name}@example.com`], `${password}\n`);
        }
        await leave(server.url, "ada", password);
        let number = 0;
        const take = async (name: string, fullPage = true) => {
          number += 1;
          await page.mouse.move(0, 0);
          // Toasts of the step before are not in the next picture.
          const dismiss = page.getByRole("button", { name: "Dismiss" });
          if (name !== "toast") while (await dismiss.count()) await dismiss.first().click();
          const path = `screenshots/${size}-${colorScheme}/${String(number).padStart(2, "0")}-${name}.png`;
          await page.screenshot({ path, fullPage, animations: "disabled" });
        };
        const close = async () => {
          await page.keyboard.press("Escape");
          const leaveDialog = page.getByRole("alertdialog", { name: "Leave without saving?" });
          if (await leaveDialog.isVisible()) await leaveDialog.getByRole("button", { name: "Leave" }).click();
          await expect(page.getByRole("dialog")).toHaveCount(0);
        };
        const open = async (path: string) => {
          await page.goto(path);
          await awake(page);
          await expect(page.locator(".skeleton")).toHaveCount(0);
        };

        await page.goto("/login");
        await awake(page);
        await take("login");
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
        await open("/my-items");
        await take("items-empty");
        await open("/admin");
        await take("not-allowed");
        await page.getByRole("button", { name: "Your menu" }).click();
        await take("menu", false);
        await page.getByRole("button", { name: "Log out" }).click();
        await left(page);
        await take("logged-out");

        await logIn(page, "ada");
        await page.getByText("How this works").waitFor();
        await take("account");
        await open("/my-items");
        await take("items");
        await page.getByRole("searchbox").fill("coat");
        await expect(page.getByText(/items found/).first()).toBeVisible();
        await take("items-search");
        await page.getByRole("searchbox").fill("zeppelin");
        await expect(page.getByText("Clear the search")).toBeVisible();
        await take("items-nothing-found");
        await open("/my-items");
        await page.getByRole("button", { name: "New item" }).click();
        await take("item-new", false);
        await page.getByRole("dialog").locator("button[type=submit]").click();
        await take("item-new-problem", false);
        await page.getByRole("dialog").getByLabel("Title").fill("Opera glasses");
        await page.getByRole("dialog").locator("button[type=submit]").click();
        await expect(page.getByRole("dialog")).toHaveCount(0);
        await take("toast", false);
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
        await open("/my-items?page=3");
        await take("items-last-page");

        for (const part of ["", "/password", "/appearance", "/danger"]) {
          await open(`/settings${part}`);
          await take(`settings${part.replace("/", "-")}`);
        }
        await open("/settings");
        await page.getByLabel("E-mail").fill("nonsense");
        await page.getByLabel("Full name").focus();
        await take("settings-problem");
        await page.getByRole("button", { name: "Cancel" }).click();
        await open("/settings/danger");
        await page.getByRole("button", { name: /Delete my account/ }).click();
        await take("delete-account-question", false);
        await close();

        await open("/admin");
        await take("users");
        await page.getByRole("button", { name: "New user" }).click();
        await take("user-new", false);
        await close();
        await open("/admin/users/grace");
        await take("user");
        await open("/admin/users/ada");
        await take("user-oneself");
        await open("/admin/users/nobody");
        await take("user-unknown");

        await open("/my-items");
        await page.context().setOffline(true);
        await expect(page.getByText("You are offline")).toBeVisible();
        await take("offline", false);
        await page.context().setOffline(false);
      });
    });
  }
}
