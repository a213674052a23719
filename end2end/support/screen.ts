// What is where on the screen.

import type { Locator, Page } from "@playwright/test";
import { expect } from "./test";

/** Waits until nothing moves any more, but for what moves without end. */
export async function still(page: Page): Promise<void> {
  await page.evaluate(() => {
    const moving = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    return Promise.all(moving.map((animation) => animation.finished.catch(() => {})));
  });
}

/** Expects that nothing is wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(window ?? 0);
}

/** Expects that one gets to it by scrolling, that it is not wider than the screen, and that nothing covers it then. */
export async function expectReachable(target: Locator): Promise<void> {
  await target.evaluate((element) => element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" }));
  await expect
    .poll(() =>
      target.evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        if (left < 0 || right > innerWidth) return `from ${left} to ${right} px of ${innerWidth}`;
        const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        const is = hit !== null && (element.contains(hit) || hit.contains(element) || (element as HTMLInputElement).labels?.[0]?.contains(hit));
        return is ? "reached" : `covered by ${hit?.outerHTML.slice(0, 200)}`;
      }),
    )
    .toBe("reached");
}
