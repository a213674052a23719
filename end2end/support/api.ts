// The API, as another client of the same user calls it.

import type { Server } from "./server";

export class Api {
  private constructor(
    private readonly url: string,
    /** The access token. */
    readonly token: string,
  ) {}

  /** Logs in. */
  static async as(server: Server, username: string, password: string): Promise<Api> {
    const body = new URLSearchParams({ grant_type: "password", username, password });
    const answer = await fetch(`${server.url}/token`, { method: "POST", body });
    if (!answer.ok) throw new Error(`${username} was not logged in: ${answer.status}`);
    return new Api(server.url, (await answer.json()).access_token);
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    return fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.send("GET", path)).json();
  }

  /** Makes an item, and returns its id. */
  async create(title: string, description?: string): Promise<string> {
    const answer = await this.send("POST", "/items", { title, description });
    if (answer.status !== 201) throw new Error(`the item was not made: ${answer.status}`);
    return (await answer.json()).item_id;
  }
}
