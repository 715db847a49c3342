import type { Asset, AssetOptions, Hooks, Stage, Style } from "./asset.ts";
import { STAGES } from "./asset.ts";
import type { Baked } from "./bake/bake.ts";
import { bakeNormals } from "./bake/bake-normals.ts";
import { bakeOcclusion } from "./bake/bake-occlusion.ts";
import type { ColorVolume } from "./bake/color-volume.ts";
import { findMirrors, type Mirror } from "./bake/find-mirror.ts";
import { applyStyle, bakeStyle } from "./bake/style-texture.ts";
import { carve } from "./carve/carve.ts";
import { findSymmetry } from "./carve/find-symmetry.ts";
import { collide, hullShare } from "./collide/collide.ts";
import { cubeScene } from "./export/cube.ts";
import { exportScene } from "./export/export-scene.ts";
import { buildLevels, countTriangles, GUTTER } from "./fit/build-levels.ts";
import { fit } from "./fit/fit.ts";
import { turnAboutY } from "./fit/turn-about-y.ts";
import { shapeFromGenerator } from "./generate/shape-from-generator.ts";
import type { Generator } from "./generator.ts";
import { infer } from "./infer/infer.ts";
import { ingestPicture } from "./ingest/ingest-picture.ts";
import { type ContentCheck, checkContents } from "./inspect/check-content.ts";
import { inspectPictures } from "./inspect/inspect-pictures.ts";
import { LEVELS } from "./levels.ts";
import { checkMesh } from "./mesh/check-mesh.ts";
import type { Models } from "./models.ts";
import { type Plan, planAsset } from "./options.ts";
import { pose } from "./pose/pose.ts";
import { renderPreview } from "./preview/preview.ts";
import { reportParts } from "./report-parts.ts";
import { reportPictures } from "./report-pictures.ts";
import { type MatteModel, segmentPictureWith } from "./segment/segment.ts";
import { mirrorMesh } from "./simplify/mirror-mesh.ts";
import { matesOf, pairTriangles } from "./simplify/pair-triangles.ts";
import { quadrangulate } from "./simplify/quadrangulate.ts";
import { simplify } from "./simplify/simplify.ts";
import { triangulateQuads } from "./simplify/triangulate-quads.ts";
import { untangle } from "./simplify/untangle.ts";
import { contour } from "./surface/contour.ts";
import type { AssetFile, AssetScene, Field, Mesh, View } from "./types.ts";
import { measureLayout } from "./unwrap/measure-layout.ts";
import { type Unwrapped, unwrap } from "./unwrap/unwrap.ts";

/** Where the surface is, and what colours it: what differs between the ways in which a shape can be made. */
export interface Shape {
  field: Field;
  dense: Mesh;
  /** The views with cameras in the frame of the field. */
  views: View[];
  /** Colours where no picture shows the surface. */
  unseen: ColorVolume | null;
  /** Colours that the shape brought along; null takes them from the pictures. */
  paint: ((mesh: Mesh, layout: Unwrapped, onProgress: (fraction: number) => void) => Baked) | null;
}

/**
 * Pictures in, an asset out: the stages in their order, each a function from data to data.
 *
 * @param pictures encoded bytes (PNG, JPEG, WebP, AVIF, GIF, TIFF), one to six.
 * @param loadPrior gives the learned prior (or null where it cannot be had) once pictures have passed inspection: those
 *   that are refused shall not cost its memory. Null leaves everything to the silhouettes.
 * @param matte the learned matte, for backgrounds that the border does not tell; null leaves it to the border.
 * @param generator makes the shape in place of infer and carve; null leaves it to them.
 * @param content the operator's check of what pictures show; null accepts all.
 * @throws EngineError when a picture is refused or an option is invalid; the signal's reason when aborted.
 */
export async function makeAsset(
  pictures: Uint8Array[],
  options: AssetOptions,
  hooks: Hooks = {},
  loadPrior: (() => Promise<Models | null>) | null = null,
  matte: MatteModel | null = null,
  generator: Generator | null = null,
  content: ContentCheck | null = null,
): Promise<Asset> {
  const plan = planAsset(pictures.length, options);
  const level = LEVELS[plan.quality];
  const stage = stageRunner(hooks);
  const warnings: string[] = [];

  const ingested = await stage("ingest", () =>
    Promise.all(pictures.map((bytes, i) => ingestPicture(bytes, i, { maxSide: level.picture }))),
  );
  const segmented = await stage("segment", () =>
    Promise.all(ingested.map((p) => segmentPictureWith(matte, p.image, p.hasAlpha))),
  );
  const inspected = await stage("inspect", async () => {
    const images = ingested.map(({ image }) => image);
    return inspectPictures(segmented, plan.views, content ? await checkContents(content, images) : []);
  });
  warnings.push(...inspected.warnings);
  const prior = plan.prior && loadPrior ? await loadPrior() : null;
  const posed = await stage("pose", () => pose(inspected.cutouts, inspected.hints, prior, inspected.sources));
  const { yaw } = posed;
  warnings.push(...posed.warnings);
  const generated =
    generator && (await shapeFromGenerator(stage, generator, posed.views, yaw, plan, level.field, warnings));
  const { field, dense, views, unseen, paint } =
    generated ?? (await shapeFromViews(stage, posed.views, prior, level.field));
  const { mesh, mirror } = await stage("simplify", () => {
    const maxTriangles = plan.polycount - hullShare(plan);
    const squares =
      plan.topology === "quad"
        ? quadrangulate(dense, field, {
            maxTriangles,
            edge: level.quad / level.field,
            enough: level.enough,
            seed: plan.seed,
          })
        : null;
    const simple = squares ?? simplify(dense, field, { maxTriangles, tolerance: level.tolerance }).mesh;
    const mirror = findSymmetry(field);
    const exact = mirror && mirrorMesh(simple, mirror);
    return exact && exact.triangles.length <= 3 * maxTriangles
      ? { mesh: untangle(exact, mirror), mirror }
      : { mesh: untangle(simple, null), mirror: null };
  });
  const layout = await stage("unwrap", () =>
    unwrap(mesh, {
      textureSize: plan.textureSize,
      padding: Math.max(GUTTER, plan.textureSize / 512),
      ...(plan.topology === "quad" && { mates: matesOf(pairTriangles(mesh)) }),
    }),
  );
  const baked = await stage("bake", (progress) => ({
    occlusion: plan.style.texturing === "none" ? undefined : bakeOcclusion(mesh, layout, field, plan.textureSize),
    ...(paint && plan.style.texturing !== "none"
      ? applyStyle(mesh, layout, paint(mesh, layout, progress), plan.style)
      : bakeStyle(mesh, layout, views, plan.style, {
          textureSize: plan.textureSize,
          unseen,
          mirrors: findMirrors(field),
          onProgress: progress,
        })),
  }));
  const fitted = await stage("fit", () => {
    const { positions, size } = fit(turnAboutY(mesh.positions, yaw), plan);
    const built = buildLevels({ ...mesh, positions }, layout, baked.baseColor, plan);
    const normal = hasRelief(plan.style)
      ? bakeNormals(built.whole, field, { textureSize: plan.textureSize, cube: mesh.positions, yaw })
      : undefined;
    return { ...built, size, normal, checks: checkMesh(built.whole), ...collide(built.parts, plan) };
  });
  const scene: AssetScene = {
    name: plan.name,
    parts: fitted.parts,
    lods: fitted.lods,
    colliders: fitted.colliders,
    material: {
      name: `${plan.name}_material`,
      baseColor: baked.baseColor,
      normal: fitted.normal,
      occlusion: baked.occlusion,
      roughness: ROUGHNESS,
      metallic: 0,
    },
  };
  const files = await stage("export", (progress) => deliver(scene, plan, progress, hooks.signal));

  const { sizes } = fitted.whole;
  const quads = sizes.reduce((count, size) => count + (size === 4 ? 1 : 0), 0);
  return {
    files,
    report: {
      options: { ...options, ...plan },
      pictures: reportPictures(ingested, segmented, inspected, posed.views, yaw),
      prior: generated ? null : (prior?.constants.version ?? null),
      generator: generated?.generator ?? null,
      warnings,
      checks: fitted.checks,
      triangles: mesh.triangles.length / 3,
      vertices: mesh.positions.length / 3,
      parts: reportParts(fitted.parts),
      symmetry: mirror && { azimuth: (degreesOf(mirror) + yaw + 360) % 180 },
      lods: fitted.lods.map(countTriangles),
      collision: fitted.collision,
      quadShare: quads / sizes.length,
      size: fitted.size,
      texture: { size: baked.baseColor.width, coverage: baked.coverage },
      layout: measureLayout(mesh, layout),
    },
  };
}

/** Azimuth of a plane's normal, in the frame of the field. */
function degreesOf({ nx, nz }: Mirror): number {
  return (Math.atan2(nx, nz) * 180) / Math.PI;
}

/** The built-in way: what the silhouettes do not say is inferred, and all of it is carved by them. */
async function shapeFromViews(
  stage: StageRunner,
  views: View[],
  prior: Models | null,
  fieldSize: number,
): Promise<Shape> {
  const inference = await stage("infer", () => infer(views, prior));
  const field = await stage("carve", () => carve(views, inference, fieldSize));
  const dense = await stage("surface", () => triangulateQuads(contour(field)));
  return { field, dense, views, unseen: inference.colors, paint: null };
}

/** The plain cube of the asked dimensions that a test request delivers, in all formats. */
export async function makeTestCube(options: AssetOptions, hooks: Hooks = {}): Promise<Asset> {
  const plan = planAsset(1, { ...options, views: [] });
  const stage = stageRunner(hooks);
  const cube = cubeScene({ ...plan });
  const part = cube.parts[0];
  const { colliders, collision } = collide(cube.parts, plan);
  const scene = { ...cube, colliders };
  const files = await stage("export", (progress) => deliver(scene, plan, progress, hooks.signal));
  const { size } = fit(part.positions, plan);
  return {
    files,
    report: {
      options: { ...options, ...plan },
      pictures: [],
      prior: null,
      generator: null,
      warnings: [],
      checks: checkMesh(part),
      triangles: 12,
      vertices: 8,
      parts: reportParts(scene.parts),
      symmetry: { azimuth: 90 },
      lods: [],
      collision,
      quadShare: 1,
      size,
      texture: { size: scene.material.baseColor.width, coverage: 1 },
      layout: null,
    },
  };
}

/** Whether a normal map belongs to the style: facets are wanted flat, and what has no texture needs no other one. */
function hasRelief({ shading, texturing }: Style): boolean {
  return shading !== "flat" && (texturing === "projected" || texturing === "painted");
}

/** Pictures tell nothing certain of gloss: a satin finish offends nowhere. */
export const ROUGHNESS = 0.8;

export async function deliver(
  scene: AssetScene,
  { compression }: Plan,
  onProgress: (f: number) => void,
  signal?: AbortSignal,
): Promise<AssetFile[]> {
  // Drawing keeps this thread busy while others encode the textures.
  const [files, preview] = await Promise.all([
    exportScene(scene, { onProgress, signal, compression }),
    renderPreview(scene),
  ]);
  return [...files, { name: `${scene.name}_preview.png`, format: "preview", mime: "image/png", data: preview }];
}

/** Rough share of the whole time that each stage takes; only progress bars depend on it. */
const SHARES: Readonly<Record<Stage, number>> = {
  ingest: 3,
  segment: 5,
  inspect: 2,
  pose: 2,
  infer: 15,
  carve: 20,
  surface: 5,
  simplify: 5,
  unwrap: 12,
  bake: 18,
  fit: 5,
  export: 12,
};
const ALL_SHARES = STAGES.reduce((sum, s) => sum + SHARES[s], 0);

export type StageRunner = ReturnType<typeof stageRunner>;

/**
 * Runs stages one after another, reporting where the pipeline is. Between stages it lets messages and timers through,
 * so that an abort arrives and progress leaves.
 */
export function stageRunner({ onProgress, signal }: Hooks) {
  return async function stage<T>(
    name: Stage,
    run: (progress: (fraction: number) => void) => T | Promise<T>,
  ): Promise<T> {
    const before = STAGES.slice(0, STAGES.indexOf(name)).reduce((sum, s) => sum + SHARES[s], 0);
    const report = (fraction: number) =>
      onProgress?.({ stage: name, fraction: (before + SHARES[name] * fraction) / ALL_SHARES });
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    report(0);
    const result = await run(report);
    report(1);
    return result;
  };
}
