import { cameraBasis } from "../frames.ts";

/** Positions turned about +Y, so that +Z comes to lie where a camera of that azimuth stands. Whole quarter turns are exact. */
export function turnAboutY<T extends Float32Array | Float64Array>(positions: T, degrees: number): T {
  if (degrees === 0) return positions;
  const { towards } = cameraBasis({ azimuth: degrees, elevation: 0 });
  const [sine, , cosine] = towards;
  const out = positions.slice() as T;
  for (let i = 0; i < out.length; i += 3) {
    out[i] = positions[i] * cosine + positions[i + 2] * sine;
    out[i + 2] = positions[i + 2] * cosine - positions[i] * sine;
  }
  return out;
}
