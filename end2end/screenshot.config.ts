// Makes pictures of every page and dialog, and those of the README: `make screenshots`.

import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser";

export default defineConfig({
  testDir: "screenshot",
  fullyParallel: true,
  workers: 2,
  reporter: [["list"]],
  use: { launchOptions },
});
