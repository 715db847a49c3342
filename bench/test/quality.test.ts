import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Document, NodeIO } from "@gltf-transform/core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { METRICS } from "../src/measure/measure.ts";
import type { Row } from "../src/quality/evaluate.ts";
import { againstFloors } from "../src/quality/floors.ts";
import { summarize } from "../src/quality/summary.ts";
import { crane, sphere } from "./shapes.ts";

const COMMAND = fileURLToPath(new URL("../src/quality.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [COMMAND, ...args]);

describe("bench:quality", () => {
  const directory = mkdtempSync(join(tmpdir(), "maquette-quality-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  beforeAll(async () => {
    for (const [name, mesh] of [
      ["crane", crane()],
      ["ball", sphere(30, 3, [5, 5, 5])],
    ] as const) {
      const document = new Document();
      const buffer = document.createBuffer();
      const primitive = document
        .createPrimitive()
        .setAttribute(
          "POSITION",
          document.createAccessor().setType("VEC3").setArray(Float32Array.from(mesh.positions)).setBuffer(buffer),
        )
        .setIndices(document.createAccessor().setArray(Uint16Array.from(mesh.triangles)).setBuffer(buffer));
      document.createScene().addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)));
      writeFileSync(join(directory, `${name}.glb`), await new NodeIO().writeBinary(document));
    }
  });

  it("measures a folder of models, prints a table, writes JSON and contact sheets", async () => {
    const [json, sheet] = [join(directory, "out.json"), join(directory, "sheet.png")];
    const { stdout } = await run(
      ...["--models", directory, "--cases", "S1,M2", "--methods", "balloon,hull", "--jobs", "2"],
      ...["--json", json, "--sheet", sheet],
    );
    expect(stdout).toMatch(/^S1: mean/m);
    expect(stdout).toMatch(/^hull +2 +0 /m);
    const result = JSON.parse(readFileSync(json, "utf8"));
    expect(result.seed).toBe(1);
    expect(result.models).toBe(2);
    expect(result.machine.node).toBe(process.version);
    expect(Object.keys(result.cases)).toEqual(["S1", "M2"]);
    expect(Object.keys(result.cases.S1)).toEqual(["balloon"]);
    expect(Object.keys(result.cases.M2)).toEqual(["balloon", "hull"]);
    for (const field of ["iou", "cd", "f005", "f010", "f020", "normal", "viewIou", "inputIou", "seconds"]) {
      expect(result.cases.M2.hull[field]).toBeTypeOf("number");
    }
    expect(result.objects.length).toBe(2 * 3);
    const ball = result.objects.find(
      (row: Row) => row.name === "ball" && row.method === "balloon" && row.case === "S1",
    );
    expect(ball.iou).toBeGreaterThan(0.9);
    // The same seed gives the same figures, whatever else is measured beside.
    const again = join(directory, "again.json");
    await run("--models", directory, "--cases", "S1", "--methods", "balloon", "--json", again);
    const figures = (rows: Row[]) =>
      rows
        .filter((row) => row.case === "S1")
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((row) => METRICS.map((metric) => row[metric]));
    expect(figures(JSON.parse(readFileSync(again, "utf8")).objects)).toEqual(figures(result.objects));
    const { width } = await sharp(join(directory, "sheet-M2.png")).metadata();
    expect(width).toBeGreaterThan(7 * 144);
  });

  it("measures the product by the file it delivers, in the frame and at the size of the truth", async () => {
    const json = join(directory, "product.json");
    await run("--models", directory, "--cases", "M4,S1", "--methods", "maquette,maquette-no-prior", "--json", json);
    const { objects } = JSON.parse(readFileSync(json, "utf8")) as { objects: Row[] };
    expect(objects.length).toBe(2 * 2 * 2);
    for (const row of objects) {
      expect(row.error).toBeNull();
      expect(row.inputIou, `${row.name} ${row.case}`).toBeGreaterThan(0.9);
      if (row.name === "ball") expect(row.iou).toBeGreaterThan(0.75);
    }
  }, 120_000);

  it("holds the product's surface against the floor, and prints what was measured again", async () => {
    const json = join(directory, "surface.json");
    const options = ["--models", directory, "--cases", "S1", "--methods", "maquette-no-prior,balloon", "--surface"];
    const { stdout } = await run(...options, "--json", json);
    expect(stdout).toMatch(/^S1 maquette-no-prior +2 +0\.\d+ +balloon 0\.\d+ +\d\.\d+ \(/m);
    expect(stdout).toMatch(/^model +\d\.\d+ \(2\)$/m);
    const { objects } = JSON.parse(readFileSync(json, "utf8")) as { objects: Row[] };
    expect(objects.map((row) => row.error)).toEqual([null, null, null, null]);
    const { stdout: shown } = await run("--show", json);
    expect(stdout).toContain(shown);
    // Every second model only.
    await run(...options, "--every", "2", "--json", json);
    expect(JSON.parse(readFileSync(json, "utf8")).models).toBe(1);
  }, 120_000);

  it.each([
    [["--models", ".", "--cases", "S9"], /--cases: expected S1, .* but received S9/],
    [["--models", ".", "--limit", "0"], /--limit: expected a whole number/],
    [["--data", "."], /assets_1\.index\.json/],
  ])("refuses %j with one clear sentence and exit code 2", async (args, message) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});

describe("summarize", () => {
  it("gives mean, median and the mean of the worst tenth, worst being large for distances", () => {
    const rows = Array.from({ length: 20 }, (_, i) => {
      const metrics = Object.fromEntries(METRICS.map((metric) => [metric, i / 20]));
      return { ...metrics, seconds: 1, peakMb: null, error: i === 0 ? "refused" : null } as Row;
    });
    const { mean, median, worstTenth, failed, objects } = summarize(rows);
    expect([objects, failed]).toEqual([20, 1]);
    expect(mean.iou).toBeCloseTo(0.475, 10);
    expect(median.iou).toBeCloseTo(0.475, 10);
    expect(worstTenth.iou).toBeCloseTo(0.025, 10);
    expect(worstTenth.cd).toBeCloseTo(0.925, 10);
    expect(mean.peakMb).toBeNull();
  });
});

describe("againstFloors", () => {
  const row = (name: string, method: string, iou: number, cd: number) =>
    ({ source: "s", name, method, iou, cd, f010: iou }) as Row;

  it("compares with the floor that is best in the mean, figure by figure, and says how sure that is", () => {
    const rows = [
      ...[row("a", "maquette", 0.6, 0.1), row("b", "maquette", 0.8, 0.2)],
      ...[row("a", "hull", 0.5, 0.3), row("b", "hull", 0.5, 0.3)],
      ...[row("a", "balloon", 0.1, 0.2), row("b", "balloon", 0.2, 0.2)],
    ];
    const [iou, f010, cd] = againstFloors(rows, "maquette");
    expect([iou.floor, f010.floor, cd.floor]).toEqual(["hull", "hull", "balloon"]);
    expect(iou.ratio).toBeCloseTo(1.4, 10);
    expect([iou.low, iou.high].map((ratio) => ratio.toFixed(6))).toEqual(["1.200000", "1.600000"]);
    expect(cd.ratio).toBeCloseTo(0.75, 10);
    expect(againstFloors(rows.slice(0, 2), "maquette")).toEqual([]);
  });
});
