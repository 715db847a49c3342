import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));

describe("maquette inspect", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "maquette-inspect-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("says from which side each picture would be used and draws what it cut out", async () => {
    const pictures = ["front", "right"].map((side) => join(EXAMPLES, `robot/${side}.png`));
    const { code, stdout } = await runCli(["inspect", ...pictures, "--json"], folder);
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ accepted: true, refusal: null });
    expect(answer.pictures[0].report).toMatchObject({
      matte: { source: "alpha" },
      pose: { label: "front", azimuth: 0, posedBy: "order" },
      inspection: { objects: 1 },
    });
    const overlay = sharp(answer.pictures[0].overlay);
    expect((await overlay.metadata()).width).toBe(640);
    const { data, info } = await overlay.raw().toBuffer({ resolveWithObject: true });
    // The background is faded to grey, the robot's white body is as it was.
    const corner = data.subarray(0, 3);
    expect(Math.max(...corner) - Math.min(...corner)).toBeLessThan(8);
    const chest = info.channels * (300 * info.width + 320);
    expect(data[chest]).not.toBe(corner[0]);
  });

  it("says all that is wrong, with exit code 3, and writes no asset", async () => {
    const blank = join(folder, "blank.png");
    writeFileSync(
      blank,
      await sharp({ create: { width: 200, height: 200, channels: 3, background: "#fff" } })
        .png()
        .toBuffer(),
    );
    const text = join(folder, "notes.png");
    writeFileSync(text, "no picture at all");
    const { code, stdout } = await runCli(["inspect", blank, text], folder);
    expect(code).toBe(3);
    expect(stdout).toMatch(/blank\.png: no object can be told from the background/);
    expect(stdout).toMatch(/notes\.png: it is not a picture that can be read/);
    expect(stdout).toMatch(/Nothing would be made/);
    expect(readFileSync(join(folder, "blank_inspected.png")).length).toBeGreaterThan(100);
  });

  it("answers wrong arguments with exit code 2", async () => {
    expect((await runCli(["inspect"], folder)).code).toBe(2);
    const wrong = await runCli(["inspect", "x.png", "--quality", "best"], folder);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--quality is 'best'/);
  });
});
