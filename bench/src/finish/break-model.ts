import type { FinishOptions } from "@maquette/engine";
import type { RenderMesh } from "@maquette/engine/raster/render";
import { boundsOf } from "../shape.ts";

/** A model in the state in which people send it, and what its owner would say about it. */
export interface Broken {
  mesh: RenderMesh;
  options: Partial<FinishOptions>;
  /** Height that the finished model must have, metres. */
  height: number;
}

/** Soup of triangles with one colour each: the form in which all breaks work. */
interface Faces {
  corners: number[][];
  colors: number[][];
}

type Break = (faces: Faces, next: () => number) => Partial<Broken> | undefined;

export type BreakName =
  | "holes"
  | "flipped"
  | "duplicates"
  | "floaters"
  | "plate"
  | "axes"
  | "units"
  | "dense"
  | "everything";

/** Share of the faces that holes take, in patches. */
const HOLES = 0.04;

/** What goes wrong with models on their way, one name each. */
export const BREAKS: Readonly<Record<BreakName, Break>> = {
  holes(faces, next) {
    const budget = Math.max(1, Math.floor(faces.corners.length * HOLES));
    const removed = new Set<number>();
    while (removed.size < budget) {
      const middle = centre(faces.corners[Math.floor(next() * faces.corners.length)]!);
      const near = faces.corners
        .map((corners, i) => ({ i, d: distance(centre(corners), middle) }))
        .sort((a, b) => a.d - b.d)
        .slice(0, Math.max(1, Math.floor(budget / 3)));
      for (const { i } of near) removed.add(i);
    }
    keep(faces, (i) => !removed.has(i));
    return undefined;
  },
  flipped(faces, next) {
    for (const corners of faces.corners) if (next() < 0.3) corners.splice(0, 9, ...turned(corners));
    return undefined;
  },
  duplicates(faces, next) {
    const jitter = () => (next() - 0.5) * 2e-6;
    const count = faces.corners.length;
    for (let i = 0; i < count; i++) {
      if (next() < 0.2) add(faces, faces.corners[i]!.slice(), faces.colors[i]!);
    }
    for (const corners of faces.corners) for (let k = 0; k < 9; k++) corners[k]! += jitter();
    return undefined;
  },
  floaters(faces, next) {
    for (let i = 0; i < 5; i++) {
      const angle = next() * 2 * Math.PI;
      box(faces, [0.75 * Math.cos(angle), next() - 0.5, 0.75 * Math.sin(angle)], [0.015, 0.01, 0.012], [90, 60, 40]);
    }
    return undefined;
  },
  plate(faces) {
    const low = Math.min(...faces.corners.flatMap((c) => [c[1]!, c[4]!, c[7]!]));
    box(faces, [0, low - 0.01, 0], [0.62, 0.0101, 0.62], [200, 200, 200]);
    return undefined;
  },
  axes(faces) {
    // Z up, as many programs write OBJ and even GLB.
    for (const corners of faces.corners) {
      for (let k = 0; k < 9; k += 3) [corners[k + 1], corners[k + 2]] = [-corners[k + 2]!, corners[k + 1]!];
    }
    return { options: { up: "z" } };
  },
  units(faces) {
    // A model of 1.2 m in centimetres, in a format that says metres.
    for (const corners of faces.corners) for (let k = 0; k < 9; k++) corners[k]! *= 120;
    return { height: 1.2 };
  },
  dense(faces) {
    while (faces.corners.length < 125_000) subdivide(faces);
    subdivide(faces);
    return undefined;
  },
  everything(faces, next) {
    BREAKS.holes(faces, next);
    BREAKS.flipped(faces, next);
    BREAKS.duplicates(faces, next);
    BREAKS.floaters(faces, next);
    BREAKS.plate(faces, next);
    return { ...BREAKS.units(faces, next) };
  },
};

/** @param original longest side 1, centred, one colour a face. */
export function breakModel(original: RenderMesh, kind: BreakName, next: () => number): Broken {
  const { positions, triangles, faceColors } = original;
  const faces: Faces = { corners: [], colors: [] };
  for (let t = 0; t < triangles.length; t += 3) {
    add(
      faces,
      [0, 1, 2].flatMap((c) => [...positions.subarray(3 * triangles[t + c]!, 3 * triangles[t + c]! + 3)]),
      [...(faceColors?.subarray(t, t + 3) ?? [200, 200, 200])],
    );
  }
  const { low, high } = boundsOf(original);
  const changed = BREAKS[kind](faces, next);
  return {
    mesh: {
      positions: Float32Array.from(faces.corners.flat()),
      triangles: Uint32Array.from({ length: 3 * faces.corners.length }, (_, i) => i),
      faceColors: Uint8Array.from(faces.colors.flat()),
    },
    options: changed?.options ?? {},
    height: (changed?.height ?? 1) * (high[1] - low[1]),
  };
}

function add(faces: Faces, corners: number[], color: readonly number[]): void {
  faces.corners.push(corners);
  faces.colors.push([...color]);
}

function keep(faces: Faces, isKept: (face: number) => boolean): void {
  faces.corners = faces.corners.filter((_, i) => isKept(i));
  faces.colors = faces.colors.filter((_, i) => isKept(i));
}

const turned = (c: readonly number[]) => [...c.slice(0, 3), ...c.slice(6, 9), ...c.slice(3, 6)];
const centre = (c: readonly number[]) => [0, 1, 2].map((k) => (c[k]! + c[3 + k]! + c[6 + k]!) / 3);
const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((v, k) => v - b[k]!));

function box(faces: Faces, middle: readonly number[], half: readonly number[], color: readonly number[]): void {
  const at = (c: number) => [0, 1, 2].map((k) => middle[k]! + ((c >> k) & 1 ? half[k]! : -half[k]!));
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3)];
    for (const side of [0, 1 << axis]) {
      const ring = [side, side | u, side | u | v, side | v];
      if (side === 0) ring.reverse();
      const [a, b, c, d] = ring.map(at) as [number[], number[], number[], number[]];
      add(faces, [...a, ...b, ...c], color);
      add(faces, [...a, ...c, ...d], color);
    }
  }
}

/** Four faces of each. */
function subdivide(faces: Faces): void {
  const corners: number[][] = [];
  const colors: number[][] = [];
  for (const [i, c] of faces.corners.entries()) {
    const point = (k: number) => c.slice(3 * k, 3 * k + 3);
    const middle = (j: number, k: number) => [0, 1, 2].map((x) => (c[3 * j + x]! + c[3 * k + x]!) / 2);
    const [ab, bc, ca] = [middle(0, 1), middle(1, 2), middle(2, 0)];
    for (const face of [
      [...point(0), ...ab, ...ca],
      [...ab, ...point(1), ...bc],
      [...ca, ...bc, ...point(2)],
      [...ab, ...bc, ...ca],
    ]) {
      corners.push(face);
      colors.push(faces.colors[i]!);
    }
  }
  faces.corners = corners;
  faces.colors = colors;
}
