import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { runEngine } from "@maquette/engine/host";
import { validateBytes } from "gltf-validator";
import { sql } from "kysely";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyRetention } from "../../packages/server/src/requests/retention.ts";
import { newDirectory } from "../../packages/server/test/support/start.ts";
import { onScaledMode, PNG, startReceiver, startTestServer, type TestServer, until } from "../support/api.ts";
import { findAxeIssues, launch, openPage, settle, shareOfPixels, type WatchedPage } from "../support/browser.ts";
import { addManyAssets } from "../support/many-assets.ts";

const PASSWORD = "correct horse battery";
const EXAMPLES = new URL("../../examples/", import.meta.url);
const pictures = (name: string, ...views: string[]) =>
  views.map((view) => fileURLToPath(new URL(`${name}/${view}.png`, EXAMPLES)));
/** Time that an asset may take on a busy machine. */
const MAKING = 150_000;

const isRobotYellow = (r: number, g: number, b: number) => r > 150 && g > 110 && b < 90;
const isVanRed = (r: number, g: number, b: number) => r > 120 && r > 1.6 * g && r > 1.6 * b;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Waits until the page shows the model, and checks that it is not a blank. */
async function seesModel(page: Page, colour: (r: number, g: number, b: number) => boolean, least: number) {
  await page.locator('.viewer-surface[data-state="shown"]').waitFor({ timeout: MAKING });
  await until(async () => (await shareOfPixels(page, ".viewer-canvas", colour)) > least, 30_000);
}

async function firstRun(page: Page, signInUrl: string) {
  await page.goto(signInUrl);
  await page.getByRole("heading", { name: "Welcome to Maquette" }).waitFor();
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByRole("button", { name: "Make the sample" }).waitFor();
}

async function signIn(page: Page) {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill("owner@localhost");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Library" }).waitFor();
}

/** Downloads the GLB of the asset on the page, by a click unless told how else, and has it validated. */
async function downloadsGlb(page: Page, name: string, ask?: () => Promise<unknown>) {
  const link = page.getByRole("link", { name: new RegExp(`^${name}\\.glb`) });
  const arrives = page.waitForEvent("download");
  await (ask ? ask() : link.click());
  const download = await arrives;
  expect(download.suggestedFilename()).toBe(`${name}.glb`);
  const { issues, info } = await validateBytes(new Uint8Array(readFileSync(await download.path())));
  expect([issues.numErrors, issues.numWarnings]).toEqual([0, 0]);
  expect(info.totalTriangleCount).toBeGreaterThan(100);
}

async function replacesKey(page: Page, server: TestServer) {
  const old = JSON.parse(readFileSync(server.server.firstStart!.credentialsPath, "utf8"));
  const refresh = (apiKey: string) =>
    fetch(`${server.url}/api/v1/refreshJWT`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "refresh-token": old.refreshToken, "content-type": "application/json" },
      body: JSON.stringify({ devID: old.devID }),
    });
  expect((await refresh(old.apiKey)).status).toBe(200);
  await page.goto("/settings/keys");
  await page.getByText("the value before it stops working at once").waitFor();
  expect(await page.getByText(old.devID).count()).toBe(1);
  await page.getByRole("button", { name: "Copy new value: API key" }).click();
  await page.getByRole("alertdialog").getByText("Every program that uses the present API key").waitFor();
  expect((await refresh(old.apiKey)).status).toBe(200);
  await page.getByRole("button", { name: "Replace and copy" }).click();
  const shown = await page.getByRole("dialog").locator("code").innerText();
  expect(shown).toMatch(/^mq_/);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
  expect([(await refresh(old.apiKey)).status, (await refresh(shown)).status]).toEqual([400, 200]);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
}

async function seesDelivery(page: Page) {
  const receiver = await startReceiver();
  await page.getByRole("link", { name: "Webhooks" }).click();
  await page.getByLabel("Destination URL").fill(receiver.url);
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("Nothing delivered yet").waitFor();
  await page.getByRole("link", { name: "Create", exact: true }).click();
  await page.locator('input[type="file"]').setInputFiles(pictures("robot", "front"));
  await page.getByLabel("Test cube").check();
  await page.getByRole("button", { name: "Make asset" }).click();
  const { body } = await receiver.next(1);
  expect(body).toMatchObject({ status: "success", results: { test: true } });
  await page.goto("/settings/webhooks");
  await page.getByText("1 attempt, answered 200").waitFor();
  await page.getByRole("button", { name: "Message" }).click();
  await page.getByRole("dialog").getByText(`"requestID": "${body.requestID}"`).first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Send again" }).click();
  expect((await receiver.next(2)).headers["webhook-id"]).toBe(receiver.received[0]!.headers["webhook-id"]);
  await receiver.close();
}

describe("somebody new", { timeout: 2 * MAKING }, () => {
  let server: TestServer;
  let watched: WatchedPage;
  let page: Page;
  beforeAll(async () => {
    server = await startTestServer({ runEngine });
    watched = await openPage(browser, server.url);
    page = watched.page;
  });
  afterAll(async () => {
    await watched.close();
    await server.close();
  });

  it("comes by the link, sets a password, makes the sample with one click and sees it", async () => {
    await firstRun(page, server.server.firstStart!.signInUrl);
    await page.getByRole("button", { name: "Make the sample" }).click();
    await page.getByRole("heading", { name: "Toy van" }).waitFor();
    await page.getByRole("progressbar").first().waitFor();
    await seesModel(page, isVanRed, 0.02);
    for (const mode of ["Clay", "Wireframe", "UV checker"]) {
      await page.getByRole("button", { name: mode }).click();
      await until(async () => (await shareOfPixels(page, ".viewer-canvas", isVanRed)) < 0.02);
    }
    await page.getByRole("button", { name: "Textured" }).click();
    await page.getByRole("button", { name: "Dimensions" }).click();
    await page.locator(".viewer-labels").getByText("200 cm").waitFor();
    await page.getByRole("button", { name: "Look from here: Left" }).click();
    await seesModel(page, isVanRed, 0.02);
  });

  it("sees it in another light, on the floor, with the pictures where their cameras stood", async () => {
    await page.getByRole("button", { name: "Reset view" }).click();
    const canvas = page.locator(".viewer-canvas");
    let before = await canvas.screenshot();
    const changes = async () => {
      const now = await until(async () => {
        const next = await canvas.screenshot();
        return next.equals(before) ? null : next;
      });
      before = now;
    };
    for (const light of ["sun", "flat", "studio"]) {
      await page.getByRole("combobox", { name: "Light" }).selectOption(light);
      await changes();
      expect(await shareOfPixels(page, ".viewer-canvas", isVanRed)).toBeGreaterThan(0.01);
    }
    for (const helper of ["Floor", "Cameras"]) {
      await page.getByRole("button", { name: helper, exact: true }).click();
      await changes();
      expect(await page.getByRole("button", { name: helper, exact: true }).getAttribute("aria-pressed")).toBe("true");
    }
  });

  it("downloads what importers read", () => downloadsGlb(page, "Toy_van"));

  it("makes an asset from own pictures, whose cut-outs and problems are shown before they are sent", async () => {
    await page.getByRole("link", { name: "Create", exact: true }).click();
    await page.locator('input[type="file"]').setInputFiles({
      name: "dot.png",
      mimeType: "image/png",
      buffer: PNG,
    });
    await page.getByText(/It is too small: 1 × 1 pixels/).waitFor();
    await page.getByText("1 picture would be refused").waitFor();
    await page.getByRole("button", { name: "Remove picture 1" }).click();
    await page.locator('input[type="file"]').setInputFiles(pictures("robot", "front", "back"));
    await page.getByRole("img", { name: "What is cut out of picture 2" }).waitFor();
    const second = page.getByRole("combobox", { name: "Picture 2: View" });
    expect(await second.innerText()).toContain("Find out: Back");
    await second.selectOption("back");
    await page.getByLabel("Name").fill("Robot");
    await page.getByLabel("Tags").fill("toy, hero");
    await page.getByLabel("Height").fill("50");
    await page.getByText("More options").click();
    await page.getByLabel("Levels of detail").selectOption("2");
    await page.getByRole("button", { name: "Make asset" }).click();
    await page.getByRole("heading", { name: "Robot" }).waitFor();
    await seesModel(page, isRobotYellow, 0.002);
    await page.getByText(/^50(\.0)? × /).waitFor();
  });

  it("sees its coarser levels of detail, with their triangles", async () => {
    const level = page.getByRole("combobox", { name: "Level of detail" });
    const triangles = (await level.locator("option").allInnerTexts()).map((text) =>
      Number(/: ([\d,]+) tris/.exec(text)![1]!.replaceAll(",", "")),
    );
    expect(triangles).toHaveLength(3);
    expect(triangles).toEqual(triangles.toSorted((a, b) => b - a));
    expect(triangles[2]).toBeLessThan(triangles[0]! / 2);
    await page.getByRole("button", { name: "Wireframe" }).click();
    const dark = () => shareOfPixels(page, ".viewer-canvas", (r, g, b) => r < 100 && g < 110 && b < 100);
    const full = await until(async () => (await dark()) || null);
    await level.selectOption("2");
    // Fewer lines are drawn.
    await until(async () => (await dark()) < full * 0.8);
    await page.getByRole("button", { name: "Textured" }).click();
    await seesModel(page, isRobotYellow, 0.002);
    await level.selectOption("0");
    await seesModel(page, isRobotYellow, 0.002);
  });

  it("takes pictures that are pasted, dropped or named by a URL, at most six, and can order them", async () => {
    const [front, back] = pictures("robot", "front", "back").map((path) => readFileSync(path).toString("base64"));
    const files = createHttpServer((_request, response) =>
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from(back!, "base64")),
    ).listen(0, "127.0.0.1");
    await once(files, "listening");
    await page.goto("/create");
    await page.getByRole("button", { name: "choose files" }).waitFor();
    const give = (kind: "paste" | "drop", count: number) =>
      page.evaluate(
        ([event, data, times]) => {
          const transfer = new DataTransfer();
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          for (let i = 0; i < times; i++) transfer.items.add(new File([bytes], `${event}.png`, { type: "image/png" }));
          const init = { bubbles: true, cancelable: true };
          if (event === "paste")
            document.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: transfer }));
          else
            document
              .querySelector(".picker")!
              .dispatchEvent(new DragEvent("drop", { ...init, dataTransfer: transfer }));
        },
        [kind, front!, count] as const,
      );
    await give("paste", 1);
    await page.getByRole("img", { name: "What is cut out of picture 1" }).waitFor();
    await page.getByRole("button", { name: "Add from a URL" }).click();
    await page.getByLabel("Picture URL").fill("not a URL");
    await page.keyboard.press("Enter");
    await page.getByText("An address that begins with http:// or https:// is needed.").waitFor();
    await page.getByLabel("Picture URL").fill(`http://127.0.0.1:${(files.address() as AddressInfo).port}/back.png`);
    await page.keyboard.press("Enter");
    await page.getByRole("img", { name: "What is cut out of picture 2" }).waitFor();
    await page.getByRole("button", { name: "Move picture 2 earlier" }).click();
    await page.locator(".picture").first().getByText("127.0.0.1").waitFor();
    for (const n of [1, 2]) await page.getByRole("combobox", { name: `Picture ${n}: View` }).selectOption("front");
    await page.getByText("Two pictures are marked front.").waitFor();
    expect(await page.getByRole("button", { name: "Make asset" }).isDisabled()).toBe(true);
    await give("drop", 5);
    await page.getByText("6 pictures at most: the others were left out.").waitFor();
    expect(await page.locator(".picture").count()).toBe(6);
    files.close();
    await page.goBack();
    await page.getByRole("heading", { name: "Robot" }).waitFor();
  });

  it("revises it in words, sees what was understood, compares, approves", async () => {
    await page.getByRole("button", { name: "Revise" }).click();
    await page.getByLabel("What should change?").fill("give it a hat");
    await page.getByRole("button", { name: "Make iteration" }).click();
    await page.getByText(/"give it a hat" is not understood/).waitFor();
    await page.getByLabel("What should change?").fill("Twice as tall, flat shading");
    await page.getByRole("button", { name: "Make iteration" }).click();
    await page.getByRole("heading", { name: "Iteration 1" }).waitFor();
    await page.locator(".verdict").getByText("height 100 cm, shading flat").waitFor();
    await page.getByText(/^100 × /).waitFor({ timeout: MAKING });
    await page.getByRole("link", { name: "Compare" }).click();
    await until(async () => (await page.locator('.viewer-surface[data-state="shown"]').count()) === 2, 30_000);
    for (const side of [0, 1]) {
      await until(async () => (await shareOfPixels(page, ".viewer-canvas", isRobotYellow, side)) > 0.002, 30_000);
    }
    expect(await findAxeIssues(page)).toEqual([]);
    const right = page.locator(".viewer-canvas").nth(1);
    const before = await right.screenshot();
    await page.getByRole("application").first().focus();
    await page.keyboard.press("ArrowRight");
    await until(async () => !(await right.screenshot()).equals(before));
    await page.getByRole("link", { name: "Back to the asset" }).click();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator(".verdict").getByText("Approved", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("The left arm is too thin");
    await page.getByRole("dialog").getByRole("button", { name: "Dismiss" }).click();
    await page.locator(".verdict").getByText("The left arm is too thin").waitFor();
  });

  it("replaces the API key, after being told what that does, and the old one is dead", () => replacesKey(page, server));

  it("registers a webhook, makes a test cube, and finds the delivery in the log", () => seesDelivery(page));

  it("finds, renames, selects, downloads and deletes in the library", async () => {
    await page.getByRole("link", { name: "Library" }).click();
    await page.getByText("3 assets", { exact: true }).waitFor();
    await page.getByRole("searchbox").fill("hero");
    await page.getByText("1 asset", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Actions for Robot" }).click();
    await page.getByRole("menuitem", { name: "Rename and tag" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Robot hero");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Robot hero" }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByText("3 assets", { exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Select Robot hero" }).check();
    await page.getByRole("checkbox", { name: "Select Toy van" }).check();
    expect(await findAxeIssues(page)).toEqual([]);
    const arrives = page.waitForEvent("download");
    await page.getByRole("region", { name: "2 selected" }).getByRole("button", { name: "Download" }).click();
    await page.getByRole("menuitem", { name: "GLB only" }).click();
    expect((await arrives).suggestedFilename()).toBe("maquette-assets.zip");
    await page.getByRole("checkbox", { name: "Select Toy van" }).uncheck();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("2 assets", { exact: true }).waitFor();
  });

  it("uses no mouse: skips to the content, opens menus and dialogs, turns the model", async () => {
    await page.goto("/");
    await page.getByRole("link", { name: "Toy van" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Actions for Toy van" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menu").waitFor();
    await until(async () => {
      await page.keyboard.press("ArrowDown");
      return (await page.evaluate(() => document.activeElement?.textContent)) === "Rename and tag";
    });
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByLabel("Name").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Toy van" }).focus();
    await page.keyboard.press("Enter");
    await seesModel(page, isVanRed, 0.02);
    const canvas = page.getByRole("application");
    await canvas.focus();
    const before = await canvas.screenshot();
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    await until(async () => !(await canvas.screenshot()).equals(before));
  });

  it("meets no page with a serious issue of accessibility, light or dark, wide or narrow", async () => {
    const asset = new URL(page.url()).pathname;
    const paths = ["/", "/create", "/finish", asset, "/projects", "/operator", "/welcome"];
    for (const tab of ["account", "keys", "webhooks", "studios", "usage"]) paths.push(`/settings/${tab}`);
    const issues: Record<string, string[]> = {};
    for (const path of paths) {
      await page.goto(path);
      await settle(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const found = await findAxeIssues(page);
        if (found.length > 0) issues[`${path} ${colorScheme}`] = found;
      }
    }
    await page.goto(asset);
    await page.getByRole("button", { name: "Revise" }).click();
    await page.getByRole("dialog").waitFor();
    const found = await findAxeIssues(page);
    if (found.length > 0) issues.revise = found;
    await page.emulateMedia({ colorScheme: "light" });
    expect(issues).toEqual({});
  });

  it("signs out, and is asked to sign in again", async () => {
    await page.goto("/settings/keys");
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("You were signed out.").waitFor();
    expect(await findAxeIssues(page)).toEqual([]);
    await page.goto("/settings/keys");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("E-mail address").fill("owner@localhost");
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The e-mail address or the password is wrong").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "API keys" }).waitFor();
  });

  it("has met no error, and nothing but this server was asked for anything", () => {
    expect(watched.complaints).toEqual([]);
  });
});

describe("on a phone", { timeout: 2 * MAKING }, () => {
  it("the same can be done in 360 pixels, and no page is wider than that", async () => {
    const server = await startTestServer({ runEngine });
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const { page, complaints, close } = await openPage(browser, server.url, phone);
    await firstRun(page, server.server.firstStart!.signInUrl);
    await page.getByRole("link", { name: "Use my own pictures" }).click();
    await page.locator('input[type="file"]').setInputFiles(pictures("robot", "front", "right"));
    await page.getByRole("img", { name: "What is cut out of picture 2" }).waitFor();
    await page.getByLabel("Name").fill("Robot");
    await page.getByRole("button", { name: "Make asset" }).click();
    await seesModel(page, isRobotYellow, 0.002);
    const asset = new URL(page.url()).pathname;
    await page.getByRole("button", { name: "Revise" }).click();
    await page.getByLabel("What should change?").fill("30 cm tall");
    await page.getByRole("button", { name: "Make iteration" }).click();
    await page.getByText(/^30(\.0)? × /).waitFor({ timeout: MAKING });
    await downloadsGlb(page, "Robot");
    await replacesKey(page, server);
    await seesDelivery(page);
    for (const path of [
      "/",
      "/create",
      "/finish",
      asset,
      "/projects",
      "/operator",
      "/settings/account",
      "/settings/keys",
      "/settings/webhooks",
      "/settings/studios",
      "/settings/usage",
    ]) {
      await page.goto(path);
      await settle(page);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, width]).toEqual([path, 360]);
    }
    expect(await findAxeIssues(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
    await server.close();
  });
});

// The whole way on an API server and a worker; all else of the web app is tried on one process.
onScaledMode("by keyboard alone", (start) => {
  it("somebody signs in, makes an asset from pictures, and downloads it", { timeout: 2 * MAKING }, async () => {
    const server = await start({ runEngine });
    const { page, complaints, close } = await openPage(browser, server.url);
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => {
        const at = document.activeElement as HTMLElement | null;
        const label = at?.getAttribute("aria-label") ?? (at as HTMLInputElement | null)?.labels?.[0]?.textContent;
        return (label ?? at?.textContent ?? "").trim();
      });
    /** Tab by tab, as somebody would who sees where the focus is. */
    const tabTo = async (name: string | RegExp) => {
      for (let i = 0; i < 60; i++) {
        await keyboard.press("Tab");
        const at = await focused();
        if (typeof name === "string" ? at === name : name.test(at)) return;
      }
      throw new Error(`no Tab leads to ${name}`);
    };
    await page.goto(server.server.firstStart!.signInUrl);
    await page.getByRole("heading", { name: "Welcome to Maquette" }).waitFor();
    await tabTo("New password");
    await keyboard.type(PASSWORD);
    await keyboard.press("Enter");
    await page.getByRole("button", { name: "Make the sample" }).waitFor();
    await tabTo("Use my own pictures");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Create an asset" }).waitFor();
    const asks = page.waitForEvent("filechooser");
    await tabTo("choose files");
    await keyboard.press("Enter");
    await (await asks).setFiles(pictures("robot", "front", "back"));
    await page.getByRole("img", { name: "What is cut out of picture 2" }).waitFor();
    await tabTo("Picture 2: View");
    await keyboard.type("Back");
    expect(await page.getByRole("combobox", { name: "Picture 2: View" }).inputValue()).toBe("back");
    await tabTo("Name");
    await keyboard.type("Typed");
    await tabTo("Make asset");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Typed" }).waitFor();
    await seesModel(page, isRobotYellow, 0.002);
    // One stop for the whole group, with arrows inside it.
    await tabTo("Textured");
    await keyboard.press("ArrowRight");
    await keyboard.press("ArrowRight");
    expect(await focused()).toBe("Wireframe");
    await keyboard.press("Enter");
    expect(await page.getByRole("button", { name: "Wireframe" }).getAttribute("aria-pressed")).toBe("true");
    await tabTo(/^Typed\.glb/);
    await downloadsGlb(page, "Typed", () => keyboard.press("Enter"));
    expect(complaints).toEqual([]);
    await close();
  });
});

describe("what the server is set to", () => {
  let server: TestServer;
  let watched: WatchedPage;
  let page: Page;
  const generators = { generators: { far: { type: "http", url: "http://127.0.0.1:1/generate" } } };
  const issues: Record<string, string[]> = {};
  const look = async (what: string) => {
    const found = await findAxeIssues(page);
    if (found.length > 0) issues[what] = found;
  };
  const make = async (name: string) => {
    await page.goto("/create");
    await page.locator('input[type="file"]').setInputFiles(pictures("robot", "front"));
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Make asset" }).click();
    await page.getByRole("heading", { name }).waitFor();
    await page.getByRole("button", { name: "Approve" }).waitFor();
  };
  beforeAll(async () => {
    server = await startTestServer({
      env: {
        MAQUETTE_QUOTA_REQUESTS: "3",
        MAQUETTE_QUOTA_MEGABYTES: "50",
        MAQUETTE_GENERATORS: JSON.stringify(generators),
      },
    });
    watched = await openPage(browser, server.url);
    page = watched.page;
    await firstRun(page, server.server.firstStart!.signInUrl);
  });
  afterAll(async () => {
    await watched.close();
    await server.close();
  });

  it("shows generators where they can be chosen, and how they are", async () => {
    await page.goto("/projects");
    await page.getByRole("button", { name: "New style" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Photoreal");
    const choice = page.getByRole("dialog").getByLabel("Shape made by");
    expect(await choice.locator("option").allInnerTexts()).toEqual([
      "As the server is set: This server’s own engine",
      "This server’s own engine",
      "far",
    ]);
    await choice.selectOption("far");
    await page.getByRole("button", { name: "Save" }).click();
    const card = page.locator(".card", { hasText: "Photoreal" });
    await card.getByText("far", { exact: true }).waitFor();
    await page.goto("/create");
    await page.getByText("More options").click();
    await page.getByLabel("Shape made by").selectOption("far");
    await look("create");
    await page.goto("/operator");
    const row = page.getByRole("row", { name: /far/ });
    await row.getByText(/^Down: /).waitFor();
    await page
      .getByRole("row", { name: /answers this page/ })
      .getByText(/^Up for /)
      .waitFor();
    await look("operator");
  });

  it("says that files were deleted to save room, and makes them again", async () => {
    await make("Keepsake");
    const { context } = server.server;
    await applyRetention({ ...context, config: { ...context.config, keepFilesDays: 1e-9 } });
    await page.reload();
    await page.getByText("The files of this iteration were deleted").waitFor();
    expect(await page.getByRole("heading", { name: "Downloads" }).count()).toBe(0);
    await look("files deleted");
    await page.getByRole("button", { name: "Make it again" }).click();
    await page.getByRole("heading", { name: "Iteration 1" }).waitFor();
    await page.getByRole("heading", { name: "Downloads" }).waitFor();

    await applyRetention({ ...context, config: { ...context.config, keepFilesDays: 1e-9, keepPicturesDays: 1e-9 } });
    await page.reload();
    await page.getByText("Its pictures were deleted as well").waitFor();
    await page.getByRole("button", { name: "Send the pictures again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "choose files" }).waitFor();
  });

  it("shows what is used of what may be, and says so before more is asked for", async () => {
    await page.goto("/settings/usage");
    await page.getByText("2 of 3 assets this month").waitFor();
    await page.getByText(/ of 50\.0 MB storage$/).waitFor();
    await look("usage");
    await page.goto("/create");
    await page.getByRole("button", { name: "choose files" }).waitFor();
    expect(await page.getByText("You have made all 3 assets").count()).toBe(0);
    await make("Last one");
    await page.goto("/create");
    await page.getByText("You have made all 3 assets that you may make this month").waitFor();
    await look("create, nothing left");
  });

  it("keeps a fault of one page to that page", async () => {
    await page.goto("/");
    const asset = await page.getByRole("link", { name: "Last one" }).getAttribute("href");
    // What no server gives: an asset without an iteration.
    await page.route(`**${asset!.replace("/assets/", "/requests/")}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), iterations: [] } });
    });
    await page.goto(asset!);
    await page.getByRole("heading", { name: "This page met a fault of its own" }).waitFor();
    await page.locator("summary").click();
    await page.getByText("Cannot read properties of undefined").waitFor();
    await look("fault");
    await page.getByRole("link", { name: "Go to the library" }).click();
    await page.getByRole("link", { name: "Last one" }).waitFor();
    await page.goBack();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Reload the page" }).click();
    await page.getByRole("heading", { name: "Last one" }).waitFor();
    // The fault is told in the console, as it should be, and nothing else is.
    expect(watched.complaints.filter((complaint) => !/Cannot read properties of undefined/.test(complaint))).toEqual(
      [],
    );
    expect(issues).toEqual({});
  });
});

describe("a server that is killed and started again in the middle of a job", { timeout: 2 * MAKING }, () => {
  it("loses nothing: the open page goes on by itself and shows the model", async () => {
    const directory = newDirectory();
    const port = await freePort();
    const url = `http://localhost:${port}`;
    let child = await serve(directory, port);
    const { page, close } = await openPage(browser, url);
    try {
      await firstRun(page, child.printed.match(/http\S+sign-in\S+/)![0]);
      await page.getByRole("button", { name: "Make the sample" }).click();
      await page.getByRole("progressbar").first().waitFor();
      await page.getByText(/^(Cutting|Carving|Inferring|Reading|Finding|Simplifying|Unwrapping|Baking)/).waitFor();
      child.process.kill("SIGKILL");
      await new Promise((resolve) => child.process.once("exit", resolve));
      child = await serve(directory, port);
      await seesModel(page, isVanRed, 0.02);
    } finally {
      await close();
      child.process.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe("a library of 5,000 assets", () => {
  let server: TestServer;
  let watched: WatchedPage;
  beforeAll(async () => {
    server = await startTestServer();
    watched = await openPage(browser, server.url);
    await firstRun(watched.page, server.server.firstStart!.signInUrl);
    await addManyAssets(server, 5000);
  });
  afterAll(async () => {
    await watched.close();
    await server.close();
  });

  it("has only the cards on the screen in the page, to its end, and finds one of them", async () => {
    const { page, complaints } = watched;
    await page.goto("/");
    await page.getByText("5,000 assets").waitFor();
    await page.getByRole("link", { name: "Asset 5000", exact: true }).waitFor();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.getByRole("link", { name: "Asset 1", exact: true }).waitFor();
    expect(await page.locator(".asset-card").count()).toBeLessThan(80);
    await page.getByRole("searchbox").fill("asset 4321");
    await page.getByText("1 asset", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Asset 4321" }).click();
    // Its record says how many triangles it has and nothing else, as one of a very old version might.
    await page.getByRole("heading", { name: "Asset 4321" }).waitFor();
    await page.locator(".facts").getByText("12", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("filters by status, tag and day, and sorts, by what stands in the address", async () => {
    const { page } = watched;
    await page.goto("/?sort=oldest");
    await page.getByRole("link", { name: "Asset 1", exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Sort" }).selectOption("Newest");
    await page.getByRole("link", { name: "Asset 5000", exact: true }).waitFor();
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Status", { exact: true }).selectOption("Dismissed");
    await page.getByRole("heading", { name: "No asset matches" }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Tag", { exact: true }).selectOption("many (5000)");
    await page.getByText("5,000 assets").waitFor();
    // One was made every minute from the first second of the year on.
    await page.getByLabel("From", { exact: true }).fill("2026-01-02");
    await page.getByLabel("To", { exact: true }).fill("2026-01-02");
    await page.getByText("1,440 assets").waitFor();
    await page.reload();
    await page.getByText("1,440 assets").waitFor();
    expect(new URL(page.url()).search).toBe("?tag=many&start=2026-01-02&end=2026-01-02");
  });

  it("reads the account's log as far back as it goes", async () => {
    const { page } = watched;
    const { db } = server.server.context;
    const { id } = await db.selectFrom("account").select("id").executeTakeFirstOrThrow();
    await sql`insert into audit_event (account_id, actor_id, kind, detail, at)
      select ${id}, ${id}, 'signed_in', '{}', timestamptz '2026-01-01' + n * interval '1 hour'
      from generate_series(1, 40) n`.execute(db);
    await page.goto("/settings/account");
    const entries = page.locator(".card", { hasText: "What happened" }).getByRole("listitem");
    await until(async () => (await entries.count()) === 30);
    await page.getByRole("button", { name: "Show earlier ones" }).click();
    await until(async () => (await entries.count()) > 40);
    expect(await page.getByRole("button", { name: "Show earlier ones" }).count()).toBe(0);
  });

  it("loads at most 350 kB of script, compressed, before the viewer is needed", async () => {
    const { page, close } = await openPage(browser, server.url);
    const sizes: Promise<number>[] = [];
    page.on("response", (response) => {
      if (!/\.js$/.test(new URL(response.url()).pathname)) return;
      sizes.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      );
    });
    await signIn(page);
    await page.getByText("5,000 assets").waitFor();
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(20_000);
    expect(total).toBeLessThan(350_000);
    await close();
  });
});

async function serve(directory: string, port: number): Promise<{ process: ChildProcess; printed: string }> {
  const program = fileURLToPath(new URL("../../packages/cli/bin/maquette.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, "serve"], {
    env: { ...process.env, PORT: String(port), MAQUETTE_DATA: directory, MAQUETTE_LOG: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await until(() => /running at/.test(printed), 60_000);
  // The link comes right after, on the first start alone.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { process: child, printed };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "localhost", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
