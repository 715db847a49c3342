import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSite } from "../../scripts/docs/build.ts";
import { findAxeIssues, launch } from "../support/browser.ts";

describe("the documentation's site", () => {
  const out = mkdtempSync(join(tmpdir(), "maquette-site-"));
  let pages: string[];
  let browser: Browser;
  const read = (page: string) => readFileSync(join(out, page), "utf8");

  beforeAll(async () => {
    pages = buildSite(out);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true, force: true });
  });

  it("has no address that leads nowhere, and loads nothing from elsewhere", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\s(href|src)="([^"]*)"/g)].flatMap(([, kind, address]) => {
        if (/^(?:https?|mailto):/.test(address!)) return kind === "src" ? [`${page}: ${address}`] : [];
        const [path, id] = address!.split("#");
        const target = path === "" ? page : normalize(join(dirname(page), decodeURI(path!)));
        if (!existsSync(join(out, target))) return [`${page}: ${address}`];
        return id && !read(target).includes(` id="${decodeURIComponent(id)}"`) ? [`${page}: ${address}`] : [];
      }),
    );
    expect(broken).toEqual([]);
  });

  it("leads from its first page to every other", () => {
    const seen = new Set<string>();
    const waiting = ["index.html"];
    for (let page = waiting.pop(); page; page = waiting.pop()) {
      if (seen.has(page)) continue;
      seen.add(page);
      for (const [, path] of read(page).matchAll(/<a\s[^>]*href="([^":#]+\.html)/g)) {
        waiting.push(normalize(join(dirname(page), path!)));
      }
    }
    expect([...seen].sort()).toEqual([...pages].sort());
  });

  it("fits a phone of 360 px, in light and dark, without what keeps people from reading it", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme });
      const page = await context.newPage();
      for (const file of ["index.html", "pictures.html", "understanding.html", "webhooks.html"]) {
        await page.goto(pathToFileURL(join(out, file)).href);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect([file, width]).toEqual([file, 360]);
        expect([file, await findAxeIssues(page)]).toEqual([file, []]);
      }
      await context.close();
    }
  });
});
