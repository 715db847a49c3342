/**
 * The learned models as the engine sees them: functions from tensors to tensors. Who loads weights and runs them (ONNX
 * Runtime, in `host/load-models.ts`) is not the engine's business; training/README.md describes the tensors.
 */
export interface Models {
  constants: ModelConstants;
  shape: ShapeModel;
  pose: PoseModel;
  /** Null where the weights come without it. */
  sides: SidesModel | null;
}

/** What pictures and cameras must look like; stored beside the weights. */
export interface ModelConstants {
  version: string;
  /** Pixels a side of a network's picture. */
  pictureSize: number;
  /** Pixels of the longer side of the silhouette in a picture that is framed by it. */
  framed: number;
  /** Cube units of the object's longest known side in labelled sets. */
  fit: number;
}

/** Premultiplied sRGB and coverage, 0–1, planes of `pictureSize`²: R, G, B, coverage, one picture after another. */
export type PictureTensor = Float32Array;

export interface ShapeModel {
  /**
   * @param cameras 16 numbers a picture: rows u, v, w, depth over (x, y, z, 1).
   * @returns occupancy log-odds, 64³ [z][y][x], and sRGB colours 0–1, 3 × 32³ [channel][z][y][x].
   */
  run(pictures: PictureTensor, cameras: Float32Array): Promise<{ occupancy: Float32Array; colors: Float32Array }>;
}

export interface PoseModel {
  /**
   * @param fills silhouette's longer side over the longer side of the picture that it was cut from, one a picture.
   * @returns 12 numbers a picture.
   */
  run(pictures: PictureTensor, fills: Float32Array): Promise<Float32Array>;
}

export interface SidesModel {
  /** Pixels a side of its pictures, and of the longer side of the silhouette in them. */
  pictureSize: number;
  framed: number;
  /**
   * @param pictures of one object, at least one, planes of `pictureSize`².
   * @param namings four numbers each: which picture shows the front, the right side, the back and the left side; the number
   *   of pictures where none does.
   * @returns `scores`, log-odds of each naming against the others, and `directions`, for each picture elevation in degrees
   *   and then log-odds of sectors of the azimuth, the first centred at 0°.
   */
  run(pictures: PictureTensor, namings: readonly number[]): Promise<{ scores: Float32Array; directions: Float32Array }>;
}
