import type { Similarity } from "../shape.ts";
import { PointTree } from "./point-tree.ts";
import { type Samples, thin } from "./sample.ts";

export interface AlignOptions {
  /** Yaws tried, evenly over the full turn. */
  yaws: number;
  /** Samples of each shape in the yaw search and in ICP. */
  coarse: number;
  fine: number;
  /** How many of the best yaws ICP starts from. */
  starts: number;
  iterations: number;
}

export const ALIGN_DEFAULTS: AlignOptions = { yaws: 36, coarse: 512, fine: 2048, starts: 3, iterations: 30 };

/**
 * The similarity that lays a result of unknown yaw, size and place over the truth: the best of 36 yaws, each with the
 * result scaled by its spread and by its height, then iterative closest points with scale (Besl & McKay 1992; closed
 * form by Horn 1987). Correspondences go both ways: with one way only, scale lets the result shrink into the truth.
 */
export function alignSamples(truth: Samples, result: Samples, options: Partial<AlignOptions> = {}): Similarity {
  const { yaws, coarse, fine, starts, iterations } = { ...ALIGN_DEFAULTS, ...options };
  const candidates = startingPoses(truth, result, yaws);
  const rough = new Pair(thin(truth, coarse).points, thin(result, coarse).points);
  const ranked = candidates
    .map((pose) => ({ pose, cost: rough.cost(pose) }))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, starts);
  const pair = new Pair(thin(truth, fine).points, thin(result, fine).points);
  let best = { pose: ranked[0].pose, cost: Number.POSITIVE_INFINITY };
  for (const { pose: start } of ranked) {
    let pose = start;
    let before = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= iterations; i++) {
      const { cost, next } = pair.improve(pose);
      if (cost < best.cost) best = { pose, cost };
      if (Math.abs(before - cost) < 1e-4 * cost) break;
      before = cost;
      pose = next;
    }
  }
  return best.pose;
}

/** The best of the four quarter turns, and nothing else: for pictures that show four sides without saying which is the front. */
export function bestQuarterTurn(truth: Samples, result: Samples, count = ALIGN_DEFAULTS.fine): Similarity {
  const pair = new Pair(thin(truth, count).points, thin(result, count).points);
  return [0, 90, 180, 270]
    .map((degrees): Similarity => ({ scale: 1, rotation: yawMatrix(degrees), offset: [0, 0, 0] }))
    .map((pose) => ({ pose, cost: pair.cost(pose) }))
    .reduce((a, b) => (b.cost < a.cost ? b : a)).pose;
}

function yawMatrix(degrees: number): number[] {
  const c = Math.cos((degrees * Math.PI) / 180);
  const s = Math.sin((degrees * Math.PI) / 180);
  return [c, 0, s, 0, 1, 0, -s, 0, c];
}

function startingPoses(truth: Samples, result: Samples, yaws: number): Similarity[] {
  const to = spreadOf(truth.points);
  const from = spreadOf(result.points);
  const poses: Similarity[] = [];
  for (let i = 0; i < yaws; i++) {
    const rotation = yawMatrix((360 * i) / yaws);
    for (const scale of [to.deviation / from.deviation, to.height / from.height]) {
      if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) continue;
      const turned = turn(rotation, from.mean);
      const offset = turned.map((v, k) => to.mean[k] - scale * v) as [number, number, number];
      poses.push({ scale, rotation, offset });
    }
  }
  // A result without extent (a failure) stays where it is.
  return poses.length > 0 ? poses : [{ scale: 1, rotation: yawMatrix(0), offset: [0, 0, 0] }];
}

function spreadOf(points: Float32Array): { mean: [number, number, number]; deviation: number; height: number } {
  const count = points.length / 3;
  const mean: [number, number, number] = [0, 0, 0];
  let squares = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < points.length; i++) {
    mean[i % 3] += points[i] / count;
    squares += points[i] * points[i];
    if (i % 3 === 1) {
      low = Math.min(low, points[i]);
      high = Math.max(high, points[i]);
    }
  }
  const variance = squares / count - mean[0] ** 2 - mean[1] ** 2 - mean[2] ** 2;
  return { mean, deviation: Math.sqrt(Math.max(0, variance)), height: high - low };
}

function turn(r: readonly number[], [x, y, z]: readonly number[]): [number, number, number] {
  return [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z];
}

/** Two point sets, each with its tree, so that a pose is judged without building anything. */
class Pair {
  private readonly truth: Float32Array;
  private readonly result: Float32Array;
  private readonly truthTree: PointTree;
  private readonly resultTree: PointTree;

  constructor(truth: Float32Array, result: Float32Array) {
    this.truth = truth;
    this.result = result;
    this.truthTree = new PointTree(truth);
    this.resultTree = new PointTree(result);
  }

  /** Chamfer distance under a pose: mean nearest distance both ways, summed. */
  cost(pose: Similarity): number {
    let sum = 0;
    this.eachPair(pose, (_, __, squared) => {
      sum += Math.sqrt(squared);
    });
    return (2 * sum) / (this.truth.length / 3 + this.result.length / 3);
  }

  /** The cost of a pose, and one step of ICP from it: the similarity that best maps nearest points onto each other. */
  improve(pose: Similarity): { cost: number; next: Similarity } {
    const count = this.result.length + this.truth.length;
    const from = new Float64Array(count);
    const to = new Float64Array(count);
    let i = 0;
    let sum = 0;
    this.eachPair(pose, (r, t, squared) => {
      sum += Math.sqrt(squared);
      for (let k = 0; k < 3; k++, i++) {
        from[i] = this.result[r + k];
        to[i] = this.truth[t + k];
      }
    });
    return { cost: (6 * sum) / count, next: bestSimilarity(from, to) ?? pose };
  }

  /** Nearest pairs in both directions, as offsets into the point arrays, with the squared distance in the truth's frame. */
  private eachPair({ scale, rotation: r, offset }: Similarity, visit: (r: number, t: number, sq: number) => void) {
    const p = this.result;
    for (let i = 0; i < p.length; i += 3) {
      const x = scale * (r[0] * p[i] + r[1] * p[i + 1] + r[2] * p[i + 2]) + offset[0];
      const y = scale * (r[3] * p[i] + r[4] * p[i + 1] + r[5] * p[i + 2]) + offset[1];
      const z = scale * (r[6] * p[i] + r[7] * p[i + 1] + r[8] * p[i + 2]) + offset[2];
      const squared = this.truthTree.nearest(x, y, z);
      visit(i, 3 * this.truthTree.index, squared);
    }
    // The other way in the result's own frame, where its tree stands: distances shrink by the scale.
    const q = this.truth;
    for (let i = 0; i < q.length; i += 3) {
      const x = (q[i] - offset[0]) / scale;
      const y = (q[i + 1] - offset[1]) / scale;
      const z = (q[i + 2] - offset[2]) / scale;
      const squared = this.resultTree.nearest(
        r[0] * x + r[3] * y + r[6] * z,
        r[1] * x + r[4] * y + r[7] * z,
        r[2] * x + r[5] * y + r[8] * z,
      );
      visit(3 * this.resultTree.index, i, squared * scale * scale);
    }
  }
}

/** Least-squares similarity from points to points (3 numbers each), Horn 1987; null when the points have no extent. */
export function bestSimilarity(from: ArrayLike<number>, to: ArrayLike<number>): Similarity | null {
  const count = from.length / 3;
  const a = [0, 0, 0];
  const b = [0, 0, 0];
  for (let i = 0; i < from.length; i++) {
    a[i % 3] += from[i] / count;
    b[i % 3] += to[i] / count;
  }
  const m = new Float64Array(9);
  let fromSquares = 0;
  let toSquares = 0;
  for (let i = 0; i < from.length; i += 3) {
    for (let j = 0; j < 3; j++) {
      const u = from[i + j] - a[j];
      fromSquares += u * u;
      toSquares += (to[i + j] - b[j]) ** 2;
      for (let k = 0; k < 3; k++) m[3 * j + k] += u * (to[i + k] - b[k]);
    }
  }
  if (!(fromSquares > 1e-12 && toSquares > 1e-12)) return null;
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = m;
  const [w, x, y, z] = largestEigenvector([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]);
  const rotation = [
    w * w + x * x - y * y - z * z,
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    w * w - x * x + y * y - z * z,
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    w * w - x * x - y * y + z * z,
  ];
  // Horn's symmetric scale: the ratio of spreads, which noise does not shrink.
  const scale = Math.sqrt(toSquares / fromSquares);
  const turned = turn(rotation, a);
  return { scale, rotation, offset: [b[0] - scale * turned[0], b[1] - scale * turned[1], b[2] - scale * turned[2]] };
}

/** Unit eigenvector of the largest eigenvalue of a symmetric 4×4 matrix, by Jacobi rotations. */
function largestEigenvector(matrix: number[][]): number[] {
  const n = 4;
  const a = matrix.map((row) => [...row]);
  const v: number[][] = matrix.map((_, i) => matrix.map((__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) off += a[i][j] ** 2;
    if (off < 1e-22) break;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        if (a[i][j] === 0) continue;
        const theta = (a[j][j] - a[i][i]) / (2 * a[i][j]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) [a[k][i], a[k][j]] = [c * a[k][i] - s * a[k][j], s * a[k][i] + c * a[k][j]];
        for (let k = 0; k < n; k++) [a[i][k], a[j][k]] = [c * a[i][k] - s * a[j][k], s * a[i][k] + c * a[j][k]];
        for (let k = 0; k < n; k++) [v[k][i], v[k][j]] = [c * v[k][i] - s * v[k][j], s * v[k][i] + c * v[k][j]];
      }
    }
  }
  let best = 0;
  for (let i = 1; i < n; i++) if (a[i][i] > a[best][best]) best = i;
  return v.map((row) => row[best]);
}
