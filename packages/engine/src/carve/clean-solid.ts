import { type Camera, projector } from "../frames.ts";
import type { Field } from "../types.ts";
import { labelRuns, type Runs } from "./label-runs.ts";

/** A loose piece stays when it alone accounts for at least this share of its outline in some view. */
const OWN_SHARE = 0.1;

/** Pieces larger than this share of the solid stay in any case. */
const ALWAYS_KEPT = 0.2;

/** Pieces of no more samples, or of a smaller share of the solid, are crumbs whatever a view shows of them. */
const CRUMB = { samples: 8, share: 1e-4 };

/**
 * Makes the solid what a silhouette can vouch for, in place: closed cavities are filled (nobody ever sees them, and they
 * would become inner shells), and loose pieces that no view needs are removed. Where silhouettes intersect, such pieces
 * appear behind or between the true parts, hidden in every view.
 *
 * @param cameras of the views that gave the silhouettes.
 */
export function cleanSolid(field: Field, cameras: readonly Camera[]): void {
  fillCavities(field);
  const runs = labelRuns(field, true);
  if (runs.volumes.length > 1) dropHiddenPieces(field, runs, cameras);
}

function fillCavities(field: Field): void {
  const outside = labelRuns(field, false);
  if (outside.border.every((b) => b)) return;
  const depth = 0.5 / field.n;
  for (let i = 0; i < outside.start.length; i++) {
    if (!outside.border[outside.component[i]]) field.data.fill(depth, outside.start[i], outside.end[i]);
  }
}

function dropHiddenPieces(field: Field, runs: Runs, cameras: readonly Camera[]): void {
  const { n } = field;
  const total = runs.volumes.reduce((a, b) => a + b, 0);
  const byVolume = runs.volumes.map((_, c) => c).sort((a, b) => runs.volumes[b] - runs.volumes[a] || a - b);
  const runsOf: number[][] = runs.volumes.map(() => []);
  for (let i = 0; i < runs.component.length; i++) runsOf[runs.component[i]].push(i);
  const screens = cameras.map((camera) => new Screen(camera, n));
  byVolume.forEach((piece, rank) => {
    const volume = runs.volumes[piece];
    let needed = rank === 0 || volume > ALWAYS_KEPT * total;
    const crumb = rank > 0 && volume <= Math.max(CRUMB.samples, CRUMB.share * total);
    for (const screen of crumb ? [] : screens) {
      const cells = screen.cellsOf(runs, runsOf[piece]);
      const own = cells.reduce((count, cell) => count + (screen.covered[cell] ? 0 : 1), 0);
      if (own > OWN_SHARE * cells.length) needed = true;
    }
    if (needed) {
      for (const screen of screens) for (const cell of screen.cellsOf(runs, runsOf[piece])) screen.covered[cell] = 1;
    } else {
      for (const i of runsOf[piece]) field.data.fill(-0.5 / n, runs.start[i], runs.end[i]);
    }
  });
}

/** Which cells of a coarse picture, about one field sample each, are covered. */
class Screen {
  readonly covered: Uint8Array;
  private readonly camera: Camera;
  private readonly n: number;
  private readonly side: number;
  private readonly seen: Uint32Array;
  private stamp = 0;

  constructor(camera: Camera, n: number) {
    this.camera = camera;
    this.n = n;
    this.side = 2 * n;
    this.covered = new Uint8Array(this.side * this.side);
    this.seen = new Uint32Array(this.side * this.side);
  }

  /** Cells onto which the samples of the given runs fall, each once. */
  cellsOf(runs: Runs, members: number[]): number[] {
    const { n, side, seen } = this;
    const m = projector({ ...this.camera, scale: n, centerX: side / 2, centerY: side / 2 });
    const mark = ++this.stamp;
    const cells: number[] = [];
    for (const i of members) {
      const row = Math.floor(runs.start[i] / n);
      const y = ((row % n) + 0.5) / n - 0.5;
      const z = (Math.floor(row / n) + 0.5) / n - 0.5;
      for (let s = runs.start[i]; s < runs.end[i]; s++) {
        const x = ((s % n) + 0.5) / n - 0.5;
        const w = 1 - m.perspective * (x * m.zx + y * m.zy + z * m.zz);
        const u = Math.floor(m.cx + (x * m.xx + y * m.xy + z * m.xz) / w);
        const v = Math.floor(m.cy - (x * m.yx + y * m.yy + z * m.yz) / w);
        if (u < 0 || v < 0 || u >= side || v >= side) continue;
        const cell = v * side + u;
        if (seen[cell] === mark) continue;
        seen[cell] = mark;
        cells.push(cell);
      }
    }
    return cells;
  }
}
