/**
 * `npm run bench:web`: how the web app does with 5,000 assets, in Chromium: script at the first load, time until the
 * library can be used with a processor slowed down four times, and the longest tasks while scrolling and searching.
 */
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { startTestServer } from "../support/api.ts";
import { launch, openPage } from "../support/browser.ts";
import { addManyAssets } from "../support/many-assets.ts";

const { values } = parseArgs({
  options: { assets: { type: "string", default: "5000" }, slowdown: { type: "string", default: "4" } },
});
const assets = Number(values.assets);
const slowdown = Number(values.slowdown);
const PASSWORD = "correct horse battery";

const server = await startTestServer();
const browser = await launch();
try {
  const first = await openPage(browser, server.url);
  await first.page.goto(server.server.firstStart!.signInUrl);
  await first.page.getByLabel("New password").fill(PASSWORD);
  await first.page.getByRole("button", { name: "Set password" }).click();
  await first.page.getByRole("button", { name: "Make the sample" }).waitFor();
  await addManyAssets(server, assets);
  const cookies = await first.page.context().cookies();
  await first.close();

  const { page, close } = await openPage(browser, server.url);
  await page.context().addCookies(cookies);
  const script = countScript(page);
  const debuggers = await page.context().newCDPSession(page);
  await debuggers.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { longTasks: tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: "longtask",
      buffered: true,
    });
  });
  const begun = performance.now();
  await page.goto("/");
  await page.getByRole("link", { name: `Asset ${assets}`, exact: true }).waitFor();
  await page.getByRole("searchbox").focus();
  const interactive = performance.now() - begun;
  const bytes = await script();
  await page.waitForTimeout(1000);

  // The limit for scrolling and searching is told without the slow-down.
  await debuggers.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await takeLongest(page);
  await page.mouse.move(640, 500);
  for (let i = 0; i < 60; i++) {
    await page.mouse.wheel(0, 900);
    await page.waitForTimeout(30);
  }
  for (const share of [0.25, 0.5, 0.75, 1, 0]) {
    await page.evaluate((at) => scrollTo(0, document.documentElement.scrollHeight * at), share);
    await page.waitForTimeout(400);
  }
  const scrolling = await takeLongest(page);
  await page.getByRole("searchbox").pressSequentially("asset 4321", { delay: 60 });
  await page.getByText("1 asset", { exact: true }).waitFor();
  const searching = await takeLongest(page);

  console.log(`assets in the library       ${assets}`);
  console.log(`script at the first load    ${Math.round(bytes / 1000)} kB, compressed`);
  console.log(`library usable              ${Math.round(interactive)} ms, processor slowed down ${slowdown} times`);
  console.log(`longest task, scrolling     ${Math.round(scrolling)} ms`);
  console.log(`longest task, searching     ${Math.round(searching)} ms`);
  console.log("A task of less than 50 ms is not told by the browser and counts as 0.");
  await close();
} finally {
  await browser.close();
  await server.close();
}

/** Asks for the sum of what came over the wire, once all of it has come. */
function countScript(page: Page): () => Promise<number> {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (!new URL(response.url()).pathname.endsWith(".js")) return;
    const size = async () => (await response.request().sizes()).responseBodySize;
    sizes.push(size());
  });
  return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The longest task since this was asked last, ms. */
function takeLongest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { longTasks } = globalThis as unknown as { longTasks: number[] };
    return Math.max(0, ...longTasks.splice(0));
  });
}
