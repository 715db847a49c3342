import { useEffect, useRef } from "react";
import type { ProjectStyle } from "../api/types.ts";

/** Pixels a side; shown at half of it. */
const SIDE = 240;
const LIGHT = normalize([-0.45, 0.65, 0.6]);
/** Facets around and from pole to pole. */
const FACETS = { around: 14, down: 9 };

/** A ball in a style: shading, fine detail or none, and how many colours. Drawn by hand, in a few milliseconds. */
export function StyleBall({ style, label }: { style: ProjectStyle; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { shading = "angle", texturing = "projected", palette = null } = style;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) draw(context, shading === "flat", texturing, palette);
  }, [shading, texturing, palette]);
  return <canvas ref={canvas} className="style-ball" width={SIDE} height={SIDE} role="img" aria-label={label} />;
}

function draw(
  context: CanvasRenderingContext2D,
  flat: boolean,
  texturing: NonNullable<ProjectStyle["texturing"]>,
  palette: number | null,
): void {
  const image = context.createImageData(SIDE, SIDE);
  const radius = SIDE * 0.45;
  for (let py = 0; py < SIDE; py++) {
    for (let px = 0; px < SIDE; px++) {
      const x = (px + 0.5 - SIDE / 2) / radius;
      const y = (SIDE / 2 - py - 0.5) / radius;
      const out = x * x + y * y;
      if (out > 1) continue;
      const normal: Vector = [x, y, Math.sqrt(1 - out)];
      const shade = 0.35 + 0.75 * Math.max(0, dot(flat ? facetOf(normal) : normal, LIGHT));
      const color = texturing === "none" ? [180, 180, 178] : paint(normal, texturing === "projected", palette);
      const at = 4 * (py * SIDE + px);
      for (let c = 0; c < 3; c++) image.data[at + c] = Math.min(255, color[c]! * shade);
      // The outermost pixel fades, so that the edge is smooth.
      image.data[at + 3] = 255 * Math.min(1, (1 - Math.sqrt(out)) * radius);
    }
  }
  context.putImageData(image, 0, 0);
}

type Vector = [number, number, number];

/**
 * Bands that run into each other. They are painted from two values only, so that few colours are the middles of a grid of
 * these two: they stay near the full ones, as those that the engine picks from pictures do.
 */
function paint([x, y, z]: Vector, fine: boolean, palette: number | null): number[] {
  const along = Math.atan2(x, z) / Math.PI;
  const up = (y + 1) / 2;
  // Few colours take fine detail away.
  const grain = fine && palette === null ? 0.05 * Math.sin(along * 70) * Math.sin(up * 55) : 0;
  // Warm to cold is about twice as far as dark to bright.
  const across = palette === null ? null : Math.round(Math.sqrt(2 * palette));
  const warm = step(0.5 + 0.5 * Math.sin(along * 7 + up * 5) + grain, across);
  const bright = step(up + grain, across === null ? null : Math.max(1, Math.floor(palette! / across)));
  return [70 + 170 * warm, 90 + 110 * bright, 200 - 130 * warm];
}

/** The middle of that of so many equal steps which a share of 1 lies in. */
function step(share: number, count: number | null): number {
  if (count === null) return share;
  return (Math.min(count - 1, Math.max(0, Math.floor(share * count))) + 0.5) / count;
}

/** The normal of the facet that a point of the ball lies in. */
function facetOf([x, y, z]: Vector): Vector {
  const theta = (Math.floor((Math.atan2(x, z) / (2 * Math.PI)) * FACETS.around) + 0.5) / FACETS.around;
  const phi = ((Math.floor((Math.acos(y) / Math.PI) * FACETS.down) + 0.5) / FACETS.down) * Math.PI;
  const angle = theta * 2 * Math.PI;
  return [Math.sin(phi) * Math.sin(angle), Math.cos(phi), Math.sin(phi) * Math.cos(angle)];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function normalize([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
