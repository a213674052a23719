// A login that asked for fewer scopes than its user has: what the token may not do is not offered.

import type { Page } from "@playwright/test";
import { Api } from "../support/api";
import { addAda, expectAccessible, logInAs, NAME, PASSWORD } from "../support/person";
import { expect, kept, refusedRequest, test } from "../support/test";

const list = (page: Page) => page.getByRole("region", { name: "Items", exact: true });
const rows = (page: Page) => page.getByRole("table", { name: "Items" }).locator("tbody").getByRole("row");

/** The next logins ask for these scopes only. The server's answer is its own. */
async function askFor(page: Page, scope: string): Promise<void> {
  await page.route("**/token", (route) => {
    const form = new URLSearchParams(route.request().postData() ?? "");
    form.set("scope", scope);
    return route.continue({ postData: form.toString() });
  });
}

async function logInWith(page: Page, scope: string, path: string): Promise<void> {
  await askFor(page, scope);
  await logInAs(page, path);
  expect(JSON.parse((await kept(page)).tab ?? "").token.scope).toBe(`${scope} offline_access`);
}

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 800 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(`a token that may not write items, ${size}`, () => {
    test.use({ viewport });

    test("is offered nothing that writes, in the list and where there are no items", async ({ page, server }) => {
      await addAda(server);
      await logInWith(page, "me items me:write", "/my-items");
      await expect(list(page)).toContainText("Nothing on your hooks yet.");
      await expect(page.locator("main").getByRole("button")).toHaveCount(0);
      await expectAccessible(page);

      const api = await Api.as(server, NAME, PASSWORD);
      await api.create("Umbrella", "Black");
      await page.reload();
      await expect(rows(page)).toHaveCount(1);
      await expect(rows(page)).toContainText("Umbrella");
      const controls = page.locator("main").locator("button, a[href], input, select, textarea");
      // The search and the size of a page: they only read.
      await expect(controls).toHaveCount(2);
      await expect(page.getByRole("searchbox", { name: "Search items" })).toBeVisible();
      await expect(page.getByLabel("Show")).toBeVisible();
      await expect(page.getByRole("columnheader")).toHaveText(["Title", "Description", "Number"]);
      await expectAccessible(page);
    });
  });
}

test("a token that may not write items is not asked to hand in an item on the account page", async ({ page, server }) => {
  await addAda(server);
  await logInWith(page, "me items", "/account");
  await expect(page.getByRole("region", { name: "Your items" })).toContainText("Nothing on your hooks yet.");
  await expect(page.getByRole("link", { name: "Hand in your first item" })).toHaveCount(0);
});

test("a token that may not read items is not offered their page", async ({ page, server }) => {
  await addAda(server);
  await logInWith(page, "me", "/settings");
  const menu = page.getByRole("navigation", { name: "Pages" });
  await expect(menu.getByRole("link", { name: "Settings" })).toBeVisible();
  await expect(menu.getByRole("link", { name: "Items" })).toHaveCount(0);
});

test.describe("an administrator's token without the scope admin", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is offered no users", async ({ page, server }) => {
    await addAda(server, "--admin");
    await logInWith(page, "me items", "/settings");
    await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Users" })).toHaveCount(0);
    await page.goto("/admin");
    await expect(page.getByRole("heading", { name: "Not allowed" })).toBeVisible();
    await expect(page.getByRole("button", { name: "New user" })).toHaveCount(0);
    expect((await kept(page)).tab).not.toBeNull();
  });
});
