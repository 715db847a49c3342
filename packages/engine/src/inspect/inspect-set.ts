import { EngineError } from "../errors.ts";
import type { ViewHint } from "../types.ts";
import { colorDifference, commonColors, rowCorrelation, silhouetteIou } from "../views/compare-sketches.ts";
import type { Sketch } from "../views/sketch.ts";

/**
 * Measured on 220 objects of the training packs: two sides of one object share less than `colors` in 0.2 % of cases, two
 * objects in 60 %. A back of another colour has the front's outline all the same, so both must differ.
 */
const LIMITS = {
  /** Common share of colours. */
  colors: 0.1,
  /** Correlation of the widths at each height. */
  rows: 0.5,
  /** Of pictures said to show opposite sides, whose mirrored outlines overlap by no more than this: the same limits. */
  opposite: 0.6,
  oppositeColors: 0.6,
  oppositeRows: 0.6,
  /** Mean colour difference (Lab) and overlap from which two pictures are the same one. */
  sameColor: 1.2,
  sameOutline: 0.985,
} as const;

const OPPOSITE: Readonly<Record<string, string>> = {
  front: "back",
  back: "front",
  left: "right",
  right: "left",
};

/** What the pictures of a request have in common, each with the one that it is most like. */
export interface SetInspection {
  /** Parallel to the pictures. */
  measured: { commonColors: number; rowCorrelation: number }[];
  /** Pictures that repeat an earlier one without saying that they show another side. */
  repeats: { picture: number; of: number }[];
}

/**
 * Checks that pictures show one object. Conservative: a picture is refused only when it has neither colours nor outline in
 * common with any other.
 *
 * @throws EngineError views_inconsistent, for the picture that is least like the others.
 */
export function inspectSet(sketches: readonly Sketch[], hints: readonly ViewHint[]): SetInspection {
  const pairs = sketches.map((a, i) => sketches.map((b, j) => (i === j ? null : compare(a, b, hints[i], hints[j]))));
  const measured = pairs.map((row) => ({
    commonColors: Math.max(...row.map((p) => p?.colors ?? 0)),
    rowCorrelation: Math.max(...row.map((p) => p?.rows ?? -1)),
  }));
  const strange = pairs.map((row) => row.every((p) => p === null || p.contradict));
  if (sketches.length > 1 && strange.some(Boolean)) {
    const worst = worstOf(strange, measured);
    const other = worst === 0 ? 1 : 0;
    const pair = pairs[worst][other]!;
    const detail =
      `beside image ${other + 1} its colours have ${percent(pair.colors)} in common and its outline agrees by ` +
      `${percent(Math.max(0, pair.rows))}`;
    throw new EngineError("views_inconsistent", detail, worst);
  }
  const repeats: SetInspection["repeats"] = [];
  for (let j = 1; j < sketches.length; j++) {
    const of = sketches.findIndex((_, i) => i < j && pairs[i][j]!.same && mayRepeat(hints[i], hints[j]));
    if (of >= 0) repeats.push({ picture: j, of });
  }
  return { measured, repeats };
}

function compare(a: Sketch, b: Sketch, hintA: ViewHint | undefined, hintB: ViewHint | undefined) {
  const colors = commonColors(a, b);
  const rows = rowCorrelation(a, b);
  const level = !isVertical(hintA) && !isVertical(hintB);
  const opposite = typeof hintA === "string" && OPPOSITE[hintA] === hintB;
  const apart =
    opposite &&
    colors < LIMITS.oppositeColors &&
    rows < LIMITS.oppositeRows &&
    silhouetteIou(a, b, true) < LIMITS.opposite;
  const same = silhouetteIou(a, b, false) > LIMITS.sameOutline && colorDifference(a, b, false) < LIMITS.sameColor;
  return { colors, rows, same, contradict: apart || (level && colors < LIMITS.colors && rows < LIMITS.rows) };
}

/** Tops and bottoms share no heights with the other sides, so that nothing can be said against them. */
function isVertical(hint: ViewHint | undefined): boolean {
  return hint === "top" || hint === "bottom" || (typeof hint === "object" && Math.abs(hint.elevation) > 30);
}

/** Who names two sides may well give the same picture for both: a barrel has one look. */
function mayRepeat(a: ViewHint | undefined, b: ViewHint | undefined): boolean {
  return (a ?? "auto") === "auto" || (b ?? "auto") === "auto";
}

function worstOf(strange: readonly boolean[], measured: SetInspection["measured"]): number {
  let worst = -1;
  strange.forEach((is, i) => {
    // Of two that contradict each other the later one is named: the first is what the request is about.
    if (is && (worst < 0 || measured[i].commonColors <= measured[worst].commonColors)) worst = i;
  });
  return worst;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
