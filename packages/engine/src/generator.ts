import type { UpAxis } from "./asset.ts";
import type { ViewLabel } from "./frames.ts";
import type { Quality } from "./types.ts";

/**
 * Something else that makes the shape, usually an open model on a machine with a GPU. It takes the place of infer and
 * carve; what it makes is repaired, turned, measured and baked like any other shape. The engine only knows this
 * interface: who talks to whom, and how long that may take, is its caller's (`host/generators/`, docs/generators.md).
 */
export interface Generator {
  /** What the operator calls it. */
  name: string;
  /** Axis of its models that points up; glTF's +Y unless it is known to do otherwise. */
  up: UpAxis;
  /** Degrees about the up axis at which its models' front is, where the pictures do not tell: 0 is +Z, 90 is +X. */
  front: number;
  /** Whether silhouettes and the prior make the asset when it cannot; otherwise the request ends with its cause. */
  fallback: boolean;
  generate(request: GeneratorRequest): Promise<GeneratorAnswer>;
}

/** What a generator is asked for. */
export interface GeneratorRequest {
  /** The views of the object, at least one, the base (the front where there is one) first. */
  pictures: GeneratorPicture[];
  quality: Quality;
  /** Upper limit of triangles of the asset. A generator may give more: they are reduced afterwards. */
  polycount: number;
  seed: number;
}

/** One view: the object cut out of its picture, and from where it is seen. */
export interface GeneratorPicture {
  /** Square, straight alpha, the object centred with a margin. */
  png: Uint8Array;
  label: ViewLabel | null;
  /** Degrees, in the object frame (`frames.ts`). */
  azimuth: number;
  elevation: number;
}

/** A model file that `read/` knows with the files that it names, or why there is none. */
export type GeneratorAnswer =
  | { ok: true; model: Uint8Array; companions: [string, Uint8Array][] }
  | { ok: false; cause: string };

/** What the report says of the generator that made the shape. */
export interface GeneratorReport {
  name: string;
  /** Intersection over union of the shape's outlines and the pictures', mean over the views, 0–1. */
  agreement: number;
  /** Degrees about +Y by which the model was turned to face like the pictures. */
  turned: number;
}
