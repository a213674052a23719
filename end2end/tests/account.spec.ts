// The account page: the ticket, loading and failing, and the panel "How this works".

import { expect, kept, refusedRequest, test } from "../support/test";

test("the ticket says its number, what it opens, until when, and for how long", async ({ page, login }) => {
  await login.asJohndoe();
  const ticket = page.getByRole("region", { name: "Your ticket" });
  await expect(ticket.locator(".number")).toHaveText(/No\.\s*\d{4}/);
  await expect(ticket.getByRole("listitem")).toHaveText(["me", "items", "me:write", "items:write"]);
  await expect(ticket).toContainText(/until \d{1,2}:\d\d/);
  const timer = ticket.getByRole("timer");
  await expect(timer).toHaveText(/^(30:00|29:5\d)$/);
  const before = await timer.textContent();
  await expect(timer).not.toHaveText(before ?? "");
});

test("what is loading has a skeleton of its size, and nothing jumps", async ({ page, login }) => {
  await login.asJohndoe();
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/users/me/items", async (route) => {
    await released;
    await route.continue();
  });
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.reload();
  await expect(page.getByRole("status", { name: "Your items: loading" })).toBeVisible();
  release();
  await expect(page.getByText("Black umbrella")).toBeVisible();
  const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.01);
});

test("who has left nothing is told so", async ({ page, login, server }) => {
  await server.run(["user", "add", "ada"], "correct horse battery\n");
  await login.open();
  await login.submit("ada", "correct horse battery");
  await expect(page.getByText("Nothing on your hooks yet.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Welcome, ada" })).toBeVisible();
});

test.describe("what fails to load", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("says so, and Retry loads it", async ({ page, login, server }) => {
    await login.asJohndoe();
    let failing = true;
    await page.route("**/users/me/items", (route) =>
      failing ? route.fulfill({ status: 503, json: { detail: "The database is not answering" } }) : route.continue(),
    );
    await page.reload();
    const items = page.getByRole("region", { name: "Your items" });
    await expect(items.getByRole("alert")).toContainText("Your items did not load: the server had a problem.");
    await expect(page.getByRole("region", { name: "Profile" })).toContainText("johndoe@example.com");
    const steps = page.locator("details.flow .steps > li");
    await expect(steps.nth(4)).toContainText(/GET \/users\/me\/items\s*503/);
    failing = false;
    await items.getByRole("button", { name: "Retry" }).click();
    await expect(items.getByText("Black umbrella")).toBeVisible();
    await expect(steps).toHaveCount(6);
    expect((await kept(page)).tab).not.toBeNull();
  });

  test("because the server is gone says that", async ({ page, login }) => {
    await login.asJohndoe();
    await page.route("**/users/me", (route) => route.abort());
    await page.reload();
    const profile = page.getByRole("region", { name: "Profile" });
    await expect(profile.getByRole("alert")).toContainText("the server cannot be reached");
    await page.unroute("**/users/me");
    await profile.getByRole("button", { name: "Retry" }).click();
    await expect(page.locator("main h1")).toBeFocused();
    await expect(profile).toContainText("johndoe@example.com");
  });
});

test("the panel walks through the steps with the real exchange", async ({ page, login }) => {
  const sent: Record<string, string> = {};
  page.on("request", async (request) => {
    const path = new URL(request.url()).pathname;
    if (path === "/token") sent.form = request.postData() ?? "";
    if (path === "/users/me") sent.authorization = (await request.allHeaders()).authorization ?? "";
  });
  await login.asJohndoe();
  const panel = page.locator("details.flow");
  const steps = panel.locator(".steps > li");
  await expect(steps).toHaveCount(6);
  const token: string = JSON.parse((await kept(page)).tab ?? "").token.access_token;
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

  // 1 and 2: what was typed and posted, with the password masked.
  await expect(steps.nth(0)).toContainText("as johndoe");
  expect(sent.form).toBe("grant_type=password&username=johndoe&password=secret&keep_signed_in=false");
  await expect(steps.nth(1)).toContainText(/POST \/token\s*200\s*\d+ ms/);
  const fields = steps.nth(1).locator(".fields");
  await expect(fields).toContainText(/grant_type\s*password/);
  await expect(fields).toContainText(/username\s*johndoe/);
  await expect(fields).toContainText(/password\s*••••••••/);
  await expect(fields).toContainText(/keep_signed_in\s*false/);
  await expect(panel).not.toContainText("secret");

  // 3: the token, shortened and decoded, with its times as dates.
  const short = `${token.slice(0, 12)}…${token.slice(-6)}`;
  await expect(steps.nth(2)).toContainText(short);
  await expect(steps.nth(2)).toContainText(/expires_in\s*1800 seconds/);
  await expect(steps.nth(2)).toContainText(/alg\s*HS256/);
  await expect(steps.nth(2)).toContainText(/sub\s*johndoe/);
  await expect(steps.nth(2)).toContainText(claims.jti);
  const expires = await page.evaluate(
    (seconds) => new Date(seconds * 1000).toLocaleString(navigator.language, { dateStyle: "medium", timeStyle: "medium" }),
    claims.exp,
  );
  await expect(steps.nth(2)).toContainText(expires);

  // 4: where the token is stored.
  await expect(steps.nth(3)).toContainText("sessionStorage");
  await expect(steps.nth(3)).toContainText("cloakroom.session");

  // 5: the requests that carried the token.
  expect(sent.authorization).toBe(`Bearer ${token}`);
  const carried = steps.nth(4).locator(".carried > li");
  await expect(carried).toHaveCount(2);
  await expect(carried.nth(0)).toContainText(/GET \/users\/me\s*200\s*\d+ ms/);
  await expect(carried.nth(1)).toContainText(/GET \/users\/me\/items\s*200\s*\d+ ms/);
  await expect(carried.nth(0)).toContainText(`Authorization: Bearer ${short}`);

  // 6: how it goes on.
  await expect(steps.nth(5)).toContainText("no script can read it");
  await expect(steps.nth(5).locator(".fields")).toContainText(claims.sid);
});

test("the exchange is still there after a reload, and says where the token is kept", async ({ page, login }) => {
  await login.asJohndoe({ stay: true });
  await page.reload();
  const steps = page.locator("details.flow .steps > li");
  await expect(steps.nth(1)).toContainText(/POST \/token\s*200\s*\d+ ms/);
  await expect(steps.nth(3)).toContainText("localStorage");
});

test("the token can be copied", async ({ page, login, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await login.asJohndoe();
  await page.getByRole("button", { name: "Copy the token" }).click();
  await expect(page.getByRole("button", { name: "Copy the token" })).toHaveText("Copied");
  const token: string = JSON.parse((await kept(page)).tab ?? "").token.access_token;
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
});

test("the panel folds, and stays as it was left", async ({ page, login }) => {
  await login.asJohndoe();
  const panel = page.locator("details.flow");
  await expect(panel).toHaveAttribute("open");
  await panel.locator("summary").click();
  await expect(panel.locator(".steps")).toBeHidden();
  await page.reload();
  await expect(page.getByText("How this works")).toBeVisible();
  await expect(panel.locator(".steps")).toBeHidden();
  await panel.locator("summary").click();
  await page.reload();
  await expect(panel.locator(".steps")).toBeVisible();
});
