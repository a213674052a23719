// Staying signed in: the session renews itself by a refresh token that no script can read, and ends when it is ended anywhere.

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { addAda, logInAs, makeStale, NAME, PASSWORD } from "../support/person";
import { accessToken, claims, sessions, signIn } from "../support/session";
import { awake, expect, kept, left, refusedRequest, STORAGE_KEY, test } from "../support/test";

/** Counts the renewals that a page asks for. */
function countRenewals(page: Page): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/token") && request.postData()?.includes("grant_type=refresh_token")) count += 1;
  });
  return () => count;
}

/** Waits until a page has another token than this one. */
async function renewed(page: Page, before: string): Promise<string> {
  await expect.poll(() => accessToken(page), { timeout: 20_000 }).not.toBe(before);
  return accessToken(page);
}

/** Lets the token of a page expire. */
async function expire(page: Page): Promise<void> {
  await page.evaluate((key) => {
    for (const storage of [sessionStorage, localStorage]) {
      const session = storage.getItem(key);
      if (session !== null) storage.setItem(key, JSON.stringify({ ...JSON.parse(session), expires_at: Date.now() - 60_000 }));
    }
  }, STORAGE_KEY);
}

test.slow();

for (const stay of [true, false]) {
  test(`the refresh token is in a cookie that no script can read, ${stay ? "for later visits" : "until the browser is closed"}`, async ({
    page,
    login,
    context,
    server,
  }) => {
    const answered = page.waitForResponse("**/token");
    await login.asJohndoe({ stay });
    const cookies = await context.cookies(`${server.url}/token`);
    expect(cookies).toHaveLength(1);
    const sid = claims(await accessToken(page)).sid;
    expect(cookies[0]).toMatchObject({ name: `cloakroom-${sid}`, path: "/token", httpOnly: true, sameSite: "Strict" });
    expect(cookies[0]?.value).toMatch(/^cloakroom_refresh_/);
    const days = ((cookies[0]?.expires ?? 0) - Date.now() / 1000) / 86_400;
    expect(stay ? days > 13 && days < 15 : cookies[0]?.expires === -1).toBe(true);
    // It goes nowhere else, and nothing that a script can read has it.
    expect(await context.cookies(`${server.url}/users/me`)).toEqual([]);
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(await (await answered).text()).not.toContain("cloakroom_refresh_");
    expect(JSON.stringify(await kept(page))).not.toContain("cloakroom_refresh_");
  });
}

test.describe("a token that is good for six seconds", () => {
  test.use({ settings: { CLOAKROOM__TOKEN__EXPIRES_IN: "6" } });

  test("is renewed before it expires, and nothing is loaded again", async ({ page, login }) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await login.asJohndoe();
    const first = await accessToken(page);
    const number = (await page.locator(".ticket .number").textContent()) ?? "";
    expect(number).toMatch(/\d{4}/);
    await expect(page.getByText("It renews itself.")).toBeVisible();
    const before = asked.filter((path) => path.startsWith("/users")).length;
    let token = first;
    for (let time = 0; time < 2; time += 1) {
      token = await renewed(page, token);
      await expect(page.getByRole("timer")).toHaveText(/^00:0[3-6]$/);
    }
    expect(claims(token).sid).toBe(claims(first).sid);
    expect(asked.filter((path) => path.startsWith("/users")).length).toBe(before);
    await expect(page.locator(".ticket .number")).toHaveText(number);
    await expect(page.getByText("Black umbrella")).toBeVisible();
    // The panel shows the renewal as it happens.
    const step = page.locator(".steps > li").last();
    await expect(step).toContainText("The browser renews the token");
    await expect(step.locator(".fields")).toContainText(/grant_type\s*refresh_token\s*session_id/);
    await expect(step.locator(".carried > li").first()).toContainText(/POST \/token\s*200\s*\d+ ms/);
  });

  test("is renewed by one of two tabs", async ({ page, login, context }) => {
    const here = countRenewals(page);
    await login.asJohndoe({ stay: true });
    const other = await context.newPage();
    const there = countRenewals(other);
    await other.goto("/account");
    await expect(other.getByText("Black umbrella")).toBeVisible();
    let token = await accessToken(page);
    const started = Date.now();
    for (let time = 0; time < 3; time += 1) token = await renewed(page, token);
    // A renewal that was seen late counts too, and no tab has asked beside the other one.
    const seconds = (Date.now() - started) / 1000;
    expect(here() + there()).toBeLessThanOrEqual(Math.ceil(seconds / 4));
    for (const tab of [page, other]) await expect(tab.getByRole("timer")).toHaveText(/^00:0[1-6]$/);
    await other.close();
  });

  test("is renewed without touching a session that another tab has stored", async ({ page, login }) => {
    const renewals = countRenewals(page);
    await login.asJohndoe({ stay: true });
    const other = await page.evaluate((key) => {
      const session = JSON.parse(localStorage.getItem(key) ?? "");
      const text = JSON.stringify({ ...session, token: { ...session.token, access_token: "another" } });
      localStorage.setItem(key, text);
      return text;
    }, STORAGE_KEY);
    await expect.poll(renewals, { timeout: 15_000 }).toBeGreaterThan(1);
    await expect(page.getByRole("timer")).toHaveText(/^00:0[1-6]$/);
    expect((await kept(page)).device).toBe(other);
  });

  test("is renewed when the network is back, however long that takes", async ({ page, login, context }) => {
    await login.asJohndoe();
    const before = await accessToken(page);
    await context.setOffline(true);
    await expect(page.getByRole("timer")).toHaveText("00:00", { timeout: 15_000 });
    await page.waitForTimeout(2000);
    await expect(page.getByText("You are offline.")).toBeVisible();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    expect(await accessToken(page)).toBe(before);
    await context.setOffline(false);
    await renewed(page, before);
    await page.getByRole("link", { name: "Items", exact: true }).click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });
});

test.describe("a session that lasts twenty seconds", () => {
  test.use({ settings: { CLOAKROOM__SESSION__LIFETIME: "20", CLOAKROOM__SESSION__IDLE_TIMEOUT: "20" }, expectedMessages: [refusedRequest] });

  test("says so, and ends", async ({ page, login }) => {
    await login.asJohndoe();
    await expect(page.getByText(/Your session ends at/)).toBeVisible({ timeout: 30_000 });
    await expect(page).toHaveURL(/\/login\?next=/, { timeout: 15_000 });
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
  });
});

for (const stay of [true, false]) {
  test(`who comes back after the token has expired is still signed in, ${stay ? "on this device" : "in this tab"}`, async ({ page, login }) => {
    await login.asJohndoe({ stay });
    const before = await accessToken(page);
    const refused: string[] = [];
    page.on("response", (answer) => answer.status() >= 400 && refused.push(answer.url()));
    await expire(page);
    await page.reload();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await expect(page).toHaveURL(/\/account$/);
    expect(await renewed(page, before)).not.toBe(before);
    expect(refused).toEqual([]);
  });
}

test.describe("a session that was ended elsewhere", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("ends here at the next request", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/account");
    const { access_token } = await signIn(server, NAME, PASSWORD);
    const headers = { Authorization: `Bearer ${access_token}` };
    const ended = await fetch(`${server.url}/users/me/sessions`, { method: "DELETE", headers });
    expect(ended.status).toBe(204);
    await page.getByRole("link", { name: "Items", exact: true }).click();
    await left(page);
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
    expect(await kept(page)).toEqual({ tab: null, device: null });
  });

  test("ends at the next renewal, if nothing is asked for", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/account");
    await server.run(["user", "passwd", NAME], "another good password\n");
    await expire(page);
    await page.reload();
    await left(page);
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
  });
});

test("a logout ends the session at the server, and takes the cookie away", async ({ page, login, context, server }) => {
  await login.asJohndoe({ stay: true });
  const token = await accessToken(page);
  await page.getByRole("button", { name: "Log out" }).click();
  await left(page);
  await expect.poll(async () => (await fetch(`${server.url}/users/me`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401);
  await expect.poll(() => context.cookies(`${server.url}/token`)).toEqual([]);
  const { access_token } = await signIn(server, "johndoe", "secret");
  expect(await sessions(server, access_token)).toHaveLength(1);
});

test("a logout in one tab ends the sessions of all tabs", async ({ page, login, context, server }) => {
  await login.asJohndoe();
  const other = await context.newPage();
  await other.goto("/login");
  await awake(other);
  await other.getByLabel("Username").fill("johndoe");
  await other.getByLabel("Password", { exact: true }).fill("secret");
  await other.locator("button[type=submit]").click();
  await expect(other.getByText("Black umbrella")).toBeVisible();
  await page.getByRole("button", { name: "Log out" }).click();
  await left(other);
  const { access_token } = await signIn(server, "johndoe", "secret");
  await expect.poll(async () => (await sessions(server, access_token)).length).toBe(1);
});

test.describe("a server that does not answer", () => {
  test.use({ expectedMessages: [refusedRequest] });

  for (const how of ["fails", "cannot be reached"]) {
    test(`is not told of a logout, and the page says so: it ${how}`, async ({ page, login, context }) => {
      await login.asJohndoe();
      await context.route("**/revoke", (route) =>
        how === "fails" ? route.fulfill({ status: 503, json: { detail: "The database is not answering" } }) : route.abort(),
      );
      await page.getByRole("button", { name: "Log out" }).click();
      await left(page);
      await expect(page.getByRole("status")).toContainText("You are logged out here. At the server the session is still open");
      expect(await kept(page)).toEqual({ tab: null, device: null });
    });
  }
});

test("two people in two tabs stay who they are", async ({ page, login, context, server }) => {
  await addAda(server);
  await login.asJohndoe();
  const other = await context.newPage();
  await logInAs(other, "/account");
  for (const [tab, name] of [
    [page, "johndoe"],
    [other, NAME],
  ] as const) {
    const before = await accessToken(tab);
    await expire(tab);
    await tab.reload();
    const token = await renewed(tab, before);
    expect(claims(token).sub).toBe(name);
  }
});

test.describe("a step that asks for the password", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("leaves the session the same", async ({ page, server }) => {
    await addAda(server);
    await logInAs(page, "/settings");
    const before = await accessToken(page);
    await makeStale(page, "/users/me", "PATCH");
    await page.getByLabel("Full name").fill("Ada King");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Type your password again" });
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("region", { name: "Messages" })).toContainText("saved");
    const after = await accessToken(page);
    expect(after).not.toBe(before);
    expect(claims(after).sid).toBe(claims(before).sid);
    expect(await sessions(server, after)).toHaveLength(1);
  });
});

test.describe("a page of another origin", () => {
  test.use({ expectedMessages: [refusedRequest] });
  let elsewhere: HttpServer;

  test.beforeAll(async () => {
    elsewhere = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<!doctype html><title>Elsewhere</title>"));
    await new Promise<void>((listening) => elsewhere.listen(0, "127.0.0.1", listening));
  });
  test.afterAll(() => void elsewhere.close());

  // localhost and 127.0.0.1 are two sites. Another port is another origin of the same site.
  for (const host of ["127.0.0.1", "localhost"]) {
    test(`gets nothing for the cookie, from ${host}`, async ({ page, login, context, server }) => {
      await login.asJohndoe({ stay: true });
      const cookie = (await context.cookies(`${server.url}/token`))[0];
      const sid = String(claims(await accessToken(page)).sid);
      await page.goto(`http://${host}:${(elsewhere.address() as AddressInfo).port}/`);
      const posted = page.waitForResponse("**/token");
      await page.evaluate(
        ([action, sid]) => {
          const form = document.createElement("form");
          form.method = "POST";
          form.action = action;
          for (const [name, value] of Object.entries({ grant_type: "refresh_token", session_id: sid })) {
            const field = document.createElement("input");
            Object.assign(field, { name, value });
            form.append(field);
          }
          document.body.append(form);
          form.submit();
        },
        [`${server.url}/token`, sid] as const,
      );
      const answer = await posted;
      expect(answer.status()).toBe(400);
      expect((await answer.json()).access_token).toBeUndefined();
      expect((await context.cookies(`${server.url}/token`))[0]).toEqual(cookie);
    });
  }
});
