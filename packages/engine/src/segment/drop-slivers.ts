import type { LabImage } from "../image/color.ts";
import { type Component, connectedComponents } from "../image/components.ts";
import { isShade } from "./cut-shading.ts";
import type { Background } from "./grow-background.ts";

/**
 * What a cast shadow leaves where the object touches the ground: strips a few pixels wide between the object's outline and
 * the outline that the contact's darkness makes. They look like parts of the object by everything but their size, and by
 * lying in its lower half.
 */
export interface SliverOptions {
  /** Largest area, as a share of what is not background. */
  area: number;
  /** Least share of the outline that must be against the background. */
  outer: number;
  /** Share of what is not background that must differ from it by more than darkness: a grey object is made of shades. */
  otherHue: number;
}

export const SLIVER_DEFAULTS: SliverOptions = { area: 0.008, outer: 0.3, otherHue: 0.5 };

/** @returns 1 on shadow's slivers among what is not `background` yet. */
export function dropSlivers(
  lab: LabImage,
  grown: Background,
  background: Uint8Array,
  options: Partial<SliverOptions> = {},
): Uint8Array {
  const { area, outer, otherHue } = { ...SLIVER_DEFAULTS, ...options };
  const { width, height } = grown.expected;
  const result = new Uint8Array(background.length);
  const shade = new Uint8Array(background.length);
  let solid = 0;
  let other = 0;
  let heights = 0;
  for (let at = 0; at < background.length; at++) {
    if (background[at] !== 0) continue;
    solid++;
    heights += Math.floor(at / width);
    if (isShade(lab, grown.expected, at)) shade[at] = 1;
    else other++;
  }
  if (other < otherHue * solid) return result;
  const { labels, components } = connectedComponents(shade, width, height, 4);
  const outline = new Uint32Array(components.length);
  const against = new Uint32Array(components.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const label = labels[at];
      if (label < 0) continue;
      for (const next of [at - 1, at + 1, at - width, at + width]) {
        if (labels[next] === label) continue;
        outline[label]++;
        if (background[next] !== 0) against[label]++;
      }
    }
  }
  const middle = heights / solid;
  // At the picture's border a strip is the end of a shelf or a floor, from which a room is told.
  const inside = (c: Component) => c.left > 1 && c.right < width - 2 && c.bottom < height - 2;
  const sliver = components.map(
    (c, k) => inside(c) && c.area <= area * solid && c.centerY > middle && against[k] >= outer * outline[k],
  );
  for (let at = 0; at < result.length; at++) if (labels[at] >= 0 && sliver[labels[at]]) result[at] = 1;
  return result;
}
