// What axe says about a page.

import axe from "axe-core";
import type { Page } from "@playwright/test";
import { still } from "./screen";
import { expect, test } from "./test";

/** The rules whose answer depends on the colours. */
const ABOUT_COLOURS = ["color-contrast", "link-in-text-block"];

declare global {
  interface Window {
    axe?: typeof axe;
  }
}

/** Expects that axe finds nothing on the page as it is. The options say which rules it uses, if not all that it has. */
export async function expectNoViolations(page: Page, options: Pick<axe.RunOptions, "runOnly" | "rules"> = {}): Promise<void> {
  await still(page);
  // The pages have no frames, so axe runs in the page itself. It stays there until another page is loaded.
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(axe.source);
  const found = await page.evaluate(async (options) => {
    // To name all the elements that are in order would take most of the time.
    const results = await window.axe?.run(document, { ...options, resultTypes: ["violations"], selectors: false });
    return results?.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  }, options);
  expect(found).toEqual([]);
}

/**
 * Expects that axe finds nothing, light and dark. The theme changes colours and nothing else, so all rules are used in light,
 * and in dark only those about colours.
 */
export async function expectNoViolationsInBothThemes(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await test.step("light", () => expectNoViolations(page));
  await page.emulateMedia({ colorScheme: "dark" });
  await test.step("dark", () => expectNoViolations(page, { runOnly: ABOUT_COLOURS }));
}
