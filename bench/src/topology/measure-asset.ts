import { createHash } from "node:crypto";
import { LEVELS } from "@maquette/engine/levels";
import { checkMesh, toPolygons } from "@maquette/engine/mesh/check-mesh";
import { weldByPosition } from "@maquette/engine/mesh/weld-by-position";
import type { Models } from "@maquette/engine/models";
import { makeAsset } from "@maquette/engine/pipeline";
import type { MatteModel } from "@maquette/engine/segment/segment";
import type { AssetFile, FileFormat, Quality } from "@maquette/engine/types";
import type { ThreeImporter } from "../importers/import-with-three.ts";
import { judgeFiles, type Verdict } from "../importers/verdicts.ts";
import { loadGlb } from "../load/glb.ts";
import type { Order } from "./assets.ts";
import { type AtInput, atInputs } from "./at-inputs.ts";
import { makeDense } from "./make-dense.ts";
import { measurePolygons } from "./measure-polygons.ts";
import { type NormalError, normalErrors } from "./normal-error.ts";
import { moved, placeOn } from "./place-on.ts";
import { readPolygons } from "./read-polygons.ts";
import { readShaded, shadeByAngle } from "./read-shaded.ts";
import { selfIntersections } from "./self-intersections.ts";
import { type SurfaceDistance, surfaceDistance } from "./surface-distance.ts";
import { uvFaults } from "./uv-overlap.ts";

export interface MeshRow {
  name: string;
  pictures: number;
  quality: Quality;
  triangles: number;
  quadShare: number;
  irregularShare: number;
  /** Open or non-manifold edges, and non-manifold vertices. */
  unclosed: number;
  degenerate: number;
  /** Share of the triangles. */
  selfIntersecting: number;
  pieces: number;
  charts: number;
  textureUsed: number;
  densitySpread: number;
  uvOverlap: number;
  uvFlipped: number;
  verdicts: Verdict[];
  inputs: AtInput[];
  /** Dense surface to asset, in units of the level's tolerance. */
  distance: SurfaceDistance;
  normals: NormalError;
  normalsMapped: NormalError;
}

export interface Measured {
  row: MeshRow;
  files: AssetFile[];
}

export interface Tools {
  prior: Models | null;
  matte: MatteModel | null;
  three: ThreeImporter;
}

/** Makes an asset and measures what was delivered: its files, not what the engine says of itself. */
export async function measureAsset(
  order: Order,
  quality: Quality,
  { matte, three, ...tools }: Tools,
): Promise<Measured> {
  const { name, pictures, views } = order;
  const prior = tools.prior && remembering(tools.prior);
  const options = { name: identifier(name), quality, ...(views && { views }) };
  const { files, report } = await makeAsset(pictures, options, {}, async () => prior, matte);
  const dense = await makeDense(pictures, options, prior, matte);
  const fileOf = (format: FileFormat) => files.find((file) => file.format === format)!.data;

  const delivered = await readShaded(fileOf("glb"));
  const welded = weldByPosition(toPolygons(delivered));
  const checks = checkMesh(welded);
  const { overlap, flipped } = uvFaults(delivered.uvs!, report.texture.size);
  const { polygons, quadShare, irregularShare } = measurePolygons(
    readPolygons(new TextDecoder().decode(fileOf("obj"))),
  );
  const triangles = delivered.triangles.length / 3;
  const relief = Math.min(report.texture.size, delivered.normalMap?.width ?? 0);
  const { size } = report;
  // Other programs read the files while the surfaces are compared here.
  const judging = judgeFiles(
    files,
    {
      size: [size.width, size.height, size.depth].map((cm) => cm / 100),
      triangles,
      polygons,
      quads: Math.round(quadShare * polygons),
      textures: [
        { slot: "baseColor", width: report.texture.size, height: report.texture.size },
        { slot: "normal", width: relief, height: relief },
      ],
    },
    three,
  );

  const placing = placeOn(delivered, dense.mesh);
  const placed = moved(delivered, placing);
  const { tolerance } = LEVELS[quality];
  const distance = surfaceDistance(dense.mesh, placed);
  const normals = normalErrors(shadeByAngle(dense.mesh), placed);
  const inputs = await atInputs(moved(await loadGlb(fileOf("glb")), placing), dense.views, dense.yaw);
  const row: MeshRow = {
    name,
    pictures: pictures.length,
    quality,
    triangles,
    quadShare,
    irregularShare,
    unclosed: checks.openEdges + checks.nonManifoldEdges + checks.nonManifoldVertices,
    degenerate: checks.degenerateFaces,
    selfIntersecting: selfIntersections({ positions: welded.positions, triangles: welded.corners }) / triangles,
    pieces: checks.components,
    charts: report.layout!.charts,
    textureUsed: report.layout!.utilization,
    densitySpread: report.layout!.densitySpread,
    uvOverlap: overlap,
    uvFlipped: flipped,
    verdicts: await judging,
    inputs,
    distance: {
      mean: distance.mean / tolerance,
      most: distance.most / tolerance,
      worst: distance.worst / tolerance,
    },
    normals: normals.plain,
    normalsMapped: normals.mapped,
  };
  return { row, files };
}

/** Networks that answer from memory when they are asked the same again: the dense surface is made a second time. */
function remembering(prior: Models): Models {
  return {
    ...prior,
    shape: { run: once((pictures, cameras) => prior.shape.run(pictures, cameras)) },
    pose: { run: once((pictures, fills) => prior.pose.run(pictures, fills)) },
  };
}

type Network<T> = (first: Float32Array, second: Float32Array) => Promise<T>;

function once<T>(run: Network<T>): Network<T> {
  const answers = new Map<string, Promise<T>>();
  return async (first, second) => {
    const bytes = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const key = createHash("sha256").update(bytes(first)).update(bytes(second)).digest("hex");
    const answer = answers.get(key) ?? run(first, second);
    answers.set(key, answer);
    return structuredClone(await answer);
  };
}

function identifier(name: string): string {
  return name.replace(/\W/g, "_").replace(/^(?=\d)/, "_");
}
