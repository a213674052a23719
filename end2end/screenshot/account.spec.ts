// The README's pictures.

import { awake, expect, test } from "../support/test";

test.use({ viewport: { width: 1100, height: 800 }, deviceScaleFactor: 2 });

test.describe("light", () => {
  test.use({ colorScheme: "light" });

  test("docs/account.png", async ({ page, login }) => {
    await login.asJohndoe();
    await expect(page.getByRole("timer")).toHaveText(/^\d\d:\d\d$/);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: "../docs/account.png", animations: "disabled" });
  });
});

test.describe("dark", () => {
  test.use({ colorScheme: "dark" });

  test("docs/items.png", async ({ page, login }) => {
    await login.asJohndoe();
    await page.goto("/my-items");
    await awake(page);
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await page.getByRole("button", { name: "New item" }).click();
    await page.getByLabel("Title").fill("Opera glasses");
    await page.screenshot({ path: "../docs/items.png", animations: "disabled" });
  });
});

test.describe("administration", () => {
  test.use({ colorScheme: "light" });

  test("docs/users.png", async ({ page, login, server }) => {
    await server.run(["user", "scopes", "johndoe", "me", "items", "me:write", "items:write", "admin"]);
    for (const [name, full] of [["ada", "Ada Lovelace"], ["grace", "Grace Hopper"], ["alan", "Alan Turing"]] as const) {
      await server.run(["user", "add", name, "--full-name", full, "--email", `${name}@example.com`], "purple umbrella stand\n");
    }
    await login.asJohndoe();
    await page.goto("/admin");
    await awake(page);
    await expect(page.getByText("Grace Hopper")).toBeVisible();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: "../docs/users.png", animations: "disabled" });
  });
});
