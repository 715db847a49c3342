/**
 * What others need to ask for an asset and to understand the answer. The engine itself, with its native libraries, is
 * `@maquette/engine/pipeline`; `@maquette/engine/host` runs it in a process of its own.
 */
export * from "./asset.ts";
export * from "./errors.ts";
export { VIEW_LABELS, type ViewLabel } from "./frames.ts";
export type * from "./generator.ts";
export { LEVELS, type Level } from "./levels.ts";
export { OPTION_LIMITS, type Plan, planAsset } from "./options.ts";
export type { AssetFile, Collision, Compression, FileFormat, Pivot, Quality, Topology, ViewHint } from "./types.ts";
