import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { which } from "../../packages/engine/test/support/find-tools.ts";

/** Debian's Chromium, drawing WebGL in software. */
export function launch(): Promise<Browser> {
  const executablePath = which("chromium");
  if (!executablePath) throw new Error("there is no chromium: npm run test:setup installs it");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  });
}

export interface WatchedPage {
  page: Page;
  /** What the console and the network said that a person would call broken. */
  complaints: string[];
  close(): Promise<void>;
}

/** A page of its own browser profile that notes errors, violations of the policy, and requests to other hosts. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, baseURL: url, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    // A refusal that the page shows to the person is logged by the browser as well.
    const expected =
      /^Failed to load resource: .* (40\d|409) /.test(text) ||
      /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED/.test(text);
    if (message.type() === "error" && !expected) complaints.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:$/.test(protocol) && origin !== url) complaints.push(`request to ${request.url()}`);
  });
  return { page, complaints, close: () => context.close() };
}

/** Waits until the page has its heading and nothing on it says any more that it is coming. */
export async function settle(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  while ((await page.locator(".loading").count()) > 0) await page.waitForTimeout(50);
}

/** @returns the serious and critical issues of the page as it stands, one line each */
export async function findAxeIssues(page: Page): Promise<string[]> {
  // Through the debugger, which the page's policy does not concern.
  await page.evaluate(axe.source);
  const results: AxeResults = await page.evaluate(() =>
    // biome-ignore lint/suspicious/noExplicitAny: the script above defines it.
    (globalThis as any).axe.run(document, { resultTypes: ["violations"] }),
  );
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join("; ")}`);
}

/** The share of an element's pixels that a colour test accepts, as they are on the screen. */
export async function shareOfPixels(
  page: Page,
  selector: string,
  accepts: (red: number, green: number, blue: number) => boolean,
  /** Which one, of several. */
  nth = 0,
): Promise<number> {
  const { data, info } = await sharp(await page.locator(selector).nth(nth).screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let accepted = 0;
  for (let at = 0; at < data.length; at += 3) if (accepts(data[at]!, data[at + 1]!, data[at + 2]!)) accepted++;
  return accepted / (info.width * info.height);
}
