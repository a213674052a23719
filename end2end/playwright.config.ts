import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser";

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  workers: 2,
  // In CI, a test that fails and then passes is reported as flaky, not as failed.
  retries: process.env.CI ? 1 : 0,
  // A test on a slow and busy machine takes ten times as long as on a quick one.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  // Recording each test would take a quarter of the time. To see why a test failed: `npx playwright test --trace on -g …`.
  use: { launchOptions, trace: "on-first-retry" },
});
