// The login page: a login that succeeds, and each way it can fail.

import { awake, expect, kept, missingFile, refusedRequest, test } from "../support/test";

test("johndoe logs in and sees his profile and items", async ({ page, login }) => {
  await login.open();
  await expect(page).toHaveTitle("Log in · Cloakroom");
  await login.submit("johndoe", "secret");
  await expect(page).toHaveURL(/\/account$/);
  await expect(page).toHaveTitle("Account · Cloakroom");
  await expect(page.getByRole("heading", { name: "Welcome, John Doe" })).toBeVisible();
  const profile = page.getByRole("region", { name: "Profile" });
  await expect(profile).toContainText("johndoe@example.com");
  await expect(profile).toContainText("Active");
  const items = page.getByRole("region", { name: "Your items" }).getByRole("listitem");
  await expect(items).toHaveCount(3);
  await expect(items.first()).toContainText("Foo");
});

test("the form has real labels and tells password managers what is what", async ({ login }) => {
  await login.open();
  await expect(login.username()).toHaveAttribute("autocomplete", "username");
  await expect(login.password()).toHaveAttribute("autocomplete", "current-password");
  await expect(login.username()).toBeFocused();
});

test("what was typed can be shown and hidden", async ({ page, login }) => {
  await login.open();
  await login.password().fill("secret");
  await expect(login.password()).toHaveAttribute("type", "password");
  await page.getByRole("button", { name: "Show password" }).click();
  await expect(login.password()).toHaveAttribute("type", "text");
  await expect(login.password()).toHaveValue("secret");
  await page.getByRole("button", { name: "Hide password" }).click();
  await expect(login.password()).toHaveAttribute("type", "password");
});

test("nothing is sent while a field is empty", async ({ page, login }) => {
  let requests = 0;
  page.on("request", (request) => (requests += request.url().endsWith("/token") ? 1 : 0));
  await login.open();
  await login.button().click();
  await login.username().fill("johndoe");
  await login.button().click();
  await expect(login.password()).toBeFocused();
  expect(requests).toBe(0);
});

test("the button is busy while the answer is awaited, and one click is one request", async ({ page, login }) => {
  let requests = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/token", async (route) => {
    requests += 1;
    await released;
    await route.continue();
  });
  await login.open();
  await page.getByRole("button", { name: "Show password" }).click();
  await login.submit("johndoe", "secret");
  await expect(login.button()).toBeDisabled();
  await expect(login.button()).toHaveText("Checking…");
  await expect(page.locator("form")).toHaveAttribute("aria-busy", "true");
  await expect(login.password()).toHaveAttribute("type", "password");
  await login.password().press("Enter");
  release();
  await expect(page).toHaveURL(/\/account$/);
  expect(requests).toBe(1);
});

test("the password is never in a URL", async ({ page, login }) => {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  page.on("framenavigated", (frame) => urls.push(frame.url()));
  await login.asJohndoe();
  expect(urls.filter((url) => url.includes("secret"))).toEqual([]);
});

test.describe("a login that fails", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("a wrong password is said, spoken, and corrected in place", async ({ page, login }) => {
    await login.open();
    await login.submit("johndoe", "wrong");
    await expect(login.alert()).toHaveText("That username and password don’t match. Check both and try again.");
    await expect(login.username()).toHaveValue("johndoe");
    await expect(login.password()).toBeFocused();
    await page.keyboard.type("secret");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/account$/);
  });

  test("an unknown user is answered with the very same words", async ({ login }) => {
    await login.open();
    await login.submit("nobody", "wrong");
    await expect(login.alert()).toHaveText("That username and password don’t match. Check both and try again.");
  });

  test("a disabled user is told so, and nothing of theirs is kept or shown", async ({ page, login }) => {
    await login.open();
    await login.submit("alice", "secret2");
    await expect(login.alert()).toHaveText("This account is disabled. Ask the people who run this site to enable it.");
    await expect(page).toHaveURL(/\/login$/);
    expect(await kept(page)).toEqual({ tab: null, device: null });
  });

  test("a disabled user's login leaves another tab's session alone", async ({ page, login, context }) => {
    await login.open();
    const other = await context.newPage();
    await other.goto("/login");
    await awake(other);
    await other.getByLabel("Username").fill("johndoe");
    await other.getByLabel("Password", { exact: true }).fill("secret");
    await other.getByLabel("Keep me signed in on this device").check();
    await other.locator("button[type=submit]").click();
    await expect(other.getByText("Black umbrella")).toBeVisible();
    const { device } = await kept(other);
    await login.stay().check();
    await login.submit("alice", "secret2");
    await expect(login.alert()).toContainText("This account is disabled.");
    expect((await kept(page)).device).toBe(device);
  });

  test("nothing moves when a problem is shown", async ({ login }) => {
    await login.open();
    const before = await login.button().boundingBox();
    await login.submit("johndoe", "wrong");
    await expect(login.alert()).toContainText("don’t match");
    expect(await login.button().boundingBox()).toEqual(before);
  });

  test("too many attempts are told how long to wait", async ({ login }) => {
    await login.open();
    const tooMany = /^Too many attempts\. Try again in (a second|\d+ seconds)\.$/;
    // The first failures cause no wait. Then each failure doubles the wait, until an attempt comes too early.
    for (let attempt = 0; attempt < 12 && !tooMany.test(await login.alert().innerText()); attempt++) {
      await login.submit("johndoe", "wrong");
      await expect(login.button()).toBeEnabled();
    }
    await expect(login.alert()).toHaveText(tooMany);
  });

  test("a gateway's page in place of an answer is no answer", async ({ page, login }) => {
    await page.route("**/token", (route) => route.fulfill({ status: 502, body: "<h1>Bad Gateway</h1>" }));
    await login.open();
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toHaveText("The server cannot be reached. Check your connection and try again.");
  });
});

test.describe("a server that is gone", () => {
  test.use({ expectedMessages: async ({}, use) => use([refusedRequest, missingFile]) });

  test("is said, and the next try works", async ({ page, login, server }) => {
    await login.open();
    await server.pause();
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toHaveText("The server cannot be reached. Check your connection and try again.");
    await server.resume();
    await login.button().click();
    await expect(page).toHaveURL(/\/account$/);
  });
});

test.describe("a busy counter", () => {
  test.use({
    expectedMessages: [refusedRequest],
    // There is no queue, and the test below keeps the only hashing thread busy.
    settings: {
      CLOAKROOM__PASSWORD__THREADS: "1",
      CLOAKROOM__PASSWORD__QUEUE: "0",
      CLOAKROOM__PASSWORD__MEMORY_KIB: "65536",
      CLOAKROOM__PASSWORD__ITERATIONS: "200",
    },
  });

  test("is said, with when to come back", async ({ login, request }) => {
    // It waits for the end of a hash that takes seconds.
    test.slow();
    await login.open();
    const probe = () => request.post("/token", { form: { username: "nobody", password: "x" } });
    // Of two requests at once, one gets a 503. The other keeps the only thread busy until the page has its answer.
    const both = [probe(), probe()];
    expect((await Promise.race(both)).status()).toBe(503);
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toHaveText("The counter is busy right now. Try again in 5 seconds.");
    await Promise.all(both);
  });
});

test.describe("a login that fails after the person has gone back", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("changes nothing on the page that they went to", async ({ page, login }) => {
    await page.goto("/nowhere");
    await page.getByRole("link", { name: "Back to the counter" }).click();
    await awake(page);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/token", async (route) => {
      await released;
      await route.continue();
    });
    await login.submit("johndoe", "wrong");
    await expect(login.button()).toHaveText("Checking…");
    await page.goBack();
    await expect(page.getByRole("heading", { name: "Nothing hangs here" })).toBeVisible();
    release();
    await page.getByRole("link", { name: "Back to the counter" }).click();
    await awake(page);
    await login.submit("johndoe", "secret");
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });
});
