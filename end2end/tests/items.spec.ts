// The page of the user's items: the list, its search and its pages, and what can be done with an item.

import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/person";
import { expectNoSidewaysScroll } from "../support/screen";
import type { Server } from "../support/server";
import { expect, kept, type LoginPage, refusedRequest, test } from "../support/test";

const PASSWORD = "correct horse battery";
const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

type Item = { item_id: string; title?: string; description?: string };

/** What another client of the same user does meanwhile. */
class Client {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async of(server: Server): Promise<Client> {
    await server.run(["user", "add", "ada"], `${PASSWORD}\n`);
    const body = new URLSearchParams({ grant_type: "password", username: "ada", password: PASSWORD });
    const answer = await fetch(`${server.url}/token`, { method: "POST", body });
    return new Client(server.url, (await answer.json()).access_token);
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    return fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  async create(title: string, description?: string): Promise<Item> {
    const answer = await this.send("POST", "/items", { title, description });
    expect(answer.status).toBe(201);
    return answer.json();
  }

  /** Makes `Item 1`, `Item 2` and so on. */
  async fill(count: number): Promise<void> {
    for (let done = 0; done < count; done += 15) {
      const some = Array.from({ length: Math.min(15, count - done) }, (_, i) => this.create(`Item ${done + i + 1}`));
      await Promise.all(some);
    }
  }

  async item(id: string): Promise<Item> {
    return (await this.send("GET", `/items/${id}`)).json();
  }

  async all(): Promise<Item[]> {
    return (await (await this.send("GET", "/items")).json()).data;
  }
}

async function arrive(page: Page, login: LoginPage, path = "/my-items"): Promise<void> {
  await login.open(`/login?next=${encodeURIComponent(path)}`);
  await login.submit("ada", PASSWORD);
  await expect(page.getByRole("heading", { name: "Items", level: 1 })).toBeVisible();
}

const rows = (page: Page) => page.getByRole("table", { name: "Items" }).locator("tbody").getByRole("row");
const row = (page: Page, title: string) => rows(page).filter({ hasText: title });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search items" });
const newItem = (page: Page) => page.getByRole("button", { name: "New item" });
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const title = (page: Page) => page.getByRole("textbox", { name: "Title" });
const description = (page: Page) => page.getByRole("textbox", { name: "Description" });
const pager = (page: Page) => page.getByRole("navigation", { name: "Parts of the list" });
const conflict = (page: Page) => page.getByRole("group", { name: "Changed elsewhere" });
const question = (page: Page) => page.getByRole("alertdialog");
const toasts = (page: Page) => page.getByRole("region", { name: "Messages" });
const list = (page: Page) => page.getByRole("region", { name: "Items", exact: true });

// Not the skeleton, which has no text.
const count = (page: Page) => list(page).getByRole("status").filter({ hasText: /items?/ });

async function edit(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Edit “${name}”` }).click();
  await expect(title(page)).toBeFocused();
}

async function remove(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Delete “${name}”` }).click();
  await question(page).getByRole("button", { name: "Delete" }).click();
}

/** Holds the requests that fit, until they are released. */
async function hold(page: Page, url: RegExp, method = "GET"): Promise<{ release: () => void; held: Promise<void> }> {
  let release = () => {};
  let begin = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const held = new Promise<void>((resolve) => (begin = resolve));
  await page.route(url, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    begin();
    await released;
    await route.fallback();
  });
  return { release, held };
}

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(`making items, ${size}`, () => {
    test.use({ viewport });

    test("the first one, from the empty list, with title and description", async ({ page, login, server }) => {
      const client = await Client.of(server);
      await arrive(page, login);
      await expect(list(page)).toContainText("Nothing on your hooks yet.");
      await page.getByRole("button", { name: "Add your first item" }).click();
      await expect(title(page)).toBeFocused();
      await title(page).fill("Black umbrella");
      await description(page).fill("Wooden handle\nA little wet");
      await dialog(page, "New item").getByRole("button", { name: "Add item" }).click();
      await expect(dialog(page, "New item")).toBeHidden();
      await expect(toasts(page)).toContainText("“Black umbrella” was added.");
      await expect(row(page, "Black umbrella")).toContainText("Wooden handle");
      await expect(newItem(page)).toBeFocused();
      const [made] = await client.all();
      expect(made).toMatchObject({ title: "Black umbrella", description: "Wooden handle\nA little wet" });
      await expect(rows(page).locator("code")).toHaveText(made?.item_id ?? "");
    });

    test("one with only a title is the first of the list", async ({ page, login, server }) => {
      const client = await Client.of(server);
      await client.create("Coat");
      await arrive(page, login);
      await newItem(page).click();
      await title(page).fill("Hat");
      await title(page).press("Enter");
      await expect(dialog(page, "New item")).toBeHidden();
      await expect(rows(page)).toHaveCount(2);
      await expect(rows(page).first()).toContainText("Hat");
      await expect(rows(page).first().getByRole("cell", { name: "none", exact: true })).toBeVisible();
      await expect(newItem(page)).toBeFocused();
      expect((await client.all())[0]?.description).toBeUndefined();
    });
  });

  test.describe(`deleting, ${size}`, () => {
    test.use({ viewport });

    test("asks first, and the focus goes on to the next row", async ({ page, login, server }) => {
      const client = await Client.of(server);
      for (const name of ["Third", "Second", "First"]) await client.create(name);
      await arrive(page, login);
      await expect(rows(page)).toHaveCount(3);
      const names = await rows(page).locator("strong").allTextContents();
      await page.getByRole("button", { name: `Delete “${names[0]}”` }).click();
      await expect(question(page)).toContainText(`Delete “${names[0]}”?`);
      await question(page).getByRole("button", { name: "Cancel" }).click();
      await expect(question(page)).toBeHidden();
      await expect(page.getByRole("button", { name: `Delete “${names[0]}”` })).toBeFocused();
      await expect(rows(page)).toHaveCount(3);

      await remove(page, names[0] ?? "");
      await expect(rows(page)).toHaveCount(2);
      await expect(page.getByRole("button", { name: `Delete “${names[1]}”` })).toBeFocused();
      await expect(toasts(page)).toContainText(`“${names[0]}” was deleted.`);
      await remove(page, names[2] ?? "");
      await expect(page.getByRole("button", { name: `Delete “${names[1]}”` })).toBeFocused();
      await remove(page, names[1] ?? "");
      await expect(list(page)).toBeFocused();
      await expect(list(page)).toContainText("Nothing on your hooks yet.");
      // The page does not wait for the answer.
      await expect.poll(() => client.all()).toEqual([]);
    });
  });
}

test("an item that is made while a search is shown is shown too, and Back leads to the search", async ({ page, login, server }) => {
  const client = await Client.of(server);
  await client.create("Umbrella");
  await arrive(page, login, "/my-items?q=umb");
  await expect(rows(page)).toHaveCount(1);
  await newItem(page).click();
  await title(page).fill("Hat");
  await title(page).press("Enter");
  await expect(rows(page).first()).toContainText("Hat");
  await expect(page).toHaveURL(/\/my-items$/);
  await expect(search(page)).toHaveValue("");
  await page.goBack();
  await expect(search(page)).toHaveValue("umb");
  await expect(rows(page)).toHaveCount(1);
});

test("a form that is not changed closes, and one that is changed asks first", async ({ page, login, server }) => {
  const client = await Client.of(server);
  await arrive(page, login);
  await newItem(page).click();
  await expect(title(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog(page, "New item")).toBeHidden();
  await expect(newItem(page)).toBeFocused();

  await newItem(page).click();
  await title(page).fill("Hat");
  await page.keyboard.press("Escape");
  await question(page).getByRole("button", { name: "Stay" }).click();
  await expect(title(page)).toHaveValue("Hat");
  await dialog(page, "New item").getByRole("button", { name: "Cancel" }).click();
  await question(page).getByRole("button", { name: "Leave" }).click();
  await expect(dialog(page, "New item")).toBeHidden();
  await newItem(page).click();
  await expect(title(page)).toHaveValue("");
  await dialog(page, "New item").getByRole("button", { name: "Cancel" }).click();
  await expect(dialog(page, "New item")).toBeHidden();
  expect(await client.all()).toEqual([]);
});

test("the rules are said at the fields: when a field is left, and when the form is sent", async ({ page, login, server }) => {
  await Client.of(server);
  await arrive(page, login);
  await newItem(page).click();
  await expect(title(page)).toBeFocused();
  await dialog(page, "New item").getByRole("button", { name: "Add item" }).click();
  await expect(title(page)).toHaveAttribute("aria-invalid", "true");
  await expect(title(page)).toHaveAccessibleDescription(/A title has at least one character/);
  await expect(title(page)).toBeFocused();
  await title(page).fill("x".repeat(256));
  await expect(title(page)).toHaveAccessibleDescription(/A title has at most 255 characters/);
  await title(page).fill("x");
  await expect(title(page)).not.toHaveAttribute("aria-invalid");
  await description(page).fill("x".repeat(2001));
  await description(page).blur();
  await expect(description(page)).toHaveAccessibleDescription(/A description has at most 2000 characters/);
});

test.describe("editing", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("sends what was changed, and nothing else, with the version", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const { item_id } = await client.create("Umbrella", "Black");
    await arrive(page, login);
    await edit(page, "Umbrella");
    const save = dialog(page, "Edit item").getByRole("button", { name: "Save" });
    await expect(description(page)).toHaveValue("Black");
    await expect(save).toBeDisabled();
    await title(page).fill("Umbrella!");
    await expect(save).toBeEnabled();
    await title(page).fill("Umbrella");
    await expect(save).toBeDisabled();
    await title(page).fill("Parasol");
    const [request] = await Promise.all([page.waitForRequest((sent) => sent.method() === "PATCH"), save.click()]);
    expect(request.postDataJSON()).toEqual({ title: "Parasol" });
    expect((await request.allHeaders())["if-match"]).toMatch(/^"/);
    await expect(dialog(page, "Edit item")).toBeHidden();
    await expect(toasts(page)).toContainText("“Parasol” was saved.");
    await expect(row(page, "Parasol")).toContainText("Black");
    await expect(page.getByRole("button", { name: "Edit “Parasol”" })).toBeFocused();

    await edit(page, "Parasol");
    await description(page).fill("");
    await description(page).press("Control+Enter");
    await expect(dialog(page, "Edit item")).toBeHidden();
    expect(await client.item(item_id)).toEqual({ item_id, owner: "ada", title: "Parasol" });
  });

  test("an item without a title is called by its id, and may stay without", async ({ page, login, server }) => {
    await Client.of(server);
    const item = { item_id: "Foo", owner: "ada" };
    await page.route(/\/items\?/, (route) => route.fulfill({ json: { data: [item], count: 1 } }));
    await page.route(/\/items\/Foo$/, (route) => {
      const body = route.request().postDataJSON() ?? {};
      return route.fulfill({ json: { ...item, ...body }, headers: { etag: '"1"' } });
    });
    await arrive(page, login);
    await expect(rows(page).locator("strong")).toHaveText("Foo");
    await edit(page, "Foo");
    await expect(title(page)).toHaveAccessibleName("Title (optional)");
    await expect(title(page)).not.toHaveAttribute("aria-required");
    await description(page).fill("Blue");
    await dialog(page, "Edit item").getByRole("button", { name: "Save" }).click();
    await expect(dialog(page, "Edit item")).toBeHidden();
    await expect(row(page, "Foo")).toContainText("Blue");
  });

  test("what somebody else changed meanwhile is shown beside it, and mine can be kept", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const { item_id } = await client.create("Umbrella", "Black");
    await arrive(page, login);
    await edit(page, "Umbrella");
    await client.send("PATCH", `/items/${item_id}`, { title: "Parasol", description: "White" });
    await title(page).fill("Walking stick");
    await title(page).press("Enter");
    await expect(conflict(page)).toBeFocused();
    await expect(conflict(page).locator("mark")).toHaveText(["Parasol", "Walking stick"]);
    // What was not changed here is as it is there.
    await expect(conflict(page).getByRole("row", { name: "Description" }).getByRole("cell")).toHaveText(["White", "White"]);
    const { release, held } = await hold(page, /\/items\/[^/]+$/, "PATCH");
    await page.getByRole("button", { name: "Save mine" }).click();
    await held;
    // What is being saved comes after it.
    await expect(page.getByRole("button", { name: "Take what is saved" })).toBeDisabled();
    release();
    await expect(dialog(page, "Edit item")).toBeHidden();
    await expect(row(page, "Walking stick")).toContainText("White");
    expect(await client.item(item_id)).toMatchObject({ title: "Walking stick", description: "White" });
  });

  test("what somebody else changed meanwhile can be taken", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const { item_id } = await client.create("Umbrella");
    await arrive(page, login);
    await edit(page, "Umbrella");
    await client.send("PATCH", `/items/${item_id}`, { title: "Parasol" });
    await title(page).fill("Walking stick");
    await title(page).press("Enter");
    await page.getByRole("button", { name: "Take what is saved" }).click();
    await expect(dialog(page, "Edit item")).toBeHidden();
    await expect(row(page, "Parasol")).toBeVisible();
    await expect(page.getByRole("button", { name: "Edit “Parasol”" })).toBeFocused();
    expect(await client.item(item_id)).toMatchObject({ title: "Parasol" });
  });

  test("an item that was deleted elsewhere says so, when it is opened and when it is saved", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const umbrella = await client.create("Umbrella");
    const coat = await client.create("Coat");
    await arrive(page, login);
    await edit(page, "Umbrella");
    await client.send("DELETE", `/items/${umbrella.item_id}`);
    await title(page).fill("Parasol");
    await title(page).press("Enter");
    await expect(dialog(page, "Edit item").getByRole("alert")).toContainText("This item was deleted elsewhere.");
    await expect(title(page)).toHaveValue("Parasol");
    await page.keyboard.press("Escape");
    await question(page).getByRole("button", { name: "Leave" }).click();
    await expect(rows(page)).toHaveCount(1);
    await expect(list(page)).toBeFocused();

    await client.send("DELETE", `/items/${coat.item_id}`);
    await page.getByRole("button", { name: "Edit “Coat”" }).click();
    await expect(dialog(page, "Edit item").getByRole("alert")).toContainText("This item was deleted elsewhere.");
    await dialog(page, "Edit item").getByRole("button", { name: "Back to the list" }).click();
    await expect(list(page)).toContainText("Nothing on your hooks yet.");
    await expect(list(page)).toBeFocused();
  });

  test("a save that fails says why, and keeps what was typed", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella");
    await arrive(page, login);
    await edit(page, "Umbrella");
    await page.route(/\/items\/[^/]+$/, (route) => route.abort());
    await title(page).fill("Parasol");
    await title(page).press("Enter");
    await expect(dialog(page, "Edit item").getByRole("alert")).toContainText("The server cannot be reached.");
    await page.unroute(/\/items\/[^/]+$/);
    await expect(title(page)).toHaveValue("Parasol");
    await title(page).press("Enter");
    await expect(row(page, "Parasol")).toBeVisible();
  });

  test("an answer that is lost does not say that nothing was saved", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await arrive(page, login);
    await newItem(page).click();
    await title(page).fill("Umbrella");
    await page.route("**/items", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      await route.fetch();
      await route.abort();
    });
    await title(page).press("Enter");
    await expect(dialog(page, "New item").getByRole("alert")).toContainText("look whether it was saved before you try again");
    expect(await client.all()).toHaveLength(1);
  });
});

test("the question whether to leave goes away when what it is about is saved", async ({ page, login, server }) => {
  await Client.of(server);
  await arrive(page, login);
  await newItem(page).click();
  await title(page).fill("Umbrella");
  const { release, held } = await hold(page, /\/items$/, "POST");
  await title(page).press("Enter");
  await held;
  await page.keyboard.press("Escape");
  await expect(question(page)).toBeVisible();
  release();
  await expect(row(page, "Umbrella")).toBeVisible();
  await expect(question(page)).toHaveCount(0);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(newItem(page)).toBeFocused();
  await expect(toasts(page)).toContainText("“Umbrella” was added.");
});

test.describe("a deletion that fails", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("brings the row back, and says why", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Coat");
    await client.create("Umbrella");
    await arrive(page, login);
    await page.route(/\/items\/[^/]+$/, (route) => route.fulfill({ status: 503, json: { detail: "Busy" } }));
    const { release, held } = await hold(page, /\/items\/[^/]+$/, "DELETE");
    await remove(page, "Umbrella");
    await held;
    await expect(rows(page)).toHaveCount(1);
    await expect(pager(page)).toContainText("1–1 of 1");
    release();
    await expect(toasts(page)).toContainText("“Umbrella” was not deleted. The server is busy right now.");
    await expect(rows(page)).toHaveCount(2);
    await expect(pager(page)).toContainText("1–2 of 2");
  });

  test("because somebody else was faster has done what it should", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const { item_id } = await client.create("Umbrella");
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(1);
    await client.send("DELETE", `/items/${item_id}`);
    await remove(page, "Umbrella");
    await expect(toasts(page)).toContainText("“Umbrella” was deleted.");
    await expect(list(page)).toContainText("Nothing on your hooks yet.");
  });
});

test.describe("searching", () => {
  test("begins when nobody types any more, counts what was found, and can be cleared", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella", "Black");
    await client.create("Coat", "With a small umbrella in it");
    await client.create("Hat");
    await arrive(page, login);
    await expect(count(page)).toHaveText("3 items");
    const asked: string[] = [];
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname === "/items") asked.push(url.searchParams.get("q") ?? "");
    });
    const entries = await page.evaluate(() => history.length);
    await search(page).pressSequentially("umbrella ");
    await expect(count(page)).toHaveText("2 items found");
    await expect(rows(page)).toHaveCount(2);
    await expect(page).toHaveURL(/\/my-items\?q=umbrella$/);
    await expect(search(page)).toHaveValue("umbrella ");
    expect(asked.length).toBeLessThan(8);
    expect(asked.at(-1)).toBe("umbrella");
    await search(page).fill("50% <b>");
    await expect(list(page)).toContainText("No item contains “50% <b>”.");
    await expect(count(page)).toHaveText("No items found");
    await page.getByRole("button", { name: "Clear the search" }).click();
    await expect(rows(page)).toHaveCount(3);
    await expect(search(page)).toHaveValue("");
    await expect(search(page)).toBeFocused();
    await expect(page).toHaveURL(/\/my-items$/);
    expect(await page.evaluate(() => history.length)).toBe(entries);
  });

  test("begins at once when Enter is pressed, and Back and Forward fill the field", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella");
    await client.create("Coat");
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(2);
    // The pause never ends.
    await page.evaluate(() => {
      const real = window.setTimeout;
      window.setTimeout = ((run: () => void, time?: number) => (time === 200 ? 0 : real(run, time))) as typeof setTimeout;
    });
    await search(page).fill("umb");
    await search(page).press("Enter");
    await expect(page).toHaveURL(/\/my-items\?q=umb$/);
    await expect(rows(page)).toHaveText([/Umbrella/]);
    await expect(search(page)).toBeFocused();
    await newItem(page).click();
    await title(page).fill("Hat");
    await title(page).press("Enter");
    await expect(rows(page)).toHaveCount(3);
    await page.goBack();
    await expect(search(page)).toHaveValue("umb");
    await page.goForward();
    await expect(search(page)).toHaveValue("");
    await expect(rows(page)).toHaveCount(3);
  });

  test("an answer that comes too late is dropped", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella");
    await client.create("Coat");
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(2);
    const { release, held } = await hold(page, /\/items\?q=umb/);
    await search(page).fill("umb");
    await held;
    // The last answer stays while the next one is on its way.
    await expect(rows(page)).toHaveCount(2);
    await search(page).fill("coat");
    await expect(rows(page)).toHaveText([/Coat/]);
    const late = page.waitForResponse(/\/items\?q=umb/);
    release();
    await (await late).finished();
    await expect(rows(page)).toHaveText([/Coat/]);
    await expect(count(page)).toHaveText("1 item found");
  });
});

test.describe("45 items", () => {
  let client: Client;

  test.beforeEach(async ({ server }) => {
    client = await Client.of(server);
    await client.fill(45);
  });

  test("come in pages, which the address names: Back, reload and a link work", async ({ page, login }) => {
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(20);
    await expect(pager(page)).toContainText("1–20 of 45");
    await search(page).fill("item");
    await expect(count(page)).toHaveText("45 items found");
    await pager(page).getByRole("link", { name: "Page 3" }).click();
    await expect(page).toHaveURL(/\/my-items\?q=item&page=3$/);
    await expect(rows(page)).toHaveCount(5);
    await expect(list(page)).toBeFocused();
    await expect(pager(page).locator("[aria-current=page]")).toHaveText("3");
    await page.reload();
    await expect(rows(page)).toHaveCount(5);
    await expect(search(page)).toHaveValue("item");
    await page.goBack();
    await expect(page).toHaveURL(/\/my-items\?q=item$/);
    await expect(rows(page)).toHaveCount(20);
    await pager(page).getByRole("link", { name: "Next" }).click();
    await expect(pager(page)).toContainText("21–40 of 45");
    // Another search begins with its first page.
    await search(page).fill("Item 4");
    await expect(page).toHaveURL(/\/my-items\?q=Item\+4$/);
    await expect(count(page)).toHaveText("7 items found");
  });

  test("any page can be reached, and a size is remembered on this device", async ({ page, login }) => {
    await arrive(page, login);
    await pager(page).getByLabel("Show").selectOption("10");
    await expect(page).toHaveURL(/\/my-items$|size=10$/);
    await expect(rows(page)).toHaveCount(10);
    await expect(list(page)).toBeFocused();
    await pager(page).getByRole("spinbutton", { name: "Page" }).fill("4");
    await pager(page).getByRole("spinbutton", { name: "Page" }).press("Enter");
    await expect(pager(page)).toContainText("31–40 of 45");
    await expect(page).toHaveURL(/\/my-items\?page=4&size=10$/);
    await pager(page).getByRole("spinbutton", { name: "Page" }).fill("99");
    await pager(page).getByRole("spinbutton", { name: "Page" }).press("Enter");
    await expect(pager(page)).toContainText("41–45 of 45");
    await expect(pager(page).getByRole("spinbutton", { name: "Page" })).toHaveValue("5");
    await pager(page).getByLabel("Show").selectOption("50");
    await expect(rows(page)).toHaveCount(45);
    await page.goto("/my-items");
    await expect(rows(page)).toHaveCount(45);
    await expect(pager(page).getByLabel("Show")).toHaveValue("50");
    await pager(page).getByLabel("Show").selectOption("20");
    await expect(rows(page)).toHaveCount(20);
    await page.goto("/my-items");
    await expect(rows(page)).toHaveCount(20);
    expect(await page.evaluate(() => localStorage.getItem("cloakroom.page-size"))).toBe("20");
  });

  test("a page that does not exist is the last one, and nonsense is the default", async ({ page, login }) => {
    await arrive(page, login, "/my-items?page=99");
    await expect(pager(page)).toContainText("41–45 of 45");
    await expect(page).toHaveURL(/\/my-items\?page=3$/);
    await page.goto("/my-items?page=-2&size=33&q=%00");
    await expect(pager(page)).toContainText("1–20 of 45");
    await page.goto("/my-items?q=nothing&page=7");
    await expect(list(page)).toContainText("No item contains “nothing”.");
  });

  test("the next item fills the page after a deletion, and an empty page is left", async ({ page, login }) => {
    await arrive(page, login);
    const name = (await rows(page).locator("strong").first().textContent()) ?? "";
    await remove(page, name);
    await expect(pager(page)).toContainText("1–20 of 44");
    await expect(rows(page)).toHaveCount(20);
    const all = await client.all();
    for (const { item_id } of all.slice(0, 3)) await client.send("DELETE", `/items/${item_id}`);
    await page.goto("/my-items?page=5&size=10");
    await expect(rows(page)).toHaveCount(1);
    await remove(page, (await rows(page).locator("strong").textContent()) ?? "");
    await expect(page).toHaveURL(/page=4&size=10$/);
    await expect(pager(page)).toContainText("31–40 of 40");
    await expect(list(page)).toBeFocused();
  });
});

test.describe("what fails to load", () => {
  test.use({ expectedMessages: [refusedRequest] });

  test("shows a skeleton, says so, and Retry loads it", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella");
    let failing = true;
    await page.route(/\/items\?/, (route) =>
      failing ? route.fulfill({ status: 503, json: { detail: "The database is not answering" } }) : route.continue(),
    );
    const { release, held } = await hold(page, /\/items\?/);
    await arrive(page, login);
    await held;
    await expect(page.getByRole("status", { name: "Items: loading" })).toBeVisible();
    release();
    await expect(list(page).getByRole("alert")).toContainText("The list did not load: the server had a problem.");
    failing = false;
    await list(page).getByRole("button", { name: "Retry" }).click();
    await expect(rows(page)).toHaveCount(1);
    await expect(list(page)).toBeFocused();
  });

  test("because it is not allowed any more says that, and the session stays", async ({ page, login, server }) => {
    const client = await Client.of(server);
    await client.create("Umbrella");
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(1);
    await server.run(["user", "scopes", "ada", "me", "items"]);
    await newItem(page).click();
    await title(page).fill("Hat");
    await title(page).press("Enter");
    await expect(dialog(page, "New item").getByRole("alert")).toContainText("Your account is not allowed to do this.");
    await expect(title(page)).toHaveValue("Hat");
    await page.keyboard.press("Escape");
    await question(page).getByRole("button", { name: "Leave" }).click();
    await remove(page, "Umbrella");
    await expect(toasts(page)).toContainText("“Umbrella” was not deleted. Your account is not allowed to do this.");
    await expect(rows(page)).toHaveCount(1);
    await server.run(["user", "scopes", "ada", "me"]);
    await page.reload();
    await expect(list(page).getByRole("alert")).toContainText("not allowed to see it");
    expect((await kept(page)).tab).not.toBeNull();
    await expect(page).toHaveURL(/\/my-items$/);
  });
});

test("who may only read is offered nothing that writes, and sees whole descriptions", async ({ page, login, server }) => {
  const client = await Client.of(server);
  const lines = Array.from({ length: 9 }, (_, i) => `Line ${i + 1}`).join("\n");
  await client.create("Umbrella", lines);
  await server.run(["user", "scopes", "ada", "me", "items"]);
  await arrive(page, login);
  await expect(row(page, "Umbrella")).toBeVisible();
  await expect(list(page).getByRole("button", { name: /Edit|Delete/ })).toHaveCount(0);
  await expect(newItem(page)).toHaveCount(0);
  const cut = await rows(page).locator(".item-text > div").evaluate((text) => text.scrollHeight > text.clientHeight + 1);
  expect(cut).toBe(false);
});

test("a logout leaves nothing of the user's on this device", async ({ page, login, server }) => {
  const client = await Client.of(server);
  await client.fill(11);
  await arrive(page, login);
  await pager(page).getByLabel("Show").selectOption("10");
  await expect(rows(page)).toHaveCount(10);
  await page.getByRole("button", { name: "Your menu" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(login.username()).toBeVisible();
  const keys = await page.evaluate(() => Object.keys(localStorage).sort());
  expect(keys).toEqual(["cloakroom.logged-out-at", "cloakroom.page-size"]);
});

test("the account page leads to all items", async ({ page, login, server }) => {
  await Client.of(server);
  await login.open();
  await login.submit("ada", PASSWORD);
  await page.getByRole("link", { name: "Hand in your first item" }).click();
  await expect(page.getByRole("heading", { name: "Items", level: 1 })).toBeFocused();
  await page.goBack();
  await page.getByRole("link", { name: "All items" }).click();
  await expect(page).toHaveURL(/\/my-items$/);
  await expect(list(page)).toContainText("Nothing on your hooks yet.");
});

test.describe("long and foreign texts", () => {
  test.use({ viewport: { width: 360, height: 740 }, expectedMessages: [refusedRequest] });

  test("fit on a small phone, in the list and in the dialogs", async ({ page, login, server }) => {
    const client = await Client.of(server);
    const long = "x".repeat(255);
    const { item_id } = await client.create(long, "y".repeat(2000));
    await client.create("مظلة سوداء بمقبض خشبي", "مبللة قليلاً");
    await arrive(page, login);
    await expect(rows(page)).toHaveCount(2);
    await expectNoSidewaysScroll(page);
    const rtl = row(page, "مظلة");
    expect(await rtl.locator("strong").evaluate((text) => getComputedStyle(text).direction)).toBe("rtl");
    const height = await row(page, "xxx").locator(".item-text").evaluate((text) => text.clientHeight);
    expect(height).toBeLessThan(100);
    // An id stays in one piece.
    const line = await rtl.locator("code").evaluate((id) => id.clientHeight / parseFloat(getComputedStyle(id).fontSize));
    expect(line).toBeLessThan(2.5);
    await page.getByRole("button", { name: "Edit “xxx" }).click();
    await expect(description(page)).toHaveValue("y".repeat(2000));
    await expectNoSidewaysScroll(page);
    await client.send("PATCH", `/items/${item_id}`, { title: "z".repeat(255) });
    await title(page).fill("w".repeat(255));
    await title(page).press("Enter");
    await expect(conflict(page)).toBeVisible();
    await expectNoSidewaysScroll(page);
    const [content, width] = await dialog(page, "Edit item").evaluate((box) => [box.scrollWidth, box.clientWidth]);
    expect(content).toBeLessThanOrEqual(width ?? 0);
    await page.getByRole("button", { name: "Take what is saved" }).click();
    await page.getByRole("button", { name: "Delete “zzz" }).click();
    await expect(question(page)).toBeVisible();
    await expectNoSidewaysScroll(page);
  });
});

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    test.use({ viewport, expectedMessages: [refusedRequest] });

    test("the page is accessible and fits: empty, full, and with nothing found", async ({ page, login, server }) => {
      test.slow();
      const client = await Client.of(server);
      await arrive(page, login);
      await expect(list(page)).toContainText("Nothing on your hooks yet.");
      await expectAccessible(page);
      await client.fill(25);
      await page.reload();
      await expect(rows(page)).toHaveCount(20);
      await expectAccessible(page);
      await search(page).fill("nothing");
      await expect(list(page)).toContainText("No item contains");
      await expectAccessible(page);
    });

    test("its dialogs are accessible", async ({ page, login, server }) => {
      test.slow();
      const client = await Client.of(server);
      const { item_id } = await client.create("Umbrella", "Black");
      await arrive(page, login);
      await newItem(page).click();
      await expect(title(page)).toBeFocused();
      await title(page).press("Enter");
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await edit(page, "Umbrella");
      await client.send("PATCH", `/items/${item_id}`, { title: "Parasol" });
      await title(page).fill("Stick");
      await title(page).press("Enter");
      await expect(conflict(page)).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Take what is saved" }).click();
      await page.getByRole("button", { name: "Delete “Parasol”" }).click();
      await expectAccessible(page);
    });
  });
}

test("everything can be done by keyboard alone", async ({ page, login, server }) => {
  const client = await Client.of(server);
  await client.create("Coat");
  await arrive(page, login);
  await expect(page.getByRole("heading", { name: "Items", level: 1 })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(search(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(newItem(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(title(page)).toBeFocused();
  await page.keyboard.type("Umbrella");
  await page.keyboard.press("Tab");
  await expect(description(page)).toBeFocused();
  await page.keyboard.type("Black");
  await page.keyboard.press("Control+Enter");
  await expect(rows(page)).toHaveCount(2);
  await expect(newItem(page)).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("umb");
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Edit “Umbrella”" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(title(page)).toBeFocused();
  await page.keyboard.type(" with a handle");
  await page.keyboard.press("Enter");
  await expect(rows(page).locator("strong")).toHaveText(/handle/);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: /Delete “/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(question(page).getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(list(page)).toContainText("No item contains “umb”.");
  await expect(list(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(search(page)).toBeFocused();
  await expect(rows(page)).toHaveText([/Coat/]);
});
