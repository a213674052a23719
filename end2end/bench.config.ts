// Measures the pages: `make bench-page`.

import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser";

export default defineConfig({
  testDir: "bench",
  workers: 1,
  timeout: 600_000,
  reporter: [["line"]],
  use: { launchOptions },
});
