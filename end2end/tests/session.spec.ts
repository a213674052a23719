// The session: where it is kept, how long it lasts, and how it ends.

import { awake, expect, kept, left, LoginPage, refusedRequest, STORAGE_KEY, test } from "../support/test";

test("the token is kept in this tab only, unless asked to stay", async ({ page, login }) => {
  await login.asJohndoe();
  const { tab, device } = await kept(page);
  expect(device).toBeNull();
  expect(JSON.parse(tab ?? "").token).toMatchObject({ token_type: "bearer", expires_in: 1800 });
  expect(tab).not.toContain('secret"');
});

test("keep me signed in keeps the token on the device, for other tabs and later visits", async ({ page, login, context }) => {
  await login.asJohndoe({ stay: true });
  const { tab, device } = await kept(page);
  expect(tab).toBeNull();
  expect(JSON.parse(device ?? "").token).toMatchObject({ token_type: "bearer" });
  const later = await context.newPage();
  await later.goto("/");
  await expect(later.getByRole("heading", { name: "Welcome, John Doe" })).toBeVisible();
});

test("a reload keeps the session", async ({ page, login }) => {
  await login.asJohndoe();
  await page.reload();
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await expect(page).toHaveURL(/\/account$/);
});

test("whoever is signed in is led past the login page", async ({ page, login }) => {
  await login.asJohndoe();
  await page.goto("/login");
  await expect(page).toHaveURL(/\/account$/);
  await page.goto("/login?next=/");
  await expect(page).toHaveURL(/:\d+\/$/);
  await expect(page.getByText("Black umbrella")).toBeVisible();
});

test("whoever is not is led to it, and back", async ({ page, login }) => {
  await page.goto("/account?from=a%20b%26c");
  await expect(page).toHaveURL(/\/login\?next=%2Faccount%3Ffrom%3Da%2520b%2526c$/);
  await awake(page);
  await login.submit("johndoe", "secret");
  await expect(page).toHaveURL(/\/account\?from=a%20b%26c$/);
});

test("the front page is the account for who is signed in, and the login for who is not", async ({ page, login }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/login$/);
  await login.asJohndoe({ path: "/login?next=%2F" });
  await expect(page).toHaveURL(/:\d+\/$/);
});

test("a next page that is elsewhere, or the login page itself, is ignored", async ({ page, login }) => {
  test.slow();
  for (const next of ["//evil.example/x", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/%09/evil.example", "/.//evil.example", "/login", "/account/../login"]) {
    await test.step(next, async () => {
      await login.asJohndoe({ path: `/login?next=${next.includes("%") ? next : encodeURIComponent(next)}` });
      await expect(page).toHaveURL(/127\.0\.0\.1:\d+\/account$/);
      await page.evaluate(() => sessionStorage.clear());
    });
  }
});

test("logging out forgets the token and leads to the login page", async ({ page, login }) => {
  await login.asJohndoe({ stay: true });
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await expect(page.getByRole("status")).toHaveText("You are logged out.");
  expect(await kept(page)).toEqual({ tab: null, device: null });
});

test("going back after logging out shows nothing of the account", async ({ page, login }) => {
  await login.asJohndoe();
  await page.getByRole("link", { name: "Cloakroom" }).click();
  await expect(page).toHaveURL(/:\d+\/$/);
  await page.getByRole("button", { name: "Log out" }).click();
  await left(page);
  await page.goBack();
  await expect(page).toHaveURL(/\/login(\?|$)/);
  await awake(page);
  await expect(page.getByText("Black umbrella")).toBeHidden();
});

for (const stay of [true, false]) {
  test(`logging out in one tab logs out the others, ${stay ? "kept on the device" : "each with its own"}`, async ({
    page,
    login,
    context,
  }) => {
    await login.asJohndoe({ stay });
    const other = await context.newPage();
    if (!stay) {
      // This tab does not have the first tab's session, so it logs in itself.
      await other.goto("/login");
      await awake(other);
      await other.getByLabel("Username").fill("johndoe");
      await other.getByLabel("Password", { exact: true }).fill("secret");
      await other.locator("button[type=submit]").click();
    } else {
      await other.goto("/account");
    }
    await expect(other.getByText("Black umbrella")).toBeVisible();
    await page.getByRole("button", { name: "Log out" }).click();
    await expect(other).toHaveURL(/\/login$/);
    await left(other);
    expect(await kept(other)).toEqual({ tab: null, device: null });
  });
}

test("a tab that was elsewhere when the person logged out is logged out when it comes back", async ({ page, login, context }) => {
  await login.asJohndoe();
  const other = await context.newPage();
  await new LoginPage(other).asJohndoe();
  await other.goto("/favicon.svg");
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await other.goBack();
  await expect(other).toHaveURL(/\/login$/);
  await left(other);
  expect(await kept(other)).toEqual({ tab: null, device: null });
});

test("a clock that is set back after a logout does not end the next session", async ({ page, login }) => {
  await login.asJohndoe();
  // The person logs out while the clock is ten minutes ahead.
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 10 * 60 * 1000;
  });
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await left(page);
  const loggedOutAt = await page.evaluate(() => Number(localStorage.getItem("cloakroom.logged-out-at")));
  expect(loggedOutAt).toBeGreaterThan(Date.now() + 60_000);
  for (const stay of [false, true]) {
    await login.asJohndoe({ stay });
    for (let reload = 0; reload < 2; reload += 1) {
      await page.reload();
      await expect(page.getByText("Black umbrella")).toBeVisible();
    }
    await page.getByRole("button", { name: "Log out" }).click();
    await expect(page).toHaveURL(/\/login$/);
  }
});

test("a session that is nonsense counts as none", async ({ page, login }) => {
  await login.open();
  for (const nonsense of ["{", "null", '"x"', '{"token":{}}', '{"token":{"access_token":"x"},"expires_at":-1}']) {
    await page.evaluate(([key, value]) => localStorage.setItem(key, value), [STORAGE_KEY, nonsense]);
    await page.goto("/account");
    await expect(page).toHaveURL(/\/login/);
    await awake(page);
    expect(await kept(page)).toEqual({ tab: null, device: null });
  }
});

test("no page flashes up that is not theirs", async ({ page, login }) => {
  // Without the WASM, the page shows only what the server rendered and gate.js does not hide.
  await page.route("**/*.wasm*", () => {});
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await page.goto("/account", { waitUntil: "domcontentloaded" });
  await expect(page).toHaveURL(/\/login\?next=%2Faccount$/);
  await page.unrouteAll({ behavior: "ignoreErrors" });

  await login.asJohndoe();
  await page.route("**/*.wasm*", () => {});
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await expect(page.locator("form")).toBeHidden();
  await page.goto("/account", { waitUntil: "domcontentloaded" });
  await expect(page.getByRole("heading", { name: "Your ticket" })).toBeVisible();
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test.describe("a session that lasts ten seconds", () => {
  test.use({
    settings: { CLOAKROOM__SESSION__LIFETIME: "10", CLOAKROOM__SESSION__IDLE_TIMEOUT: "10" },
    expectedMessages: [refusedRequest],
  });
  test.slow();

  test("ends the session when it expires, and the login leads back", async ({ page, login }) => {
    await login.asJohndoe({ path: "/login?next=%2Faccount%3Fa%3D1" });
    await expect(page.getByRole("timer")).toHaveText(/^00:(10|0\d)$/);
    await expect(page).toHaveURL(/\/login\?next=%2Faccount%3Fa%3D1$/, { timeout: 30_000 });
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
    expect(await kept(page)).toEqual({ tab: null, device: null });
    await login.submit("johndoe", "secret");
    await expect(page).toHaveURL(/\/account\?a=1$/);
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });

  test("has ended for who comes back later", async ({ page, login }) => {
    await login.asJohndoe({ stay: true });
    const expiresAt: number = JSON.parse((await kept(page)).device ?? "").expires_at;
    await page.goto("about:blank");
    await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(expiresAt);
    await page.goto("/account");
    await left(page);
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
    expect(await kept(page)).toEqual({ tab: null, device: null });
  });
});

test("a token without a session has ended for who comes back later, before the WASM is there", async ({ page, login }) => {
  await login.asJohndoe({ stay: true });
  await page.evaluate((key) => {
    const { token, ...session } = JSON.parse(localStorage.getItem(key) ?? "");
    localStorage.setItem(key, JSON.stringify({ ...session, token: { ...token, scope: "me items" }, expires_at: Date.now() - 1 }));
  }, STORAGE_KEY);
  await page.goto("about:blank");
  await page.route("**/*.wasm*", () => {});
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await expect(page.locator("form")).toBeVisible();
  await page.goto("/account", { waitUntil: "domcontentloaded" });
  await expect(page.locator("main")).toBeHidden();
  // Leave that page first. Its WASM could still load, and end the session there.
  await page.goto("about:blank");
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.goto("/account");
  await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
  expect(await kept(page)).toEqual({ tab: null, device: null });
});

test.describe("a token that the server refuses", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("ends the session, whichever call it was", async ({ page, login, server }) => {
    await login.asJohndoe();
    await server.run(["user", "passwd", "johndoe"], "another good password\n");
    await page.reload();
    await expect(page).toHaveURL(/\/login\?next=%2Faccount$/);
    await expect(page.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
    expect(await kept(page)).toEqual({ tab: null, device: null });
    await login.submit("johndoe", "another good password");
    await expect(page).toHaveURL(/\/account$/);
  });

  test("because its user was disabled is said as what it is", async ({ page, login, server }) => {
    await login.asJohndoe({ stay: true });
    await server.run(["user", "disable", "johndoe"]);
    await page.reload();
    await expect(page).toHaveURL(/\/login$/);
    await expect(page.getByRole("status")).toContainText("This account is disabled.");
    expect(await kept(page)).toEqual({ tab: null, device: null });
  });
});

test.describe("a browser that refuses to store", () => {
  test("because the storage is full still lets one in, until the page is reloaded", async ({ page, login }) => {
    await page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await login.asJohndoe({ stay: true });
    await expect(page.getByText("memory only")).toBeVisible();
  });

  test("anything at all does so too", async ({ page, login }) => {
    await page.addInitScript(() => {
      for (const storage of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, storage, {
          get() {
            throw new DOMException("blocked", "SecurityError");
          },
        });
      }
    });
    await login.asJohndoe({ stay: true });
    await expect(page.getByText("memory only")).toBeVisible();
    await page.locator("summary").click();
    await page.getByRole("button", { name: "Log out" }).click();
    await expect(page).toHaveURL(/\/login$/);
  });
});

test.describe("an older session", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("that expires in one tab leaves the newer one of another alone", async ({ page, login, context }) => {
    await login.asJohndoe({ stay: true });
    // Without the refresh token, the session ends with the access token.
    await context.clearCookies();
    const newer = await page.evaluate((key) => {
      const session = JSON.parse(localStorage.getItem(key) ?? "");
      session.expires_at = Date.now() + 6000;
      localStorage.setItem(key, JSON.stringify(session));
      return JSON.stringify({ ...session, token: { ...session.token, access_token: "newer" }, expires_at: Date.now() + 1e6 });
    }, STORAGE_KEY);
    const older = await context.newPage();
    await older.goto("/account");
    await expect(older.getByText("Black umbrella")).toBeVisible();
    await older.evaluate(([key, value]) => localStorage.setItem(key, value), [STORAGE_KEY, newer] as const);
    await expect(older).toHaveURL(/\/login/);
    await left(older);
    await expect(older.getByRole("status")).toHaveText("Your session has expired. Log in to go on.");
    expect((await kept(older)).device).toBe(newer);
  });
});

test("a logout that is heard late leaves a newer session alone", async ({ page, login, context }) => {
  await login.asJohndoe({ stay: true });
  const newer = await page.evaluate((key) => {
    const session = JSON.parse(localStorage.getItem(key) ?? "");
    const text = JSON.stringify({ ...session, token: { ...session.token, access_token: "newer" } });
    localStorage.setItem(key, text);
    return text;
  }, STORAGE_KEY);
  const other = await context.newPage();
  await other.goto("/nowhere.txt");
  await other.evaluate((key) => new BroadcastChannel(key).postMessage(key), STORAGE_KEY);
  await expect(page).toHaveURL(/\/login$/);
  await left(page);
  await expect(page.getByRole("status")).toHaveText("You are logged out.");
  expect((await kept(page)).device).toBe(newer);
});

test("going back over the login page leads to the account", async ({ page, login }) => {
  await login.open();
  // The link adds an entry to the history of the same document.
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
  await expect(page).toHaveURL(/#main$/);
  await login.submit("johndoe", "secret");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByText("Black umbrella")).toBeVisible();
});

test.describe("a login that is refused", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("the next login does not show the requests of one that was refused", async ({ page, login }) => {
    // The refused login's other request is answered late.
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let held = 0;
    await page.route("**/users/me/items", async (route) => {
      if (held++ === 0) await released;
      await route.continue();
    });
    await page.route("**/users/me", (route) => route.fulfill({ status: 400, json: { detail: "Inactive user" } }), { times: 1 });
    await login.open();
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toContainText("This account is disabled.");
    release();
    await login.submit("johndoe", "secret");
    await expect(page.locator(".carried > li")).toHaveCount(2);
  });
});

test("the password does not stay in the page after the login", async ({ page, login }) => {
  await login.open();
  const field = await login.password().elementHandle();
  await login.submit("johndoe", "secret");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  expect(await field?.evaluate((field) => (field as HTMLInputElement).value)).toBe("");
});
