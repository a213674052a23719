// The README's picture: johndoe's account, a moment after logging in.

import { expect, test } from "../support/test";

test.use({ viewport: { width: 1100, height: 900 }, deviceScaleFactor: 2, colorScheme: "light" });

test("docs/account.png", async ({ page, login }) => {
  await login.asJohndoe();
  await expect(page.getByRole("timer")).toHaveText(/^\d\d:\d\d$/);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: "../docs/account.png", animations: "disabled" });
});
