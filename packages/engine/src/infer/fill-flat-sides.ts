import type { SilhouetteCone } from "../carve/silhouette.ts";
import { cameraBasis } from "../frames.ts";

export interface FlatSideOptions {
  /**
   * A side is flat when the network fills at least this share of the first fifth of what lies behind it. Half a cylinder's side
   * is empty there (0.5 to 0.6 filled; what the network makes of a thick pipe, up to 0.78).
   */
  sure: number;
  /** The same of tops and bottoms: seen from beside, a disc fills 0.785 of its square, and the network's discs up to 0.87. */
  level: number;
  /** The same of a side between two flat ones. */
  likely: number;
  /** Sides less deep than this are left alone, cells: half a cell that the network errs by is too much of a pillar. */
  shallowest: number;
  /** Straight stretches of an outline have at least this many rim samples across: less are rivets and handles. */
  narrowest: number;
  /** How far a side is moved out at the most where it doesn't end at another flat one, cells. */
  reach: number;
}

export const FLAT_SIDE_DEFAULTS: FlatSideOptions = {
  sure: 0.79,
  level: 0.88,
  likely: 0.62,
  shallowest: 20,
  narrowest: 6,
  reach: 4,
};

/**
 * A picture from above or below says what is round, and leaves so little around a rock that its sides are as filled as a
 * crate's (0.85 to 0.93). Degrees.
 */
const STEEP = 45;
/** Log-odds of what is filled: certain, so that the field's slope is whole where silhouettes cut it. 1.2 left stripes. */
const FILLED = 6;
/** Sides are filled this far beyond the outlines, cells: silhouettes shall cut through what is certain. */
const BEYOND = 2;
/** Share of a side that must be filled no deeper than `depth` behind it, cells: else its outline may be that of a knob on it. */
const TOUCHED = { depth: 1.2, sure: 0.45, likely: 0.25 };
/** Depths at which it is looked behind a side, shares of its depth along the view. */
const DEPTHS = [0.03, 0.06, 0.09, 0.12, 0.15, 0.18];
/** Samples this near to an outline are its rim, cells: every place of an outline has one. */
const RIM = 0.75;
/** The rim of a side is this near to one plane (cells), with normals within 15°. */
const FLAT = 0.6;
const ALIKE = Math.cos((15 * Math.PI) / 180);
/** Share of its rays that a side between two flat ones has between them. */
const BETWEEN = 0.6;

/**
 * Fills what the network left out before flat sides, in all of the depth in which the silhouettes allow them.
 *
 * A silhouette says of the ray along its outline that it touches the object somewhere, not where: along all of a crate's side, at one place of
 * a barrel. The network knows which it is, but draws either too round (a box's corners by 3 to 10 cells of 64), and what is then
 * raised to the silhouettes (`raiseToSilhouettes`) becomes ridges and flanges. So the outline's straight stretches, swept along the
 * view, are taken one by one as sides, and a side is filled as a whole or not at all.
 *
 * Without level views, and with a picture from above, nothing is filled.
 *
 * @param logits n³ log-odds of the object's grid
 */
export function fillFlatSides(
  logits: Float32Array,
  n: number,
  cones: readonly SilhouetteCone[],
  options: Partial<FlatSideOptions> = {},
): Float32Array {
  if (cones.some(({ camera }) => Math.abs(camera.elevation) > STEEP)) return logits;
  const settings = { ...FLAT_SIDE_DEFAULTS, ...options };
  const grid = new Grid(logits, n, cones);
  const sweeps = cones.flatMap(({ camera }, v) => {
    if (camera.perspective !== 0 || cones.slice(0, v).some((other) => alongOneLine(cones[v]!, other))) return [];
    return [new Sweep(grid, grid.outlines[v]!, cameraBasis(camera).towards, settings)];
  });
  const out = logits.slice();
  if (!sweeps.map((sweep) => sweep.acceptSure()).includes(true)) return out;
  const sure = sweeps.map((sweep) => sweep.flatRim());
  sweeps.forEach((sweep, i) => {
    sweep.acceptBetween(sure.filter((_, k) => k !== i));
  });
  const flat = sweeps.map((sweep) => sweep.flatRim());
  sweeps.forEach((sweep, i) => {
    sweep.fill(
      out,
      flat.filter((_, k) => k !== i),
    );
  });
  return out;
}

/** Opposite views have one outline. */
function alongOneLine(a: SilhouetteCone, b: SilhouetteCone): boolean {
  const [p, q] = [cameraBasis(a.camera).towards, cameraBasis(b.camera).towards];
  return b.camera.perspective === 0 && Math.abs(p[0] * q[0] + p[1] * q[1] + p[2] * q[2]) > 0.999;
}

class Grid {
  readonly logits: Float32Array;
  readonly n: number;
  /** How far each sample lies inside the outline of each view, and inside all of them; cells. */
  readonly outlines: Float32Array[];
  readonly hull: Float32Array;

  constructor(logits: Float32Array, n: number, cones: readonly SilhouetteCone[]) {
    this.logits = logits;
    this.n = n;
    this.outlines = cones.map((cone) => {
      const distances = new Float32Array(n ** 3).fill(1);
      for (let row = 0; row < n * n; row++) {
        cone.intersectRow(distances.subarray(row * n, (row + 1) * n), row % n, Math.floor(row / n));
      }
      return distances.map((d) => d * n);
    });
    this.hull = this.outlines[0]!.slice();
    for (const distances of this.outlines) {
      for (let i = 0; i < distances.length; i++) if (distances[i]! < this.hull[i]!) this.hull[i] = distances[i]!;
    }
  }

  /** The sample nearest to a place in samples; -1 beyond the grid. */
  at(x: number, y: number, z: number): number {
    const { n } = this;
    const [i, j, k] = [Math.round(x), Math.round(y), Math.round(z)];
    return i < 0 || j < 0 || k < 0 || i >= n || j >= n || k >= n ? -1 : (k * n + j) * n + i;
  }

  place(i: number): [number, number, number] {
    const { n } = this;
    return [i % n, Math.floor(i / n) % n, Math.floor(i / n / n)];
  }

  /** Visits the samples around one that is not outermost, and itself. */
  forEachAround(i: number, visit: (j: number) => void): void {
    const { n } = this;
    for (let z = -n * n; z <= n * n; z += n * n) {
      for (let y = -n; y <= n; y += n) for (let x = -1; x <= 1; x++) visit(i + z + y + x);
    }
  }

  forEachInner(visit: (i: number) => void): void {
    const { n } = this;
    for (let z = 1; z + 1 < n; z++) {
      for (let y = 1; y + 1 < n; y++) for (let x = 1; x + 1 < n; x++) visit((z * n + y) * n + x);
    }
  }
}

/** A straight stretch of an outline, swept along the view. */
interface Side {
  /** Numbers of its rim samples. */
  members: number[];
  /** Mean inward normal, and mean height. */
  normal: [number, number, number];
  height: number;
  /** Mean of the depths along the view, cells, and of the shares filled behind. */
  depth: number;
  filled: number;
  /** The share filled right behind. */
  touched: number;
  flat: boolean;
}

/** One view's outline, swept along the view through all that the other silhouettes allow. */
class Sweep {
  private readonly grid: Grid;
  private readonly outline: Float32Array;
  private readonly towards: readonly [number, number, number];
  private readonly settings: FlatSideOptions;
  private readonly sides: Side[] = [];
  /** Samples of the rim: where each is, its inward normal, the depth there, and the share filled behind. */
  private readonly rim: number[] = [];
  private readonly normals: number[] = [];
  private readonly depths: number[] = [];
  private readonly filled: number[] = [];
  private readonly touched: number[] = [];
  /** Number of each sample in the rim, or -1, and the side of each of the rim. */
  private readonly numbers: Int32Array;
  private readonly sideOf: Int32Array;

  constructor(
    grid: Grid,
    outline: Float32Array,
    towards: readonly [number, number, number],
    settings: FlatSideOptions,
  ) {
    this.grid = grid;
    this.outline = outline;
    this.towards = towards;
    this.settings = settings;
    this.numbers = new Int32Array(outline.length).fill(-1);
    grid.forEachInner((i) => {
      if (Math.abs(outline[i]!) <= RIM && grid.hull[i]! > -RIM) this.addToRim(i);
    });
    this.sideOf = new Int32Array(this.rim.length).fill(-1);
    for (let r = 0; r < this.rim.length; r++) if (this.sideOf[r]! < 0) this.sides.push(this.grow(r));
    this.pair();
  }

  /** Gives both sides of what is symmetric what is known of either. */
  private pair(): void {
    for (const [i, a] of this.sides.entries()) {
      const b = this.sides.slice(i + 1).find((other) => areMirrored(a, other));
      if (!b) continue;
      a.filled = b.filled = (a.filled + b.filled) / 2;
      a.touched = b.touched = (a.touched + b.touched) / 2;
    }
  }

  /** @returns whether any side is flat for certain. */
  acceptSure(): boolean {
    for (const side of this.sides) {
      const enough = isLevel(side) ? this.settings.level : this.settings.sure;
      side.flat = this.isLarge(side) && side.filled >= enough && side.touched >= TOUCHED.sure;
    }
    return this.sides.some(({ flat }) => flat);
  }

  /** @param others flat rims of the other sweeps. */
  acceptBetween(others: readonly Uint8Array[]): void {
    for (const side of this.sides) {
      if (side.flat || side.filled < this.settings.likely || side.touched < TOUCHED.likely) continue;
      if (!this.isLarge(side)) continue;
      const between = side.members.filter((r) =>
        [1, -1].every((sign) => {
          const end = this.end(this.rim[r]!, sign);
          return others.some((rim) => rim[end]);
        }),
      );
      side.flat = between.length >= BETWEEN * side.members.length;
    }
  }

  /** 1 at the rim of flat sides and around it. */
  flatRim(): Uint8Array {
    const marks = new Uint8Array(this.outline.length);
    this.rim.forEach((i, r) => {
      if (!this.sides[this.sideOf[r]!]!.flat) return;
      this.grid.forEachAround(i, (j) => {
        marks[j] = 1;
      });
    });
    return marks;
  }

  /**
   * Fills what lies before flat sides: where something is behind, and up to the end of a ray that ends at another flat side.
   * @param others flat rims of the other sweeps.
   */
  fill(out: Float32Array, others: readonly Uint8Array[]): void {
    const { grid, outline, settings } = this;
    const normal = new Float64Array(3);
    grid.forEachInner((i) => {
      const inside = outline[i]!;
      if (inside < -BEYOND || inside > settings.reach || grid.hull[i]! <= -BEYOND || out[i]! >= FILLED) return;
      this.inward(i, normal);
      const [x, y, z] = grid.place(i);
      const foot = grid.at(x - inside * normal[0]!, y - inside * normal[1]!, z - inside * normal[2]!);
      const r = foot < 0 ? -1 : this.numbers[foot]!;
      if (r < 0) return;
      const side = this.sides[this.sideOf[r]!]!;
      if (!side.flat) return;
      const reach = (isLevel(side) ? 0.5 : 1) * settings.reach - inside;
      if (!this.isBefore(x, y, z, normal, reach)) {
        const end = this.nearerEnd(foot);
        if (!others.some((rim) => rim[end])) return;
      }
      out[i] = FILLED;
    });
  }

  private addToRim(i: number): void {
    const { grid } = this;
    const normal = new Float64Array(3);
    this.inward(i, normal);
    const [x, y, z] = grid.place(i);
    const { length } = this.ray(x, y, z, 1);
    const filledAt = (depth: number) => {
      const s = depth - this.outline[i]!;
      return this.ray(x + s * normal[0]!, y + s * normal[1]!, z + s * normal[2]!, 2).filled;
    };
    const deep = length >= this.settings.shallowest / 2;
    const filled = deep ? DEPTHS.reduce((sum, depth) => sum + filledAt(depth * length), 0) / DEPTHS.length : 0;
    this.touched.push(deep ? filledAt(TOUCHED.depth) : 0);
    this.numbers[i] = this.rim.push(i) - 1;
    this.normals.push(...normal);
    this.depths.push(length);
    this.filled.push(filled);
  }

  /** Samples within the hull on the ray through a place, and the share of them that the network fills. */
  private ray(x: number, y: number, z: number, step: number): { length: number; filled: number } {
    const { grid, towards } = this;
    let [length, filled] = [0, 0];
    for (const sign of [step, -step]) {
      for (let t = sign > 0 ? 0 : sign; ; t += sign) {
        const i = grid.at(x + t * towards[0], y + t * towards[1], z + t * towards[2]);
        if (i < 0 || grid.hull[i]! <= -RIM) break;
        length++;
        if (grid.logits[i]! > 0) filled++;
      }
    }
    return { length, filled: filled / Math.max(1, length) };
  }

  /** The last sample within the hull on the ray through a sample. */
  private end(from: number, sign: number): number {
    const { grid, towards } = this;
    const [x, y, z] = grid.place(from);
    for (let t = sign, last = from; ; t += sign) {
      const i = grid.at(x + t * towards[0], y + t * towards[1], z + t * towards[2]);
      if (i < 0 || grid.hull[i]! <= -RIM) return last;
      last = i;
    }
  }

  private nearerEnd(from: number): number {
    const [x, y, z] = this.grid.place(from);
    const [ahead, behind] = [1, -1].map((sign) => {
      const end = this.end(from, sign);
      const [ex, ey, ez] = this.grid.place(end);
      return { end, away: Math.hypot(ex - x, ey - y, ez - z) };
    }) as [{ end: number; away: number }, { end: number; away: number }];
    return ahead.away <= behind.away ? ahead.end : behind.end;
  }

  private isBefore(x: number, y: number, z: number, normal: Float64Array, reach: number): boolean {
    const { grid } = this;
    for (let s = 0; s <= reach; s += 0.5) {
      const i = grid.at(x + s * normal[0]!, y + s * normal[1]!, z + s * normal[2]!);
      if (i >= 0 && grid.logits[i]! > 0) return true;
    }
    return false;
  }

  private inward(i: number, out: Float64Array): void {
    const d = this.outline;
    const { n } = this.grid;
    const [x, y, z] = [d[i + 1]! - d[i - 1]!, d[i + n]! - d[i - n]!, d[i + n * n]! - d[i - n * n]!];
    const length = Math.hypot(x, y, z) || 1;
    out[0] = x / length;
    out[1] = y / length;
    out[2] = z / length;
  }

  private isLarge({ members, depth }: Side): boolean {
    const { shallowest, narrowest } = this.settings;
    return depth >= shallowest && members.length >= narrowest * depth;
  }

  /** All that is connected with a rim sample and lies in one plane. */
  private grow(seed: number): Side {
    const { rim, normals, sideOf, numbers, grid } = this;
    const members: number[] = [];
    const [normal, place] = [new Float64Array(3), new Float64Array(3)];
    const foot = new Float64Array(3);
    const add = (r: number) => {
      sideOf[r] = this.sides.length;
      members.push(r);
      for (let k = 0; k < 3; k++) {
        normal[k]! += normals[3 * r + k]!;
        place[k]! += foot[k]!;
      }
    };
    this.footOf(seed, foot);
    add(seed);
    for (let m = 0; m < members.length; m++) {
      grid.forEachAround(rim[members[m]!]!, (j) => {
        const r = numbers[j]!;
        if (r < 0 || sideOf[r]! >= 0) return;
        const size = Math.hypot(normal[0]!, normal[1]!, normal[2]!);
        this.footOf(r, foot);
        let [cosine, away] = [0, 0];
        for (let k = 0; k < 3; k++) {
          cosine += (normal[k]! / size) * normals[3 * r + k]!;
          away += (normal[k]! / size) * (foot[k]! - place[k]! / members.length);
        }
        if (cosine >= ALIKE && Math.abs(away) <= FLAT) add(r);
      });
    }
    const mean = (values: readonly number[]) => members.reduce((sum, r) => sum + values[r]!, 0) / members.length;
    const size = Math.hypot(normal[0]!, normal[1]!, normal[2]!) || 1;
    return {
      members,
      normal: [normal[0]! / size, normal[1]! / size, normal[2]! / size],
      height: place[1]! / members.length,
      depth: mean(this.depths),
      filled: mean(this.filled),
      touched: mean(this.touched),
      flat: false,
    };
  }

  /** The place of the outline next to a rim sample. */
  private footOf(r: number, out: Float64Array): void {
    const i = this.rim[r]!;
    this.grid.place(i).forEach((at, k) => {
      out[k] = at - this.outline[i]! * this.normals[3 * r + k]!;
    });
  }
}

function isLevel({ normal }: Side): boolean {
  return Math.abs(normal[1]) > 0.9;
}

/** Left and right of one outline: as large, as high, as steep. */
function areMirrored(a: Side, b: Side): boolean {
  const [fewer, more] = [a, b].map(({ members }) => members.length).sort((p, q) => p - q) as [number, number];
  const turned = a.normal[0] * b.normal[0] + a.normal[2] * b.normal[2] < 0;
  const alike = Math.abs(a.normal[1] - b.normal[1]) < 0.1 && Math.abs(a.height - b.height) < 2;
  return turned && alike && !isLevel(a) && fewer > 0.8 * more;
}
