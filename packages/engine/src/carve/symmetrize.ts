import { reflect } from "../bake/find-mirror.ts";
import { sampleField } from "../mesh/sample-field.ts";
import type { Field } from "../types.ts";
import type { Symmetry } from "./find-symmetry.ts";

/** Samples farther than this many from the surface stay: they say no more than on which side of it they are. */
const BAND = 3;

/** Makes a field its own reflection about a plane, in place: near the surface every value becomes the mean of the two. */
export function symmetrize(field: Field, mirror: Symmetry): void {
  const { n, data } = field;
  const before = { n, data: data.slice() };
  const at = (v: number) => (v + 0.5) / n - 0.5;
  // The outermost layer stays outside.
  for (let z = 1; z + 1 < n; z++) {
    for (let y = 1; y + 1 < n; y++) {
      for (let x = 1; x + 1 < n; x++) {
        const i = (z * n + y) * n + x;
        if (Math.abs(before.data[i]) * n > BAND) continue;
        const [rx, rz] = reflect(mirror, at(x), at(z));
        data[i] = (before.data[i] + sampleField(before, rx, at(y), rz)) / 2;
      }
    }
  }
}
