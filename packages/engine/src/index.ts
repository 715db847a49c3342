export * from "./asset.ts";
export * from "./errors.ts";
export { VIEW_LABELS, type ViewLabel } from "./frames.ts";
export { LEVELS, type Level } from "./levels.ts";
export { OPTION_LIMITS, planAsset } from "./options.ts";
export { makeAsset, makeTestCube } from "./pipeline.ts";
export type { AssetFile, FileFormat, Pivot, Quality, Topology, ViewHint } from "./types.ts";
