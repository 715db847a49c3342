import {
  type Document,
  type GLTF,
  type Material,
  type Node,
  NodeIO,
  type Primitive,
  type Texture,
} from "@gltf-transform/core";
import {
  ALL_EXTENSIONS,
  type PBRSpecularGlossiness,
  type Transform as TextureTransform,
} from "@gltf-transform/extensions";
import draco3d from "draco3dgltf";
import { MeshoptDecoder } from "meshoptimizer";
import sharp from "sharp";
import { EngineError } from "../errors.ts";
import type { RenderMesh } from "../raster/render.ts";
import { srgbOfLinear } from "../raster/srgb.ts";
import { makeTexture, type Texture as RenderTexture } from "../raster/texture.ts";
import { MOST_TRIANGLES, refuseTooLarge } from "./most-triangles.ts";

/** Parts that are all but invisible (collision hulls, shadow planes) are left out below this opacity. */
const LEAST_OPACITY = 0.05;
/** Of all accessors together: several for each corner of the largest model that is read. */
const MOST_ELEMENTS = 20 * MOST_TRIANGLES;

let io: Promise<NodeIO> | undefined;

/** A reader that knows all extensions, Draco and meshopt compression included. */
export function gltfIO(): Promise<NodeIO> {
  io ??= (async () => {
    await MeshoptDecoder.ready;
    return new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({
      "draco3d.decoder": await draco3d.createDecoderModule(),
      "meshopt.decoder": MeshoptDecoder,
    });
  })();
  return io;
}

/**
 * Everything that the default scene of a GLB shows, as one mesh in world space (metres, +Y up): several meshes, node
 * transforms, textures with their own UV sets and transforms, vertex colours, skins in the pose in which the file
 * stands (its bind pose, unless the author saved another one), default morph weights. Transparency is not kept:
 * a masked leaf is its whole card.
 *
 * @throws when a texture is in a format that sharp cannot read (KTX2): the file then has to be converted first.
 */
export async function readGlb(bytes: Uint8Array): Promise<RenderMesh> {
  // The reader lays words over the bytes, which may stand anywhere when they come from another process.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const io = await gltfIO();
  const document = await io.binaryToJSON(aligned);
  checkCounts(document.json);
  return flattenDocument(await io.readJSON(document));
}

/** As `readGlb`, of a self-contained `.gltf` file. @throws when it names files beside it */
export async function readGltf(bytes: Uint8Array): Promise<RenderMesh> {
  const json = JSON.parse(new TextDecoder().decode(bytes)) as GLTF.IGLTF;
  const beside = [...(json.buffers ?? []), ...(json.images ?? [])].find(({ uri }) => uri && !uri.startsWith("data:"));
  if (beside) throw new Error(`it needs ${beside.uri}, which is not in it. Export it as GLB`);
  checkCounts(json);
  return flattenDocument(await (await gltfIO()).readJSON({ json, resources: {} }));
}

/** A few hundred bytes may ask for room for billions of numbers. @throws EngineError `model_too_large` */
function checkCounts({ accessors = [] }: GLTF.IGLTF): void {
  const elements = accessors.reduce((sum, { count }) => sum + Number(count), 0);
  if (!(elements <= MOST_ELEMENTS)) throw new EngineError("model_too_large", `${elements} numbers and points in it`);
}

/** As `readGlb`, of a document that is read already. */
export async function flattenDocument(document: Document): Promise<RenderMesh> {
  const root = document.getRoot();
  const scene = root.getDefaultScene() ?? root.listScenes()[0];
  const pieces: Piece[] = [];
  const textures = new TexturePool();
  const tops = scene ? scene.listChildren() : root.listNodes().filter((n) => !n.getParentNode());
  refuseTooLarge(tops.reduce((sum, node) => sum + countTriangles(node), 0));
  const visit = async (node: Node): Promise<void> => {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      const piece = await readPrimitive(node, primitive, textures);
      if (piece) pieces.push(piece);
    }
    for (const child of node.listChildren()) await visit(child);
  };
  for (const node of tops) await visit(node);
  return join(pieces, textures.list);
}

/** Of a node and all below it, at most: a mesh may stand in a thousand places. */
function countTriangles(node: Node): number {
  const own = node.getMesh()?.listPrimitives() ?? [];
  const corners = own.map((one) => (one.getIndices() ?? one.getAttribute("POSITION"))?.getCount() ?? 0);
  const below = node.listChildren().map(countTriangles);
  return [...corners.map((count) => count / 3), ...below].reduce((sum, count) => sum + count, 0);
}

/** One primitive in world space, ready to be joined. */
interface Piece {
  positions: Float32Array;
  triangles: Uint32Array;
  normals: Float32Array;
  uvs: Float32Array;
  /** sRGB, 3 per vertex. */
  colors: Uint8Array;
  /** sRGB base colour of the material. */
  tint: [number, number, number];
  texture: number;
}

async function readPrimitive(node: Node, primitive: Primitive, pool: TexturePool): Promise<Piece | null> {
  const position = primitive.getAttribute("POSITION");
  const material = primitive.getMaterial();
  const triangles = listTriangles(primitive);
  if (!position || !triangles) return null;
  const look = lookOf(material);
  if (material?.getAlphaMode() === "BLEND" && look.opacity < LEAST_OPACITY) return null;

  const count = position.getCount();
  const positions = read(primitive, node, "POSITION", 3)!;
  const normals = read(primitive, node, "NORMAL", 3);
  const matrices = skinMatrices(node, primitive);
  const world = node.getWorldMatrix();
  for (let v = 0; v < count; v++) {
    const m = matrices ? matrices(v) : world;
    transformPoint(positions, 3 * v, m);
    if (normals) transformNormal(normals, 3 * v, m);
  }
  // A mirroring transform turns triangles inside out.
  if (determinant(matrices ? matrices(0) : world) < 0) {
    for (let i = 0; i < triangles.length; i += 3) {
      const b = triangles[i + 1];
      triangles[i + 1] = triangles[i + 2];
      triangles[i + 2] = b;
    }
  }

  const uv = look.texture ? read(primitive, node, `TEXCOORD_${look.texCoord}`, 2) : null;
  const texture = look.texture && uv ? await pool.add(look.texture, look.wrap) : -1;
  if (uv && look.transform) transformUvs(uv, look.transform);
  const uvs = new Float32Array(2 * triangles.length);
  if (uv) {
    for (let c = 0; c < triangles.length; c++) {
      uvs[2 * c] = uv[2 * triangles[c]];
      uvs[2 * c + 1] = uv[2 * triangles[c] + 1];
    }
  }

  const colors = new Uint8Array(3 * count).fill(255);
  const color = primitive.getAttribute("COLOR_0");
  if (color) {
    const element: number[] = [];
    for (let v = 0; v < count; v++) {
      color.getElement(v, element);
      for (let k = 0; k < 3; k++) colors[3 * v + k] = srgbOfLinear(element[k]);
    }
  }
  return {
    positions,
    triangles,
    normals: cornerNormalsOf(positions, triangles, normals),
    uvs,
    colors,
    tint: look.tint,
    texture,
  };
}

/** Vertex numbers of the primitive's triangles, whatever its mode; null for points and lines. */
function listTriangles(primitive: Primitive): Uint32Array | null {
  const indices = primitive.getIndices()?.getArray();
  const count = primitive.getAttribute("POSITION")?.getCount() ?? 0;
  const list = indices ? Uint32Array.from(indices) : Uint32Array.from({ length: count }, (_, i) => i);
  const mode = primitive.getMode();
  if (mode === 4) return list.slice(0, list.length - (list.length % 3));
  if (mode !== 5 && mode !== 6) return null;
  const out: number[] = [];
  for (let i = 0; i + 2 < list.length; i++) {
    if (mode === 6) out.push(list[0], list[i + 1], list[i + 2]);
    else if (i % 2) out.push(list[i + 1], list[i], list[i + 2]);
    else out.push(list[i], list[i + 1], list[i + 2]);
  }
  return Uint32Array.from(out);
}

/** An attribute as floats with the default morph weights applied. */
function read(primitive: Primitive, node: Node, name: string, size: number): Float32Array | null {
  const accessor = primitive.getAttribute(name);
  if (!accessor) return null;
  const count = accessor.getCount();
  const out = new Float32Array(size * count);
  const element: number[] = [];
  for (let v = 0; v < count; v++) {
    accessor.getElement(v, element);
    for (let k = 0; k < size; k++) out[size * v + k] = element[k];
  }
  const own = node.getWeights();
  const weights = own.length > 0 ? own : (node.getMesh()?.getWeights() ?? []);
  primitive.listTargets().forEach((target, i) => {
    const delta = weights[i] ? target.getAttribute(name) : null;
    if (!delta) return;
    for (let v = 0; v < count; v++) {
      delta.getElement(v, element);
      for (let k = 0; k < size; k++) out[size * v + k] += weights[i] * element[k];
    }
  });
  return out;
}

type Matrix = ArrayLike<number>;

/** For skinned primitives the matrix of each vertex; their own node's transform does not count (glTF 2.0, 3.7.3.3). */
function skinMatrices(node: Node, primitive: Primitive): ((vertex: number) => Matrix) | null {
  const skin = node.getSkin();
  if (!skin || !primitive.getAttribute("JOINTS_0") || !primitive.getAttribute("WEIGHTS_0")) return null;
  const inverse = skin.getInverseBindMatrices();
  const joints = skin.listJoints().map((joint, i) => {
    const bind: number[] = [];
    if (inverse) inverse.getElement(i, bind);
    return inverse ? multiply(joint.getWorldMatrix(), bind) : joint.getWorldMatrix();
  });
  const sets = [0, 1, 2, 3]
    .map((i) => ({ joints: primitive.getAttribute(`JOINTS_${i}`), weights: primitive.getAttribute(`WEIGHTS_${i}`) }))
    .filter((set) => set.joints && set.weights);
  const sum = new Float64Array(16);
  const numbers: number[] = [];
  const weights: number[] = [];
  return (v) => {
    sum.fill(0);
    let total = 0;
    for (const set of sets) {
      set.joints!.getElement(v, numbers);
      set.weights!.getElement(v, weights);
      for (let k = 0; k < 4; k++) {
        const matrix = joints[numbers[k]];
        if (!matrix || !(weights[k] > 0)) continue;
        total += weights[k];
        for (let e = 0; e < 16; e++) sum[e] += weights[k] * matrix[e];
      }
    }
    if (total === 0) return node.getWorldMatrix();
    for (let e = 0; e < 16; e++) sum[e] /= total;
    return sum;
  };
}

function multiply(a: Matrix, b: Matrix): Float64Array {
  const out = new Float64Array(16);
  for (let c = 0; c < 4; c++) {
    for (let r = 0; r < 4; r++) {
      for (let k = 0; k < 4; k++) out[4 * c + r] += a[4 * k + r] * b[4 * c + k];
    }
  }
  return out;
}

function transformPoint(p: Float32Array, i: number, m: Matrix): void {
  const [x, y, z] = [p[i], p[i + 1], p[i + 2]];
  for (let r = 0; r < 3; r++) p[i + r] = m[r] * x + m[4 + r] * y + m[8 + r] * z + m[12 + r];
}

/** By the cofactor matrix, which is the inverse transpose up to scale. */
function transformNormal(n: Float32Array, i: number, m: Matrix): void {
  const [x, y, z] = [n[i], n[i + 1], n[i + 2]];
  const column = (c: number) => [m[4 * c], m[4 * c + 1], m[4 * c + 2]] as const;
  const [a, b, c] = [column(0), column(1), column(2)];
  const cross = (u: readonly number[], v: readonly number[], k: number) =>
    u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
  const out = [0, 1, 2].map((k) => x * cross(b, c, k) + y * cross(c, a, k) + z * cross(a, b, k));
  const length = Math.hypot(...out) || 1;
  for (let k = 0; k < 3; k++) n[i + k] = out[k] / length;
}

function determinant(m: Matrix): number {
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9]) + m[8] * (m[1] * m[6] - m[2] * m[5]);
}

/** KHR_texture_transform. */
function transformUvs(uv: Float32Array, transform: TextureTransform): void {
  const [ox, oy] = transform.getOffset();
  const [sx, sy] = transform.getScale();
  const cos = Math.cos(transform.getRotation());
  const sin = Math.sin(transform.getRotation());
  for (let i = 0; i < uv.length; i += 2) {
    const u = uv[i] * sx;
    const v = uv[i + 1] * sy;
    uv[i] = cos * u + sin * v + ox;
    uv[i + 1] = -sin * u + cos * v + oy;
  }
}

/** Per corner; flat where the file has no normals, as glTF prescribes. */
function cornerNormalsOf(positions: Float32Array, triangles: Uint32Array, normals: Float32Array | null): Float32Array {
  const out = new Float32Array(3 * triangles.length);
  if (normals) {
    for (let c = 0; c < triangles.length; c++) {
      out.set(normals.subarray(3 * triangles[c], 3 * triangles[c] + 3), 3 * c);
    }
    return out;
  }
  for (let c = 0; c < triangles.length; c += 3) {
    const [a, b, d] = [0, 1, 2].map((k) => positions.subarray(3 * triangles[c + k], 3 * triangles[c + k] + 3));
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const v = [d[0] - a[0], d[1] - a[1], d[2] - a[2]];
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const length = Math.hypot(...n);
    for (let k = 0; k < 9; k++) out[3 * c + k] = length > 0 ? n[k % 3] / length : k % 3 === 1 ? 1 : 0;
  }
  return out;
}

interface Look {
  /** sRGB. */
  tint: [number, number, number];
  opacity: number;
  texture: Texture | null;
  texCoord: number;
  wrap: RenderTexture["wrap"];
  transform: TextureTransform | null;
}

function lookOf(material: Material | null): Look {
  const glossy = material?.getExtension<PBRSpecularGlossiness>("KHR_materials_pbrSpecularGlossiness");
  const factor = glossy?.getDiffuseFactor() ?? material?.getBaseColorFactor() ?? [1, 1, 1, 1];
  const texture = (glossy ? glossy.getDiffuseTexture() : material?.getBaseColorTexture()) ?? null;
  const info = (glossy ? glossy.getDiffuseTextureInfo() : material?.getBaseColorTextureInfo()) ?? null;
  const transform = info?.getExtension<TextureTransform>("KHR_texture_transform") ?? null;
  const wraps = { 33071: "clamp", 33648: "mirror", 10497: "repeat" } as const;
  return {
    tint: [srgbOfLinear(factor[0]), srgbOfLinear(factor[1]), srgbOfLinear(factor[2])],
    opacity: factor[3],
    texture,
    texCoord: transform?.getTexCoord() ?? info?.getTexCoord() ?? 0,
    wrap: info ? wraps[info.getWrapS()] : "repeat",
    transform,
  };
}

/** Each picture is decoded once for each way of wrapping. */
class TexturePool {
  readonly list: RenderTexture[] = [];
  private readonly known = new Map<Texture, Map<string, number>>();

  async add(texture: Texture, wrap: RenderTexture["wrap"]): Promise<number> {
    const byWrap = this.known.get(texture) ?? new Map<string, number>();
    this.known.set(texture, byWrap);
    const known = byWrap.get(wrap);
    if (known !== undefined) return known;
    const bytes = texture.getImage();
    if (!bytes) return -1;
    const { data, info } = await sharp(bytes)
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
      .catch((cause: Error) => {
        throw new Error(`texture "${texture.getName()}" (${texture.getMimeType()}) cannot be read: ${cause.message}`);
      });
    this.list.push(makeTexture({ width: info.width, height: info.height, data: new Uint8Array(data) }, wrap));
    byWrap.set(wrap, this.list.length - 1);
    return this.list.length - 1;
  }
}

function join(pieces: Piece[], textures: RenderTexture[]): RenderMesh {
  const vertices = pieces.reduce((n, p) => n + p.positions.length / 3, 0);
  const corners = pieces.reduce((n, p) => n + p.triangles.length, 0);
  const mesh = {
    positions: new Float32Array(3 * vertices),
    triangles: new Uint32Array(corners),
    normals: new Float32Array(3 * corners),
    uvs: new Float32Array(2 * corners),
    vertexColors: new Uint8Array(3 * vertices),
    faceColors: new Uint8Array(corners),
    triangleTextures: new Int16Array(corners / 3),
    textures,
  };
  let vertex = 0;
  let corner = 0;
  for (const piece of pieces) {
    mesh.positions.set(piece.positions, 3 * vertex);
    mesh.vertexColors.set(piece.colors, 3 * vertex);
    mesh.normals.set(piece.normals, 3 * corner);
    mesh.uvs.set(piece.uvs, 2 * corner);
    mesh.triangleTextures.fill(piece.texture, corner / 3, (corner + piece.triangles.length) / 3);
    for (let c = 0; c < piece.triangles.length; c++) {
      mesh.triangles[corner + c] = piece.triangles[c] + vertex;
      mesh.faceColors[corner + c] = piece.tint[c % 3];
    }
    vertex += piece.positions.length / 3;
    corner += piece.triangles.length;
  }
  return mesh;
}
