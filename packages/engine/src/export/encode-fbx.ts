import { toPolygons } from "../mesh/check-mesh.ts";
import { halfEdges } from "../mesh/half-edges.ts";
import type { Collider, Material, PartMesh } from "../types.ts";
import { aboutPivot } from "./about-pivot.ts";
import {
  array,
  bool,
  bytes,
  encodeFbxTree,
  FBX_CREATION_TIME,
  FBX_FILE_ID,
  FBX_VERSION,
  type FbxNode,
  type FbxProperty,
  float64,
  int32,
  int64,
  node,
  string,
} from "./fbx-binary.ts";
import { type AssetNames, claimName, hullName, partNames } from "./names.ts";

const CREATOR = "Maquette";
/** Centimetres in a unit of the file: positions are metres. */
const UNIT_SCALE = 100;
const UV_SET = "UVMap";
/** Ids only have to be distinct; counting keeps the bytes the same from run to run. */
const FIRST_ID = 1_000_000;
/** Percent of the picture's height below which the first coarser level is shown; each further level halves it. */
const FIRST_LOD_PERCENT = 50;
/** Corner normals closer than this (the cosine of 0.26°) make an edge smooth. */
const SAME_NORMAL = 0.99999;

export interface FbxTexture {
  fileName: string;
  /** PNG, embedded as it is. */
  png: Uint8Array;
}

export interface FbxTextures {
  baseColor: FbxTexture;
  normal?: FbxTexture;
}

/**
 * FBX 7.4, binary: metres with +Y up and +Z front, quads kept, normals, UVs (v up) and sRGB colours at the corners,
 * hard edges, one Phong material with the embedded textures, one model a part. Several parts hang in a null with the
 * asset's name. With coarser levels the models hang in an LOD group, each named `<part>_LOD<level>`, and a level of several
 * parts in a null of its own.
 *
 * Collision hulls are models of their own beside the parts, named `UCX_<part>_01` and on: Unreal takes them for the part's
 * simple collision, and most pipelines know that name. They have neither material nor UVs.
 *
 * Ambient occlusion has no slot in FBX's materials and is left to the textures beside it. Roughness and metallic go where
 * importers look for them: `Shininess` as (10 · (1 - roughness))² and `ReflectionFactor`.
 */
export async function encodeFbx(
  levels: readonly (readonly PartMesh[])[],
  names: AssetNames,
  material: Material,
  textures: FbxTextures,
  colliders: readonly Collider[] = [],
): Promise<Uint8Array> {
  const scene = new FbxScene();
  const surface = addMaterial(scene, names, material, textures);
  const geometries = await Promise.all(levels.map((parts) => Promise.all(parts.map(geometryChildren))));
  const lods = levels.length > 1;
  const group = lods
    ? addLodGroup(scene, claimName(names.asset, scene.taken), levels.length)
    : levels[0]!.length > 1
      ? addNull(scene, names.asset, 0)
      : 0;
  const finest: string[] = [];
  levels.forEach((parts, level) => {
    const suffix = lods ? `_LOD${level}` : "";
    const parent = lods && parts.length > 1 ? addNull(scene, `${names.asset}${suffix}`, group) : group;
    partNames(parts, suffix).forEach((wanted, i) => {
      const name = claimName(wanted, scene.taken);
      if (level === 0) finest.push(name);
      const model = scene.add("Model", name, "Mesh", modelChildren(parts[i]!.pivot));
      scene.connect(scene.add("Geometry", name, "Mesh", geometries[level]![i]!), model);
      scene.connect(surface, model);
      scene.connect(model, parent);
    });
  });
  const counts = finest.map(() => 0);
  for (const { part, hull } of colliders) {
    const name = claimName(hullName(`UCX_${finest[part]!}`, ++counts[part]!), scene.taken);
    const { pivot } = levels[0]![part]!;
    const model = scene.add("Model", name, "Mesh", modelChildren(pivot));
    const positions = aboutPivot(hull.positions, pivot);
    scene.connect(scene.add("Geometry", name, "Mesh", await hullChildren(positions, hull.triangles)), model);
    // Within an LOD group it would be another level.
    scene.connect(model, lods ? 0 : group);
  }
  return encodeFbxTree(documentNodes(scene));
}

/** Objects and connections as they are added. */
class FbxScene {
  readonly objects: FbxNode[] = [];
  readonly connections: FbxNode[] = [];
  readonly taken = new Set<string>();
  #id = FIRST_ID;

  add(kind: string, name: string, type: string, children: FbxNode[]): number {
    const id = this.#id++;
    this.objects.push(node(kind, [int64(id), string(`${name}\0\x01${kind}`), string(type)], children));
    return id;
  }

  connect(child: number, parent: number, property?: string): void {
    const kind = property === undefined ? "OO" : "OP";
    const ends = [string(kind), int64(child), int64(parent)];
    this.connections.push(node("C", property === undefined ? ends : [...ends, string(property)]));
  }
}

function documentNodes(scene: FbxScene): FbxNode[] {
  return [
    node(
      "FBXHeaderExtension",
      [],
      [
        value("FBXHeaderVersion", int32(1003)),
        value("FBXVersion", int32(FBX_VERSION)),
        value("Creator", string(CREATOR)),
      ],
    ),
    value("FileId", bytes(FBX_FILE_ID)),
    value("CreationTime", string(FBX_CREATION_TIME)),
    value("Creator", string(CREATOR)),
    node(
      "GlobalSettings",
      [],
      [
        value("Version", int32(1000)),
        properties(
          property("UpAxis", "int", "Integer", "", int32(1)),
          property("UpAxisSign", "int", "Integer", "", int32(1)),
          property("FrontAxis", "int", "Integer", "", int32(2)),
          property("FrontAxisSign", "int", "Integer", "", int32(1)),
          property("CoordAxis", "int", "Integer", "", int32(0)),
          property("CoordAxisSign", "int", "Integer", "", int32(1)),
          property("OriginalUpAxis", "int", "Integer", "", int32(1)),
          property("OriginalUpAxisSign", "int", "Integer", "", int32(1)),
          property("UnitScaleFactor", "double", "Number", "", float64(UNIT_SCALE)),
          property("OriginalUnitScaleFactor", "double", "Number", "", float64(UNIT_SCALE)),
        ),
      ],
    ),
    node(
      "Documents",
      [],
      [
        value("Count", int32(1)),
        node("Document", [int64(FIRST_ID - 1), string("Scene"), string("Scene")], [value("RootNode", int64(0))]),
      ],
    ),
    node("References"),
    definitions(scene.objects),
    node("Objects", [], scene.objects),
    node("Connections", [], scene.connections),
    node("Takes", [], [value("Current", string(""))]),
  ];
}

function definitions(objects: readonly FbxNode[]): FbxNode {
  const counts = new Map([["GlobalSettings", 1]]);
  for (const { name } of objects) counts.set(name, (counts.get(name) ?? 0) + 1);
  const types = [...counts].map(([name, count]) => node("ObjectType", [string(name)], [value("Count", int32(count))]));
  return node("Definitions", [], [value("Version", int32(100)), value("Count", int32(objects.length + 1)), ...types]);
}

function modelChildren(place: readonly [number, number, number] = [0, 0, 0]): FbxNode[] {
  const vector = (name: string, ...[x, y, z]: readonly [number, number, number]) =>
    property(name, name, "", "A", float64(x), float64(y), float64(z));
  return [
    value("Version", int32(232)),
    properties(
      property("InheritType", "enum", "", "", int32(1)),
      property("DefaultAttributeIndex", "int", "Integer", "", int32(0)),
      vector("Lcl Translation", ...place),
      vector("Lcl Rotation", 0, 0, 0),
      vector("Lcl Scaling", 1, 1, 1),
    ),
    value("Shading", bool(true)),
    value("Culling", string("CullingOff")),
  ];
}

function addNull(scene: FbxScene, name: string, parent: number): number {
  const unique = claimName(name, scene.taken);
  const attribute = scene.add("NodeAttribute", unique, "Null", [value("TypeFlags", string("Null"))]);
  const model = scene.add("Model", unique, "Null", modelChildren());
  scene.connect(attribute, model);
  scene.connect(model, parent);
  return model;
}

function addLodGroup(scene: FbxScene, name: string, levels: number): number {
  const thresholds: FbxNode[] = [];
  for (let i = 0; i + 1 < levels; i++) {
    const percent = FIRST_LOD_PERCENT / 2 ** i;
    thresholds.push(property(`Thresholds|Level${i}`, "Distance", "", "", float64(percent), string("cm")));
  }
  const display = Array.from({ length: levels }, (_, i) =>
    property(`DisplayLevels|Level${i}`, "enum", "", "", int32(0)),
  );
  const attribute = scene.add("NodeAttribute", name, "LodGroup", [
    properties(
      property("ThresholdsUsedAsPercentage", "bool", "", "", int32(1)),
      property("MinMaxDistance", "bool", "", "", int32(0)),
      ...thresholds,
      ...display,
    ),
    value("TypeFlags", string("LodGroup")),
  ]);
  const model = scene.add("Model", name, "LodGroup", modelChildren());
  scene.connect(attribute, model);
  scene.connect(model, 0);
  return model;
}

function addMaterial(scene: FbxScene, names: AssetNames, material: Material, textures: FbxTextures): number {
  const color = (name: string, v: number) => property(name, "Color", "", "A", float64(v), float64(v), float64(v));
  const number = (name: string, v: number) => property(name, "Number", "", "A", float64(v));
  const id = scene.add("Material", names.material, "", [
    value("Version", int32(102)),
    value("ShadingModel", string("Phong")),
    value("MultiLayer", int32(0)),
    properties(
      color("DiffuseColor", 1),
      number("DiffuseFactor", 1),
      color("EmissiveColor", 0),
      number("EmissiveFactor", 0),
      color("AmbientColor", 0),
      color("SpecularColor", 1),
      number("SpecularFactor", 0.25),
      number("Shininess", (10 * (1 - material.roughness)) ** 2),
      number("ShininessExponent", (10 * (1 - material.roughness)) ** 2),
      color("ReflectionColor", 1),
      number("ReflectionFactor", material.metallic),
      number("Opacity", 1),
    ),
  ]);
  addTexture(scene, id, "DiffuseColor", textures.baseColor);
  if (textures.normal) addTexture(scene, id, "NormalMap", textures.normal);
  return id;
}

function addTexture(scene: FbxScene, material: number, slot: string, { fileName, png }: FbxTexture): void {
  const name = fileName.replace(/\.png$/, "");
  const texture = scene.add("Texture", name, "", [
    value("Type", string("TextureVideoClip")),
    value("Version", int32(202)),
    value("TextureName", string(`${name}\0\x01Texture`)),
    value("Media", string(`${name}\0\x01Video`)),
    value("FileName", string(fileName)),
    value("RelativeFilename", string(fileName)),
    properties(property("UVSet", "KString", "", "", string(UV_SET)), property("UseMaterial", "bool", "", "", int32(1))),
    node("ModelUVTranslation", [float64(0), float64(0)]),
    node("ModelUVScaling", [float64(1), float64(1)]),
    value("Texture_Alpha_Source", string("None")),
    node("Cropping", [int32(0), int32(0), int32(0), int32(0)]),
  ]);
  const video = scene.add("Video", name, "Clip", [
    value("Type", string("Clip")),
    properties(property("Path", "KString", "XRefUrl", "", string(fileName))),
    value("UseMipMap", int32(0)),
    value("Filename", string(fileName)),
    value("RelativeFilename", string(fileName)),
    value("Content", bytes(png)),
  ]);
  scene.connect(texture, material, slot);
  scene.connect(video, texture);
}

async function geometryChildren(part: PartMesh): Promise<FbxNode[]> {
  const { edges, smoothing } = hardEdges(part);
  const [vertices, polygons, edgeStarts, normals, normalIndices, colors, colorIndices, uvs, uvIndices, smooth] =
    await Promise.all([
      array(Float64Array.from(aboutPivot(part.positions, part.pivot))),
      array(polygonVertexIndices(part)),
      array(edges),
      array(Float64Array.from(part.normals)),
      array(Int32Array.from(part.cornerNormals)),
      array(colorRows(part)),
      array(Int32Array.from(part.cornerVertices)),
      array(Float64Array.from(part.uvs, (v, i) => (i % 2 ? 1 - v : v))),
      array(Int32Array.from(part.cornerUvs)),
      array(smoothing),
    ]);
  return [
    value("GeometryVersion", int32(124)),
    value("Vertices", vertices),
    value("PolygonVertexIndex", polygons),
    value("Edges", edgeStarts),
    layer("LayerElementNormal", 101, "", "ByPolygonVertex", "IndexToDirect", [
      value("Normals", normals),
      value("NormalsIndex", normalIndices),
    ]),
    layer("LayerElementColor", 101, "Color", "ByPolygonVertex", "IndexToDirect", [
      value("Colors", colors),
      value("ColorIndex", colorIndices),
    ]),
    layer("LayerElementUV", 101, UV_SET, "ByPolygonVertex", "IndexToDirect", [
      value("UV", uvs),
      value("UVIndex", uvIndices),
    ]),
    layer("LayerElementSmoothing", 102, "", "ByEdge", "Direct", [value("Smoothing", smooth)]),
    layer("LayerElementMaterial", 101, "", "AllSame", "IndexToDirect", [
      value("Materials", await array(Int32Array.of(0))),
    ]),
    node(
      "Layer",
      [int32(0)],
      [
        value("Version", int32(100)),
        ...["Normal", "Color", "UV", "Smoothing", "Material"].map((kind) =>
          node("LayerElement", [], [value("Type", string(`LayerElement${kind}`)), value("TypedIndex", int32(0))]),
        ),
      ],
    ),
  ];
}

async function hullChildren(positions: Float32Array, triangles: Uint32Array): Promise<FbxNode[]> {
  const [vertices, polygons] = await Promise.all([
    array(Float64Array.from(positions)),
    array(Int32Array.from(triangles, (v, i) => (i % 3 === 2 ? ~v : v))),
  ]);
  return [value("GeometryVersion", int32(124)), value("Vertices", vertices), value("PolygonVertexIndex", polygons)];
}

function layer(
  kind: string,
  version: number,
  name: string,
  mapping: string,
  reference: string,
  data: FbxNode[],
): FbxNode {
  return node(
    kind,
    [int32(0)],
    [
      value("Version", int32(version)),
      value("Name", string(name)),
      value("MappingInformationType", string(mapping)),
      value("ReferenceInformationType", string(reference)),
      ...data,
    ],
  );
}

/** Vertex numbers of the corners; the last of each polygon is bit-inverted. */
function polygonVertexIndices(part: PartMesh): Int32Array {
  const out = Int32Array.from(part.cornerVertices);
  let end = 0;
  for (const size of part.sizes) {
    end += size;
    out[end - 1] = ~out[end - 1]!;
  }
  return out;
}

function colorRows({ colors }: PartMesh): Float64Array {
  const out = new Float64Array((colors.length / 3) * 4);
  for (let v = 0; v < colors.length / 3; v++) {
    for (let k = 0; k < 3; k++) out[v * 4 + k] = colors[v * 3 + k]! / 255;
    out[v * 4 + 3] = 1;
  }
  return out;
}

/** Each edge by the corner from which it starts, and whether it is smooth (1) or hard (0): hard where the normals on its two sides differ. */
function hardEdges(part: PartMesh): { edges: Int32Array; smoothing: Int32Array } {
  const { twin, next, first, edges: count } = halfEdges(toPolygons(part));
  const edges = new Int32Array(count);
  const smoothing = new Int32Array(count);
  let at = 0;
  for (let c = 0; c < first.length; c++) {
    if (!first[c]) continue;
    const other = twin[c]!;
    const smooth = other >= 0 && sameNormal(part, c, next[other]!) && sameNormal(part, next[c]!, other);
    edges[at] = c;
    smoothing[at++] = smooth ? 1 : 0;
  }
  return { edges, smoothing };
}

function sameNormal({ normals, cornerNormals }: PartMesh, a: number, b: number): boolean {
  const [i, j] = [cornerNormals[a]! * 3, cornerNormals[b]! * 3];
  if (i === j) return true;
  const dot = normals[i]! * normals[j]! + normals[i + 1]! * normals[j + 1]! + normals[i + 2]! * normals[j + 2]!;
  return dot > SAME_NORMAL;
}

function value(name: string, property: FbxProperty): FbxNode {
  return node(name, [property]);
}

function properties(...list: FbxNode[]): FbxNode {
  return node("Properties70", [], list);
}

function property(name: string, type: string, label: string, flags: string, ...values: FbxProperty[]): FbxNode {
  return node("P", [string(name), string(type), string(label), string(flags), ...values]);
}
