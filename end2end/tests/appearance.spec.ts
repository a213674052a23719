// Appearance and accessibility: every page in light and dark, on a wide screen and a phone, by keyboard, and with axe.

import { expectAccessible } from "../support/person";
import { expectNoSidewaysScroll } from "../support/screen";
import { expect, refusedRequest, test } from "../support/test";

const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    test.use({ viewport, expectedMessages: [refusedRequest] });

    test("the login page is accessible and fits, with a problem and without", async ({ page, login }) => {
      await login.open();
      await expectAccessible(page);
      await login.submit("johndoe", "wrong");
      await expect(login.alert()).toContainText("don’t match");
      await expectAccessible(page);
    });

    test("the account page is accessible and fits, with the panel open and folded", async ({ page, login }) => {
      await login.asJohndoe();
      await expectAccessible(page);
      await page.locator("summary").click();
      await expectAccessible(page);
    });

    test("the 404 page is accessible and fits", async ({ page }) => {
      const answer = await page.goto("/nowhere");
      expect(answer?.status()).toBe(404);
      await expect(page).toHaveTitle("Page not found · Cloakroom");
      await expect(page.getByRole("heading", { name: "Nothing hangs here" })).toBeVisible();
      await expectAccessible(page);
    });
  });
}

test.describe("an address with slashes at its end", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is the same page with one, and none with two", async ({ page, login }) => {
    await login.asJohndoe({ path: "/login/" });
    await page.goto("/account/");
    await expect(page.getByText("Black umbrella")).toBeVisible();
    for (const path of ["/login//", "/account//", "//account"]) {
      await page.goto(`${new URL(page.url()).origin}${path}`);
      await expect(page.getByRole("heading", { name: "Nothing hangs here" })).toBeVisible();
      await expect(page).toHaveTitle("Page not found · Cloakroom");
    }
  });
});

test.describe("an account page that is loading or failing", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("is accessible too", async ({ page, login }) => {
    await login.asJohndoe();
    await page.route("**/users/me/items", () => {});
    await page.route("**/users/me", (route) => route.fulfill({ status: 500, json: { detail: "x" } }));
    await page.reload();
    await expect(page.getByRole("region", { name: "Profile" }).getByRole("alert")).toBeVisible();
    await expectAccessible(page);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: sizes.phone });

  test("an item's id stays in one piece, and a long one stays in its half", async ({ page, login }) => {
    await page.route("**/users/me/items", (route) => {
      const description = "Navy blue, gloves in the left pocket and a ticket for the tram in the right one";
      const ids = ["Coat", "Umbrella", "c5Hd83Kq", "x".repeat(60)];
      return route.fulfill({ json: ids.map((item_id) => ({ item_id, owner: "johndoe", title: "Winter coat", description })) });
    });
    await login.open();
    await login.submit("johndoe", "secret");
    const ids = page.getByRole("region", { name: "Your items" }).getByRole("listitem").locator("code");
    await expect(ids).toHaveCount(4);
    const boxes = await ids.evaluateAll((elements) =>
      elements.map((id) => ({ height: id.clientHeight, width: id.clientWidth })),
    );
    const [coat, umbrella, made, long] = boxes;
    expect([umbrella?.height, made?.height]).toEqual([coat?.height, coat?.height]);
    expect(long?.height).toBeGreaterThan((coat?.height ?? 0) * 1.5);
    expect(long?.width).toBeLessThanOrEqual(390 / 2);
    await expectNoSidewaysScroll(page);
  });
});

test("dark is dark and light is light, by the system's preference", async ({ page, login }) => {
  await login.open();
  const ground = async () => {
    const color = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const [red = 0] = (color.match(/\d+/g) ?? []).map(Number);
    return red;
  };
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await ground()).toBeLessThan(64);
  await page.emulateMedia({ colorScheme: "light" });
  expect(await ground()).toBeGreaterThan(192);
});

test("everything can be done by keyboard alone", async ({ page, login }) => {
  await login.open();
  await expect(login.username()).toBeFocused();
  await page.keyboard.type("johndoe");
  await page.keyboard.press("Tab");
  await page.keyboard.type("secret");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Show password" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(login.password()).toHaveAttribute("type", "text");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await expect(login.stay()).toBeChecked();
  await page.keyboard.press("Tab");
  await expect(login.button()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Welcome, John Doe" })).toBeFocused();
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.keyboard.press("Tab");
  const logOut = page.getByRole("button", { name: "Log out" });
  await expect(logOut).toBeFocused();
  const outline = await logOut.evaluate((button) => getComputedStyle(button).outlineStyle);
  expect(outline).toBe("solid");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "All items" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.locator("summary")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator(".steps")).toBeHidden();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/login$/);
});

test("the skip link is the first thing the keyboard finds", async ({ page, login }) => {
  await login.asJohndoe();
  await page.reload();
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Log out" })).toBeFocused();
});

test("each page has its icon and asks for nothing that is not there", async ({ page, login }) => {
  const missing: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) missing.push(response.url());
  });
  await login.asJohndoe();
  const icon = await page.request.get("/favicon.svg");
  expect([icon.status(), icon.headers()["content-type"]]).toEqual([200, "image/svg+xml"]);
  expect(missing).toEqual([]);
});
