/**
 * The learned models as the engine sees them: functions from tensors to tensors. Who loads weights and runs them (ONNX
 * Runtime, in `host/load-models.ts`) is not the engine's business; training/README.md describes the tensors.
 */
export interface Models {
  constants: ModelConstants;
  shape: ShapeModel;
  pose: PoseModel;
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
