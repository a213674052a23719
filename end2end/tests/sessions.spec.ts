// The sessions: where one is signed in, in the settings and for administrators.

import type { Browser, Page } from "@playwright/test";
import { addAda, expectAccessible, logInAs, NAME, PASSWORD } from "../support/person";
import { refresh, sessions, signIn } from "../support/session";
import { expect, left, refusedRequest, test } from "../support/test";

const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0";

const list = (page: Page) => page.getByRole("region", { name: "Where you are signed in" });
const rows = (page: Page) => list(page).getByRole("listitem");
const toast = (page: Page) => page.getByRole("region", { name: "Messages" });

/** Logs ada in with another browser. */
async function elsewhere(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, userAgent: WINDOWS });
  const page = await context.newPage();
  await logInAs(page, "/account");
  return page;
}

test.slow();
test.beforeEach(async ({ server }) => addAda(server));

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    test.use({ viewport });

    test("a person sees where they are signed in, and axe finds nothing", async ({ page, server, browser }) => {
      const there = await elsewhere(browser, server.url);
      await signIn(server, NAME, PASSWORD);
      await logInAs(page, "/settings/sessions");
      await expect(rows(page)).toHaveCount(3);
      await expect(rows(page).first()).toContainText(/Chrome on Linux\s*this one/);
      await expect(rows(page).first().getByRole("button")).toHaveCount(0);
      await expect(rows(page).nth(1)).toContainText("node");
      await expect(rows(page).nth(2)).toContainText("Edge on Windows");
      await expect(rows(page).nth(2)).toContainText("From 127.0.0.1, since");
      await expect(page).toHaveTitle("Sessions · Settings · Cloakroom");
      await expectAccessible(page);
      await there.context().close();
    });
  });
}

test("a person ends one session, and it is over there", async ({ page, server, browser }) => {
  const there = await elsewhere(browser, server.url);
  const program = await signIn(server, NAME, PASSWORD);
  await logInAs(page, "/settings/sessions");
  await page.getByRole("button", { name: "Log out Edge on Windows" }).click();
  await expect(toast(page)).toContainText("Edge on Windows is logged out.");
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeFocused();
  await there.getByRole("link", { name: "Items", exact: true }).click();
  await left(there);
  await there.context().close();
  expect((await refresh(server, program.refresh_token)).status).toBe(200);
});

test("a person ends all other sessions, after a question", async ({ page, server, browser }) => {
  const there = await elsewhere(browser, server.url);
  const program = await signIn(server, NAME, PASSWORD);
  await logInAs(page, "/settings/sessions");
  const everywhere = page.getByRole("button", { name: "Log out everywhere else" });
  await everywhere.click();
  const question = page.getByRole("alertdialog", { name: "Log out everywhere else?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(rows(page)).toHaveCount(3);
  await everywhere.click();
  await question.getByRole("button", { name: "Log out" }).click();
  await expect(toast(page)).toContainText("You are logged out everywhere else.");
  await expect(rows(page)).toHaveCount(1);
  await expect(everywhere).toBeHidden();
  expect((await refresh(server, program.refresh_token)).status).toBe(400);
  await there.reload();
  await left(there);
  await there.context().close();
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
});

test("a person learns that an old key was used, and dismisses it", async ({ page, server }) => {
  const { refresh_token } = await signIn(server, NAME, PASSWORD);
  expect((await refresh(server, refresh_token)).status).toBe(200);
  await logInAs(page, "/settings/sessions");
  await expect(rows(page)).toHaveCount(2);
  // The grace is ten seconds.
  await page.waitForTimeout(10_500);
  expect((await refresh(server, refresh_token)).status).toBe(400);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  const warning = page.getByRole("status").filter({ hasText: "A session was ended for your safety" });
  await expect(warning).toContainText("node. From 127.0.0.1, since");
  await expectAccessible(page);
  await warning.getByRole("button", { name: "I have seen this" }).click();
  await expect(warning).toBeHidden();
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByText("A session was ended for your safety")).toBeHidden();
});

test.describe("for an administrator", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("a user's sessions are listed and ended", async ({ page, server }) => {
    await server.run(["user", "scopes", NAME, "me items me:write items:write admin"]);
    const program = await signIn(server, "johndoe", "secret");
    await logInAs(page, "/admin/users/johndoe");
    const card = page.getByRole("region", { name: "Sessions" });
    await expect(card.getByRole("listitem")).toHaveCount(1);
    await expect(card.getByRole("listitem")).toContainText("node");
    await card.getByRole("button", { name: "Log out everywhere" }).click();
    const question = page.getByRole("alertdialog", { name: "Log johndoe out everywhere?" });
    await question.getByRole("button", { name: "Log out" }).click();
    await expect(toast(page)).toContainText("johndoe is logged out everywhere.");
    await expect(card).toContainText("Not signed in anywhere.");
    expect((await refresh(server, program.refresh_token)).status).toBe(400);
    const again = await signIn(server, "johndoe", "secret");
    expect(await sessions(server, again.access_token)).toHaveLength(1);
    await page.reload();
    await expect(card.getByRole("listitem")).toHaveCount(1);
    await expectAccessible(page);
  });
});
