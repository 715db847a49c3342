/**
 * The fenced blocks of the documentation, and how each of them is run. Its language says it, or a comment before it:
 *
 *     <!-- Run by e2e/test/x.test.ts: "the name of a test" -->   another test takes it from the page
 *     <!-- Not run: it needs a cluster -->                       only what it names is checked
 *
 * `text` is what a program printed, or a drawing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import MarkdownIt from "markdown-it";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Languages that are run as they stand, and `json`, which must be valid. */
const RUN = ["sh", "js", "ts", "python", "json"] as const;
/** Languages of which only a test that the page names knows what to do with them. */
const OTHERS = ["csharp", "php"];

export interface Snippet {
  /** Path in the repository. */
  page: string;
  /** Of the opening fence, from 1. */
  line: number;
  language: string;
  code: string;
  way:
    | { kind: "run" }
    | { kind: "shown" }
    | { kind: "elsewhere"; file: string; test: string }
    | { kind: "not"; why: string }
    | { kind: "unclassified"; why: string };
}

/** README, `docs/` and the other pages of the site. */
export function listPages(): string[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".md"),
  );
  const others = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "packages/client/README.md", "training/README.md"];
  return [...others, ...docs.sort().map((name) => `docs/${name}`)];
}

export function readSnippets(page: string): Snippet[] {
  const tokens = new MarkdownIt({ html: true }).parse(readFileSync(join(ROOT, page), "utf8"), {});
  return tokens.flatMap((token, i) => {
    if (token.type !== "fence" && token.type !== "code_block") return [];
    const before = tokens[i - 1];
    const comment =
      before?.type === "html_block" ? /^<!--\s*([\s\S]*?)\s*-->\s*$/.exec(before.content)?.[1] : undefined;
    const language = token.info.trim();
    return [
      { page, line: token.map![0] + 1, language, code: token.content, way: classify(token.type, language, comment) },
    ];
  });
}

function classify(type: string, language: string, comment: string | undefined): Snippet["way"] {
  const unclassified = (why: string) => ({ kind: "unclassified" as const, why });
  if (type === "code_block") return unclassified("is indented: fence it and give it a language");
  if (language === "") return unclassified("has no language: name it, or `text` for what is only shown");
  if (language === "text")
    return comment === undefined ? { kind: "shown" } : unclassified("is text, which nothing runs");
  if (![...RUN, ...OTHERS].includes(language)) return unclassified(`is in ${language}, which nothing here runs`);
  if (comment !== undefined) {
    const by = /^Run by (\S+):\s+"([\s\S]+)"$/.exec(comment);
    if (by) return { kind: "elsewhere", file: by[1]!, test: by[2]!.replace(/\s+/g, " ") };
    const not = /^Not run: ([\s\S]+)$/.exec(comment);
    if (not) return { kind: "not", why: not[1]!.replace(/\s+/g, " ") };
    return unclassified(`has a comment that says neither "Run by FILE: "TEST"" nor "Not run: WHY"`);
  }
  if (OTHERS.includes(language)) return unclassified(`is in ${language}: say which test runs it`);
  return { kind: "run" };
}

/** What a block that is not run names, and does not exist: scripts of npm, files of the repository. */
export function findMissing({ code }: Snippet): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const named = [...code.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script!);
  const files = [...code.matchAll(/(?<![\w/.-]|exec )(?:deploy|examples|addons|packages|scripts|docs)\/[\w./-]+/g)].map(
    ([path]) => path.replace(/\.$/, ""),
  );
  return [
    ...named.filter((script) => !(script in scripts)).map((script) => `npm run ${script}`),
    // Made by the commands themselves.
    ...files.filter((path) => !existsSync(join(ROOT, path)) && path !== "deploy/.env"),
  ];
}
