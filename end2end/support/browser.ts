// The tests use the system's Chromium if there is one, and Playwright's own otherwise. scripts/setup.sh looks for the
// same names. The headless shell comes first: it draws no toolbar around each page, which is a web page of its own and
// takes a third of the tests' time. Playwright's own is a headless shell too.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

export const launchOptions = {
  executablePath: names.map(onPath).find((file) => file !== undefined),
  // No sandbox, because containers cannot provide one. No requests of the browser's own.
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
