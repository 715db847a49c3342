import type { Asset, FinishOptions, Hooks } from "./asset.ts";
import { UP_AXES } from "./asset.ts";
import { bakeOcclusion } from "./bake/bake-occlusion.ts";
import { collide, hullShare } from "./collide/collide.ts";
import { EngineError } from "./errors.ts";
import { buildLevels, countTriangles, GUTTER } from "./fit/build-levels.ts";
import { fit } from "./fit/fit.ts";
import { LEVELS } from "./levels.ts";
import { checkMesh } from "./mesh/check-mesh.ts";
import { planAsset } from "./options.ts";
import { deliver, ROUGHNESS, stageRunner } from "./pipeline.ts";
import { type Companions, readModel } from "./read/read-model.ts";
import { cleanModel } from "./repair/clean-model.ts";
import { guessMetres } from "./repair/guess-metres.ts";
import { surfaceOfSoup } from "./repair/surface-of-soup.ts";
import { transferColors } from "./repair/transfer-colors.ts";
import { turnUp } from "./repair/turn-up.ts";
import { reportParts } from "./report-parts.ts";
import { simplifyUntangled } from "./simplify/simplify-untangled.ts";
import type { AssetScene } from "./types.ts";
import { measureLayout } from "./unwrap/measure-layout.ts";
import { unwrap } from "./unwrap/unwrap.ts";

/**
 * A model that somebody already has, in; a game-ready asset in all formats, out. The faces only say where the surface is:
 * a solid is made from them, and the surface of that is closed and two-manifold whatever the faces were.
 *
 * Without a size among the options the model keeps its own.
 *
 * @throws EngineError when the model cannot be read or an option is invalid; the signal's reason when aborted.
 */
export async function finishModel(
  model: Uint8Array,
  companions: Companions,
  options: FinishOptions,
  hooks: Hooks = {},
): Promise<Asset> {
  const { up, keepLoose = false, keepBase = false, ...asked } = options;
  if (up !== undefined && !UP_AXES.includes(up)) {
    throw new EngineError("option_invalid", `up is ${up}; expected one of ${UP_AXES.join(", ")}`);
  }
  const plan = planAsset(1, { ...asked, views: [] });
  const level = LEVELS[plan.quality];
  const stage = stageRunner(hooks);
  const warnings: string[] = [];

  const source = await stage("ingest", () => readModel(model, companions));
  const cleaned = await stage("inspect", () => {
    const upright = turnUp(source.mesh, up ?? "y");
    const { soup, notes } = cleanModel(upright, { keepLoose, keepBase });
    warnings.push(...notes);
    return { soup, mesh: upright };
  });
  const { placed, field, dense } = await surfaceOfSoup(stage, cleaned.soup, level.field);
  const mesh = await stage("simplify", () =>
    simplifyUntangled(dense, field, { maxTriangles: plan.polycount - hullShare(plan), tolerance: level.tolerance }),
  );
  const layout = await stage("unwrap", () =>
    unwrap(mesh, { textureSize: plan.textureSize, padding: Math.max(GUTTER, plan.textureSize / 512) }),
  );
  const { baseColor, occlusion } = await stage("bake", (progress) => ({
    occlusion: bakeOcclusion(mesh, layout, field, plan.textureSize),
    ...transferColors(mesh, layout, placed.soup, cleaned.mesh, plan.textureSize, progress),
  }));
  const size = ownSize(plan, placed.longest, source.metres, extentOf(mesh.positions), warnings);
  const fitted = await stage("fit", () => {
    const { positions, size: centimetres } = fit(mesh.positions, { ...plan, ...size });
    const built = buildLevels({ ...mesh, positions }, layout, baseColor, plan);
    return { ...built, size: centimetres, checks: checkMesh(built.whole), ...collide(built.parts, plan) };
  });
  const scene: AssetScene = {
    name: plan.name,
    parts: fitted.parts,
    lods: fitted.lods,
    colliders: fitted.colliders,
    material: { name: `${plan.name}_material`, baseColor, occlusion, roughness: ROUGHNESS, metallic: 0 },
  };
  const files = await stage("export", (progress) => deliver(scene, plan, progress, hooks.signal));
  const { sizes } = fitted.whole;
  return {
    files,
    report: {
      options: { ...asked, ...plan },
      pictures: [],
      prior: null,
      generator: null,
      parts: reportParts(fitted.parts),
      symmetry: null,
      lods: fitted.lods.map(countTriangles),
      collision: fitted.collision,
      warnings,
      checks: fitted.checks,
      triangles: mesh.triangles.length / 3,
      vertices: mesh.positions.length / 3,
      quadShare: sizes.reduce((count, corners) => count + (corners === 4 ? 1 : 0), 0) / sizes.length,
      size: fitted.size,
      texture: { size: baseColor.width, coverage: 1 },
      layout: measureLayout(mesh, layout),
    },
  };
}

/** The size asked for; without one, the model's own, as its height. */
function ownSize(
  asked: { height?: number; width?: number; depth?: number },
  longest: number,
  metres: number | null,
  extent: readonly number[],
  warnings: string[],
): { height?: number } {
  if (asked.height !== undefined || asked.width !== undefined || asked.depth !== undefined) return {};
  const guess = guessMetres(longest, metres);
  if (guess.warning) warnings.push(guess.warning);
  return { height: (extent[1]! / Math.max(...extent)) * longest * guess.metres * 100 };
}

function extentOf(positions: Float32Array): number[] {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    low[i % 3] = Math.min(low[i % 3]!, positions[i]!);
    high[i % 3] = Math.max(high[i % 3]!, positions[i]!);
  }
  return low.map((l, k) => high[k]! - l);
}
