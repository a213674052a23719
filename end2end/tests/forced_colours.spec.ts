// Forced colours, as in the high-contrast modes of Windows: the browser takes our colours away. So nothing may be told by a
// colour alone: neither where the focus is, nor what is chosen, nor what cannot be pressed.

import type { Locator, Page } from "@playwright/test";
import { Api } from "../support/api";
import * as axe from "../support/axe";
import { addAda, logInAs, NAME, PASSWORD } from "../support/person";
import type { Server } from "../support/server";
import { expect, test } from "../support/test";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const title = (page: Page) => page.getByRole("textbox", { name: "Title" });

async function arrive(page: Page, server: Server, path: string): Promise<void> {
  await addAda(server, "--admin");
  const api = await Api.as(server, NAME, PASSWORD);
  for (let i = 1; i <= 21; i += 1) await api.create(`Item ${i}`);
  await logInAs(page, path);
}

async function expectNoViolations(page: Page): Promise<void> {
  // All colours are the system's, and axe reads ours: Chromium's computed -webkit-text-fill-color is not the forced one.
  await axe.expectNoViolations(page, { rules: { "color-contrast": { enabled: false } } });
}

/** Goes there as the keyboard does, and expects a ring. The choices in the menu draw it around themselves. */
async function expectRing(target: Locator): Promise<void> {
  // The browser shows the focus to those who use the keyboard.
  await target.page().keyboard.press("Shift");
  await target.focus();
  const ring = await target.evaluate((element) =>
    [element, element.parentElement ?? element].some((element) => {
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && !/, 0\)$|transparent/.test(outlineColor);
    }),
  );
  expect(ring).toBe(true);
}

/** What one sees of an element, as the browser draws it here. An edge of the colour that it is drawn on is none. */
async function look(target: Locator, of: "all" | "inside" = "all"): Promise<string> {
  return target.evaluate((element, of) => {
    const own = getComputedStyle(element);
    const isClear = (colour: string) => /^rgba\(.*, 0\)$/.test(colour);
    let ground: Element | null = element;
    while (ground && isClear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const background = ground ? getComputedStyle(ground).backgroundColor : "";
    // Text that is bold only within the element counts too.
    const weights = [element, ...element.querySelectorAll("*")].map((part) => Number(getComputedStyle(part).fontWeight));
    const edges = ["top", "right", "bottom", "left"].map((side) => {
      const [style, width, colour] = ["style", "width", "color"].map((part) => own.getPropertyValue(`border-${side}-${part}`));
      return style === "none" || width === "0px" || colour === background ? "none" : `${style} ${width} ${colour}`;
    });
    return JSON.stringify([own.color, background, own.textDecorationLine, Math.max(...weights), of === "all" ? edges : []]);
  }, of);
}

test.use({ colorScheme: "dark" });
test.slow();

for (const [size, viewport] of [
  ["wide", { width: 1280, height: 800 }],
  ["phone", { width: 360, height: 740 }],
] as const) {
  test.describe(`forced colours, ${size}`, () => {
    test.use({ viewport });

    test.beforeEach(async ({ page }) => {
      await page.emulateMedia({ forcedColors: "active" });
    });

    test("the items and their dialogs show the focus, and what cannot be pressed", async ({ page, server }) => {
      await arrive(page, server, "/my-items");
      await expect(page.getByText("Item 20", { exact: true })).toBeVisible();
      expect(await page.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true);
      await expectNoViolations(page);
      await expectRing(page.getByRole("searchbox", { name: "Search items" }));
      await expectRing(button(page, "New item"));
      await expectRing(button(page, "Edit “Item 20”"));
      await expectRing(page.getByRole("link", { name: "Page 2" }));
      await page.getByRole("link", { name: "Page 2" }).press("Enter");
      await expect(page.getByText("Item 1", { exact: true })).toBeVisible();
      // The page after the last one cannot be gone to.
      const pager = page.getByRole("navigation", { name: "Parts of the list" });
      expect(await look(pager.getByText("Next"))).not.toBe(await look(pager.getByText("Previous")));
      // The list has a ring when the keyboard brought one there.
      await button(page, "New item").press("Enter");
      await expect(title(page)).toBeFocused();
      await expectRing(title(page));
      await expectRing(page.getByRole("button", { name: "Close" }));
      await expectRing(button(page, "Add item"));
      await expectNoViolations(page);
      await page.keyboard.press("Escape");

      await button(page, "Edit “Item 1”").press("Enter");
      await expect(title(page)).toHaveValue("Item 1");
      const save = button(page, "Save");
      await expect(save).toBeDisabled();
      const disabled = await look(save);
      await title(page).pressSequentially("!");
      await expect(save).toBeEnabled();
      expect(await look(save)).not.toBe(disabled);
      // The dialog has an edge: the colours of the page and of the dialog are the same.
      const edge = await page.getByRole("dialog").evaluate((dialog) => {
        const { borderTopStyle, borderTopColor, backgroundColor } = getComputedStyle(dialog);
        return borderTopStyle !== "none" && borderTopColor !== backgroundColor;
      });
      expect(edge).toBe(true);
      await expectNoViolations(page);
    });

    test("the page of the menu that is open, and the part of the list that is shown, can be told from the others", async ({
      page,
      server,
    }) => {
      await arrive(page, server, "/my-items");
      const menu = page.getByRole("navigation", { name: "Pages" });
      const open = await look(menu.getByRole("link", { name: "Items" }));
      for (const name of ["Account", "Settings", "Users"]) expect(await look(menu.getByRole("link", { name }))).not.toBe(open);
      await expectRing(menu.getByRole("link", { name: "Items" }));
      await expectRing(page.getByRole("button", { name: "your menu" }));

      const pager = page.getByRole("navigation", { name: "Parts of the list" });
      const here = await look(pager.locator("[aria-current=page]"));
      expect(await look(pager.getByRole("link", { name: "Page 2" }))).not.toBe(here);
    });

    test("the tab of the settings that is open can be told from the others", async ({ page, server }) => {
      await arrive(page, server, "/settings/password");
      const tabs = page.getByRole("navigation", { name: "Settings" });
      const open = await look(tabs.getByRole("link", { name: "Password" }));
      for (const name of ["Profile", "Appearance", "Danger zone"]) expect(await look(tabs.getByRole("link", { name }))).not.toBe(open);
      for (const name of ["Profile", "Password"]) await expectRing(tabs.getByRole("link", { name }));
      await expectRing(page.getByLabel("Current password"));
      await expectNoViolations(page);
    });

    test("the theme that is chosen can be told from the others, and has the ring", async ({ page, server }) => {
      await arrive(page, server, "/settings/appearance");
      await page.getByRole("button", { name: "your menu" }).press("Enter");
      const menu = page.getByRole("group", { name: "Your menu" });
      const choice = (name: string) => menu.locator(".choice").filter({ hasText: name });
      const chosen = await look(choice("System"), "inside");
      for (const name of ["Light", "Dark"]) expect(await look(choice(name), "inside")).not.toBe(chosen);
      await expectRing(menu.getByRole("radio", { name: "System" }));
      // The ring is not of the colour that it is drawn on.
      const colours = await choice("System").evaluate((element) => {
        const { outlineColor, backgroundColor } = getComputedStyle(element);
        return [outlineColor, backgroundColor];
      });
      expect(colours[0]).not.toBe(colours[1]);
      await page.keyboard.press("ArrowLeft");
      await expect(menu.getByRole("radio", { name: "Dark" })).toBeChecked();
      expect(await look(choice("Dark"), "inside")).toBe(chosen);
      await expectRing(button(page, "Log out"));
      await expectNoViolations(page);
      await page.keyboard.press("Escape");
      for (const name of ["Light", "Dark"]) await expectRing(page.locator("main").getByRole("radio", { name }));
    });

    test("the administrator's pages show the focus, and who is disabled", async ({ page, server }) => {
      await server.run(["user", "disable", "johndoe"]);
      await arrive(page, server, "/admin");
      const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
      await expect(row("johndoe")).toContainText("Disabled");
      await expectRing(row("johndoe").getByRole("link"));
      await expectNoViolations(page);
      await row("johndoe").getByRole("link").press("Enter");
      await expect(page.getByText("Black umbrella")).toBeVisible();
      const save = page.getByRole("region", { name: "Profile" }).getByRole("button", { name: "Save" });
      const disabled = await look(save);
      await page.getByLabel("Full name").fill("John");
      await expect(save).toBeEnabled();
      expect(await look(save)).not.toBe(disabled);
      await expectRing(page.getByRole("checkbox").first());
      await button(page, "Delete this user").press("Enter");
      const word = page.getByLabel("Type johndoe to confirm");
      const yes = page.getByRole("alertdialog").getByRole("button", { name: "Delete" });
      const locked = await look(yes);
      await word.fill("johndoe");
      await expect(yes).toBeEnabled();
      expect(await look(yes)).not.toBe(locked);
      await expectNoViolations(page);
    });
  });
}

test.describe("forced colours, before the login", () => {
  test("the fields show the focus, and what is wrong with them", async ({ page }) => {
    await page.emulateMedia({ forcedColors: "active" });
    await page.goto("/signup");
    await expect(page.locator("html")).toHaveAttribute("data-app", "awake");
    const username = page.getByLabel("Username");
    await expectRing(username);
    await expectRing(page.getByRole("link", { name: "Log in" }));
    await button(page, "Sign up").press("Enter");
    await expect(username).toHaveAttribute("aria-invalid", "true");
    const problem = page.locator(".field-problem").first();
    await expect(problem).toBeVisible();
    expect(await problem.evaluate((problem) => getComputedStyle(problem, "::before").content)).toContain("⚠");
    await expectNoViolations(page);
    await page.goto("/login");
    await expectRing(page.getByLabel("Password", { exact: true }));
    await expectRing(button(page, "Log in"));
    await expectNoViolations(page);
  });
});
