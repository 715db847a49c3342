import { PointTree } from "./point-tree.ts";
import type { Samples } from "./sample.ts";

/** Thresholds of the F-score, for shapes whose longest side is 2. */
const THRESHOLDS = [0.05, 0.1, 0.2] as const;

/** The literature's scale: the longest side of the truth is 2, here it is 1. */
const SCALE = 2;

export interface Distances {
  /** Chamfer distance: mean nearest distance from either side, summed (not halved, not squared). */
  cd: number;
  f005: number;
  f010: number;
  f020: number;
  /** Normal consistency: mean |cos| between the normals of nearest points, from either side, averaged. 0.5 is chance. */
  normal: number;
}

/** Samples with the tree that finds the nearest of them. */
export interface SampleTree extends Samples {
  tree: PointTree;
}

export function withTree(samples: Samples): SampleTree {
  return { ...samples, tree: new PointTree(samples.points) };
}

/** Compares two surfaces by their samples, in units where the truth's longest side is 1. */
export function compareSamples(truth: SampleTree, result: SampleTree): Distances {
  const recall = oneWay(truth, result);
  const precision = oneWay(result, truth);
  const f = (i: number) => {
    const sum = precision.within[i] + recall.within[i];
    return sum > 0 ? (2 * precision.within[i] * recall.within[i]) / sum : 0;
  };
  return {
    cd: precision.mean + recall.mean,
    f005: f(0),
    f010: f(1),
    f020: f(2),
    normal: (precision.normal + recall.normal) / 2,
  };
}

function oneWay(from: SampleTree, to: SampleTree): { mean: number; within: number[]; normal: number } {
  const count = from.points.length / 3;
  const within = THRESHOLDS.map(() => 0);
  let sum = 0;
  let normal = 0;
  for (let i = 0; i < from.points.length; i += 3) {
    const d = SCALE * Math.sqrt(to.tree.nearest(from.points[i], from.points[i + 1], from.points[i + 2]));
    sum += d;
    for (let k = 0; k < within.length; k++) if (d < THRESHOLDS[k]) within[k]++;
    const j = 3 * to.tree.index;
    normal += Math.abs(
      from.normals[i] * to.normals[j] +
        from.normals[i + 1] * to.normals[j + 1] +
        from.normals[i + 2] * to.normals[j + 2],
    );
  }
  return { mean: sum / count, within: within.map((n) => n / count), normal: normal / count };
}
