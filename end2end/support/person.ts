// A user of a test's own, and what is checked on every page.

import type { Page } from "@playwright/test";
import { expectNoViolationsInBothThemes } from "./axe";
import { expectNoSidewaysScroll } from "./screen";
import type { Server } from "./server";
import { awake, expect } from "./test";

export const NAME = "ada";
export const PASSWORD = "correct horse battery";

/** Makes the user ada. */
export async function addAda(server: Server, ...args: string[]): Promise<void> {
  await server.run(["user", "add", NAME, "--email", "ada@example.com", "--full-name", "Ada Lovelace", ...args], `${PASSWORD}\n`);
}

/** Logs ada in on this page, and opens a page. */
export async function logInAs(page: Page, path: string, options: { stay?: boolean; password?: string } = {}): Promise<void> {
  await page.goto(`/login?next=${encodeURIComponent(path)}`);
  await awake(page);
  await page.getByLabel("Username").fill(NAME);
  await page.getByLabel("Password", { exact: true }).fill(options.password ?? PASSWORD);
  if (options.stay) await page.getByLabel("Keep me signed in on this device").check();
  await page.locator("button[type=submit]").click();
  await expect(page.locator("main h1")).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`${path}$`));
}

/** Expects that axe finds nothing, light and dark, and that nothing is wider than the screen. */
export async function expectAccessible(page: Page): Promise<void> {
  await expectNoViolationsInBothThemes(page);
  await expectNoSidewaysScroll(page);
}

/** Makes the server's next answer to this call ask for the password again (RFC 9470). */
export async function makeStale(page: Page, path: string, method: string, times = 1): Promise<void> {
  let left = times;
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() !== method || left === 0) return route.fallback();
    left -= 1;
    return route.fulfill({
      status: 401,
      headers: { "WWW-Authenticate": 'Bearer error="insufficient_user_authentication", max_age="300"' },
      json: { detail: "Log in again, and repeat this within five minutes" },
    });
  });
}
