// What happens before the WASM is there, and when a part of it does not come.

import type { Page } from "@playwright/test";
import { awake, expect, kept, left, missingFile, refusedRequest, test } from "../support/test";

/** The WASM that every page loads, and the one of the pages for those who are signed in. */
const MAIN = "**/cloakroom.wasm*";
const SIGNED_IN = "**/split_signed_in.wasm*";

/** Holds back what fits the pattern until the returned function is called. */
async function holdBack(page: Page, pattern: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(pattern, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Counts the logins that are sent. */
function logins(page: Page): () => number {
  let sent = 0;
  page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
  return () => sent;
}

for (const [way, press] of [
  ["Enter", (page: Page) => page.keyboard.press("Enter")],
  ["a click", (page: Page) => page.locator("button[type=submit]").click()],
] as const) {
  test(`a press before the WASM is there is kept: ${way}`, async ({ page, login }) => {
    const release = await holdBack(page, MAIN);
    const sent = logins(page);
    await page.goto("/login", { waitUntil: "domcontentloaded" });
    await login.username().fill("johndoe");
    await login.password().fill("secret");
    await login.password().focus();
    await press(page);
    await expect(login.button()).toHaveText("Checking…");
    await expect(login.button()).toBeDisabled();
    await expect(page.locator("form")).toHaveAttribute("aria-busy", "true");
    // A second press changes nothing.
    await login.password().press("Enter");
    expect(sent()).toBe(0);
    expect(page.url()).not.toContain("secret");
    release();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await expect(page).toHaveURL(/\/account$/);
    expect(sent()).toBe(1);
  });
}

test("a press on a slow network is kept", async ({ page, login, context }) => {
  test.slow();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  const slow = { offline: false, latency: 150, downloadThroughput: 50_000, uploadThroughput: 50_000 };
  await cdp.send("Network.emulateNetworkConditions", slow);
  await page.goto("/login", { waitUntil: "commit" });
  await login.username().fill("johndoe");
  await login.password().fill("secret");
  await login.password().press("Enter");
  expect(await page.locator("html").getAttribute("data-app")).toBeNull();
  await expect(page.getByText("Black umbrella")).toBeVisible({ timeout: 60_000 });
});

test("an empty field stops a press before the WASM is there", async ({ page, login }) => {
  const release = await holdBack(page, MAIN);
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await login.username().fill("johndoe");
  await login.button().click();
  await expect(login.password()).toBeFocused();
  await expect(login.button()).toHaveText("Log in");
  release();
  await awake(page);
});

test("what was typed before the WASM came is not lost", async ({ page, login }) => {
  const release = await holdBack(page, MAIN);
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  await login.username().fill("johndoe");
  await login.password().fill("secret");
  release();
  await awake(page);
  await login.button().click();
  await expect(page).toHaveURL(/\/account$/);
});

test("the account's code comes while the person types, and not before", async ({ page, login }) => {
  let asked = 0;
  page.on("request", (request) => (asked += request.url().includes("split_signed_in") ? 1 : 0));
  await login.open();
  expect(asked).toBe(0);
  const answered = page.waitForResponse(SIGNED_IN);
  await login.username().pressSequentially("j");
  await answered;
  await login.submit("johndoe", "secret");
  await expect(page.getByText("Black umbrella")).toBeVisible();
  expect(asked).toBe(1);
});

test("without JavaScript the form is not shown, and a sentence says why", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/login`);
  await expect(page.locator("noscript p")).toContainText("Cloakroom needs JavaScript and WebAssembly.");
  await expect(page.locator("form")).toBeHidden();
  await context.close();
});

test.describe("a file that does not come", () => {
  test.use({ expectedMessages: async ({}, use) => use([refusedRequest, missingFile]) });

  const problem = (page: Page) => page.locator("#load-problem");

  for (const [what, pattern] of [
    ["the WASM", MAIN],
    ["the JavaScript", "**/cloakroom.js*"],
  ] as const) {
    for (const [how, status] of [
      ["is cut off", 0],
      ["is an error", 503],
    ] as const) {
      test(`is said, and Retry loads it: ${what} ${how}`, async ({ page, login }) => {
        await page.route(pattern, (route) => (status ? route.fulfill({ status, body: "" }) : route.abort()));
        await page.goto("/login");
        await expect(problem(page)).toContainText("This page did not load completely.");
        await login.username().fill("johndoe");
        await login.password().fill("secret");
        await page.unroute(pattern);
        await page.getByRole("button", { name: "Retry" }).click();
        await awake(page);
        await expect(problem(page)).toBeHidden();
        // What was typed is still there.
        await login.button().click();
        await expect(page.getByText("Black umbrella")).toBeVisible();
      });
    }
  }

  test("gives a press back that was kept, and the next press tries again", async ({ page, login }) => {
    const sent = logins(page);
    await page.route(MAIN, (route) => route.abort());
    await page.goto("/login");
    await expect(problem(page)).toBeVisible();
    await login.username().fill("johndoe");
    await login.password().fill("secret");
    await login.button().click();
    await expect(login.button()).toHaveText("Log in");
    await expect(login.button()).toBeEnabled();
    await expect(problem(page)).toBeVisible();
    expect(sent()).toBe(0);
    await page.unroute(MAIN);
    await login.button().click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    expect(sent()).toBe(1);
  });

  test("is said after a while if there is no answer at all", async ({ page }) => {
    await page.clock.install();
    const release = await holdBack(page, MAIN);
    await page.goto("/login", { waitUntil: "domcontentloaded" });
    await page.clock.fastForward(19_000);
    await expect(problem(page)).toBeHidden();
    await page.clock.fastForward(2_000);
    await expect(problem(page)).toBeVisible();
    release();
    await page.clock.runFor(1_000);
    await awake(page);
    await expect(problem(page)).toBeHidden();
  });

  test("is loaded by Retry while the first try is still waiting", async ({ page, login }) => {
    await page.clock.install();
    let asked = 0;
    await page.route(MAIN, (route) => (++asked === 1 ? undefined : route.continue()));
    await page.goto("/login", { waitUntil: "domcontentloaded" });
    await login.username().fill("johndoe");
    await page.clock.fastForward(21_000);
    await page.getByRole("button", { name: "Retry" }).click();
    const state = async () => {
      await page.clock.runFor(500);
      return page.locator("html").getAttribute("data-app");
    };
    await expect.poll(state).toBe("awake");
    expect(asked).toBe(2);
    await expect(login.username()).toHaveValue("johndoe");
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("leads to a reload after two failures, and not while the browser is offline", async ({ page, context }) => {
    const script = "**/cloakroom.js*";
    await page.route(script, (route) => route.abort());
    await page.goto("/login");
    const retry = page.getByRole("button", { name: "Retry" });
    await retry.click();
    await expect(problem(page)).toBeVisible();
    await context.setOffline(true);
    await retry.click();
    await expect(problem(page)).toBeVisible();
    await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
    await context.setOffline(false);
    const loaded = page.waitForEvent("load");
    await page.unroute(script);
    await retry.click();
    await loaded;
    await awake(page);
  });

  test("is said after the login, and Retry opens the account without another login", async ({ page, login }) => {
    await page.route(SIGNED_IN, (route) => route.abort());
    const sent = logins(page);
    await login.open();
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toContainText("Your page did not load. Check your connection and try again.");
    await expect(login.button()).toBeEnabled();
    expect((await kept(page)).tab).not.toBeNull();
    await page.unroute(SIGNED_IN);
    await login.alert().getByRole("button", { name: "Retry" }).click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await expect(page).toHaveURL(/\/account$/);
    expect(sent()).toBe(1);
  });

  test("is said after a while if it is waited for after the login", async ({ page, login }) => {
    await page.clock.install();
    const release = await holdBack(page, SIGNED_IN);
    await login.open();
    await login.submit("johndoe", "secret");
    const said = async () => {
      await page.clock.runFor(5_000);
      return login.alert().innerText();
    };
    await expect.poll(said).toContain("Your page did not load.");
    await expect(login.password()).toHaveValue("");
    // It opens by itself when the WASM comes after all.
    release();
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });

  test("does not let another person in who logs in instead", async ({ page, login, server }) => {
    await server.run(["user", "add", "ada"], "correct horse battery\n");
    await page.route(SIGNED_IN, (route) => route.abort());
    await login.open();
    await login.submit("johndoe", "secret");
    await expect(login.alert()).toContainText("Your page did not load.");
    await page.unroute(SIGNED_IN);
    await login.submit("ada", "correct horse battery");
    await expect(page.getByRole("heading", { name: "Welcome, ada" })).toBeVisible();
    await expect(page.getByText("Nothing on your hooks yet.")).toBeVisible();
  });

  test("is loaded anew if it does not come a second time", async ({ page, login }) => {
    await page.route(SIGNED_IN, (route) => route.fulfill({ status: 404, body: "" }));
    await login.open();
    await login.submit("johndoe", "secret");
    const retry = login.alert().getByRole("button", { name: "Retry" });
    await retry.click();
    // The page is loaded again: a server with a new version has other files.
    await expect(login.username()).toHaveValue("");
    await expect(login.alert()).toContainText("Your page did not load.");
    await page.unroute(SIGNED_IN);
    await retry.click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
  });

  test("and a program that fails are said, and Retry loads the page anew", async ({ page, login }) => {
    await login.open();
    await page.evaluate(() => {
      const error = new WebAssembly.RuntimeError("unreachable");
      dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
    });
    await expect(problem(page)).toBeVisible();
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Retry" }).click();
    await loaded;
    await awake(page);
    await expect(problem(page)).toBeHidden();
  });

  test("is said on the account page, and Retry loads it", async ({ page, login }) => {
    await login.asJohndoe();
    await page.route(SIGNED_IN, (route) => route.abort());
    await page.reload();
    await expect(problem(page)).toBeVisible();
    await page.unroute(SIGNED_IN);
    await page.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await expect(problem(page)).toBeHidden();
  });
});

test("each page can be loaded again, with a session and without", async ({ page, login }) => {
  for (const path of ["/", "/account", "/login"]) {
    await login.open(path);
    await page.reload();
    await awake(page);
    await expect(page).toHaveURL(/\/login(\?next=%2Faccount)?$/);
    await expect(login.button()).toBeVisible();
  }
  await login.asJohndoe();
  for (const [path, leads] of [
    ["/", /:\d+\/$/],
    ["/account", /\/account$/],
    ["/login", /\/account$/],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await page.reload();
    await expect(page.getByText("Black umbrella")).toBeVisible();
    await expect(page).toHaveURL(leads);
  }
});

test.describe("in production", () => {
  test("a second visit fetches the page and the data, and no file again", async ({ page, login, context, server }) => {
    await server.restartInProduction();
    await login.asJohndoe({ stay: true });
    await page.goto("about:blank");
    const second = await context.newPage();
    const cdp = await context.newCDPSession(second);
    await cdp.send("Network.enable");
    const urls = new Map<string, string>();
    const fetched: string[] = [];
    cdp.on("Network.requestWillBeSent", ({ requestId, request }) => urls.set(requestId, new URL(request.url).pathname));
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (encodedDataLength > 0) fetched.push(urls.get(requestId) ?? "");
    });
    await second.goto("/account");
    await expect(second.getByText("Black umbrella")).toBeVisible();
    expect(fetched.sort()).toEqual(["/account", "/users/me", "/users/me/items"]);
    await second.getByRole("button", { name: "Log out" }).click();
    await left(second);
    fetched.length = 0;
    await second.goto("/login");
    await awake(second);
    expect(fetched).toEqual(["/login"]);
  });
});
