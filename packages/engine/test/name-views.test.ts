import { describe, expect, it } from "vitest";
import { VIEW_LABELS, type ViewLabel } from "../src/frames.ts";
import type { Judge } from "../src/pose/judge-namings.ts";
import { nameViews } from "../src/pose/name-views.ts";
import type { RenderMesh } from "../src/raster/render.ts";
import { type Sketch, sketchView } from "../src/views/sketch.ts";
import { box } from "./raster-shapes.ts";
import { cutoutOf, labelCamera } from "./support/views.ts";

type Triple = [number, number, number];

/** Boxes, each of one colour. */
function blocks(...parts: { size: Triple; center: Triple; color: Triple }[]): RenderMesh {
  const positions: number[] = [];
  const triangles: number[] = [];
  const faceColors: number[] = [];
  for (const { size, center, color } of parts) {
    const mesh = box(size, center);
    for (const v of mesh.triangles) triangles.push(v + positions.length / 3);
    positions.push(...mesh.positions);
    for (let t = 0; t < mesh.triangles.length / 3; t++) faceColors.push(...color);
  }
  return {
    positions: Float32Array.from(positions),
    triangles: Uint32Array.from(triangles),
    faceColors: Uint8Array.from(faceColors),
  };
}

/** A dog that looks along +Z: red face, blue tail, a yellow saddle bag on its own left. */
const DOG = blocks(
  { size: [0.3, 0.25, 0.6], center: [0, 0, 0], color: [150, 110, 80] },
  { size: [0.22, 0.25, 0.2], center: [0, 0.22, 0.35], color: [200, 40, 40] },
  { size: [0.08, 0.3, 0.08], center: [0, 0.1, -0.34], color: [40, 60, 200] },
  { size: [0.08, 0.16, 0.16], center: [0.17, 0.02, 0.05], color: [230, 200, 40] },
  { size: [0.08, 0.25, 0.08], center: [0.1, -0.24, 0.24], color: [90, 60, 40] },
  { size: [0.08, 0.25, 0.08], center: [-0.1, -0.24, 0.24], color: [90, 60, 40] },
  { size: [0.08, 0.25, 0.08], center: [0.1, -0.24, -0.24], color: [90, 60, 40] },
  { size: [0.08, 0.25, 0.08], center: [-0.1, -0.24, -0.24], color: [90, 60, 40] },
);

const RING: readonly ViewLabel[] = ["front", "right", "back", "left"];
const SIZE = 160;
const sketches = Object.fromEntries(
  VIEW_LABELS.map((label) => [label, sketchView(cutoutOf(DOG, labelCamera(label, SIZE), SIZE))]),
) as Record<ViewLabel, Sketch>;

function namesOf(order: ViewLabel[], hints: ViewLabel[] = []) {
  return nameViews(
    order.map((label) => sketches[label]),
    hints,
  );
}

/** Whether the names are right up to turning the whole object about its axis by quarter turns. */
function followEachOther(order: ViewLabel[], named: unknown[]): boolean {
  const turns = order.map((label, i) => (RING.indexOf(named[i] as ViewLabel) - RING.indexOf(label) + 4) % 4);
  return turns.every((turn) => turn === turns[0]);
}

describe("nameViews", () => {
  it("finds which sides face each other and follow each other, in any order of the pictures", async () => {
    const orders: ViewLabel[][] = [
      ["front", "right", "back", "left"],
      ["front", "left", "back", "right"],
      ["left", "right", "front", "back"],
      ["back", "front", "right", "left"],
      ["right", "left", "back", "front"],
      ["left", "front", "right", "back"],
    ];
    for (const order of orders) {
      expect(followEachOther(order, (await namesOf(order)).hints), order.join()).toBe(true);
    }
  });

  it("keeps the order of the pictures where nothing speaks against it, and says so where something does", async () => {
    const inOrder = await namesOf(["front", "right", "back", "left"]);
    expect(inOrder).toEqual({
      hints: ["front", "right", "back", "left"],
      found: [false, false, false, false],
      warnings: [],
    });
    const pair = await namesOf(["front", "back"]);
    expect(pair.hints).toEqual(["front", "back"]);
    expect(pair.found).toEqual([false, true]);
    expect(pair.warnings).toEqual([expect.stringMatching(/image 1 as front, image 2 as back/)]);
  });

  it("leaves what was said as it is and names the others around it", async () => {
    const { hints } = await nameViews([sketches.left, sketches.front, sketches.right], ["auto", "front", "auto"]);
    expect(hints).toEqual(["left", "front", "right"]);
  });

  it("notices side pictures that face the wrong way and uses them rightly", async () => {
    const named = await namesOf(["front", "left", "back", "right"], ["front", "right", "back", "left"]);
    expect(named.hints).toEqual(["front", "left", "back", "right"]);
    expect(named.found).toEqual([false, true, false, true]);
    expect(named.warnings).toEqual([expect.stringMatching(/image 2, given as right, and image 4, given as left,/)]);
    const right = await namesOf(["front", "right", "back", "left"], ["front", "right", "back", "left"]);
    expect(right.warnings).toEqual([]);
  });

  it("weighs a network's opinion of whole namings with the rest", async () => {
    const order: ViewLabel[] = ["back", "left", "front", "right"];
    const right = RING.map((label) => order.indexOf(label));
    const asked: (number | null)[][] = [];
    const judge: Judge = async (namings) => {
      asked.push(...namings.map((naming) => [...naming]));
      return Float32Array.from(namings, (naming) => (naming.join() === right.join() ? 0 : -16));
    };
    const named = await nameViews(
      order.map((label) => sketches[label]),
      [],
      judge,
    );
    expect(named.hints).toEqual(order);
    expect(new Set(asked.map(String)).size).toBe(24);
  });

  it("asks the network with nothing in the places that no picture takes", async () => {
    let asked: (number | null)[][] = [];
    await nameViews([sketches.front, sketches.top, sketches.back], ["front", "top", "auto"], async (namings) => {
      asked = namings.map((naming) => [...naming]);
      return new Float32Array(namings.length);
    });
    expect(asked).toContainEqual([0, null, 2, null]);
    expect(asked.every((naming) => naming[0] === 0 && !naming.includes(1))).toBe(true);
  });

  it("takes tops and bottoms when there are more pictures than sides", async () => {
    const named = await namesOf([...VIEW_LABELS]);
    expect(named.hints).toEqual([...VIEW_LABELS]);
  });
});
