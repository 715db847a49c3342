import { useEffect, useRef } from "react";
import type { ProjectStyle } from "../api/types.ts";

/** Pixels a side; shown at half of it. */
const SIDE = 240;
const LIGHT = normalize([-0.45, 0.65, 0.6]);
/** Facets around and from pole to pole. */
const FACETS = { around: 14, down: 9 };

/** A ball in a style: how faces are shaded, and how many colours there are. Drawn by hand, in a few milliseconds. */
export function StyleBall({ style, label }: { style: ProjectStyle; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { shading = "angle", texturing = "projected", palette = null } = style;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) draw(context, shading === "flat", texturing === "none", palette);
  }, [shading, texturing, palette]);
  return <canvas ref={canvas} className="style-ball" width={SIDE} height={SIDE} role="img" aria-label={label} />;
}

function draw(context: CanvasRenderingContext2D, flat: boolean, grey: boolean, palette: number | null): void {
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
      const color = grey ? [180, 180, 178] : reduce(stripes(normal), palette);
      const at = 4 * (py * SIDE + px);
      for (let c = 0; c < 3; c++) image.data[at + c] = Math.min(255, color[c]! * shade);
      // The outermost pixel fades, so that the edge is smooth.
      image.data[at + 3] = 255 * Math.min(1, (1 - Math.sqrt(out)) * radius);
    }
  }
  context.putImageData(image, 0, 0);
}

type Vector = [number, number, number];

/** A painted ball: bands that run into each other, so that a reduced palette shows. */
function stripes([x, y, z]: Vector): number[] {
  const along = Math.atan2(x, z) / Math.PI;
  const up = (y + 1) / 2;
  const warm = 0.5 + 0.5 * Math.sin(along * 7 + up * 5);
  return [70 + 170 * warm, 90 + 110 * up, 200 - 130 * warm];
}

/** Fewer colours: the levels of each channel that come nearest to so many together. */
function reduce(color: number[], palette: number | null): number[] {
  if (palette === null) return color;
  const levels = Math.max(2, Math.round(Math.cbrt(palette)));
  return color.map((value) => (Math.round((value / 255) * (levels - 1)) / (levels - 1)) * 255);
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
