import { describe, expect, it } from "vitest";
import { cameraBasis, project, VIEW_LABELS, type ViewLabel } from "../src/frames.ts";
import { measureBox } from "../src/pose/measure-box.ts";
import { poseViews } from "../src/pose/pose-views.ts";
import { box } from "./raster-shapes.ts";
import { cutoutOf, labelCamera } from "./support/views.ts";

/** Width, height and depth all different, off the origin. */
const SIZE: [number, number, number] = [0.5, 0.8, 0.3];
const SOLID = box(SIZE, [0.05, -0.03, 0.02]);

const framings: Record<ViewLabel, [number, number, number]> = {
  front: [0.9, 0, 0],
  right: [0.7, 12, -9],
  back: [0.85, -20, 5],
  left: [1.0, 3, 3],
  top: [0.6, 8, 8],
  bottom: [0.75, -15, 2],
};

describe("poseViews", () => {
  it("brings differently framed pictures of one object into one frame", () => {
    const size = 256;
    const labels = [...VIEW_LABELS];
    const cutouts = labels.map((l) => cutoutOf(SOLID, labelCamera(l, size, ...framings[l]), size));
    const views = poseViews(cutouts, labels);
    // Whatever the pictures' scales: the longest side fills the same share of the cube in all of them.
    const unit = 0.92 / 0.8;
    for (const view of views) {
      const outline = measureBox(view.matte)!;
      const { right, up } = cameraBasis(view.camera);
      const across = right.reduce((sum, r, k) => sum + Math.abs(r) * SIZE[k] * unit, 0);
      const high = up.reduce((sum, u, k) => sum + Math.abs(u) * SIZE[k] * unit, 0);
      expect((outline.right - outline.left) / view.camera.scale).toBeCloseTo(across, 2);
      expect((outline.bottom - outline.top) / view.camera.scale).toBeCloseTo(high, 2);
      const { px, py } = project(view.camera, 0, 0, 0);
      expect(px).toBeCloseTo((outline.left + outline.right) / 2, 6);
      expect(py).toBeCloseTo((outline.top + outline.bottom) / 2, 6);
    }
  });

  it("takes pictures without hints as front, right, back, left, top, bottom, skipping labels that are taken", () => {
    const cutouts = Array.from({ length: 4 }, () => cutoutOf(SOLID, labelCamera("front", 128), 128));
    const labelsOf = (hints: Parameters<typeof poseViews>[1]) => poseViews(cutouts, hints).map((v) => v.label);
    expect(labelsOf([])).toEqual(["front", "right", "back", "left"]);
    expect(labelsOf(["auto", "front", "auto", "auto"])).toEqual(["right", "front", "back", "left"]);
    expect(poseViews(cutouts, ["top", "auto", "auto", "auto"]).map((v) => v.posedBy)).toEqual([
      "hint",
      "order",
      "order",
      "order",
    ]);
  });

  it("accepts a direction in degrees and names it when it is a labelled one", () => {
    const cutouts = [cutoutOf(SOLID, labelCamera("front", 128), 128), cutoutOf(SOLID, labelCamera("left", 128), 128)];
    const views = poseViews(cutouts, ["front", { azimuth: -270, elevation: 0 }]);
    expect(views[1]).toMatchObject({ label: "left", camera: { azimuth: 90, elevation: 0 }, posedBy: "hint" });
    const oblique = poseViews(cutouts, ["front", { azimuth: 45, elevation: 20 }]);
    expect(oblique[1]).toMatchObject({ label: null, camera: { azimuth: 45, elevation: 20 } });
  });
});
