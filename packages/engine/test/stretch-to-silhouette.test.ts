import { describe, expect, it } from "vitest";
import { type Camera, cubeCamera, project } from "../src/frames.ts";
import { stretchToSilhouette } from "../src/infer/stretch-to-silhouette.ts";
import type { Field, View } from "../src/types.ts";

const N = 48;
const SIDE = 256;
const CAMERAS: Record<string, Camera> = {
  "level, orthographic": cubeCamera(0, 0, SIDE, 0.9),
  "from above, in perspective": { ...cubeCamera(0, 25, SIDE, 0.8), perspective: 0.45 },
};

type Point = readonly [number, number, number];
const MIDDLE: Point = [0, 0, 0];

function ball(radius: number, centre = MIDDLE): Field {
  const data = new Float32Array(N ** 3);
  for (let at = 0; at < data.length; at++) {
    const place = [at % N, Math.floor(at / N) % N, Math.floor(at / N / N)].map((k) => (k + 0.5) / N - 0.5);
    data[at] = radius - Math.hypot(...place.map((v, k) => v - centre[k]!));
  }
  return { n: N, data };
}

/** A view whose silhouette is where `inside` says so, in cube units from where `centre` shows. */
function viewOf(camera: Camera, inside: (x: number, y: number) => boolean, centre = MIDDLE): View {
  const { px, py } = project(camera, ...centre);
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [(at % SIDE) + 0.5 - px, py - Math.floor(at / SIDE) - 0.5];
    return inside(x / camera.scale, y / camera.scale) ? 255 : 0;
  });
  const image = { width: SIDE, height: SIDE, data: new Uint8Array(4 * SIDE * SIDE) };
  return { image, matte: { width: SIDE, height: SIDE, data }, camera } as View;
}

/** Half the extent of what is inside, along an axis through the middle. */
function extent({ data }: Field, axis: 0 | 1 | 2): number {
  const stride = N ** axis;
  const middle = (N / 2) * (1 + N + N * N) - (N / 2) * stride;
  let count = 0;
  for (let k = 0; k < N; k++) if (data[middle + k * stride] > 0) count++;
  return count / N / 2;
}

describe.each(Object.entries(CAMERAS))("a ball, %s", (_, camera) => {
  /** The radius at which a ball of 0.3 shows. */
  const shown = () => {
    const near = 0.3 * camera.perspective;
    return 0.3 / Math.sqrt(1 - near * near);
  };

  it("becomes as wide as the silhouette, and no deeper", () => {
    const field = stretchToSilhouette(
      ball(0.3),
      viewOf(camera, (x, y) => Math.hypot(x / 1.12, y) < shown()),
    );
    expect(extent(field, 0)).toBeCloseTo(1.12 * 0.3, 1);
    expect(extent(field, 0)).toBeGreaterThan(0.32);
    expect(Math.abs(extent(field, 2) - extent(ball(0.3), 2))).toBeLessThanOrEqual(1 / N);
  });

  it("shrinks to a smaller one", () => {
    const field = stretchToSilhouette(
      ball(0.3),
      viewOf(camera, (x, y) => Math.hypot(x, y) < 0.9 * shown()),
    );
    expect(extent(field, 0)).toBeLessThan(0.29);
    expect(extent(field, 0)).toBeGreaterThan(0.25);
  });

  it("stays as it is where the outlines agree", () => {
    const before = ball(0.3);
    const field = stretchToSilhouette(
      before,
      viewOf(camera, (x, y) => Math.hypot(x, y) < shown()),
    );
    const largest = field.data.reduce((most, v, at) => Math.max(most, Math.abs(v - before.data[at])), 0);
    expect(largest).toBeLessThan(0.5 / N);
  });

  it("is not drawn out into a limb that it lacks", () => {
    const limb = (x: number, y: number) => Math.hypot(x, y) < shown() || (Math.abs(y) < 0.03 && x > 0 && x < 0.48);
    const field = stretchToSilhouette(ball(0.3), viewOf(camera, limb));
    expect(extent(field, 0)).toBeLessThan(0.33);
  });
});

it("finds a ball wherever it lies, up to the cube's border", () => {
  const camera = cubeCamera(40, 25, SIDE, 0.6);
  for (const centre of [
    [0.26, -0.2, 0.17],
    [-0.2, 0.4, 0.1],
  ] as const) {
    const larger = viewOf(camera, (x, y) => Math.hypot(x, y) < 1.12 * 0.18, centre);
    const field = stretchToSilhouette(ball(0.18, centre), larger);
    const volume = ({ data }: Field) => data.reduce((sum, v) => sum + (v > 0 ? 1 : 0), 0);
    // In the picture's plane only, not in depth, nor beyond the border.
    expect(volume(field) / volume(ball(0.18, centre))).toBeGreaterThan(1.15);
    expect(volume(field) / volume(ball(0.18, centre))).toBeLessThan(1.12 ** 2 + 0.03);
  }
});
