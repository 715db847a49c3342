import { VIEW_LABELS, type ViewLabel } from "../frames.ts";
import type { ViewHint } from "../types.ts";
import { silhouetteIou } from "../views/compare-sketches.ts";
import { describeSide, leftEdgeFits, overlapScore, type SideDescription } from "../views/describe-sides.ts";
import type { Sketch } from "../views/sketch.ts";
import type { Judge } from "./judge-namings.ts";

/** Order in which pictures without any hint are taken unless they say otherwise. */
export const ORDER: readonly ViewLabel[] = ["front", "right", "back", "left", "top", "bottom"];

/** Sides in the order in which a network judges them. */
const RING: readonly ViewLabel[] = ["front", "right", "back", "left"];

/** What is seen at the left and at the right edge of a side. */
const NEIGHBORS: Readonly<Partial<Record<ViewLabel, readonly [ViewLabel, ViewLabel]>>> = {
  front: ["right", "left"],
  right: ["back", "front"],
  back: ["left", "right"],
  left: ["front", "back"],
};
const OPPOSITES: readonly (readonly [ViewLabel, ViewLabel])[] = [
  ["front", "back"],
  ["left", "right"],
];
/** Sides whose mirror images are alike, fronts before sides. */
const FACING: Readonly<Partial<Record<ViewLabel, number>>> = { front: 1, back: 1, left: -1, right: -1 };

/**
 * Log-odds by which evidence counts, fitted to 600 objects of the training packs seen with up to 4° and a weak perspective
 * off the axes: a logistic choice among the 24 ways to name four sides. On 200 objects that it had not seen opposite
 * pictures are found in 95 %, and which of them follow each other in 72–75 %; which is the front it guesses no better
 * than half the time, so that the order of the pictures decides where nothing else does.
 */
const WEIGHTS = {
  opposite: 1.24,
  outlineSymmetry: 0.06,
  detail: 0.21,
  variety: 1.2,
  upper: -0.2,
  lower: 0.27,
  whole: -1.39,
  edge: 2.04,
  aspect: 0.22,
  facingDetail: 0.1,
} as const;
/** Overlap score at which two pictures are as likely opposite as not (an overlap of 0.88). */
const OPPOSITE_FROM = 1.97;
/** What it counts that most people give the front first, and the others in order. */
const FRONT_FIRST = 2;
const IN_ORDER = 1;
/**
 * What a network's log-odds count beside the others; it is surer than it is right. Of 90 objects of packs that it never saw,
 * named and in turn: 0: 0.319, 0.800. 0.5: 0.550, 0.833. 1: 0.539, 0.800. 2: 0.528, 0.733.
 */
const OPINION = 0.5;
/** By how much two side pictures must fit better exchanged before that is said, and before it is done. */
const NOTICE = 2;
const EXCHANGE = 3;

export interface NamedViews {
  /** Parallel to the pictures: hints, and labels for those that had none. */
  hints: ViewHint[];
  /** Parallel to the pictures: whether the label was found from what the pictures show, against hint or order. */
  found: boolean[];
  warnings: string[];
}

/**
 * Names the side that each picture shows, from what the user said, from how outlines and colours of the pictures fit
 * together (opposite sides mirror each other, edges of a side are seen from the next one), and from a network's opinion.
 *
 * @param judge the network's opinion of namings; null without one.
 * @param numbers of the pictures in the request, for warnings.
 */
export async function nameViews(
  sketches: readonly Sketch[],
  hints: readonly ViewHint[],
  judge: Judge | null = null,
  numbers: readonly number[] = sketches.map((_, i) => i),
): Promise<NamedViews> {
  const given = sketches.map((_, i) => hints[i] ?? "auto");
  const open = given.flatMap((hint, i) => (hint === "auto" ? [i] : []));
  const unnamed = { hints: given, found: given.map(() => false), warnings: [] };
  if (sketches.length < 2) return unnamed;
  const relations = new Relations(sketches);
  if (open.length === 0) return checkSides(given, relations, numbers);
  const taken = new Set(given);
  const free = ORDER.filter((label) => !taken.has(label));
  // Level sides first: tops and bottoms are looked for only when there are more pictures than sides left.
  const candidates = free.slice(0, Math.max(open.length, free.filter((label) => NEIGHBORS[label]).length));
  const inOrder = open.map((_, k) => free[k]);
  const namings = [...arrangements(candidates, open.length)].map((labels) => {
    const all: (ViewLabel | null)[] = given.map((hint) =>
      (VIEW_LABELS as readonly unknown[]).includes(hint) ? (hint as ViewLabel) : null,
    );
    open.forEach((i, k) => {
      all[i] = labels[k];
    });
    return { labels, all };
  });
  const places = namings.map(({ all }) => RING.map((label) => (all.includes(label) ? all.indexOf(label) : null)));
  const opinions = judge && (await judge(places));
  let best = { labels: inOrder, score: Number.NEGATIVE_INFINITY };
  namings.forEach(({ labels, all }, k) => {
    const usual =
      (labels[0] === inOrder[0] ? FRONT_FIRST : 0) + (labels.every((l, i) => l === inOrder[i]) ? IN_ORDER : 0);
    const score = relations.score(all) + (opinions ? OPINION * opinions[k] : 0) + usual;
    if (score > best.score + 1e-9) best = { labels, score };
  });
  const result: NamedViews = { hints: [...given], found: given.map(() => false), warnings: [] };
  open.forEach((i, k) => {
    result.hints[i] = best.labels[k];
    result.found[i] = best.labels[k] !== inOrder[k];
  });
  if (result.found.some(Boolean)) {
    const list = open.map((i) => `image ${numbers[i] + 1} as ${result.hints[i]}`).join(", ");
    result.warnings.push(
      `From how the pictures fit together, they were taken in another order than front, right, back, left: ${list}. Name the sides if that is wrong.`,
    );
  }
  return result;
}

/** Notices side pictures that face the other way than their names say. */
function checkSides(given: ViewHint[], relations: Relations, numbers: readonly number[]): NamedViews {
  const result: NamedViews = { hints: [...given], found: given.map(() => false), warnings: [] };
  if (!given.every((hint) => typeof hint === "string")) return result;
  const labels = given as ViewLabel[];
  const sides = labels.flatMap((label, i) => (label === "left" || label === "right" ? [i] : []));
  if (sides.length === 0) return result;
  const exchanged = labels.map((label) => (label === "left" ? "right" : label === "right" ? "left" : label));
  const gain = relations.edges(exchanged) - relations.edges(labels);
  if (gain < NOTICE) return result;
  const named = sides.map((i) => `image ${numbers[i] + 1}, given as ${labels[i]},`).join(" and ");
  const rule = "'left' is the object's own left side: a character in it faces the picture's left";
  if (gain < EXCHANGE) {
    result.warnings.push(`Look at ${named} again: it may face the wrong way. It was used as given; ${rule}.`);
    return result;
  }
  for (const i of sides) {
    result.hints[i] = exchanged[i];
    result.found[i] = true;
  }
  const used = sides.map((i) => exchanged[i]).join(" and ");
  result.warnings.push(`By its colours ${named} faces the other way and was used as ${used}; ${rule}.`);
  return result;
}

/** How well pictures fit together under any naming; everything that does not depend on the names is computed once. */
class Relations {
  private readonly sides: SideDescription[];
  private readonly opposite: number[][];
  private readonly edge: number[][];

  constructor(sketches: readonly Sketch[]) {
    this.sides = relativeToMean(sketches.map(describeSide));
    this.opposite = sketches.map((a, i) =>
      sketches.map((b, j) => (i === j ? 0 : overlapScore(silhouetteIou(a, b, true)))),
    );
    this.edge = sketches.map((a, i) => sketches.map((b, j) => (i === j ? 0 : leftEdgeFits(a, b))));
  }

  /** Log-odds of a naming against others. */
  score(labels: readonly (ViewLabel | null)[]): number {
    const at = (label: ViewLabel) => labels.indexOf(label);
    const edges = this.edges(labels);
    // Of two pictures one edge or the other always fits better, and one is always the busier: that must not count for
    // their being neighbours or opposites.
    const two = this.sides.length === 2;
    let sum = two ? edges - Math.abs(edges) : edges;
    for (const [a, b] of OPPOSITES) {
      const [i, j] = [at(a), at(b)];
      if (i >= 0 && j >= 0) sum += WEIGHTS.opposite * (this.opposite[i][j] - OPPOSITE_FROM);
    }
    labels.forEach((label, i) => {
      if (label === null) return;
      const s = this.sides[i];
      const facing = FACING[label] ?? 0;
      sum += facing * (WEIGHTS.outlineSymmetry * s.outlineSymmetry + WEIGHTS.facingDetail * s.detail);
      sum += facing * WEIGHTS.aspect * s.aspect;
      if (two) return;
      const front = label === "front" ? 1 : label === "back" ? -1 : 0;
      sum += front * (WEIGHTS.detail * s.detail + WEIGHTS.variety * s.variety);
      const right = label === "right" ? 1 : label === "left" ? -1 : 0;
      sum += right * (WEIGHTS.upper * s.upper + WEIGHTS.lower * s.lower + WEIGHTS.whole * s.whole);
    });
    return sum;
  }

  /** How well the colours at the edges of level sides go on in their neighbours. */
  edges(labels: readonly (ViewLabel | null)[]): number {
    let sum = 0;
    labels.forEach((label, i) => {
      const pair = label && NEIGHBORS[label];
      if (!pair) return;
      const [left, right] = pair.map((neighbor) => labels.indexOf(neighbor));
      if (left >= 0) sum += this.edge[i][left];
      if (right >= 0) sum -= this.edge[i][right];
    });
    return WEIGHTS.edge * sum;
  }
}

/** What sides of one object are compared by counts as more or less than the usual; details as shares of it. */
function relativeToMean(sides: readonly SideDescription[]): SideDescription[] {
  const mean = (key: keyof SideDescription) => sides.reduce((sum, s) => sum + s[key], 0) / sides.length;
  const [outlineSymmetry, detail, variety, aspect] = (["outlineSymmetry", "detail", "variety", "aspect"] as const).map(
    mean,
  );
  return sides.map((s) => ({
    ...s,
    outlineSymmetry: s.outlineSymmetry - outlineSymmetry,
    detail: s.detail / (detail + 1e-3) - 1,
    variety: s.variety - variety,
    aspect: s.aspect - aspect,
  }));
}

/** All ways to take `count` of the items, in the order of the items. */
function* arrangements<T>(items: readonly T[], count: number): Generator<T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let i = 0; i < items.length; i++) {
    const rest = [...items.slice(0, i), ...items.slice(i + 1)];
    for (const others of arrangements(rest, count - 1)) yield [items[i], ...others];
  }
}
