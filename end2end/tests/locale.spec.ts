// Dates and numbers are written as the reader writes them: by the browser's language and time zone.

import type { Page } from "@playwright/test";
import { Api } from "../support/api";
import { addAda, logInAs, NAME, PASSWORD } from "../support/person";
import { expect, STORAGE_KEY, test } from "../support/test";

// A day, a time of day and a number, as they look there.
const readers = [
  { locale: "de-DE", timezoneId: "Europe/Berlin", day: /^\d\d\.\d\d\.\d{4}$/, time: /^\d\d:\d\d$/, number: "12.345" },
  { locale: "en-US", timezoneId: "America/New_York", day: /^[A-Z][a-z]{2} \d{1,2}, \d{4}$/, time: /^\d{1,2}:\d\d\s[AP]M$/, number: "12,345" },
  { locale: "ar-EG", timezoneId: "Africa/Cairo", day: /^[٠-٩\u200f/]+$/, time: /^[٠-٩]{1,2}:[٠-٩]{2}\s[صم]$/, number: "١٢٬٣٤٥" },
] as const;

const pager = (page: Page) => page.getByRole("navigation", { name: "Parts of the list" });

/** Opens a page, and says that its list has 12,345 entries. The rows are the server's. */
async function openWithMany(page: Page, address: string, path: RegExp): Promise<void> {
  // The list of the page that is left may still be asked for.
  await page.unrouteAll({ behavior: "wait" });
  await page.route(path, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), count: 12_345 } });
  });
  await page.goto(address);
}

for (const { locale, timezoneId, day, time, number } of readers) {
  test.describe(`a reader in ${timezoneId}, ${locale}`, () => {
    test.use({ locale, timezoneId });

    /** A moment, as the browser itself writes it for this reader. The page is not asked which language it found. */
    const written = (page: Page, moment: string | number, styles: Intl.DateTimeFormatOptions) =>
      page.evaluate(
        ([moment, locale, timeZone, styles]) => new Intl.DateTimeFormat(locale, { ...styles, timeZone }).format(new Date(moment)),
        [moment, locale, timezoneId, styles] as const,
      );

    test("finds times, days and numbers written so on each page", async ({ page, server }) => {
      test.slow();
      await addAda(server, "--admin");
      const api = await Api.as(server, NAME, PASSWORD);
      await api.create("Umbrella");

      // The ticket's times on the account page.
      await logInAs(page, "/account");
      const session = JSON.parse((await page.evaluate((key) => sessionStorage.getItem(key), STORAGE_KEY)) ?? "");
      const until = page.locator(".ticket .time").first();
      await expect(until).toHaveText(time);
      await expect(until).toHaveText(await written(page, session.expires_at, { timeStyle: "short" }));
      const { exp } = JSON.parse(Buffer.from(session.token.access_token.split(".")[1], "base64url").toString());
      const claim = page.locator(".decoded div").filter({ has: page.getByText("exp", { exact: true }) }).last();
      await expect(claim).toContainText(await written(page, exp * 1000, { dateStyle: "medium", timeStyle: "medium" }));

      // The numbers below a list of items.
      await openWithMany(page, "/my-items", /\/items\?/);
      await expect(page.getByText(`${number} items`, { exact: true })).toBeVisible();
      await expect(pager(page)).toContainText(` of ${number}`);
      const format = new Intl.NumberFormat(locale);
      await expect(pager(page)).toContainText(`${format.format(1)}–${format.format(20)} of ${number}`);
      // 12,345 items are 618 pages of 20; with 10 on a page there are 1,235.
      await openWithMany(page, "/my-items?size=10", /\/items\?/);
      const last = pager(page).getByRole("listitem").last().getByRole("link");
      await expect(last).toHaveText(format.format(1235));
      await expect(pager(page).locator("[aria-current=page]")).toHaveText(format.format(1));

      // The days and the moments of the users, and their number.
      await openWithMany(page, "/admin", /\/users\?/);
      const ada = await api.get<{ created_at: string; last_login_at: string }>(`/users/${NAME}`);
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: NAME, exact: true }) });
      const created = row.locator("time").first();
      await expect(created).toHaveText(day);
      await expect(created).toHaveText(await written(page, ada.created_at, { dateStyle: "medium" }));
      await expect(created).toHaveAttribute("datetime", ada.created_at);
      await expect(page.getByText(`${number} users`, { exact: true })).toBeVisible();
      await expect(pager(page)).toContainText(` of ${number}`);

      await row.getByRole("link", { name: NAME, exact: true }).click();
      const fact = page.locator(".facts time").first();
      await expect(fact).toHaveText(await written(page, ada.created_at, { dateStyle: "medium", timeStyle: "medium" }));
      const { last_login_at } = await api.get<{ last_login_at: string }>(`/users/${NAME}`);
      await page.reload();
      await expect(page.locator(".facts time").last()).toHaveText(
        await written(page, last_login_at, { dateStyle: "medium", timeStyle: "medium" }),
      );
    });
  });
}

test.describe("a reader in Germany", () => {
  test.use({ locale: "de-DE" });

  test("hears the number of a page as it is written", async ({ page, server }) => {
    await addAda(server);
    await (await Api.as(server, NAME, PASSWORD)).create("Umbrella");
    await logInAs(page, "/account");
    // 12,345 items are 618 pages of 20; with 10 on a page there are 1,235.
    await openWithMany(page, "/my-items?size=10", /\/items\?/);
    const last = pager(page).getByRole("listitem").last().getByRole("link");
    await expect(last).toHaveText("1.235");
    // What is seen is part of what is heard (WCAG 2.5.3).
    await expect(last).toHaveAccessibleName("Page 1.235");
  });
});

test.describe("an evening in New York", () => {
  test.use({ locale: "en-US", timezoneId: "America/New_York" });

  test("is the day that it is there, and not the server's", async ({ page, server }) => {
    await addAda(server, "--admin");
    await page.route(/\/users\?/, async (route) => {
      const answer = await route.fetch();
      const { data, count } = await answer.json();
      const moved = data.map((user: object) => ({ ...user, created_at: "2026-03-02T02:30:00Z" }));
      await route.fulfill({ response: answer, json: { data: moved, count } });
    });
    await logInAs(page, "/admin");
    await expect(page.getByRole("row").nth(1).locator("time").first()).toHaveText("Mar 1, 2026");
  });
});
