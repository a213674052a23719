// The fixtures of every test: a server, a page, the login page's fields, and a check of the browser's console.

import { test as base, expect, type Page } from "@playwright/test";
import { Server } from "./server";

type Fixtures = {
  /** Settings of the server, named as in the environment. */
  settings: Record<string, string>;
  server: Server;
  /** Console messages that a test expects. Any other message fails the test. */
  expectedMessages: RegExp[];
  login: LoginPage;
};

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  expectedMessages: async ({}, use) => use([]),

  server: async ({ settings }, use) => {
    const server = await Server.start(settings);
    await use(server);
    await server.stop();
  },

  baseURL: async ({ server }, use) => use(server.url),

  page: async ({ page, expectedMessages }, use) => {
    const messages: string[] = [];
    page.on("console", (message) => messages.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => messages.push(`page error: ${error.message}`));
    await use(page);
    expect(messages.filter((message) => !expectedMessages.some((expected) => expected.test(message)))).toEqual([]);
  },

  login: async ({ page }, use) => use(new LoginPage(page)),
});

export { expect };

/** Waits until the page is hydrated. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-app", "awake");
}

/** Waits until the login page is loaded and hydrated. A session that ends loads it anew, also where it was loaded before. */
export async function left(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Log in", exact: true })).toBeVisible();
  await awake(page);
}

/** Chromium's console message for every answer with an error status. */
export const refusedRequest = /^error: Failed to load resource/;

/**
 * What is printed when a part of the program does not come: by start.js, and by the loader of the second WASM. It loads
 * several files at once, and the browser reports each that fails while the loader waits for another one.
 */
export const missingFile =
  /^(error: (TypeError: (Failed to fetch|Failed to execute 'compile')|Error: failed to (load|fetch)|Error: a part of the program could not be fetched)|page error: Failed to fetch)/;

export class LoginPage {
  constructor(private readonly page: Page) {}

  readonly username = () => this.page.getByLabel("Username");
  readonly password = () => this.page.getByLabel("Password", { exact: true });
  readonly stay = () => this.page.getByLabel("Keep me signed in on this device");
  readonly button = () => this.page.locator("button[type=submit]");
  readonly alert = () => this.page.getByRole("alert");

  async open(path = "/login"): Promise<void> {
    await this.page.goto(path);
    await awake(this.page);
  }

  async submit(username: string, password: string): Promise<void> {
    await this.username().fill(username);
    await this.password().fill(password);
    await this.button().click();
  }

  /** Logs johndoe in, and waits for his items. */
  async asJohndoe(options: { stay?: boolean; path?: string } = {}): Promise<void> {
    await this.open(options.path);
    if (options.stay) await this.stay().check();
    await this.submit("johndoe", "secret");
    await expect(this.page.getByText("Black umbrella")).toBeVisible();
  }
}

export const STORAGE_KEY = "cloakroom.session";

/** What is kept under the session's key, in both storages. */
export function kept(page: Page): Promise<{ tab: string | null; device: string | null }> {
  return page.evaluate(
    (key) => ({ tab: sessionStorage.getItem(key), device: localStorage.getItem(key) }),
    STORAGE_KEY,
  );
}
