import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliRun, runCli } from "./run-cli.ts";

let folder: string;
const file = (name: string, data: Uint8Array | string) => {
  writeFileSync(join(folder, name), data);
  return name;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maquette-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One clear sentence, no stack trace, quickly and cheaply. */
function expectRefusal(run: CliRun, code: number, words: RegExp): void {
  expect(run.stderr.trim()).toMatch(words);
  const said = run.stderr
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("maquette: "));
  expect(said).toHaveLength(1);
  expect(run.stderr).not.toMatch(/\n\s+at /);
  expect(run.code).toBe(code);
  expect(run.stdout).toBe("");
  expect(run.seconds).toBeLessThan(3);
  expect(run.peakMb).toBeLessThan(300);
}

describe("maquette make, given what it cannot use", () => {
  it.each([
    ["no arguments", [], /no picture was given/],
    ["a missing file", ["nothing.png"], /there is no file nothing\.png/],
    ["a folder", ["."], /\. is a folder/],
    ["an unknown option", ["--qualty", "high", "a.png"], /qualty/],
    ["an unknown quality", ["a.png", "--quality", "best"], /quality is best; expected one of standard, high, ultra/i],
    ["a polycount that is no number", ["a.png", "--polycount", "many"], /--polycount is 'many'; expected a number/],
    ["a polycount out of range", ["a.png", "--polycount", "10"], /polycount is 10; expected a whole number from 500/i],
    ["a negative height", ["a.png", "--height=-3"], /height is -3/i],
    ["seven pictures", Array.from("abcdefg"), /7 pictures were given; at most 6/],
    ["the same side twice", ["--front", "a.png", "--front", "b.png"], /front/],
  ])("says so of %s: exit code 2", async (_, args, words) => {
    expectRefusal(await runCli(["make", ...args], folder), 2, words);
  });

  const pictures: [string, () => Promise<Uint8Array | string>, RegExp][] = [
    ["text named .png", async () => "this is not a picture\n".repeat(50), /not a picture/],
    ["an empty file", async () => "", /empty/],
    ["a truncated JPEG", async () => (await photo().jpeg().toBuffer()).subarray(0, 4000), /damaged or cut short/],
    ["a picture of one pixel", async () => photo(1, 1).png().toBuffer(), /too small/],
    ["a PNG of 20,000 × 20,000 in a few kilobytes", async () => bombPng(20_000), /too large.*20000 × 20000/],
    ["an SVG", async () => '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', /SVG/],
    [
      "an all-transparent picture",
      async () =>
        sharp({ create: { width: 300, height: 300, channels: 4, background: "#0000" } })
          .png()
          .toBuffer(),
      /no object/,
    ],
    [
      "a blank picture",
      async () =>
        sharp({ create: { width: 300, height: 300, channels: 3, background: "#fff" } })
          .png()
          .toBuffer(),
      /no object/,
    ],
  ];
  it.each(pictures)("refuses %s: exit code 3", async (name, make, words) => {
    const path = file(`${name.replace(/\W+/g, "-")}.png`, await make());
    const run = await runCli(["make", path, "-o", "out"], folder);
    expectRefusal(run, 3, words);
    expect(run.stderr).toContain(path);
  });
});

function photo(width = 400, height = 300) {
  const noise = new Uint8Array(3 * width * height).map((_, i) => (i * 7919) % 251);
  return sharp(noise, { raw: { width, height, channels: 3 } });
}

/** A valid header and a valid beginning of one-coloured rows: all that a decoder needs to start allocating. */
function bombPng(side: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const out = Buffer.alloc(8);
    out.writeUInt32BE(data.length, 0);
    out.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([out.subarray(0, 4), body, out.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(new Uint8Array((side + 1) * 200), { level: 9 });
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", rows),
    chunk("IEND", new Uint8Array()),
  ]);
}
