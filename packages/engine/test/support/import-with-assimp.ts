import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { which } from "./find-tools.ts";
import {
  IMPORT_DEFAULTS,
  type ImportFacts,
  type ImportOptions,
  type SurfaceSample,
  sumFacts,
  type Vec3,
} from "./import-facts.ts";

const run = promisify(execFile);
/** aiTextureType */
const DIFFUSE = 1;
const COUNTS = ["vertices", "polygons", "quads", "triangles"] as const;
const NORMALS = 6;

/**
 * Imports GLB, glTF, OBJ and FBX files with Assimp (Debian's, `assimp` on the path), without any post-processing, one
 * after another. Textures that a file only refers to must lie beside it.
 *
 * @throws Error with Assimp's own words for the first file that it refuses.
 */
export async function importWithAssimp(files: readonly string[], options: ImportOptions = {}): Promise<ImportFacts[]> {
  const { sampledFaces, timeout } = { ...IMPORT_DEFAULTS, ...options };
  const assimp = which("assimp");
  if (!assimp) throw new Error("Assimp is missing. Run: npm run test:setup");
  const folder = await mkdtemp(join(tmpdir(), "maquette-assimp-"));
  try {
    const all: ImportFacts[] = [];
    for (const file of files) {
      const out = join(folder, "scene.json");
      await run(assimp, ["export", file, out, "-fassjson"], { timeout, maxBuffer: 1 << 26 }).catch((error) => {
        throw new Error(`Assimp cannot import ${file}: ${error.message}\n${error.stdout}${error.stderr}`);
      });
      all.push(await readScene(file, JSON.parse(await readFile(out, "utf8")), sampledFaces));
      await rm(out);
    }
    return all;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface AssimpNode {
  name: string;
  /** Row-major 4 × 4. */
  transformation: number[];
  meshes?: number[];
  children?: AssimpNode[];
}

interface AssimpMesh {
  materialindex: number;
  vertices: number[];
  normals: number[];
  texturecoords?: number[][];
  colors?: number[][];
  faces: number[][];
}

interface AssimpScene {
  rootnode: AssimpNode;
  meshes: AssimpMesh[];
  materials: { properties: { key: string; semantic: number; value: unknown }[] }[];
  textures?: { data: string }[];
}

interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

async function readScene(file: string, scene: AssimpScene, sampledFaces: number): Promise<ImportFacts> {
  const parts: ImportFacts["parts"] = [];
  const textures = new Map<string, ImportFacts["textures"][number]>();
  const samples: SurfaceSample[] = [];
  const min: Vec3 = [Infinity, Infinity, Infinity];
  const max: Vec3 = [-Infinity, -Infinity, -Infinity];
  const images = new Map<string, Pixels | null>();
  const image = async (material: number, semantic: number): Promise<[string, Pixels] | null> => {
    const name = textureName(scene, material, semantic);
    if (name === null) return null;
    if (!images.has(name)) images.set(name, await loadTexture(scene, file, name));
    const found = images.get(name);
    return found ? [name, found] : null;
  };
  for (const { node, parent, matrix } of walk(scene.rootnode, null, IDENTITY)) {
    const of = new Map<number, ImportFacts["parts"][number]>();
    for (const index of node.meshes ?? []) {
      const mesh = scene.meshes[index]!;
      const points: Vec3[] = [];
      for (let i = 0; i < mesh.vertices.length; i += 3) {
        const p = transform(matrix, [mesh.vertices[i]!, mesh.vertices[i + 1]!, mesh.vertices[i + 2]!], 1);
        for (let k = 0; k < 3; k++) {
          min[k] = Math.min(min[k]!, p[k]!);
          max[k] = Math.max(max[k]!, p[k]!);
        }
        points.push(p);
      }
      const part = {
        name: node.name,
        parent: parent === scene.rootnode ? null : (parent?.name ?? null),
        origin: transform(matrix, [0, 0, 0], 1),
        vertices: points.length,
        polygons: mesh.faces.length,
        quads: mesh.faces.filter((face) => face.length === 4).length,
        triangles: mesh.faces.reduce((sum, face) => sum + face.length - 2, 0),
      };
      // Assimp's own writer cuts large meshes into several of the same node.
      const before = of.get(mesh.materialindex);
      if (before) for (const key of COUNTS) before[key] += part[key];
      else parts.push(part);
      of.set(mesh.materialindex, before ?? part);
      const base = await image(mesh.materialindex, DIFFUSE);
      const bump = await image(mesh.materialindex, NORMALS);
      if (base)
        textures.set(`baseColor ${base[0]}`, { slot: "baseColor", width: base[1].width, height: base[1].height });
      if (bump) textures.set(`normal ${bump[0]}`, { slot: "normal", width: bump[1].width, height: bump[1].height });
      if (sampledFaces > 0) samples.push(...takeSamples(node.name, mesh, points, matrix, base?.[1], sampledFaces));
    }
  }
  if (parts.length === 0) throw new Error(`Assimp imported no mesh from ${file}`);
  return sumFacts({ file, min, max, parts, textures: [...textures.values()], samples });
}

function takeSamples(
  part: string,
  mesh: AssimpMesh,
  points: Vec3[],
  matrix: number[],
  image: Pixels | undefined,
  sampledFaces: number,
): SurfaceSample[] {
  const samples: SurfaceSample[] = [];
  const uvs = mesh.texturecoords?.[0];
  const colors = mesh.colors?.[0];
  const step = Math.max(1, Math.ceil(mesh.faces.length / sampledFaces));
  for (let f = 0; f < mesh.faces.length; f += step) {
    const face = mesh.faces[f]!;
    const corners = face.map((v) => points[v]!);
    const places = face.map((v): Vec3 => [uvs?.[v * 2] ?? 0, uvs?.[v * 2 + 1] ?? 0, 0]);
    face.forEach((v, k) => {
      const normal = transform(matrix, [mesh.normals[v * 3]!, mesh.normals[v * 3 + 1]!, mesh.normals[v * 3 + 2]!], 0);
      const length = Math.hypot(...normal);
      samples.push({
        part,
        point: halfWay(corners[k]!, corners),
        normal: normal.map((n) => n / length) as Vec3,
        texture: image && uvs ? pixel(image, halfWay(places[k]!, places)) : null,
        color: colors ? (colors.slice(v * 4, v * 4 + 3).map((c) => Math.round(c * 255)) as Vec3) : null,
      });
    });
  }
  return samples;
}

function halfWay(corner: Vec3, all: Vec3[]): Vec3 {
  return corner.map((c, k) => (c + all.reduce((sum, other) => sum + other[k]!, 0) / all.length) / 2) as Vec3;
}

/** Nearest texel; Assimp's v points up in every format. */
function pixel(image: Pixels, [u, v]: Vec3): Vec3 {
  const x = Math.min(image.width - 1, Math.max(0, Math.floor(u * image.width)));
  const y = Math.min(image.height - 1, Math.max(0, Math.floor((1 - v) * image.height)));
  const at = (y * image.width + x) * 3;
  return [image.data[at]!, image.data[at + 1]!, image.data[at + 2]!];
}

/** A file beside the model, or `*n` for the n-th embedded texture; FBX keeps that one under its own name of the slot. */
function textureName(scene: AssimpScene, material: number, semantic: number): string | null {
  const { properties } = scene.materials[material]!;
  const raw = semantic === DIFFUSE ? "$raw.DiffuseColor|file" : "$raw.NormalMap|file";
  const found =
    properties.find((p) => p.key === raw) ?? properties.find((p) => p.key === "$tex.file" && p.semantic === semantic);
  return found ? String(found.value) : null;
}

async function loadTexture(scene: AssimpScene, file: string, name: string): Promise<Pixels | null> {
  const embedded = /^\*(\d+)$/.exec(name);
  const source = embedded
    ? Buffer.from(scene.textures![Number(embedded[1])]!.data, "base64")
    : await readFile(join(dirname(file), name)).catch(() => null);
  if (!source) return null;
  const { data, info } = await sharp(source)
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

interface PlacedNode {
  node: AssimpNode;
  parent: AssimpNode | null;
  /** To the scene. */
  matrix: number[];
}

function* walk(node: AssimpNode, parent: AssimpNode | null, above: number[]): Generator<PlacedNode> {
  const matrix = multiply(above, node.transformation);
  yield { node, parent, matrix };
  for (const child of node.children ?? []) yield* walk(child, node, matrix);
}

function multiply(a: number[], b: number[]): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i & 12, i & 3];
    return (
      a[row]! * b[column]! + a[row + 1]! * b[column + 4]! + a[row + 2]! * b[column + 8]! + a[row + 3]! * b[column + 12]!
    );
  });
}

function transform(m: number[], [x, y, z]: Vec3, w: 0 | 1): Vec3 {
  return [0, 4, 8].map((r) => m[r]! * x + m[r + 1]! * y + m[r + 2]! * z + m[r + 3]! * w) as Vec3;
}
