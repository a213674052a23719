// Makes the README's picture: `make screenshot`.

import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser";

export default defineConfig({
  testDir: "screenshot",
  reporter: [["list"]],
  use: { launchOptions },
});
