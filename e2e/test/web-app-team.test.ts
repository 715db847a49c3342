import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccount } from "../../packages/server/src/auth/accounts.ts";
import { signInUrl } from "../../packages/server/src/manage.ts";
import { PNG, refuse, standInEngine, startReceiver, startTestServer, type TestServer, until } from "../support/api.ts";
import { findAxeIssues, launch, openPage, type WatchedPage } from "../support/browser.ts";

/** What a team does in the web app from day to day, beside a stand-in for the engine: pages are what this is about. */

const PASSWORD = "correct horse battery";
const EDITOR = "mara@example.com";
/** So small that looking at it costs nothing; the stand-in takes everything. */
const pictures = (...names: string[]) =>
  names.map((name) => ({ name: `${name}.png`, mimeType: "image/png", buffer: PNG }));

describe("a team", { timeout: 60_000 }, () => {
  let browser: Browser;
  let server: TestServer;
  let watched: WatchedPage;
  let page: Page;
  /** What makes the next assets. */
  let work = standInEngine();
  type Job = Parameters<typeof work>[0];
  const jobs: Extract<Job, { kind: "asset" }>[] = [];
  const finished: Extract<Job, { kind: "finish" }>[] = [];
  beforeAll(async () => {
    browser = await launch();
    server = await startTestServer({
      runEngine: (job, hooks) => {
        if (job.kind === "asset") jobs.push(job);
        if (job.kind === "finish") finished.push(job);
        return work(job, hooks);
      },
      // What was cancelled gives its place back a moment later.
      env: { MAQUETTE_CONCURRENCY: "4" },
    });
    watched = await openPage(browser, server.url);
    page = watched.page;
    await arrives(page, server.server.firstStart!.signInUrl);
  });
  afterAll(async () => {
    await watched.close();
    await browser.close();
    await server.close();
  });

  async function arrives(on: Page, link: string) {
    await on.goto(link);
    await on.getByLabel("New password").fill(PASSWORD);
    await on.getByRole("button", { name: "Set password" }).click();
    await on.getByRole("button", { name: "Make the sample" }).waitFor();
  }

  async function make(on: Page, name: string, belongsTo?: string) {
    await on.goto("/create");
    await on.locator('input[type="file"]').setInputFiles(pictures("front"));
    await on.getByLabel("Name").fill(name);
    if (belongsTo) await on.getByLabel("Belongs to").selectOption(belongsTo);
    // Not by a click: what is said of the picture meanwhile moves the button.
    await on.getByLabel("Name").press("Enter");
    await on.getByRole("heading", { name, level: 1 }).waitFor();
  }

  it("has a studio whose members see and may do what their roles say", async () => {
    const { context } = server.server;
    await createAccount(context, EDITOR);
    await page.goto("/settings/studios");
    await page.getByLabel("Name").fill("Lighthouse");
    await page.getByRole("button", { name: "New studio" }).click();
    const email = page.getByLabel("E-mail address of an account here");
    await email.fill("nobody@example.com");
    await page.getByRole("button", { name: "Add member" }).click();
    await page.locator(".field-problem").waitFor();
    await email.fill(EDITOR);
    await page.getByRole("button", { name: "Add member" }).click();
    const role = page.getByRole("combobox", { name: `Role of ${EDITOR}` });
    await role.waitFor();

    const mara = await openPage(browser, server.url);
    await arrives(mara.page, await signInUrl(context, EDITOR, server.url));
    expect(await mara.page.getByRole("link", { name: "Server" }).count()).toBe(0);
    await mara.page.goto("/operator");
    await mara.page.getByText("This page is for the person who runs the server.").waitFor();
    await mara.page.goto("/settings/studios");
    const studio = mara.page.locator(".card", { hasText: EDITOR });
    await studio.getByRole("button", { name: "Leave" }).waitFor();
    expect(await studio.getByRole("button").count()).toBe(2);
    expect(await studio.getByRole("combobox").count()).toBe(0);
    await make(mara.page, "Shared lamp", "Lighthouse");

    await role.selectOption("Admin");
    await page.getByText("Role changed").first().waitFor();
    await mara.page.goto("/settings/studios");
    await mara.page.getByRole("button", { name: "Add member" }).waitFor();
    // An admin manages editors, and makes nobody else one of its kind.
    expect(await mara.page.getByLabel("Role").locator("option").allInnerTexts()).toEqual(["Editor"]);

    await make(page, "Shared chair", "Lighthouse");
    await mara.page.goto("/");
    await mara.page.getByText("2 assets", { exact: true }).waitFor();

    await page.goto("/");
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Belongs to").selectOption("Lighthouse");
    await page.getByRole("link", { name: "Shared lamp" }).waitFor();
    // Every account and every studio has a style of this name.
    const styles = await page.getByLabel("Style").locator("option").allInnerTexts();
    expect(styles.toSorted()).toEqual(["Any style", "Sandbox", "Sandbox (Lighthouse)"]);
    await page.getByLabel("Belongs to").selectOption("Only mine");
    await page.getByRole("heading", { name: "No asset matches" }).waitFor();
    expect(await findAxeIssues(page)).toEqual([]);

    await page.goto("/settings/usage");
    await page.getByRole("combobox", { name: "Whose" }).selectOption("Lighthouse");
    await page.getByRole("row", { name: new RegExp(`^${EDITOR} 1 `) }).waitFor();
    await page.goto("/settings/studios");
    await page.getByRole("button", { name: `Remove ${EDITOR}` }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await role.waitFor({ state: "detached" });
    await mara.page.reload();
    // What she made herself stays hers to see.
    await mara.page.getByText("1 asset", { exact: true }).waitFor();
    await mara.page.getByRole("link", { name: "Shared lamp" }).waitFor();
    expect(mara.complaints).toEqual([]);
    await mara.close();
  });

  it("cancels what is being made, on its page and in the library, and makes it again", async () => {
    work = standInEngine({ ms: 600_000 });
    await make(page, "Too late");
    // The one report of a stage that goes on for long, right after that of another.
    const running = server.server.context.db.selectFrom("iteration").select("stage").where("status", "=", "running");
    await until(async () => (await running.executeTakeFirst())?.stage === "carve", 20_000);
    await page.getByRole("progressbar").waitFor();
    expect(await findAxeIssues(page)).toEqual([]);
    await page.getByRole("button", { name: "Cancel making" }).click();
    await page.getByText("Cancelled at your request.").waitFor();
    await page.getByRole("button", { name: "Make it again" }).click();
    await page.getByRole("heading", { name: "Iteration 1" }).waitFor();
    await page.getByRole("link", { name: "Library" }).click();
    const card = page.locator(".asset-card", { hasText: "Too late" });
    await card.getByText("Making").waitFor();
    await card.getByRole("button", { name: "Actions for Too late" }).click();
    await page.getByRole("menuitem", { name: "Cancel making" }).click();
    // Told by the server, without a reload.
    await card.getByText("Dismissed").waitFor();
    work = standInEngine();
  });

  it("is told which picture was refused and why, replaces it, adds one, and upgrades the quality", async () => {
    work = standInEngine({ onJob: refuse });
    await make(page, "Lost");
    await page.getByText(/^Image 1: no object/).waitFor();
    await page.getByText("It concerns picture 1.").waitFor();
    const shown = page.locator(".refusal img");
    await until(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth > 0));
    expect(await findAxeIssues(page)).toEqual([]);
    work = standInEngine();
    await page.getByRole("button", { name: "Send other pictures" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("Pictures", { exact: true }).inputValue()).toBe("replace");
    await dialog.locator('input[type="file"]').setInputFiles(pictures("front", "back"));
    await dialog.getByRole("button", { name: "Make iteration" }).click();
    await page.getByRole("heading", { name: "Downloads" }).waitFor();
    expect(jobs.at(-1)!.pictures).toHaveLength(2);

    await page.getByRole("button", { name: "Revise" }).click();
    await dialog.getByRole("radio", { name: /^High/ }).check();
    await dialog.getByLabel("Triangles at most").fill("7000");
    await dialog.getByLabel("Pictures", { exact: true }).selectOption("Add to them");
    await dialog.locator('input[type="file"]').setInputFiles(pictures("left"));
    await dialog.getByRole("button", { name: "Make iteration" }).click();
    await page.getByRole("heading", { name: "Iteration 2" }).waitFor();
    await page.getByRole("heading", { name: "Downloads" }).waitFor();
    const { pictures: sent, options } = jobs.at(-1)!;
    expect([sent.length, options.quality, options.polycount]).toEqual([3, "high", 7000]);
    // Every iteration stays to be looked at.
    await page.getByRole("button", { name: /^Iteration 0/ }).click();
    await page.getByText(/^Image 1: no object/).waitFor();
    expect(await page.getByRole("button", { name: "Send other pictures" }).count()).toBe(0);
  });

  it("gives one length with the proportion locked, several without", async () => {
    await page.goto("/create");
    await page.locator('input[type="file"]').setInputFiles(pictures("front"));
    const sizes = ["Height", "Width", "Depth"].map((name) => page.getByLabel(name));
    const values = () => Promise.all(sizes.map((field) => field.inputValue()));
    const [height, width, depth] = sizes;
    await height!.fill("50");
    await width!.fill("30");
    expect(await values()).toEqual(["", "30", ""]);
    await page.getByRole("button", { name: "Lock the proportion" }).click();
    await depth!.fill("40");
    expect(await values()).toEqual(["", "30", "40"]);
    await depth!.press("Enter");
    await page.getByRole("heading", { name: "Downloads" }).waitFor();
    expect(jobs.at(-1)!.options).toMatchObject({ width: 30, depth: 40 });
  });

  it("brings a model into shape that is there already, and revises it without pictures", async () => {
    await page.goto("/create");
    await page.getByRole("link", { name: "Finish a model that you have" }).click();
    await page.getByRole("heading", { name: "Finish a model" }).waitFor();
    const file = page.locator('input[type="file"]');
    await file.setInputFiles({ name: "notes.obj", mimeType: "", buffer: Buffer.from("%PDF-1.7 no model") });
    await page.getByRole("button", { name: "Finish model" }).click();
    await page.getByRole("alert").getByText(/model/).waitFor();
    await page.getByRole("button", { name: "Remove notes.obj" }).click();
    const obj = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n";
    await file.setInputFiles({ name: "wedge.obj", mimeType: "", buffer: Buffer.from(obj) });
    await page.getByText("wedge.obj").waitFor();
    await page.getByLabel("Up axis").selectOption("+Z");
    await page.getByLabel("Keep the base plate").check();
    await page.getByLabel("Height").fill("90");
    expect(await findAxeIssues(page)).toEqual([]);
    await page.getByRole("button", { name: "Finish model" }).click();
    await page.getByRole("heading", { name: "wedge", level: 1 }).waitFor();
    await page.getByRole("heading", { name: "Downloads" }).waitFor();
    expect(finished.at(-1)!.options).toMatchObject({ up: "z", keepBase: true, height: 90 });
    await page.getByText("The model that was sent").waitFor();
    await page.getByRole("button", { name: "Revise" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Height").fill("45");
    expect(await dialog.getByLabel("Pictures", { exact: true }).count()).toBe(0);
    await dialog.getByRole("button", { name: "Make iteration" }).click();
    await page.getByRole("heading", { name: "Iteration 1" }).waitFor();
    await page.getByRole("heading", { name: "Downloads" }).waitFor();
    expect(finished.at(-1)!.options).toMatchObject({ up: "z", height: 45 });
  });

  it("makes a style, sees what it does to a ball, changes it and deletes it", async () => {
    await page.goto("/projects");
    await page.getByRole("button", { name: "New style" }).click();
    const dialog = page.getByRole("dialog");
    const ball = dialog.getByRole("img", { name: "How this style shades and colours a ball" });
    const look = () => ball.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await dialog.getByLabel("Name").fill("Comic");
    const looks = new Set([await look()]);
    const changes = async (change: Promise<unknown>) => {
      await change;
      await until(async () => !looks.has(await look()));
      looks.add(await look());
    };
    await changes(dialog.getByLabel("Shading").selectOption("Flat"));
    await changes(dialog.getByRole("spinbutton", { name: "Colours" }).fill("8"));
    await changes(dialog.getByLabel("Texturing").selectOption("None, plain grey"));
    expect(await findAxeIssues(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    const card = page.locator(".card", { hasText: "Comic" });
    await card.getByText("Flat", { exact: true }).waitFor();
    await card.getByRole("button", { name: "Edit Comic" }).click();
    await dialog.getByLabel("Shading").selectOption("Smooth");
    await dialog.getByRole("button", { name: "Save" }).click();
    await card.getByText("Smooth", { exact: true }).waitFor();
    await card.getByRole("link", { name: "Create an asset" }).click();
    expect(await page.getByLabel("Style").locator("option:checked").innerText()).toBe("Comic");
    await page.goBack();
    await card.getByRole("button", { name: "Delete Comic" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await card.waitFor({ state: "detached" });
  });

  it("switches a webhook on again that failed for days", async () => {
    const receiver = await startReceiver();
    await page.goto("/settings/webhooks");
    await page.getByLabel("Destination URL").fill(receiver.url);
    await page.getByRole("button", { name: "Add" }).click();
    const row = page.getByRole("listitem").filter({ hasText: receiver.url });
    await row.getByText("Nothing delivered yet").waitFor();
    const { db } = server.server.context;
    await db.updateTable("destination").set({ state: "disabled", last_error: "answered 500" }).execute();
    await page.reload();
    await row.getByText("Switched off after failing for three days: answered 500").waitFor();
    await row.getByRole("button", { name: "Switch on" }).click();
    await row.getByText("Nothing delivered yet").waitFor();
    await make(page, "Told");
    expect((await receiver.next(1)).body).toMatchObject({ results: { name: "Told" } });
    await receiver.close();
  });

  it("changes the password, which ends other sessions, and chooses how the app looks", async () => {
    const elsewhere = await openPage(browser, server.url);
    await elsewhere.page.goto("/settings/account");
    await elsewhere.page.getByLabel("E-mail address").fill("owner@localhost");
    await elsewhere.page.getByLabel("Password").fill(PASSWORD);
    await elsewhere.page.getByRole("button", { name: "Sign in" }).click();
    // Where somebody wanted to go before signing in.
    await elsewhere.page.getByLabel("Current password").fill("not the password");
    await elsewhere.page.getByLabel("New password").fill("another good one");
    await elsewhere.page.getByRole("button", { name: "Change password" }).click();
    await elsewhere.page.locator(".field-problem").waitFor();
    await elsewhere.page.getByLabel("Current password").fill(PASSWORD);
    await elsewhere.page.getByRole("button", { name: "Change password" }).click();
    await elsewhere.page.getByText("Password changed; all other sessions were ended").first().waitFor();
    await page.goto("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();

    await elsewhere.page.getByRole("button", { name: "Account" }).click();
    await elsewhere.page.getByRole("menuitemradio", { name: "Dark" }).click();
    await elsewhere.page.reload();
    await elsewhere.page.getByRole("heading", { name: "Settings" }).waitFor();
    const background = () => elsewhere.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(Math.max(...(await background()).match(/\d+/g)!.slice(0, 3).map(Number))).toBeLessThan(60);
    expect([...watched.complaints, ...elsewhere.complaints]).toEqual([]);
    await elsewhere.close();
  });
});
