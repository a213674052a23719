// Sessions, as another client of the same user sees them.

import type { Page } from "@playwright/test";
import type { Server } from "./server";
import { kept } from "./test";

type Tokens = { access_token: string; refresh_token: string };

async function token(server: Server, form: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/token`, { method: "POST", body: new URLSearchParams(form) });
}

/** Logs in to stay signed in, as a program does. */
export async function signIn(server: Server, username: string, password: string): Promise<Tokens> {
  const answer = await token(server, { username, password, scope: "me me:write offline_access" });
  if (!answer.ok) throw new Error(`${username} was not logged in: ${answer.status}`);
  return answer.json();
}

/** Uses a refresh token. */
export async function refresh(server: Server, refresh_token: string): Promise<Response> {
  return token(server, { grant_type: "refresh_token", refresh_token });
}

/** The sessions of a user, for a program with this access token. */
export async function sessions(server: Server, access_token: string): Promise<{ session_id: string; user_agent: string | null }[]> {
  const answer = await fetch(`${server.url}/users/me/sessions`, { headers: { Authorization: `Bearer ${access_token}` } });
  if (!answer.ok) throw new Error(`the sessions were not read: ${answer.status}`);
  return answer.json();
}

/** The access token that a page has now. */
export async function accessToken(page: Page): Promise<string> {
  const { tab, device } = await kept(page);
  return JSON.parse(tab ?? device ?? "").token.access_token;
}

/** The claims of an access token. */
export function claims(access_token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString());
}
