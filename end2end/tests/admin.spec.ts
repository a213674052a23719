// The administrator's pages: the list of users, and one user.

import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/person";
import { expectNoSidewaysScroll } from "../support/screen";
import type { Server } from "../support/server";
import { awake, expect, kept, type LoginPage, refusedRequest, test } from "../support/test";

const PASSWORD = "correct horse battery";
// The password is "secret".
const HASH = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";
const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
const LONG = "w".repeat(255);
const LONG_EMAIL = `${"m".repeat(64)}@${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.com`;

type User = { username: string; email?: string; full_name?: string; disabled?: boolean; scopes?: string[] };

/** Another client of the administrator: what somebody else does meanwhile. */
class Elsewhere {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async of(server: Server): Promise<Elsewhere> {
    const body = new URLSearchParams({ grant_type: "password", username: "root", password: PASSWORD });
    const answer = await fetch(`${server.url}/token`, { method: "POST", body });
    return new Elsewhere(server.url, (await answer.json()).access_token);
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    return fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  async user(username: string): Promise<User & { disabled: boolean; scopes: string[] }> {
    return (await this.send("GET", `/users/${username}`)).json();
  }
}

/** Makes users whose password is "secret". */
async function add(server: Server, ...users: User[]): Promise<void> {
  const lines = users.map((user) => `${JSON.stringify({ ...user, hashed_password: HASH })}\n`);
  await server.run(["user", "import", "-"], lines.join(""));
}

const ada: User = { username: "ada", full_name: "Ada Lovelace", email: "ada@example.com" };

/** Makes the administrator root, and logs in on this page. */
async function arrive(page: Page, login: LoginPage, server: Server, path: string): Promise<void> {
  await server.run(["user", "add", "--admin", "root"], `${PASSWORD}\n`);
  await enter(page, login, "root", PASSWORD, path);
}

async function enter(page: Page, login: LoginPage, username: string, password: string, path: string): Promise<void> {
  await login.open(`/login?next=${encodeURIComponent(path)}`);
  await login.submit(username, password);
  await expect(page.locator("main h1")).toBeFocused();
  await expect(page).toHaveURL((url) => url.pathname + url.search === path);
}

const table = (page: Page) => page.getByRole("table", { name: "Users" });
const rows = (page: Page) => table(page).locator("tbody").getByRole("row");
const row = (page: Page, username: string) =>
  rows(page).filter({ has: page.getByRole("link", { name: username, exact: true }) });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search users" });
const pager = (page: Page) => page.getByRole("navigation", { name: "Parts of the list" });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog", { name: "New user" });
const question = (page: Page) => page.getByRole("alertdialog");
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const toasts = (page: Page) => page.getByRole("region", { name: "Messages" });
const menu = (page: Page) => page.getByRole("navigation", { name: "Pages" });
const username = (page: Page) => page.getByLabel("Username", { exact: true });
const fullName = (page: Page) => page.getByLabel("Full name");
const email = (page: Page) => page.getByLabel("E-mail");
const password = (page: Page) => page.getByRole("textbox", { name: "Password", exact: true });
const scope = (page: Page, name: string) => page.getByRole("checkbox", { name, exact: true });

async function openDialog(page: Page): Promise<void> {
  await button(page, "New user").click();
  await expect(username(page)).toBeFocused();
}

test.describe("the list of users", () => {
  test("an administrator finds it in the menu, with everybody by username", async ({ page, login, server }) => {
    await add(server, ada, { username: "Zoe", disabled: true, scopes: ["me"] });
    await arrive(page, login, server, "/account");
    await menu(page).getByRole("link", { name: "Users" }).click();
    await expect(page).toHaveURL(/\/admin$/);
    await expect(page).toHaveTitle("Users · Cloakroom");
    await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeFocused();
    await expect(button(page, "New user")).toBeVisible();
    const names = rows(page).getByRole("link");
    await expect(names).toHaveText(["ada", "alice", "johndoe", "root", "Zoe"]);
    await expect(page.getByText("5 users", { exact: true })).toBeVisible();

    await expect(row(page, "ada")).toContainText("Ada Lovelace");
    await expect(row(page, "ada")).toContainText("ada@example.com");
    await expect(row(page, "ada")).toContainText("Active");
    await expect(row(page, "ada")).toContainText("never");
    await expect(row(page, "ada").getByRole("listitem")).toHaveText(["me", "items", "me:write", "items:write"]);
    await expect(row(page, "Zoe")).toContainText("Disabled");
    await expect(row(page, "Zoe").getByRole("listitem")).toHaveText(["me"]);
    await expect(row(page, "root")).toContainText("you");
    await expect(row(page, "ada")).not.toContainText("you");
    const today = await page.evaluate(() => new Date().toLocaleString(navigator.language, { dateStyle: "medium" }));
    await expect(row(page, "root").locator("time")).toHaveText([today, today]);
  });

  for (const [size, viewport] of Object.entries(sizes)) {
    test.describe(size, () => {
      test.use({ viewport });

      test("is accessible and fits, also with long names, and says what each value is", async ({ page, login, server }) => {
        const long = { username: "u".repeat(64), full_name: LONG, email: LONG_EMAIL };
        await add(server, ada, long, { username: "rtl", full_name: "عبد الله محمد" });
        await arrive(page, login, server, "/admin");
        await expect(rows(page)).toHaveCount(6);
        await expectAccessible(page);
        await expect(row(page, "rtl").locator("bdi")).toHaveText("عبد الله محمد");
        // A value that is missing leaves its cell, so that the others are below their headings.
        await expect(row(page, "rtl").getByRole("cell")).toHaveCount(7);
        await expect(row(page, "rtl").getByRole("cell", { name: "none" })).toBeVisible();
        const label = await row(page, "ada")
          .getByRole("cell", { name: "Ada Lovelace" })
          .evaluate((cell) => getComputedStyle(cell, "::before").content);
        const headings = page.getByRole("columnheader");
        await expect(headings).toHaveText(["Username", "Full name", "E-mail", "Scopes", "State", "Created", "Last login"]);
        expect(label).toBe(size === "phone" ? '"Full name"' : "none");
        await openDialog(page);
        await expectAccessible(page);
      });

      test("one user is accessible and fits, also with long names", async ({ page, login, server }) => {
        const long = { username: "u".repeat(64), full_name: LONG, email: LONG_EMAIL };
        await add(server, long, { username: "rtl", full_name: "عبد الله محمد" });
        await arrive(page, login, server, `/admin/users/${long.username}`);
        await expect(page.getByRole("heading", { name: LONG })).toBeVisible();
        await expect(email(page)).toHaveValue(LONG_EMAIL);
        await expect(card(page, "Items")).toContainText("Nothing");
        await expectAccessible(page);
        await button(page, "Disable").click();
        await expectAccessible(page);
        await question(page).getByRole("button", { name: "Cancel" }).click();
        await button(page, "Delete this user").click();
        await expectAccessible(page);
        await question(page).getByRole("button", { name: "Cancel" }).click();
        await page.goto("/admin/users/rtl");
        await expect(page.getByRole("heading", { name: "عبد الله محمد" })).toHaveCSS("direction", "rtl");
        await expectNoSidewaysScroll(page);
      });
    });
  }

  for (const width of [768, 1920]) {
    test(`fits a screen of ${width} px`, async ({ page, login, server }) => {
      await page.setViewportSize({ width, height: 900 });
      await add(server, { username: "u".repeat(64), full_name: LONG, email: LONG_EMAIL });
      await arrive(page, login, server, "/admin");
      await expect(rows(page)).toHaveCount(4);
      await expectNoSidewaysScroll(page);
      await page.getByRole("link", { name: "u".repeat(64) }).click();
      await expect(page.getByRole("heading", { name: LONG })).toBeFocused();
      await expectNoSidewaysScroll(page);
    });
  }

  test("is searched while one types, and the address keeps the search", async ({ page, login, server }) => {
    await add(server, ada, { username: "grace", email: "grace@navy.example" }, { username: "percent", full_name: "50 % & more+" });
    await arrive(page, login, server, "/admin");
    await expect(rows(page)).toHaveCount(6);
    await search(page).pressSequentially("lovela");
    await expect(rows(page).getByRole("link")).toHaveText(["ada"]);
    await expect(page).toHaveURL(/\/admin\?q=lovela$/);
    await expect(page.getByText("1 user found")).toBeVisible();
    await expect(search(page)).toBeFocused();
    await search(page).fill("NAVY");
    await expect(rows(page).getByRole("link")).toHaveText(["grace"]);
    await search(page).fill("50 % & more+");
    await expect(rows(page).getByRole("link")).toHaveText(["percent"]);
    await page.reload();
    await expect(search(page)).toHaveValue("50 % & more+");
    await expect(rows(page).getByRole("link")).toHaveText(["percent"]);
    // A search takes the place of the one before: Back leaves the list.
    await rows(page).getByRole("link").click();
    await expect(page).toHaveURL(/\/admin\/users\/percent$/);
    await page.goBack();
    await expect(search(page)).toHaveValue("50 % & more+");
    await expect(rows(page)).toHaveCount(1);
  });

  test("asks once for what is typed, and a late answer changes nothing", async ({ page, login, server }) => {
    await add(server, ada, { username: "adam" });
    await arrive(page, login, server, "/admin");
    await expect(rows(page)).toHaveCount(5);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const asked: string[] = [];
    await page.route("**/users?*", async (route) => {
      const q = new URL(route.request().url()).searchParams.get("q") ?? "";
      asked.push(q);
      if (q === "adam") await released;
      await route.continue();
    });
    await search(page).pressSequentially("adam");
    await expect.poll(() => asked).toContain("adam");
    await search(page).fill("alice");
    await expect(rows(page).getByRole("link")).toHaveText(["alice"]);
    release();
    await expect.poll(() => asked).toEqual(["adam", "alice"]);
    await expect(rows(page).getByRole("link")).toHaveText(["alice"]);
  });

  test("nobody found says so, and leads back to everybody", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin?q=nobody-like-this");
    await expect(page.getByText("Nobody goes by")).toContainText("nobody-like-this");
    await expectAccessible(page);
    await button(page, "Show all users").click();
    await expect(rows(page)).toHaveCount(3);
    await expect(search(page)).toBeFocused();
    await expect(search(page)).toHaveValue("");
    await expect(page).toHaveURL(/\/admin$/);
  });

  test("has pages, in the address and in the order of the names", async ({ page, login, server }) => {
    const many = Array.from({ length: 24 }, (_, i) => ({ username: `u${String(i).padStart(2, "0")}` }));
    await add(server, ...many);
    await arrive(page, login, server, "/admin?size=10");
    await expect(rows(page)).toHaveCount(10);
    await expect(pager(page)).toContainText("1–10 of 27");
    await pager(page).getByRole("link", { name: "Next" }).click();
    await expect(pager(page)).toContainText("11–20 of 27");
    await expect(page).toHaveURL(/page=2/);
    await expect(rows(page).getByRole("link").first()).toHaveText("u07");
    await expect(card(page, "Users")).toBeFocused();
    await page.goBack();
    await expect(pager(page)).toContainText("1–10 of 27");
    // The size is remembered on this device.
    await pager(page).getByLabel("Show").selectOption("50");
    await expect(rows(page)).toHaveCount(27);
    await expect(card(page, "Users")).toBeFocused();
    await page.goto("/admin");
    await expect(rows(page)).toHaveCount(27);
    // A page that is not there is the last one.
    await page.goto("/admin?size=10&page=99");
    await expect(pager(page)).toContainText("21–27 of 27");
    await expect(page).toHaveURL(/page=3/);
    // A search begins with the first page.
    await search(page).fill("u1");
    await expect(rows(page)).toHaveCount(10);
    await expect(page).not.toHaveURL(/page=/);
    await expect(search(page)).toBeFocused();
  });

  test("has a skeleton while it loads", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await expect(rows(page)).toHaveCount(3);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/users?*", async (route) => {
      await released;
      await route.continue();
    });
    await page.reload();
    await expect(page.getByRole("status", { name: "The users: loading" })).toBeVisible();
    release();
    await expect(rows(page)).toHaveCount(3);
  });

  test.describe("that does not load", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("says so, and Retry loads it", async ({ page, login, server }) => {
      await arrive(page, login, server, "/admin");
      await expect(rows(page)).toHaveCount(3);
      await page.route("**/users?*", (route) => route.fulfill({ status: 503, json: { detail: "The database is not answering" } }));
      await page.reload();
      const alert = page.getByRole("main").getByRole("alert");
      await expect(alert).toContainText("The users did not load: the server had a problem.");
      await page.unroute("**/users?*");
      await button(page, "Retry").click();
      await expect(rows(page)).toHaveCount(3);
    });
  });
});

test.describe("a new user", () => {
  test("is created, enabled, with the scopes of a sign-up, and can log in", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    for (const name of ["me", "items", "me:write", "items:write"]) await expect(scope(page, name)).toBeChecked();
    await expect(scope(page, "admin")).not.toBeChecked();
    await expect(scope(page, "admin")).toHaveAccessibleDescription("Manage all users and all items.");
    await expect(scope(page, "Disabled")).not.toBeChecked();
    // A browser would fill in the administrator's own.
    await expect(username(page)).toHaveAttribute("autocomplete", "off");
    await username(page).fill(" ada ");
    await fullName(page).fill(" Ada Lovelace ");
    await email(page).fill("ada@example.com");
    await password(page).fill("purple umbrella stand");
    await button(page, "Create").click();
    await expect(page).toHaveURL(/\/admin\/users\/ada$/);
    await expect(page.getByRole("heading", { name: "Ada Lovelace", level: 1 })).toBeFocused();
    await expect(toasts(page)).toContainText("Created the user ada.");
    const there = await Elsewhere.of(server);
    expect(await there.user("ada")).toMatchObject({
      full_name: "Ada Lovelace",
      email: "ada@example.com",
      disabled: false,
      scopes: ["me", "items", "me:write", "items:write"],
    });
    const body = new URLSearchParams({ grant_type: "password", username: "ada", password: "purple umbrella stand" });
    expect((await page.request.post("/token", { form: Object.fromEntries(body) })).status()).toBe(200);
  });

  test("may be an administrator, or disabled", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await username(page).fill("ada");
    await password(page).fill("purple umbrella stand");
    await scope(page, "admin").check();
    await scope(page, "items:write").uncheck();
    await scope(page, "Disabled").check();
    await button(page, "Create").click();
    await expect(page).toHaveURL(/\/admin\/users\/ada$/);
    await expect(page.getByRole("definition").first()).toContainText("Disabled");
    const created = await (await Elsewhere.of(server)).user("ada");
    expect(created).toMatchObject({ full_name: null, email: null, disabled: true });
    expect(created.scopes).toEqual(["me", "items", "me:write", "admin"]);
  });

  test("is created by keyboard alone", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await expect(rows(page)).toHaveCount(3);
    await page.keyboard.press("Tab");
    await expect(button(page, "New user")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(username(page)).toBeFocused();
    await page.keyboard.type("ada");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Ada Lovelace");
    await page.keyboard.press("Tab");
    await expect(email(page)).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.type("purple umbrella stand");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Ada Lovelace", level: 1 })).toBeFocused();
  });

  test("needs a username, and an address only if there is one, as an address looks", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await email(page).fill("not an address");
    await button(page, "Create").click();
    await expect(username(page)).toBeFocused();
    await expect(username(page)).toHaveAccessibleDescription(/A username is 1 to 64 letters/);
    await expect(email(page)).toHaveAccessibleDescription(/looks like name@example\.com/);
    await expect(password(page)).toHaveAttribute("aria-invalid", "true");
    await expect(page).toHaveURL(/\/admin$/);
    await expectAccessible(page);
    await username(page).fill("ada");
    await expect(username(page)).not.toHaveAttribute("aria-invalid", "true");
    await email(page).fill("");
    await password(page).fill("purple umbrella stand");
    await button(page, "Create").click();
    await expect(page).toHaveURL(/\/admin\/users\/ada$/);
  });

  test("has a password that is long enough and not made of the username", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await username(page).fill("lovelace");
    await expect(page.getByText("At least 15 characters.")).toBeVisible();
    await password(page).fill("fourteen chars");
    await expect(page.getByText("One more character.")).toBeVisible();
    await button(page, "Create").click();
    await expect(password(page)).toHaveAccessibleDescription(/at least 15 characters: choose a longer one/);
    await password(page).fill("lovelacelovelace");
    await button(page, "Create").click();
    await expect(password(page)).toHaveAccessibleDescription(/made of the username: choose another/);
    await expect(password(page)).toHaveAttribute("type", "password");
    await button(page, "Show password").click();
    await expect(password(page)).toHaveAttribute("type", "text");
  });

  test("may have a password that the page suggests", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await username(page).fill("ada");
    await button(page, "Suggest one").click();
    const suggestion = await password(page).inputValue();
    expect(suggestion).toMatch(/^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
    await expect(page.getByText("The suggestion is")).toContainText(suggestion);
    await button(page, "Suggest one").click();
    await expect(password(page)).not.toHaveValue(suggestion);
    const used = await password(page).inputValue();
    await button(page, "Create").click();
    await expect(page).toHaveURL(/\/admin\/users\/ada$/);
    const answer = await page.request.post("/token", { form: { grant_type: "password", username: "ada", password: used } });
    expect(answer.status()).toBe(200);
  });

  test("can be thought over: Cancel asks only if something was typed", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toBeHidden();
    await expect(button(page, "New user")).toBeFocused();
    await openDialog(page);
    await username(page).fill("ada");
    await button(page, "Close").click();
    await question(page).getByRole("button", { name: "Stay" }).click();
    await expect(username(page)).toHaveValue("ada");
    await button(page, "Close").click();
    await question(page).getByRole("button", { name: "Leave" }).click();
    await expect(dialog(page)).toBeHidden();
    await expect(rows(page)).toHaveCount(3);
    await openDialog(page);
    await expect(username(page)).toHaveValue("");
  });

  test.describe("that the server refuses", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("has the reason at its field, and what was typed", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin");
      await openDialog(page);
      await username(page).fill("ADA");
      await email(page).fill("other@example.com");
      await password(page).fill("purple umbrella stand");
      await button(page, "Create").click();
      await expect(username(page)).toHaveAccessibleDescription(/The username is taken: choose another/);
      await expect(username(page)).toBeFocused();
      await username(page).fill("grace");
      await email(page).fill("ada@example.com");
      await button(page, "Create").click();
      await expect(email(page)).toHaveAccessibleDescription(/The e-mail address is taken/);
      await email(page).fill("grace@example.com");
      await password(page).fill("passwordpassword");
      await button(page, "Create").click();
      await expect(password(page)).toHaveAccessibleDescription(/choose another/);
      await expect(username(page)).toHaveValue("grace");
      await password(page).fill("purple umbrella stand");
      await button(page, "Create").click();
      await expect(page).toHaveURL(/\/admin\/users\/grace$/);
    });
  });
});

test.describe("one user", () => {
  test("has a page with the facts", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin");
    await rows(page).getByRole("link", { name: "ada" }).click();
    await expect(page).toHaveURL(/\/admin\/users\/ada$/);
    await expect(page).toHaveTitle("ada · Users · Cloakroom");
    await expect(page.getByRole("heading", { name: "Ada Lovelace", level: 1 })).toBeFocused();
    await expect(page.locator("main header")).toContainText("ada");
    await expect(page.getByRole("definition")).toHaveText(["Active", /\d{4}/, "never"]);
    await page.getByRole("link", { name: "All users" }).click();
    await expect(rows(page)).toHaveCount(4);
  });

  test("whose name has the signs of an address has one too", async ({ page, login, server }) => {
    await add(server, { username: "ada+test@example.com", full_name: "Ada" });
    await arrive(page, login, server, "/admin");
    await rows(page).getByRole("link", { name: "ada+test@example.com" }).click();
    await expect(page.getByRole("heading", { name: "Ada", exact: true })).toBeFocused();
    await page.reload();
    await expect(fullName(page)).toHaveValue("Ada");
  });

  test("gets another name and address, and nothing else changes", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin/users/ada");
    await expect(fullName(page)).toHaveValue("Ada Lovelace");
    const save = card(page, "Profile").getByRole("button", { name: "Save" });
    await expect(save).toBeDisabled();
    const sent = page.waitForRequest((request) => request.method() === "PATCH");
    await fullName(page).fill("Ada King");
    await save.click();
    const request = await sent;
    expect(request.postDataJSON()).toEqual({ full_name: "Ada King" });
    expect((await request.allHeaders())["if-match"]).toMatch(/^"/);
    await expect(page.getByRole("heading", { name: "Ada King", level: 1 })).toBeVisible();
    await expect(toasts(page)).toContainText("Saved.");
    await expect(save).toBeDisabled();
    await email(page).fill("not an address");
    await save.click();
    await expect(email(page)).toHaveAccessibleDescription(/looks like name@example\.com/);
    await email(page).fill("");
    await fullName(page).fill("");
    await save.click();
    await expect(page.getByRole("heading", { name: "ada", level: 1, exact: true })).toBeVisible();
    expect(await (await Elsewhere.of(server)).user("ada")).toMatchObject({ full_name: null, email: null, disabled: false });
  });

  test("is asked about before what was typed is lost", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin/users/ada");
    await expect(fullName(page)).toHaveValue("Ada Lovelace");
    await fullName(page).fill("Ada King");
    await page.getByRole("link", { name: "All users" }).click();
    await question(page).getByRole("button", { name: "Stay" }).click();
    await expect(fullName(page)).toHaveValue("Ada King");
    await page.getByRole("link", { name: "All users" }).click();
    await question(page).getByRole("button", { name: "Leave" }).click();
    await expect(rows(page)).toHaveCount(4);
  });

  test("gets other scopes", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin/users/ada");
    await expect(scope(page, "items:write")).toBeChecked();
    const sent = page.waitForRequest((request) => request.method() === "PATCH");
    await scope(page, "items:write").uncheck();
    await scope(page, "admin").check();
    await card(page, "Access").getByRole("button", { name: "Save" }).click();
    expect((await sent).postDataJSON()).toEqual({ scopes: ["me", "items", "me:write", "admin"] });
    await expect(toasts(page)).toContainText("very next request");
    await expect(card(page, "Access").getByRole("button", { name: "Save" })).toBeDisabled();
    await page.reload();
    await expect(scope(page, "admin")).toBeChecked();
    await expect(scope(page, "items:write")).not.toBeChecked();
  });

  test("is disabled and enabled, after a question", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin/users/ada");
    await button(page, "Disable").click();
    await expect(question(page)).toContainText("very next request");
    await question(page).getByRole("button", { name: "Cancel" }).click();
    const there = await Elsewhere.of(server);
    expect((await there.user("ada")).disabled).toBe(false);
    await expect(button(page, "Disable")).toBeFocused();
    await button(page, "Disable").click();
    await question(page).getByRole("button", { name: "Disable" }).click();
    await expect(page.getByRole("definition").first()).toHaveText("Disabled");
    await expect(toasts(page)).toContainText("Disabled the user ada.");
    expect((await there.user("ada")).disabled).toBe(true);
    await expect(button(page, "Enable")).toBeFocused();
    await button(page, "Enable").click();
    await question(page).getByRole("button", { name: "Enable" }).click();
    await expect(page.getByRole("definition").first()).toHaveText("Active");
    expect((await there.user("ada")).disabled).toBe(false);
  });

  test("gets a new password, which ends the sessions", async ({ page, login, server }) => {
    await add(server, ada);
    const token = async (password: string) => {
      const form = new URLSearchParams({ grant_type: "password", username: "ada", password });
      return fetch(`${server.url}/token`, { method: "POST", body: form });
    };
    const old = (await (await token("secret")).json()).access_token;
    await arrive(page, login, server, "/admin/users/ada");
    await expect(card(page, "Password")).toContainText("ends the user’s sessions, and a lockout");
    const set = card(page, "Password").getByRole("button", { name: "Set password" });
    await password(page).fill("short");
    await set.click();
    await expect(password(page)).toHaveAccessibleDescription(/at least 15 characters/);
    await password(page).fill("purple umbrella stand");
    await set.click();
    await expect(toasts(page)).toContainText("ada has a new password.");
    await expect(password(page)).toHaveValue("");
    expect((await token("purple umbrella stand")).status).toBe(200);
    const me = await fetch(`${server.url}/users/me`, { headers: { Authorization: `Bearer ${old}` } });
    expect(me.status).toBe(401);
  });

  test("has items", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin/users/johndoe");
    await expect(card(page, "Items").first()).toContainText("Black umbrella");
  });

  test("is deleted when the username is typed, by keyboard alone", async ({ page, login, server }) => {
    await add(server, ada);
    await arrive(page, login, server, "/admin/users/ada");
    await button(page, "Delete this user").focus();
    await page.keyboard.press("Enter");
    await expect(question(page)).toContainText("all its items");
    await expect(question(page).getByRole("button", { name: "Delete" })).toBeDisabled();
    await page.keyboard.press("Escape");
    await expect(question(page)).toBeHidden();
    await expect(button(page, "Delete this user")).toBeFocused();
    await page.keyboard.press("Enter");
    await page.keyboard.type("ada");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/admin$/);
    await expect(toasts(page)).toContainText("Deleted the user ada.");
    await expect(page.getByRole("heading", { name: "Users" })).toBeFocused();
    await expect(rows(page)).toHaveCount(3);
    expect((await (await Elsewhere.of(server)).send("GET", "/users/ada")).status).toBe(404);
  });

  test.describe("that was changed elsewhere", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("is shown beside what was typed, and either can be kept", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      const there = await Elsewhere.of(server);
      const profile = card(page, "Profile");
      const conflict = page.getByRole("group", { name: "Changed elsewhere" });
      await expect(fullName(page)).toHaveValue("Ada Lovelace");
      await there.send("PATCH", "/users/ada", { full_name: "Countess Ada", email: "countess@example.com" });
      await fullName(page).fill("Ada King");
      await profile.getByRole("button", { name: "Save" }).click();
      await expect(conflict).toBeFocused();
      await expect(conflict.getByRole("alert")).toContainText("changed elsewhere meanwhile. Nothing was saved.");
      await expect(conflict.getByRole("row", { name: "Full name" }).getByRole("cell")).toHaveText(["Countess Ada", "Ada King"]);
      await expect(fullName(page)).toHaveValue("Ada King");
      await expect(email(page)).toHaveValue("countess@example.com");
      await expectAccessible(page);
      await conflict.getByRole("button", { name: "Take what is saved" }).click();
      await expect(conflict).toBeHidden();
      await expect(fullName(page)).toHaveValue("Countess Ada");

      await there.send("PATCH", "/users/ada", { full_name: "Lady Ada" });
      await fullName(page).fill("Ada King");
      await profile.getByRole("button", { name: "Save" }).click();
      await conflict.getByRole("button", { name: "Save mine" }).click();
      await expect(toasts(page)).toContainText("Saved.");
      await expect(conflict).toBeHidden();
      expect(await there.user("ada")).toMatchObject({ full_name: "Ada King", email: "countess@example.com" });
    });

    test("keeps the scopes that were ticked", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      const there = await Elsewhere.of(server);
      await expect(scope(page, "items")).toBeChecked();
      await there.send("PATCH", "/users/ada", { scopes: ["me"] });
      await scope(page, "admin").check();
      await card(page, "Access").getByRole("button", { name: "Save" }).click();
      const conflict = page.getByRole("group", { name: "Changed elsewhere" });
      await expect(conflict.getByRole("cell").nth(-2)).toHaveText("me");
      await expect(conflict.getByRole("cell").last()).toHaveText("me items me:write items:write admin");
      await conflict.getByRole("button", { name: "Save mine" }).click();
      await expect(conflict).toBeHidden();
      expect((await there.user("ada")).scopes).toEqual(["me", "items", "me:write", "items:write", "admin"]);
    });

    test("is not disabled or deleted unseen", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      const there = await Elsewhere.of(server);
      await expect(fullName(page)).toHaveValue("Ada Lovelace");
      await there.send("PATCH", "/users/ada", { full_name: "Lady Ada" });
      await button(page, "Disable").click();
      await question(page).getByRole("button", { name: "Disable" }).click();
      await expect(card(page, "Access").getByText("nothing was done")).toBeVisible();
      await expect(page.getByRole("heading", { name: "Lady Ada" })).toBeVisible();
      expect((await there.user("ada")).disabled).toBe(false);
      await there.send("PATCH", "/users/ada", { full_name: "Ada" });
      await button(page, "Delete this user").click();
      await page.getByLabel("Type ada to confirm").fill("ada");
      await question(page).getByRole("button", { name: "Delete" }).click();
      await expect(card(page, "Danger zone").getByText("nothing was done")).toBeVisible();
      expect((await there.user("ada")).full_name).toBe("Ada");
    });

    test("is not overwritten unseen either, if another card has found out", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      const there = await Elsewhere.of(server);
      const profile = card(page, "Profile");
      const conflict = profile.getByRole("group", { name: "Changed elsewhere" });
      const values = conflict.getByRole("row", { name: "Full name" }).getByRole("cell");
      await expect(fullName(page)).toHaveValue("Ada Lovelace");
      await fullName(page).fill("Ada King");
      await there.send("PATCH", "/users/ada", { full_name: "Countess Ada" });
      await button(page, "Disable").click();
      await question(page).getByRole("button", { name: "Disable" }).click();
      await expect(card(page, "Access").getByText("nothing was done")).toBeVisible();
      await expect(values).toHaveText(["Countess Ada", "Ada King"]);
      await expect(fullName(page)).toHaveValue("Ada King");
      await expectAccessible(page);
      // What has changed since then is not overwritten, but shown.
      await there.send("PATCH", "/users/ada", { full_name: "Lady Ada" });
      await profile.getByRole("button", { name: "Save", exact: true }).click();
      await expect(values).toHaveText(["Lady Ada", "Ada King"]);
      expect(await there.user("ada")).toMatchObject({ full_name: "Lady Ada", disabled: false });
      await conflict.getByRole("button", { name: "Save mine" }).click();
      await expect(toasts(page)).toContainText("Saved.");
      await expect(conflict).toBeHidden();
      expect(await there.user("ada")).toMatchObject({ full_name: "Ada King", disabled: false });
    });

    test("and deleted is not there any more", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      await expect(fullName(page)).toHaveValue("Ada Lovelace");
      await (await Elsewhere.of(server)).send("DELETE", "/users/ada");
      await fullName(page).fill("Ada King");
      await email(page).fill("king@example.com");
      const gone = page.getByRole("alert").filter({ hasText: "This account was deleted elsewhere." });
      await card(page, "Profile").getByRole("button", { name: "Save" }).click();
      await expect(gone).toContainText("Nothing can be saved any more.");
      await expect(page.locator(":focus")).toContainText("This account was deleted elsewhere.");
      await expect(page.locator(":focus")).toBeInViewport();
      // What was typed can be read.
      await expect(fullName(page)).toHaveValue("Ada King");
      await expect(email(page)).toHaveValue("king@example.com");
      await expectAccessible(page);
      // The next one says so too.
      await card(page, "Access").getByRole("button", { name: "Disable" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
      await expect(page.locator(":focus")).toContainText("This account was deleted elsewhere.");
      // Nothing is left to be saved: nobody asks.
      await page.getByRole("link", { name: "Back to all users" }).click();
      await expect(rows(page)).toHaveCount(3);
    });

    test("and has an address that is taken: the field says so", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      await email(page).fill("johndoe@example.com");
      await card(page, "Profile").getByRole("button", { name: "Save" }).click();
      await expect(email(page)).toHaveAccessibleDescription(/The e-mail address is taken/);
      await expect(email(page)).toBeFocused();
    });
  });

  test.describe("that is not there", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("says so, with the way back", async ({ page, login, server }) => {
      test.slow();
      await arrive(page, login, server, "/admin");
      for (const name of ["nobody", "a%20b", "..%2Fme", "me", "%00"]) {
        await test.step(name, async () => {
          await page.goto(`/admin/users/${name}`);
          await expect(page.getByRole("heading", { name: "Nobody goes by this name" })).toBeVisible();
          await expectAccessible(page);
          await page.getByRole("link", { name: "Back to all users" }).click();
          await expect(rows(page)).toHaveCount(3);
        });
      }
    });

    test("that does not load says so, and Retry loads it", async ({ page, login, server }) => {
      await add(server, ada);
      await arrive(page, login, server, "/admin/users/ada");
      await page.route("**/users/ada", (route) => route.abort());
      await page.route("**/admin/users/ada", (route) => route.continue());
      await page.reload();
      await expect(page.getByRole("main").getByRole("alert")).toContainText("The user did not load: the server cannot be reached.");
      await page.unrouteAll();
      await button(page, "Retry").click();
      await expect(fullName(page)).toHaveValue("Ada Lovelace");
      await expect(page.locator("main h1")).toBeFocused();
    });
  });
});

test.describe("who is no administrator", () => {
  test.use({ expectedMessages: [refusedRequest] });

  for (const path of ["/admin", "/admin/users/johndoe"]) {
    test(`sees at ${path} that it is not allowed, keeps the session, and finds back`, async ({ page, login, server }) => {
      await add(server, ada);
      await enter(page, login, "ada", "secret", path);
      await expect(page.getByRole("heading", { name: "Not allowed" })).toBeVisible();
      await expect(page.getByText("Only administrators may see this page.")).toBeVisible();
      await expect(menu(page).getByRole("link", { name: "Users" })).toHaveCount(0);
      await expect(button(page, "New user")).toHaveCount(0);
      await expect(search(page)).toHaveCount(0);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      expect((await kept(page)).tab).not.toBeNull();
      await page.getByRole("link", { name: "Back to your account" }).click();
      await expect(page.getByRole("heading", { name: "Welcome, Ada Lovelace" })).toBeVisible();
    });
  }

  test("and stops being one while the page is open is told so, and nothing is saved", async ({ page, login, server }) => {
    await add(server, ada, { username: "other", scopes: ["admin"] });
    await arrive(page, login, server, "/admin/users/ada");
    await expect(fullName(page)).toHaveValue("Ada Lovelace");
    await server.run(["user", "scopes", "root", "me", "items"]);
    await fullName(page).fill("Ada King");
    await card(page, "Profile").getByRole("button", { name: "Save" }).click();
    await expect(card(page, "Profile").getByRole("alert")).toContainText("Your account is not allowed to do this.");
    await expect(fullName(page)).toHaveValue("Ada King");
    expect((await kept(page)).tab).not.toBeNull();
  });

  test("and stops being one while the form of a new user is open is told so, and keeps what was typed", async ({ page, login, server }) => {
    await add(server, { username: "other", scopes: ["admin"] });
    await arrive(page, login, server, "/admin");
    await openDialog(page);
    await username(page).fill("grace");
    await password(page).fill("purple umbrella stand");
    await server.run(["user", "scopes", "root", "me", "items"]);
    await button(page, "Create").click();
    await expect(dialog(page).getByRole("alert")).toHaveText("Your account is not allowed to do this.");
    await expect(username(page)).toHaveValue("grace");
  });

  test("and stops being one while the list is searched is told so, and the focus goes to the heading", async ({ page, login, server }) => {
    await add(server, { username: "other", scopes: ["admin"] });
    await arrive(page, login, server, "/admin");
    await server.run(["user", "scopes", "root", "me", "items"]);
    await search(page).fill("ada");
    await expect(page.getByRole("heading", { name: "Not allowed" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeFocused();
  });
});

test.describe("the administrator's own account", () => {
  test("cannot be disabled, deleted or given a password here, and says where", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin/users/root");
    await expect(page.getByRole("definition").first()).toContainText("you");
    await expect(card(page, "Access")).toContainText("This is you. You cannot disable your own account");
    await expect(card(page, "Password")).toContainText("would end your session");
    await expect(card(page, "Danger zone")).toContainText("This is you.");
    for (const name of ["Disable", "Delete this user", "Set password"]) await expect(button(page, name)).toHaveCount(0);
    await expectAccessible(page);
    await card(page, "Password").getByRole("link", { name: "settings" }).click();
    await expect(page).toHaveURL(/\/settings$/);
  });

  test("gets another name, and the menu shows it", async ({ page, login, server }) => {
    await arrive(page, login, server, "/admin/users/root");
    await fullName(page).fill("Root Beer");
    await card(page, "Profile").getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("banner").getByText("Root Beer").first()).toBeVisible();
  });

  test.describe("who hands over", () => {
    // While the page is being left, the list of items may ask once more.
    test.use({ expectedMessages: [refusedRequest] });

    test("gives up being an administrator after a question, and goes on as a user", async ({ page, login, server }) => {
      await add(server, { username: "other", scopes: ["admin"] });
      await arrive(page, login, server, "/admin/users/root");
      await scope(page, "admin").uncheck();
      await card(page, "Access").getByRole("button", { name: "Save" }).click();
      await expect(question(page)).toContainText("Only another administrator can give it back to you.");
      await expectAccessible(page);
      await question(page).getByRole("button", { name: "Cancel" }).click();
      await expect(scope(page, "admin")).not.toBeChecked();
      await card(page, "Access").getByRole("button", { name: "Save" }).click();
      await question(page).getByRole("button", { name: "Give it up" }).click();
      await expect(page).toHaveURL(/\/account$/);
      await expect(page.getByRole("heading", { name: "Welcome, root" })).toBeVisible();
      await expect(toasts(page)).toContainText("You are not an administrator any more.");
      await expect(menu(page).getByRole("link", { name: "Users" })).toHaveCount(0);
      await page.reload();
      await expect(page.getByRole("heading", { name: "Welcome, root" })).toBeVisible();
      await expect(menu(page).getByRole("link", { name: "Users" })).toHaveCount(0);
      await awake(page);
    });
  });

  test.describe("if there is no other", () => {
    test.use({ expectedMessages: [refusedRequest] });

    test("stays one, and the server's words say why, where it was asked", async ({ page, login, server }) => {
      await arrive(page, login, server, "/admin/users/root");
      await scope(page, "admin").uncheck();
      await card(page, "Access").getByRole("button", { name: "Save" }).click();
      await question(page).getByRole("button", { name: "Give it up" }).click();
      await expect(card(page, "Access").getByRole("alert")).toContainText(
        "This is the last administrator who is not disabled: grant the scope admin to another user first.",
      );
      await expect(page).toHaveURL(/\/admin\/users\/root$/);
      await expect(menu(page).getByRole("link", { name: "Users" })).toBeVisible();
    });
  });
});
