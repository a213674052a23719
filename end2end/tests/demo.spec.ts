// The hint on the login page of a demo: how to log in.

import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/person";
import { awake, expect, refusedRequest, test } from "../support/test";

/** Where an element is on the page, however far the page is scrolled. */
const place = (element: Locator) =>
  element.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return { top: top + scrollY, bottom: bottom + scrollY, left, right };
  });

const hint = (page: Page) => page.getByRole("complementary", { name: "This is a demo" });

test("the button fills the form, and Enter logs in", async ({ page, login }) => {
  await login.open();
  await hint(page).getByRole("button", { name: "Fill in" }).click();
  await expect(login.username()).toHaveValue("johndoe");
  await expect(login.password()).toHaveValue("secret");
  await expect(login.button()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await expect(hint(page)).toBeHidden();
});

test("the button works before the WASM is there", async ({ page, login }) => {
  await page.route("**/cloakroom.wasm*", async (route) => {
    await expect(login.username()).toHaveValue("johndoe");
    await route.continue();
  });
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await hint(page).getByRole("button", { name: "Fill in" }).click();
  await login.button().click();
  await expect(page.getByText("Black umbrella")).toBeVisible();
});

test.describe("a login that is refused", () => {
  test.use({ expectedMessages: [refusedRequest] });

  for (const [size, viewport] of [
    ["a phone", { width: 390, height: 844 }],
    ["a small phone", { width: 320, height: 568 }],
    ["a wide screen", { width: 1280, height: 720 }],
  ] as const) {
    test.describe(`on ${size}`, () => {
      test.use({ viewport });

      test("does not move the hint, which covers nothing and is accessible", async ({ page, login }) => {
        await login.open();
        const before = await place(hint(page));
        await login.submit("alice", "secret2");
        await expect(login.alert()).toContainText("This account is disabled.");
        const after = await place(hint(page));
        expect(after).toEqual(before);
        for (const other of [page.locator(".card"), page.locator(".motto")]) {
          const box = await place(other);
          const isApart = box.bottom <= after.top || box.right <= after.left || after.right <= box.left;
          expect(isApart, JSON.stringify({ box, after })).toBe(true);
        }
        await expectAccessible(page);
      });
    });
  }
});

test("outside of a demo nothing of it is sent", async ({ page, login, server }) => {
  await server.restartInProduction();
  const texts: Promise<[string, string]>[] = [];
  page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    // The API knows johndoe: he is in the database.
    if (path === "/login" || path === "/account" || path.startsWith("/pkg/") || path.endsWith(".svg"))
      texts.push(response.body().then((body) => [path, body.toString("latin1")]));
  });
  await page.goto("/login");
  await awake(page);
  await expect(hint(page)).toHaveCount(0);
  await login.submit("johndoe", "secret");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.goto("/account");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  const all = await Promise.all(texts);
  expect(all.map(([path]) => path)).toEqual(expect.arrayContaining(["/login", "/pkg/cloakroom.wasm"]));
  for (const [path, text] of all) expect(/johndoe|secret2|class="demo"|\.demo\b/.exec(text), path).toBeNull();
});
