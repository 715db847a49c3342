import { describe, expect, it } from "vitest";
import type { EngineError } from "../src/errors.ts";
import type { ViewLabel } from "../src/frames.ts";
import { inspectPicture } from "../src/inspect/inspect.ts";
import { inspectPictures } from "../src/inspect/inspect-pictures.ts";
import type { Cutout } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { cutoutOf, labelCamera } from "./support/views.ts";

const SIZE = 160;
/** Wide, high and deep differently, so that sides can be told apart. */
const CUPBOARD = box([0.4, 0.8, 0.25], [0, 0, 0]);
const BALL = sphere(0.4, 12);

function view(label: ViewLabel, mesh = CUPBOARD, zoom = 0.9): Cutout {
  return cutoutOf(mesh, labelCamera(label, SIZE, zoom), SIZE);
}

/** Cut-outs side by side in one picture. */
function row(...parts: Cutout[]): Cutout {
  const width = SIZE * parts.length;
  const image = { width, height: SIZE, data: new Uint8Array(4 * width * SIZE) };
  const matte = { width, height: SIZE, data: new Uint8Array(width * SIZE) };
  parts.forEach((part, i) => {
    for (let y = 0; y < SIZE; y++) {
      const from = y * SIZE;
      const to = y * width + i * SIZE;
      image.data.set(part.image.data.subarray(4 * from, 4 * (from + SIZE)), 4 * to);
      matte.data.set(part.matte.data.subarray(from, from + SIZE), to);
    }
  });
  return { image, matte, source: "alpha", confidence: 1 };
}

function codeOf(run: () => unknown): { code: string; picture: number | null } | null {
  try {
    run();
    return null;
  } catch (error) {
    const { code, picture } = error as EngineError;
    return { code, picture };
  }
}

describe("inspectPicture", () => {
  it("says what every check measured", () => {
    const { measured } = inspectPicture(view("front"), 0);
    expect(Object.keys(measured)).toEqual([
      "confidence",
      "coverage",
      "objectSide",
      "contact",
      "contacts",
      "blur",
      "solid",
      "pieces",
      "objects",
      "views",
      "text",
      "letters",
    ]);
    expect(measured.objectSide).toBeCloseTo(0.8 * 0.9 * SIZE, -1);
    expect(measured).toMatchObject({ confidence: 1, objects: 1, pieces: 1, views: 1, text: 0 });
  });

  it("takes a turnaround sheet apart from left to right, each view where it was", () => {
    const { views, measured } = inspectPicture(row(view("front"), view("right"), view("back")), 0);
    expect(measured.views).toBe(3);
    const widths = views.map(({ matte }) => matte.data.reduce((sum, c) => sum + c, 0) / 255);
    expect(widths[0] / widths[1]).toBeCloseTo(0.4 / 0.25, 1);
    expect(widths[0] / widths[2]).toBeCloseTo(1, 1);
    const lefts = views.map((v) => v.left);
    expect(lefts.map((left) => Math.floor(left / SIZE))).toEqual([0, 1, 2]);
    expect(views[0].image.data.length).toBe(4 * views[0].matte.data.length);
  });

  it("refuses copies, and views when the picture was said to show one side", () => {
    expect(codeOf(() => inspectPicture(row(view("front"), view("front")), 3))).toEqual({
      code: "multiple_objects",
      picture: 3,
    });
    expect(codeOf(() => inspectPicture(row(view("front"), view("right")), 0, false))?.code).toBe("multiple_objects");
  });
});

describe("inspectPictures", () => {
  it("keeps count of where each view comes from", () => {
    const { cutouts, hints, sources, warnings } = inspectPictures(
      [view("top"), row(view("front"), view("right"))],
      ["top"],
    );
    expect(cutouts).toHaveLength(3);
    expect(sources).toEqual([0, 1, 1]);
    expect(hints).toEqual(["top", "auto", "auto"]);
    expect(warnings).toEqual([expect.stringMatching(/^Image 2 is a sheet with 2 views/)]);
  });

  it("uses a repeated picture once and keeps what was said of it", () => {
    const repeated = inspectPictures([view("front"), view("front")], ["auto", "back"]);
    expect(repeated.cutouts).toHaveLength(1);
    expect(repeated.hints).toEqual(["back"]);
    expect(repeated.warnings[0]).toMatch(/^Image 2 is the same as image 1/);
    expect(inspectPictures([view("front"), view("front")], ["front", "back"]).cutouts).toHaveLength(2);
  });

  it("refuses a picture of something else, and counts the views on sheets", () => {
    const ball = view("front", BALL);
    const green = new Uint8Array(ball.image.data);
    for (let at = 0; at < green.length; at += 4) green.set([20, 190, 40], at);
    const other = { ...ball, image: { ...ball.image, data: green } };
    const sides = [view("front"), view("right"), view("back")];
    expect(codeOf(() => inspectPictures([...sides, other], []))).toEqual({ code: "views_inconsistent", picture: 3 });
    const many = [row(...sides), row(view("front"), view("left"), view("back"), view("right"))];
    expect(codeOf(() => inspectPictures(many, []))?.code).toBe("picture_count");
  });

  it("warns when the object just touches the border, and refuses it when it is cut through", () => {
    const behind = (mesh: typeof BALL, down: number): Cutout => ({
      ...cutoutOf(mesh, labelCamera("front", SIZE, 0.9, 0, down), SIZE),
      source: "border",
    });
    expect(codeOf(() => inspectPictures([behind(CUPBOARD, 24)], []))?.code).toBe("cropped_object");
    expect(inspectPictures([behind(BALL, 22)], []).warnings).toEqual([expect.stringMatching(/touches the bottom/)]);
    expect(inspectPictures([behind(BALL, 0)], []).warnings).toEqual([]);
  });
});
