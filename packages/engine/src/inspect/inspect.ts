import { EngineError } from "../errors.ts";
import type { Cutout } from "../types.ts";
import { findCode } from "./find-code.ts";
import { type Group, groupPieces, type Spacing } from "./group-pieces.ts";
import { measureBlur } from "./measure-blur.ts";
import { countContacts, measureContact, SIDES } from "./measure-contact.ts";
import { measureShape, type Shape } from "./measure-shape.ts";
import { measureText } from "./measure-text.ts";
import { type PlacedCutout, splitSheet } from "./split-sheet.ts";

/** Thresholds, each with a picture that it refuses and one that it must not. */
const LIMITS = {
  /** Refuses a sofa in a furnished room (0–0.36); not one on wood, concrete or crumpled paper (0.5 and more). */
  confidence: 0.4,
  /** Share of the picture that the object may cover when it was told by the border. Refuses a wall of leaves. */
  coverage: 0.95,
  /** Longest side of the object, pixels. Refuses a 12-pixel icon; not a figure that fills most of a 64-pixel sprite. */
  objectSide: 40,
  /**
   * Run along the border as a share of the object's extent. Refuses a chair whose legs are cut through (0.2 and more);
   * not a ball that touches the border (0.1).
   */
  contact: 0.16,
  /** Separate stretches of the border that are covered. Refuses a shelf of books (27); not a cropped chair (2 legs and 2 arms). */
  contacts: 8,
  /** Edge blur as a share of the object. Refuses a 700-pixel object blurred with sigma 16; not one enlarged fourfold. */
  blur: 0.018,
  /**
   * Share of the object's area left when one cell is taken off all around. Refuses a chequered alpha channel (0) and scattered
   * noise; not a wire fence (thin, but it covers little of its box).
   */
  solid: 0.02,
  solidFromFill: 0.3,
  /** Letters. Refuses a page or a word; not a row of fence posts (too tall) or balls (no strokes). */
  text: 0.7,
} as const;

/** Contact that is worth a warning: the feet of a chair that stands on the border, or that is cut there. */
const TOUCHES = 0.03;

/** Smaller things beside a large one are its parts: below this share of the largest one's area they are not counted. */
const LARGE = 0.2;

/** Refuses two mugs a tenth of their height apart; not a bench of planks or a gem floating over a staff. */
const SPACING: Spacing = { stacked: 0.12, beside: 0.06, anywhere: 0.012 };
/** Who cut the object out did so on purpose: a pair of shoes passes, four chairs in the corners don't. */
const SPACING_OF_ALPHA: Spacing = { stacked: 0.3, beside: 0.3, anywhere: 0.012 };

/** What was seen in one picture. */
export interface Inspection {
  /** The object from one side; several of a turnaround sheet, from left to right. */
  views: PlacedCutout[];
  /** What was measured, by name, for the report. */
  measured: Record<string, number>;
  /** Sides of the picture that the object touches, so that a part of it may be missing. */
  touches: string[];
}

/**
 * Checks a cut-out picture against the input guidelines.
 *
 * @param index number of the picture in the request, for error messages.
 * @param mayBeSheet whether several views in it can be used as several pictures.
 * @throws EngineError no_object, object_too_small, cropped_object, blurred, multiple_objects, text_only
 */
export function inspectPicture(cutout: Cutout, index: number, mayBeSheet = true): Inspection {
  const shape = measureShape(cutout);
  if (shape === null) throw new EngineError("no_object", emptyBecause(cutout), index);
  const byAlpha = cutout.source === "alpha";
  const { confidence } = cutout;
  // A cut-out's outline is as sharp as it was cut, and what lies beyond it is not the picture's.
  const blur = byAlpha ? 0 : measureBlur(cutout, shape.longest);
  if (confidence < LIMITS.confidence && blur <= LIMITS.blur) {
    const detail = `its background is too varied (confidence ${confidence.toFixed(2)}, ${LIMITS.confidence} is needed)`;
    throw new EngineError("no_object", detail, index);
  }
  if (!byAlpha && shape.coverage > LIMITS.coverage) {
    const detail = `${percent(shape.coverage)} of the picture differs from its border, so that no background is left`;
    throw new EngineError("no_object", detail, index);
  }
  const contacts = byAlpha ? 0 : countContacts(cutout.matte);
  if (contacts > LIMITS.contacts) {
    const detail = `what differs from its border's colour reaches the border at ${contacts} places, so that it is no plain background`;
    throw new EngineError("no_object", detail, index);
  }
  const solid = measureSolid(shape);
  if (solid.left < LIMITS.solid && solid.fill > LIMITS.solidFromFill) {
    throw new EngineError("no_object", "what differs from the background is scattered over it like noise", index);
  }
  if (shape.longest < LIMITS.objectSide) {
    throw new EngineError("object_too_small", `${shape.longest} pixels long, ${LIMITS.objectSide} are needed`, index);
  }
  if (findCode(cutout)) throw new EngineError("no_object", "it is a QR code", index);
  const text = measureText(cutout);
  if (text.share > LIMITS.text) throw new EngineError("text_only", `${text.letters} letters or so`, index);
  const contact = measureContact(cutout.matte);
  const cut = SIDES.filter((_, side) => contact[side] > LIMITS.contact);
  if (!byAlpha && cut.length > 0) {
    const worst = Math.max(...contact);
    throw new EngineError("cropped_object", `on the ${list(cut)}, over ${percent(worst)} of its extent there`, index);
  }
  if (blur > LIMITS.blur) {
    const detail = `they are spread over ${percent(2 * blur)} of its size, ${percent(2 * LIMITS.blur)} is the limit`;
    throw new EngineError("blurred", detail, index);
  }
  const groups = groupPieces(shape, byAlpha ? SPACING_OF_ALPHA : SPACING);
  const objects = groups.filter((g) => g.area >= LARGE * groups[0].area);
  const views = groups.length > 1 && mayBeSheet ? splitSheet(cutout, shape, groups) : null;
  if (objects.length > 1 && views === null) {
    throw new EngineError("multiple_objects", `${objects.length} (${boxes(objects, shape)})`, index);
  }
  const measured = {
    confidence,
    coverage: shape.coverage,
    objectSide: shape.longest,
    contact: Math.max(...contact),
    contacts,
    blur,
    solid: solid.left,
    pieces: shape.pieces.length,
    objects: objects.length,
    views: views?.length ?? 1,
    text: text.share,
    letters: text.letters,
  };
  const touches = byAlpha ? [] : SIDES.filter((_, side) => contact[side] > TOUCHES);
  return { views: views ?? [{ ...cutout, left: 0, top: 0 }], measured, touches };
}

/** Share of the object's cells that have no cell outside as a neighbour, and how much of its box it fills. */
function measureSolid(shape: Shape): { left: number; fill: number } {
  const { box } = shape;
  let left = 0;
  for (const d of shape.inside) if (d > 1 && d < Number.POSITIVE_INFINITY) left++;
  return { left: left / shape.area, fill: shape.area / ((box.right - box.left + 1) * (box.bottom - box.top + 1)) };
}

function emptyBecause({ source, image }: Cutout): string {
  if (source === "alpha") return "all of it is transparent";
  const { data } = image;
  for (let at = 4; at < data.length; at++)
    if (data[at] !== data[at & 3]) return "nothing stands out from its background";
  return "all of it has one colour";
}

function boxes(objects: Group[], shape: Shape): string {
  const shown = objects.slice(0, 6).map(({ left, top, right, bottom }) => {
    const [x, y, w, h] = [left, top, right - left + 1, bottom - top + 1].map((v) => v * shape.cell);
    return `${w}×${h} at ${x},${y}`;
  });
  return shown.join("; ") + (objects.length > shown.length ? "; …" : "");
}

export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function percent(share: number): string {
  return share < 0.1 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`;
}
