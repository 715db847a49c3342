/**
 * `npm run docs`: the documentation as a static site in `out/docs`, from the Markdown that GitHub shows as well.
 *
 *     npm run docs -- --out DIR
 *
 * A link to a page, a heading or a picture that is not there stops it, and so does one to a file of the repository that
 * the site has not: `FILES` below says which it takes along.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { HOME, REST, SECTIONS } from "./navigation.ts";
import { type RenderedPage, renderPage } from "./render-page.ts";
import { fillTemplate, type NavigationSection } from "./template.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What pages may link to besides pages: as they are. */
const FILES = /\.(?:png|jpe?g|webp|svg|py|json)$|(?:^|\/)(?:LICENSE|NOTICE)$/;

/** @returns the pages' paths in the site */
export function buildSite(out: string): string[] {
  const sections = listSections();
  const sources = sections.flatMap(({ pages }) => pages);
  const files = new Map(sources.map((source) => [source, sitePath(source)]));
  const assets = new Set<string>();
  const pages = new Map<string, RenderedPage>();
  const anchors: { from: string; to: string; id: string }[] = [];
  for (const source of sources) {
    const resolveAddress = (address: string): string => {
      if (/^[a-z]+:/i.test(address)) return address;
      const [path = "", id] = address.split("#", 2) as [string, string?];
      let target = path === "" ? source : posix.normalize(posix.join(posix.dirname(source), decodeURI(path)));
      // A folder stands for its page, as on GitHub.
      if (target === "docs/decisions/" || target === "docs/decisions") target = "docs/decisions/README.md";
      if (id !== undefined) anchors.push({ from: source, to: target, id });
      const page = files.get(target);
      if (page === undefined) {
        if (!FILES.test(target))
          throw new Error(`${source}: ${address} is neither a page of the site nor a file for it`);
        if (!existsSync(join(ROOT, target))) throw new Error(`${source}: ${address} is not there`);
        assets.add(target);
      }
      const place = relative(dirname(files.get(source)!), page ?? sitePath(target)).replaceAll("\\", "/");
      return path === "" ? `#${id}` : place + (id === undefined ? "" : `#${id}`);
    };
    try {
      pages.set(source, renderPage(readSource(source), resolveAddress));
    } catch (error) {
      throw new Error(`${source}: ${(error as Error).message}`);
    }
  }
  for (const { from, to, id } of anchors) {
    if (!pages.get(to)?.headings.some((heading) => heading.id === id)) {
      throw new Error(`${from}: ${to} has no heading for #${id}`);
    }
  }

  const navigation: NavigationSection[] = sections.map(({ title, pages: own }) => ({
    title,
    pages: own.map((source) => ({ title: pages.get(source)!.title, file: files.get(source)! })),
  }));
  rmSync(out, { recursive: true, force: true });
  for (const [source, page] of pages) {
    const file = files.get(source)!;
    write(join(out, file), fillTemplate(page, file, navigation));
  }
  for (const asset of assets) cpSync(join(ROOT, asset), join(out, sitePath(asset)));
  cpSync(new URL("style.css", import.meta.url), join(out, "style.css"));
  cpSync(join(ROOT, "packages/web/public/icon.svg"), join(out, "icon.svg"));
  return [...files.values()];
}

/** The sections with the pages that there are, and what no section names. */
function listSections(): { title: string; pages: string[] }[] {
  const named = SECTIONS.map(({ title, pages }) => ({
    title,
    pages: pages.filter((page) => existsSync(join(ROOT, page))),
  }));
  const known = new Set(named.flatMap(({ pages }) => pages));
  const rest = REST.map(({ title, folder }) => ({
    title,
    pages: readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`)
      .filter((page) => !known.has(page)),
  }));
  const decisions = rest.at(-1)!;
  decisions.pages = ["docs/decisions/README.md", ...decisions.pages];
  return [...named, ...rest].filter(({ pages }) => pages.length > 0);
}

/** The list of decisions is written nowhere: it is the folder. */
function readSource(source: string): string {
  if (source !== "docs/decisions/README.md") return readFileSync(join(ROOT, source), "utf8");
  const lines = readdirSync(join(ROOT, "docs/decisions"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => {
      const [, title] = /^# (.+)$/m.exec(readFileSync(join(ROOT, "docs/decisions", name), "utf8"))!;
      return `- [${title}](${name})`;
    });
  return `# Decisions\n\nChoices that one could question, and what was measured.\n\n${lines.join("\n")}\n`;
}

/** `docs/api.md` → `api.html`, `training/README.md` → `training/index.html`. */
function sitePath(source: string): string {
  if (source === HOME) return "index.html";
  const path = source.replace(/^docs\//, "");
  return path.replace(/(^|\/)README\.md$/, "$1index.html").replace(/\.md$/, ".html");
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "out/docs") } } });
  const out = resolve(values.out);
  const pages = buildSite(out);
  const size = readdirSync(out, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(out, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
  console.log(`${pages.length} pages, ${(size / 1e6).toFixed(1)} MB, in ${relative(process.cwd(), out)}/index.html`);
}
