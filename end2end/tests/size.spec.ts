// The size budget: what a first visit of a page costs, as bytes on the wire. The sizes of a build are steady. Times are
// not, so `make bench-page` measures them.

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { awake, expect, test } from "../support/test";

const compressed = join(resolve(__dirname, "../.."), "target/site/pkg/cloakroom.wasm.br");
const plain = compressed.replace(/\.br$/, "");

test.skip(
  () => !existsSync(compressed) || statSync(compressed).mtimeMs < statSync(plain).mtimeMs,
  "Only a release build has compressed files.",
);

/** The bytes of each answer, with its header, by path. */
async function wire(page: Page): Promise<Map<string, number>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  const paths = new Map<string, string>();
  const bytes = new Map<string, number>();
  cdp.on("Network.requestWillBeSent", ({ requestId, request }) => paths.set(requestId, new URL(request.url).pathname));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const path = paths.get(requestId) ?? requestId;
    bytes.set(path, (bytes.get(path) ?? 0) + encodedDataLength);
  });
  return bytes;
}

for (const [path, budget] of [
  ["/login", 100_000],
  ["/nowhere", 10_000],
] as const) {
  test.describe(`a first visit of ${path}`, () => {
    // Without the demo, as in production. The 404 page is an error to Chromium.
    test.use({ settings: { CLOAKROOM__DEMO__ENABLED: "false" }, expectedMessages: [/^error: Failed to load resource.*404/] });

    test(`costs at most ${budget} bytes`, async ({ page }) => {
      const bytes = await wire(page);
      await page.goto(path);
      if (path === "/login") await awake(page);
      await page.waitForLoadState("networkidle");
      const sum = [...bytes.values()].reduce((sum, size) => sum + size, 0);
      console.log(`${path}: ${sum} of ${budget} bytes`, Object.fromEntries(bytes));
      expect(sum).toBeGreaterThan(1000);
      expect(sum).toBeLessThanOrEqual(budget);
    });
  });
}
