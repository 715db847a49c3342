/**
 * Procedural objects as coloured distance fields: small functions that say how far a point is from a surface (negative
 * inside) and what colour it has there. After the modelling kit of Inigo Quilez' articles on distance functions.
 */

export type Vector = readonly [number, number, number];

/** sRGB, 0–1. */
export type Color = readonly [number, number, number];

/** A shape with its colour. Distances may be bounds only (never larger than the true distance outside). */
export interface Solid {
  distance(x: number, y: number, z: number): number;
  color(x: number, y: number, z: number): Color;
}

export type Paint = Color | ((x: number, y: number, z: number) => Color);

/** `#rrggbb` */
export function hex(code: string): Color {
  const value = Number.parseInt(code.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

export function mix(a: Color, b: Color, t: number): Color {
  const k = Math.min(1, Math.max(0, t));
  return [a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k, a[2] + (b[2] - a[2]) * k];
}

function solid(distance: Solid["distance"], paint: Paint): Solid {
  return { distance, color: typeof paint === "function" ? paint : () => paint };
}

// -- shapes, about the origin; `round` is the radius of their edges and lies within the given size

export function ball(radius: number, paint: Paint): Solid {
  return solid((x, y, z) => Math.sqrt(x * x + y * y + z * z) - radius, paint);
}

export function ellipsoid([a, b, c]: Vector, paint: Paint): Solid {
  return solid((x, y, z) => {
    const k0 = Math.hypot(x / a, y / b, z / c);
    const k1 = Math.hypot(x / (a * a), y / (b * b), z / (c * c));
    return k1 > 0 ? (k0 * (k0 - 1)) / k1 : -Math.min(a, b, c);
  }, paint);
}

/** Half sizes. */
export function box([a, b, c]: Vector, round: number, paint: Paint): Solid {
  return solid((x, y, z) => {
    const dx = Math.abs(x) - a + round;
    const dy = Math.abs(y) - b + round;
    const dz = Math.abs(z) - c + round;
    const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0), Math.max(dz, 0));
    return outside + Math.min(Math.max(dx, dy, dz), 0) - round;
  }, paint);
}

/** Upright; `top` lets it taper. */
export function cylinder(radius: number, halfHeight: number, round: number, paint: Paint, top = radius): Solid {
  return solid((x, y, z) => {
    const r = radius + ((top - radius) * (y + halfHeight)) / (2 * halfHeight);
    const dr = Math.sqrt(x * x + z * z) - r + round;
    const dy = Math.abs(y) - halfHeight + round;
    const outside = Math.hypot(Math.max(dr, 0), Math.max(dy, 0));
    // A tapering side is closer than its horizontal distance says.
    const slope = Math.hypot(1, (top - radius) / (2 * halfHeight));
    return (outside + Math.min(Math.max(dr, dy), 0) - round) / slope;
  }, paint);
}

/** A bar with round ends, from point to point, as thick at each end as said there. */
export function limb(from: Vector, to: Vector, radius: number, paint: Paint, endRadius = radius): Solid {
  const [bx, by, bz] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const squared = bx * bx + by * by + bz * bz;
  return solid((x, y, z) => {
    const [px, py, pz] = [x - from[0], y - from[1], z - from[2]];
    const t = Math.min(1, Math.max(0, (px * bx + py * by + pz * bz) / squared));
    const d = Math.hypot(px - t * bx, py - t * by, pz - t * bz);
    return d - (radius + t * (endRadius - radius));
  }, paint);
}

/** Lying flat. */
export function ring(radius: number, thickness: number, paint: Paint): Solid {
  return solid((x, y, z) => Math.hypot(Math.hypot(x, z) - radius, y) - thickness, paint);
}

/** A prism along Z of the polygon that is given by its corners in the XY plane, counter-clockwise. */
export function prism(
  corners: readonly (readonly [number, number])[],
  halfDepth: number,
  round: number,
  paint: Paint,
): Solid {
  return solid((x, y, z) => {
    let squared = Number.POSITIVE_INFINITY;
    let sign = 1;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [ax, ay] = corners[i];
      const [ex, ey] = [corners[j][0] - ax, corners[j][1] - ay];
      const [wx, wy] = [x - ax, y - ay];
      const t = Math.min(1, Math.max(0, (wx * ex + wy * ey) / (ex * ex + ey * ey)));
      squared = Math.min(squared, (wx - ex * t) ** 2 + (wy - ey * t) ** 2);
      const [above, below, left] = [y >= ay, y < corners[j][1], ex * wy > ey * wx];
      if ((above && below && left) || (!above && !below && !left)) sign = -sign;
    }
    const d = sign * Math.sqrt(squared) + round;
    const dz = Math.abs(z) - halfDepth + round;
    return Math.hypot(Math.max(d, 0), Math.max(dz, 0)) + Math.min(Math.max(d, dz), 0) - round;
  }, paint);
}

/** The solid of revolution about +Y of a profile of (radius, height) corners, counter-clockwise. */
export function lathe(profile: readonly (readonly [number, number])[], round: number, paint: Paint): Solid {
  const section = prism(profile, 10, round, [0, 0, 0]);
  return solid((x, y, z) => section.distance(Math.sqrt(x * x + z * z), y, 0), paint);
}

// -- combinations

/** All of them; colours change where surfaces meet. */
export function join(...solids: Solid[]): Solid {
  return {
    distance(x, y, z) {
      let least = Number.POSITIVE_INFINITY;
      for (const s of solids) least = Math.min(least, s.distance(x, y, z));
      return least;
    },
    color: (x, y, z) => nearest(solids, x, y, z).color(x, y, z),
  };
}

/** All of them, melted into each other over about `radius`. */
export function melt(radius: number, ...solids: Solid[]): Solid {
  return {
    distance(x, y, z) {
      let d = solids[0].distance(x, y, z);
      for (let i = 1; i < solids.length; i++) {
        const e = solids[i].distance(x, y, z);
        const h = Math.max(radius - Math.abs(d - e), 0) / radius;
        d = Math.min(d, e) - (h * h * radius) / 4;
      }
      return d;
    },
    color: (x, y, z) => nearest(solids, x, y, z).color(x, y, z),
  };
}

/** The first without the others; the cut shows the colour of what cut it. */
export function cut(from: Solid, ...tools: Solid[]): Solid {
  return {
    distance(x, y, z) {
      let d = from.distance(x, y, z);
      for (const tool of tools) d = Math.max(d, -tool.distance(x, y, z));
      return d;
    },
    color(x, y, z) {
      const tool = nearest(tools, x, y, z);
      return (tool.distance(x, y, z) < 0.004 ? tool : from).color(x, y, z);
    },
  };
}

/** What lies in both. */
export function common(a: Solid, b: Solid): Solid {
  return { distance: (x, y, z) => Math.max(a.distance(x, y, z), b.distance(x, y, z)), color: a.color };
}

function nearest(solids: readonly Solid[], x: number, y: number, z: number): Solid {
  let best = solids[0];
  let least = Number.POSITIVE_INFINITY;
  for (const s of solids) {
    const d = s.distance(x, y, z);
    if (d < least) {
      least = d;
      best = s;
    }
  }
  return best;
}

// -- placement

export function at(offset: Vector, s: Solid): Solid {
  const [a, b, c] = offset;
  return {
    distance: (x, y, z) => s.distance(x - a, y - b, z - c),
    color: (x, y, z) => s.color(x - a, y - b, z - c),
  };
}

/** Turns by degrees about an axis, right-handed. */
export function turn(axis: "x" | "y" | "z", degrees: number, s: Solid): Solid {
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  // Points go back into the frame of the shape.
  const back = {
    x: (f: Solid["distance"] | Solid["color"]) => (x: number, y: number, z: number) =>
      f(x, cos * y + sin * z, cos * z - sin * y),
    y: (f: Solid["distance"] | Solid["color"]) => (x: number, y: number, z: number) =>
      f(cos * x - sin * z, y, cos * z + sin * x),
    z: (f: Solid["distance"] | Solid["color"]) => (x: number, y: number, z: number) =>
      f(cos * x + sin * y, cos * y - sin * x, z),
  }[axis];
  return { distance: back(s.distance) as Solid["distance"], color: back(s.color) as Solid["color"] };
}

/** The half at +X, and its mirror image at -X. */
export function mirror(s: Solid): Solid {
  return {
    distance: (x, y, z) => s.distance(Math.abs(x), y, z),
    color: (x, y, z) => s.color(Math.abs(x), y, z),
  };
}

/** The quarter at +X +Z, four times. */
export function mirrorTwice(s: Solid): Solid {
  return {
    distance: (x, y, z) => s.distance(Math.abs(x), y, Math.abs(z)),
    color: (x, y, z) => s.color(Math.abs(x), y, Math.abs(z)),
  };
}

/** `count` copies about +Y of what lies at +Z. */
export function around(count: number, s: Solid): Solid {
  const step = (2 * Math.PI) / count;
  const fold = (x: number, z: number): [number, number] => {
    const angle = Math.atan2(x, z);
    const local = angle - step * Math.round(angle / step);
    const r = Math.hypot(x, z);
    return [r * Math.sin(local), r * Math.cos(local)];
  };
  return {
    distance(x, y, z) {
      const [u, w] = fold(x, z);
      return s.distance(u, y, w);
    },
    color(x, y, z) {
      const [u, w] = fold(x, z);
      return s.color(u, y, w);
    },
  };
}

/** The shape with another colour. */
export function painted(paint: Paint, s: Solid): Solid {
  return solid(s.distance, paint);
}

// -- patterns

/** Repeatable noise in -1…1 with spots of size 1. */
export function noise(x: number, y: number, z: number): number {
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [u, v, w] = [smooth(x - i), smooth(y - j), smooth(z - k)];
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    const [a, b, d] = [c & 1, (c >> 1) & 1, c >> 2];
    const weight = (a ? u : 1 - u) * (b ? v : 1 - v) * (d ? w : 1 - w);
    sum += weight * lattice(i + a, j + b, k + d);
  }
  return sum;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function lattice(i: number, j: number, k: number): number {
  let h = Math.imul(i, 0x27d4eb2d) ^ Math.imul(j, 0x165667b1) ^ Math.imul(k, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2147483648 - 1;
}

/** Wood with its grain along an axis. */
export function wood(light: Color, dark: Color, axis: 0 | 1 | 2, scale = 9): Paint {
  return (x, y, z) => {
    const p = [x * scale, y * scale, z * scale];
    p[axis] *= 0.12;
    const wave = noise(p[0], p[1], p[2]) + 0.5 * noise(3.1 * p[0] + 7, 3.1 * p[1], 3.1 * p[2]);
    return mix(light, dark, 0.5 + 0.55 * wave);
  };
}
