import type { Plan } from "../options.ts";
import { coarsen, type TexturedMesh } from "../simplify/coarsen.ts";
import type { Mesh, PartMesh, RgbaImage } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";
import { buildPart } from "./build-part.ts";
import { findParts } from "./find-parts.ts";
import { splitParts } from "./split-parts.ts";

/** Texels around every chart, at the least, that repeat its border. */
export const GUTTER = 2;

/** Fold angle from which an edge stays hard, degrees, by style. */
const CREASE = { flat: 0, angle: 40, smooth: 180 } as const;

export interface BuiltLevels {
  /** The finest level as one mesh, its vertices numbered as in the source. */
  whole: PartMesh;
  /** The same in its parts. */
  parts: PartMesh[];
  /** Coarser levels in the same parts, from fine to coarse. */
  lods: PartMesh[][];
}

/**
 * The polygons of every level of detail, in parts.
 *
 * @param mesh in metres, object frame.
 */
export function buildLevels(mesh: Mesh, layout: Unwrapped, baseColor: RgbaImage, plan: Plan): BuiltLevels {
  const { parts, labels } = findParts(mesh, plan);
  const finest = { mesh, layout, parts };
  const build = (level: TexturedMesh) =>
    buildPart(level.mesh, level.layout, baseColor, {
      name: plan.name,
      topology: plan.topology,
      crease: CREASE[plan.style.shading],
    });
  const whole = build(finest);
  const coarser = levelsOfDetail(finest, plan.lods, GUTTER / plan.textureSize);
  return {
    whole,
    parts: splitParts(whole, { parts, labels }),
    lods: coarser.map((level) => splitParts(build(level), { parts: level.parts, labels })),
  };
}

/** `count` levels, each with half the triangles of the one before (or as few as its layout allows). */
function levelsOfDetail(finest: TexturedMesh, count: number, drift: number): TexturedMesh[] {
  const levels: TexturedMesh[] = [];
  let last = finest;
  for (let i = 0; i < count; i++) {
    last = coarsen(last, { maxTriangles: Math.max(4, Math.floor(last.mesh.triangles.length / 6)), drift });
    levels.push(last);
  }
  return levels;
}

/** Triangles of a part, or of what is left once its polygons are split. */
export function countTriangles(parts: readonly PartMesh[]): number {
  return parts.reduce((sum, { sizes }) => sum + sizes.reduce((own, corners) => own + corners - 2, 0), 0);
}
