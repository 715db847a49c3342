import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HELPS } from "../../packages/cli/src/usage.ts";
import { signMessage } from "../../packages/server/src/webhooks/sign.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** Fenced blocks of a language. */
const blocks = (page: string, language: string) =>
  [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, name, code]) =>
    name === language ? [code!] : [],
  );

describe("the documentation", () => {
  it("has no link that leads nowhere", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .filter(([, target]) => !existsSync(join(root, dirname(page), target!)))
        .map(([, target]) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("names only commands that there are, with options that they have", () => {
    const lines = pages.flatMap((page) =>
      blocks(page, "sh").flatMap((code) => code.replaceAll("\\\n", " ").split("\n")),
    );
    const calls = lines.flatMap((line) => /(?:^|\$\(|\s)npx maquette ([a-z]+)(.*)/.exec(line) ?? []);
    expect(calls.length).toBeGreaterThan(0);
    for (let i = 0; i < calls.length; i += 3) {
      const [, command, rest] = calls.slice(i, i + 3);
      expect(Object.keys(HELPS), calls[i]).toContain(command);
      for (const [option] of rest!.matchAll(/--[a-z-]+/g)) expect(HELPS[command!], calls[i]).toContain(option);
    }
  });

  const suites = { "": "e2e", "†": "packages/server", "‡": "packages/engine" };
  it.each([
    ["for each line of the contract", "docs/conformance.md", 100],
    ["for each threat", "docs/threat-model.md", 30],
  ])("names %s a test that there is", (_, page, least) => {
    const rows = [...read(page).matchAll(/^\| .+ \| `([a-z-]+)`([†‡]?) (.+) \|$/gm)];
    expect(rows.length).toBeGreaterThan(least);
    for (const [row, file, mark, name] of rows) {
      const suite = read(`${suites[mark as keyof typeof suites]}/test/${file}.test.ts`);
      expect(suite.includes(name!), row).toBe(true);
    }
  });

  describe("webhook verification", () => {
    const body = JSON.stringify({ status: "success", name: "Ökonom", results: { glb: "http://localhost/a.glb" } });
    const now = 1_790_000_000;
    const header = signMessage("the secret", "msg_1", now, body)["kaedim-signature"];
    const cases = [
      { secret: "the secret", body, now, good: true },
      { secret: "another one", body, now, good: false },
      { secret: "the secret", body: `${body} `, now, good: false },
      { secret: "the secret", body, now: now + 301, good: false },
    ];

    it("in Node, as the page has it", async () => {
      const [code] = blocks("docs/webhooks.md", "js");
      const { verify } = await import(`data:text/javascript,${encodeURIComponent(code!)}`);
      for (const one of cases) expect(verify(one.secret, header, Buffer.from(one.body), one.now)).toBe(one.good);
    });

    it("in Python, as the page has it", () => {
      const [code] = blocks("docs/webhooks.md", "python");
      const script = `${code}
import sys
for case in json.load(sys.stdin):
    print(verify(case["secret"], case["header"], case["body"].encode(), case["now"]))
`;
      const input = JSON.stringify(cases.map((one) => ({ ...one, header })));
      const said = execFileSync("python3", ["-c", script], { input, encoding: "utf8" });
      expect(said.trim().split("\n")).toEqual(cases.map(({ good }) => (good ? "True" : "False")));
    });

    it("in C#, as the page has it", () => {
      const [code] = blocks("docs/webhooks.md", "csharp");
      const folder = mkdtempSync(join(tmpdir(), "maquette-csharp-"));
      try {
        writeFileSync(join(folder, "webhook.cs"), code!);
        // Fields apart by spaces, texts as base64.
        writeFileSync(
          join(folder, "program.cs"),
          `using System;
using System.Text;
class Program
{
    static byte[] Bytes(string field) { return Convert.FromBase64String(field); }
    static void Main()
    {
        for (string line; (line = Console.In.ReadLine()) != null;)
        {
            string[] f = line.Split(' ');
            string secret = Encoding.UTF8.GetString(Bytes(f[0])), header = Encoding.UTF8.GetString(Bytes(f[1]));
            Console.WriteLine(MaquetteWebhook.Verify(secret, header, Bytes(f[2]), long.Parse(f[3])));
        }
    }
}
`,
        );
        execFileSync("mcs", ["-out:verify.exe", "webhook.cs", "program.cs"], { cwd: folder });
        const base64 = (text: string) => Buffer.from(text).toString("base64");
        const input = cases.map((one) => [base64(one.secret), base64(header), base64(one.body), one.now].join(" "));
        const said = execFileSync("mono", ["verify.exe"], { cwd: folder, input: input.join("\n"), encoding: "utf8" });
        expect(said.trim().split("\n")).toEqual(cases.map(({ good }) => (good ? "True" : "False")));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it("in PHP, as the page has it", () => {
      const [code] = blocks("docs/webhooks.md", "php");
      const script = `${code}
foreach (json_decode(stream_get_contents(STDIN), true) as $one) {
    echo var_export(verify($one['secret'], $one['header'], $one['body'], $one['now']), true), "\n";
}`;
      const input = JSON.stringify(cases.map((one) => ({ ...one, header })));
      const said = execFileSync("php", ["-r", script], { input, encoding: "utf8" });
      expect(said.trim().split("\n")).toEqual(cases.map(({ good }) => String(good)));
    });
  });
});
