// Which files a page fetches: those that it names at once, and the stylesheet.

import type { Page } from "@playwright/test";
import { awake, expect, missingFile, refusedRequest, test } from "../support/test";

const STYLE = "**/cloakroom.css*";

/** The paths of the files that the page asks for. */
function fetched(page: Page): Set<string> {
  const paths = new Set<string>();
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith("/pkg/")) paths.add(path);
  });
  return paths;
}

/** The paths of the files that the page names in its head. */
function named(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLLinkElement>("link[rel=preload],link[rel=modulepreload]")].map(
      (link) => new URL(link.href).pathname,
    ),
  );
}

/** The files that the page really uses: a preload alone is not a use. */
async function used(page: Page, path: string, ready: () => Promise<void>): Promise<string[]> {
  const cleanup = "**/*";
  await page.route(cleanup, async (route) => {
    const isPage = route.request().resourceType() === "document";
    if (!isPage) return route.continue();
    const answer = await route.fetch();
    // The same page without the preloads.
    const body = (await answer.text()).replace(/<link rel="(module)?preload"[^>]*>/g, "");
    return route.fulfill({ response: answer, body });
  });
  const paths = fetched(page);
  await page.goto(path);
  await ready();
  await page.unroute(cleanup);
  return [...paths].sort();
}

for (const path of ["/login", "/signup", "/account", "/my-items", "/settings", "/admin", "/admin/users/johndoe"]) {
  test(`${path} names exactly the files that it fetches`, async ({ page, login, server }) => {
    if (path.startsWith("/admin")) {
      await server.run(["user", "scopes", "johndoe", "me", "items", "me:write", "items:write", "admin"]);
    }
    if (path !== "/login" && path !== "/signup") await login.asJohndoe({ stay: true });
    const expected = await used(page, path, () => awake(page));
    const paths = fetched(page);
    await page.goto(path);
    await awake(page);
    await page.waitForLoadState("networkidle");
    const preloaded = await named(page);
    expect(preloaded.sort()).toEqual([...new Set(preloaded)]);
    expect(preloaded).toEqual(expected);
    expect([...paths].sort()).toEqual(expected);
    expect(expected.some((path) => path.includes("split_"))).toBe(path !== "/login");
  });
}

/** Whether the styles of the pages behind the login apply. */
function isStyled(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const probe = document.createElement("div");
    probe.className = "skeleton";
    document.body.append(probe);
    const display = getComputedStyle(probe).display;
    probe.remove();
    return display === "grid";
  });
}

test("a login brings the rest of the stylesheet, and nothing before it does", async ({ page, login }) => {
  let asked = 0;
  page.on("request", (request) => (asked += request.url().includes("cloakroom.css") ? 1 : 0));
  await login.open();
  expect(await isStyled(page)).toBe(false);
  expect(asked).toBe(0);
  await login.username().pressSequentially("j");
  await expect.poll(() => asked).toBeGreaterThan(0);
  expect(await isStyled(page), "what was fetched does not touch the login page").toBe(false);
  // From the first moment on that the new page is there, it has its styles.
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    const look = () => {
      const menu = document.querySelector(".needs-session");
      if (menu) seen.push([...document.querySelectorAll("style")].some((style) => style.textContent?.includes(".skeleton")) + "");
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
  await login.submit("johndoe", "secret");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  expect(await isStyled(page)).toBe(true);
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  expect(new Set(seen)).toEqual(new Set(["true"]));
  // A login in place looks as a page that was loaded.
  const rules = () => page.evaluate(() => document.styleSheets[0]?.cssRules.length);
  const inPlace = await rules();
  await page.reload();
  await awake(page);
  // The rule that marks the cut is not within a page.
  expect((await rules()) ?? 0).toBe((inPlace ?? 0) - 1);
});

test.describe("a stylesheet that does not come", () => {
  test.use({ expectedMessages: async ({}, use) => use([refusedRequest, missingFile]) });

  for (const [how, status] of [
    ["is cut off", 0],
    ["is an error", 503],
  ] as const) {
    test(`is said after the login, and Retry opens the account: it ${how}`, async ({ page, login }) => {
      await page.route(STYLE, (route) => (status ? route.fulfill({ status, body: "" }) : route.abort()));
      await login.open();
      await login.submit("johndoe", "secret");
      await expect(login.alert()).toContainText("Your page did not load.");
      expect(await isStyled(page)).toBe(false);
      await page.unroute(STYLE);
      await login.alert().getByRole("button", { name: "Retry" }).click();
      await expect(page.getByText("Black umbrella")).toBeVisible();
      expect(await isStyled(page)).toBe(true);
    });
  }
});

test("who goes back to a page behind the login is not led to what the former person looked at", async ({ page, login }) => {
  await login.asJohndoe({ path: "/login?next=%2Faccount%3Fq%3Dhat" });
  await expect(page).toHaveURL(/\/account\?q=hat$/);
  await page.goto("/docs");
  await page.evaluate(() => sessionStorage.clear());
  await page.goBack();
  await expect(page).toHaveURL(/\/login$/);
  // By its address, the page leads back after the login.
  await page.goto("/account?q=hat");
  await expect(page).toHaveURL(/\/login\?next=%2Faccount%3Fq%3Dhat$/);
});
