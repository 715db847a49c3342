import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { runEngine } from "@maquette/engine/host";
import { validateBytes } from "gltf-validator";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDirectory } from "../../packages/server/test/support/start.ts";
import { PNG, startReceiver, startTestServer, type TestServer, until } from "../support/api.ts";
import { findAxeIssues, launch, openPage, shareOfPixels, type WatchedPage } from "../support/browser.ts";
import { addManyAssets } from "../support/many-assets.ts";

const PASSWORD = "correct horse battery";
const EXAMPLES = new URL("../../examples/", import.meta.url);
const pictures = (name: string, ...views: string[]) =>
  views.map((view) => fileURLToPath(new URL(`${name}/${view}.png`, EXAMPLES)));
/** Time that an asset may take on a busy machine. */
const MAKING = 150_000;

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

  it("downloads what importers read", async () => {
    const arrives = page.waitForEvent("download");
    await page.getByRole("link", { name: /Toy_van\.glb/ }).click();
    const download = await arrives;
    expect(download.suggestedFilename()).toBe("Toy_van.glb");
    const { issues, info } = await validateBytes(new Uint8Array(readFileSync(await download.path())));
    expect([issues.numErrors, issues.numWarnings]).toEqual([0, 0]);
    expect(info.totalTriangleCount).toBeGreaterThan(100);
  });

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
    await page.getByRole("button", { name: "Make asset" }).click();
    await page.getByRole("heading", { name: "Robot" }).waitFor();
    await seesModel(page, (r, g, b) => r > 150 && g > 110 && b < 90, 0.002);
    await page.getByText(/^50(\.0)? × /).waitFor();
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
    await page.getByRole("link", { name: "Back to the asset" }).click();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator(".verdict").getByText("Approved", { exact: true }).waitFor();
  });

  it("replaces the API key, after being told what that does, and the old one is dead", async () => {
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
  });

  it("registers a webhook, makes a test cube, and finds the delivery in the log", async () => {
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
  });

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
    const paths = ["/", "/create", asset, "/projects", "/operator", "/welcome"];
    for (const tab of ["account", "keys", "webhooks", "studios", "usage"]) paths.push(`/settings/${tab}`);
    const issues: Record<string, string[]> = {};
    for (const path of paths) {
      await page.goto(path);
      await page.locator("h1").waitFor();
      await page.locator(".loading").waitFor({ state: "detached" });
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
    await page.getByRole("button", { name: "Make asset" }).click();
    await seesModel(page, (r, g, b) => r > 150 && g > 110 && b < 90, 0.002);
    const asset = new URL(page.url()).pathname;
    for (const path of [
      "/",
      "/create",
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
      await page.locator("h1").waitFor();
      await page.locator(".loading").waitFor({ state: "detached" });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, width]).toEqual([path, 360]);
    }
    expect(await findAxeIssues(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
    await server.close();
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
    await page.getByRole("link", { name: "Asset 4321" }).waitFor();
    expect(complaints).toEqual([]);
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
