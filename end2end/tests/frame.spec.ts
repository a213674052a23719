// The frame around the pages behind the login: the menu, the focus, the files of each page, toasts, print, and the end.

import type { Page } from "@playwright/test";
import { expectNoViolations } from "../support/axe";
import { awake, expect, kept, left, missingFile, refusedRequest, test } from "../support/test";

const wide = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

/** The WASM files that are fetched from now on, by name. */
function fetched(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    const name = /\/pkg\/([^/?]+)\.wasm/.exec(request.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test.describe(size, () => {
    test.use({ viewport });

    test("the menu leads to each page, and says which one is open", async ({ page, login }) => {
      await login.asJohndoe();
      const menu = page.getByRole("navigation", { name: "Pages" });
      await expect(menu.getByRole("link")).toHaveText(["Account", "Items", "Settings"]);
      for (const [name, path] of [["Items", "/my-items"], ["Settings", "/settings"], ["Account", "/account"]] as const) {
        await menu.getByRole("link", { name }).click();
        await expect(page).toHaveURL(new RegExp(`${path}$`));
        await expect(menu.getByRole("link", { name })).toHaveAttribute("aria-current", "page");
        await expect(menu.locator("[aria-current]")).toHaveCount(1);
        await expect(page).toHaveTitle(`${name} · Cloakroom`);
        await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toBeFocused();
      }
    });

    test("nothing of the frame covers the end of a page", async ({ page, login }) => {
      await login.asJohndoe();
      await page.locator("details.flow .steps > li").last().scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      const last = await page.locator("details.flow").boundingBox();
      const menu = await page.getByRole("navigation", { name: "Pages" }).boundingBox();
      const covers = size === "phone" && (last?.y ?? 0) + (last?.height ?? 0) > (menu?.y ?? 0);
      expect(covers).toBe(false);
    });
  });
}

test("Back and Forward go through the pages without loading them anew", async ({ page, login }) => {
  await login.asJohndoe();
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveTitle("Settings · Cloakroom");
  await page.goBack();
  await expect(page).toHaveTitle("Account · Cloakroom");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.goForward();
  await expect(page).toHaveTitle("Settings · Cloakroom");
  expect(await page.evaluate(() => "same" in window)).toBe(true);
});

test("the code of a page is fetched when the page is first opened, and once", async ({ page, login }) => {
  const names = fetched(page);
  await login.asJohndoe();
  expect(names).toContain("split_signed_in");
  expect(names.filter((name) => /split_(items|settings|admin|signup)/.test(name))).toEqual([]);
  const settings = page.getByRole("link", { name: "Settings" });
  await settings.click();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Account" }).click();
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await settings.click();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  expect(names.filter((name) => name === "split_settings")).toHaveLength(1);
  expect(new Set(names).size).toBe(names.length);
});

test("the code of a page that comes late does not take the focus away from where the person has put it", async ({ page, login }) => {
  await login.asJohndoe();
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/split_settings.wasm*", async (route) => {
    await released;
    await route.continue();
  });
  const menu = page.getByRole("button", { name: "Your menu" });
  const heading = page.getByRole("heading", { name: "Settings", level: 1 });
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(heading).toBeFocused();
  await menu.focus();
  release();
  await expect(page.getByRole("link", { name: "Password" })).toBeVisible();
  // The page would take the focus in the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await expect(menu).toBeFocused();
});

test.describe("the code of a page that does not come", () => {
  test.use({ expectedMessages: async ({}, use) => use([refusedRequest, missingFile, /WebAssembly/]) });

  test("is said, and Retry fetches it", async ({ page, login }) => {
    await login.asJohndoe();
    await page.route("**/split_settings.wasm*", (route) => route.abort());
    await page.getByRole("link", { name: "Settings" }).click();
    const problem = page.getByRole("alert").filter({ hasText: "This page did not load" });
    await expect(problem).toBeVisible();
    await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
    await expectNoViolations(page);
    await page.unroute("**/split_settings.wasm*");
    await problem.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByRole("tablist").or(page.getByRole("navigation", { name: "Settings" }))).toBeVisible();
    await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
    expect((await kept(page)).tab).not.toBeNull();
  });
});

test("an address that is no page says so within the frame, and the session stays", async ({ page, login }) => {
  await login.asJohndoe();
  await page.goto("/settings/nonsense");
  await expect(page.getByRole("heading", { name: "Nothing hangs here" })).toBeVisible();
  expect((await kept(page)).tab).not.toBeNull();
});

test.describe("a call that is not allowed", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("says so, and keeps the session", async ({ page, login }) => {
    await login.asJohndoe();
    await page.goto("/admin");
    await expect(page.getByRole("main")).toContainText(/not allowed/i);
    expect((await kept(page)).tab).not.toBeNull();
    await page.getByRole("link", { name: "Account", exact: true }).click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });
});

test.describe("the session", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("ends on time on every page", async ({ page, login, context }) => {
    await login.asJohndoe();
    await page.clock.install();
    await page.goto("/settings");
    await awake(page);
    // Without the refresh token, the session ends with the access token.
    await context.clearCookies();
    await page.clock.fastForward("31:00");
    await left(page);
    await expect(page.getByText("Your session has expired")).toBeVisible();
    await expect(page).toHaveURL(/\/login\?next=%2Fsettings$/);
  });
});

test("nothing of the user is left after a logout: not in the page, the storage or the history", async ({ page, login, context }) => {
  await login.asJohndoe({ stay: true });
  await page.goto("/my-items?q=umbrella");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.getByRole("button", { name: "Your menu" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await left(page);
  const stored = () => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, history.state]));
  expect(await stored()).not.toMatch(/johndoe|umbrella|eyJ/i);
  expect(await page.content()).not.toMatch(/Black umbrella|John Doe/);
  await page.goBack();
  await left(page);
  expect(page.url()).not.toContain("umbrella");
  expect(await page.content()).not.toMatch(/Black umbrella|John Doe/);
  expect(await stored()).not.toMatch(/johndoe|umbrella|eyJ/i);
  expect(await context.cookies()).toEqual([]);
});

test("the next user never sees the list of the last one", async ({ page, login, server }) => {
  await server.run(["user", "add", "ada"], "correct horse battery\n");
  await login.asJohndoe();
  await page.goto("/my-items");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.getByRole("button", { name: "Your menu" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await left(page);
  const seen: string[] = [];
  await page.exposeFunction("seen", (text: string) => seen.push(text));
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (document.body.innerText.includes("Black umbrella")) (window as unknown as { seen(text: string): void }).seen("x");
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await login.submit("ada", "correct horse battery");
  await expect(page.getByRole("heading", { name: "Welcome, ada" })).toBeVisible();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Items" }).click();
  await expect(page.getByRole("main")).toContainText(/nothing|no items/i);
  expect(seen).toEqual([]);
});

test("print has the page, and neither the menu nor the buttons around it", async ({ page, login }) => {
  await login.asJohndoe();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeHidden();
  const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(background).toMatch(/rgb\(255, 255, 255\)|rgba\(0, 0, 0, 0\)/);
});

test("who asks for less motion gets no moving parts", async ({ page, login }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await login.asJohndoe();
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
