import type { RenderMesh } from "../raster/render.ts";
import { srgbOfLinear } from "../raster/srgb.ts";
import { type FbxRecord, type FbxValue, readFbxRecords } from "./fbx-records.ts";
import { ModelBuilder, PLAIN_MATERIAL, type ReadMaterial } from "./model-builder.ts";
import type { Companions } from "./read-model.ts";

type Matrix = Float64Array;

/**
 * Binary FBX: the meshes of all models in world space, turned to +Y up as the file's settings say, with diffuse colours
 * and pictures (embedded, or among the companions). Skins and animations stand as the file has them at rest.
 */
export async function readFbx(
  bytes: Uint8Array,
  companions: Companions,
): Promise<{ mesh: RenderMesh; metres: number }> {
  const document = new FbxDocument(readFbxRecords(bytes));
  const builder = new ModelBuilder();
  const axes = document.axes();
  for (const model of document.objects.values()) {
    if (model.record.name !== "Model") continue;
    const geometries = document.childrenOf(model.id).filter(({ record }) => isMesh(record));
    if (geometries.length === 0) continue;
    const materials = document
      .childrenOf(model.id)
      .filter(({ record }) => record.name === "Material")
      .map((material) => readMaterial(document, material, companions));
    const world = multiply(multiply(axes, document.worldMatrix(model)), geometricMatrix(model.properties));
    for (const geometry of geometries) addGeometry(builder, geometry.record, world, materials);
  }
  // The unit of the file in centimetres.
  const scale = Number(document.settings.get("UnitScaleFactor")?.[0] ?? 1);
  return { mesh: await builder.build(), metres: (Number.isFinite(scale) && scale > 0 ? scale : 1) / 100 };
}

interface FbxObject {
  id: bigint;
  record: FbxRecord;
  properties: Properties;
}

type Properties = Map<string, FbxValue[]>;

class FbxDocument {
  readonly objects = new Map<bigint, FbxObject>();
  readonly settings: Properties;
  private readonly children = new Map<bigint, bigint[]>();
  private readonly parents = new Map<bigint, bigint[]>();

  constructor(records: FbxRecord[]) {
    const top = (name: string) => records.find((record) => record.name === name)?.children ?? [];
    for (const record of top("Objects")) {
      const id = BigInt(record.values[0] as bigint | number);
      this.objects.set(id, { id, record, properties: readProperties(record.children) });
    }
    for (const { values } of top("Connections")) {
      const [child, parent] = [values[1], values[2]].map((value) => BigInt(value as bigint | number));
      push(this.children, parent!, child!);
      push(this.parents, child!, parent!);
    }
    this.settings = readProperties(top("GlobalSettings"));
  }

  childrenOf(id: bigint): FbxObject[] {
    return (this.children.get(id) ?? []).flatMap((child) => this.objects.get(child) ?? []);
  }

  /** From the file's axes to +Y up and +Z front. */
  axes(): Matrix {
    const axis = (name: string, fallback: number) => Number(this.settings.get(name)?.[0] ?? fallback);
    const [up, upSign] = [axis("UpAxis", 1), axis("UpAxisSign", 1)];
    const [front, frontSign] = [axis("FrontAxis", 2), axis("FrontAxisSign", 1)];
    const [right, rightSign] = [axis("CoordAxis", 0), axis("CoordAxisSign", 1)];
    const m = identity();
    if (new Set([up, front, right]).size !== 3 || [up, front, right].some((a) => a < 0 || a > 2)) return m;
    m.fill(0, 0, 12);
    m[4 * right] = rightSign;
    m[4 * up + 1] = upSign;
    m[4 * front + 2] = frontSign;
    return m;
  }

  worldMatrix(model: FbxObject): Matrix {
    let matrix = localMatrix(model.properties);
    const seen = new Set([model.id]);
    for (let id = model.id; ; ) {
      const parent = (this.parents.get(id) ?? []).find((p) => this.objects.get(p)?.record.name === "Model");
      if (parent === undefined || seen.has(parent)) return matrix;
      seen.add(parent);
      matrix = multiply(localMatrix(this.objects.get(parent)!.properties), matrix);
      id = parent;
    }
  }
}

function push(map: Map<bigint, bigint[]>, key: bigint, value: bigint): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function readProperties(children: FbxRecord[]): Properties {
  const found: Properties = new Map();
  for (const list of children.filter(({ name }) => name === "Properties70")) {
    for (const { values } of list.children) found.set(String(values[0]), values.slice(4));
  }
  return found;
}

const isMesh = (record: FbxRecord) => record.name === "Geometry" && record.children.some((c) => c.name === "Vertices");

function addGeometry(builder: ModelBuilder, geometry: FbxRecord, world: Matrix, materials: ReadMaterial[]): void {
  const child = (name: string) => geometry.children.find((record) => record.name === name);
  const vertices = child("Vertices")?.values[0] as Float64Array | undefined;
  const corners = child("PolygonVertexIndex")?.values[0] as Int32Array | undefined;
  if (!vertices || !corners) return;
  const first = new Array<number>(vertices.length / 3);
  for (let v = 0; v < first.length; v++) {
    const [x, y, z] = [vertices[3 * v]!, vertices[3 * v + 1]!, vertices[3 * v + 2]!];
    const at = (row: number) => world[row]! * x + world[4 + row]! * y + world[8 + row]! * z + world[12 + row]!;
    first[v] = builder.addVertex(at(0), at(1), at(2));
  }
  const uv = layer(child("LayerElementUV"), "UV", "UVIndex");
  const materialLayer = child("LayerElementMaterial");
  const numbers = materialLayer?.children.find(({ name }) => name === "Materials")?.values[0] as Int32Array | undefined;
  const perPolygon =
    materialLayer?.children.find(({ name }) => name === "MappingInformationType")?.values[0] === "ByPolygon";
  // A mirroring transform turns polygons inside out.
  const mirrored = determinant(world) < 0;
  let start = 0;
  let polygon = 0;
  for (let c = 0; c < corners.length; c++) {
    // The last corner of a polygon is stored bit-inverted.
    if (corners[c]! >= 0) continue;
    const material = materials[numbers?.[perPolygon ? polygon : 0] ?? 0] ?? PLAIN_MATERIAL;
    const vertex = (i: number) => first[corners[i]! < 0 ? ~corners[i]! : corners[i]!];
    for (let i = start + 1; i < c; i++) {
      const fan = mirrored ? [start, i + 1, i] : [start, i, i + 1];
      const [va, vb, vd] = fan.map(vertex);
      if (va === undefined || vb === undefined || vd === undefined) continue;
      builder.addTriangle(
        [va, vb, vd],
        fan.flatMap((corner) => uv(corner, corners)),
        material,
      );
    }
    start = c + 1;
    polygon++;
  }
}

/** Reads UVs by corner, whichever way they are mapped. */
function layer(record: FbxRecord | undefined, values: string, index: string) {
  const child = (name: string) => record?.children.find((c) => c.name === name)?.values[0];
  const data = child(values) as Float64Array | undefined;
  const numbers = child(index) as Int32Array | undefined;
  const byVertex = /^ByVert(ex|ice)$/.test(String(child("MappingInformationType")));
  return (corner: number, corners: Int32Array): [number, number] => {
    if (!data) return [0, 0];
    const vertex = corners[corner]! < 0 ? ~corners[corner]! : corners[corner]!;
    const at = byVertex ? vertex : corner;
    const i = numbers ? numbers[at]! : at;
    return [data[2 * i] ?? 0, 1 - (data[2 * i + 1] ?? 0)];
  };
}

function readMaterial(document: FbxDocument, { id, properties }: FbxObject, companions: Companions): ReadMaterial {
  const color = properties.get("DiffuseColor") ?? properties.get("Diffuse");
  const factor = Number(properties.get("DiffuseFactor")?.[0] ?? 1);
  const channel = (k: number) => srgbOfLinear(Number(color?.[k] ?? 1) * factor);
  for (const texture of document.childrenOf(id).filter(({ record }) => record.name === "Texture")) {
    const picture = findPicture(document, texture, companions);
    // Of a normal or a gloss map nobody wants the colours.
    const file = String(texture.record.children.find((c) => /FileName/i.test(c.name))?.values[0] ?? "");
    if (picture && !/normal|rough|metal|occlusion|emissi/i.test(file)) return { tint: [255, 255, 255], picture };
  }
  return { tint: [channel(0), channel(1), channel(2)], picture: null };
}

function findPicture(document: FbxDocument, texture: FbxObject, companions: Companions): Uint8Array | null {
  for (const holder of [texture, ...document.childrenOf(texture.id)]) {
    const content = holder.record.children.find(({ name }) => name === "Content")?.values[0];
    if (content instanceof Uint8Array && content.length > 0) return content;
    for (const name of ["RelativeFilename", "FileName", "Filename"]) {
      const path = holder.record.children.find((c) => c.name === name)?.values[0];
      const file = typeof path === "string" ? path.split(/[\\/]/).pop()!.toLowerCase() : "";
      const found = companions.get(file);
      if (found) return found;
    }
  }
  return null;
}

function localMatrix(properties: Properties): Matrix {
  const vector = (name: string, fallback = 0) =>
    [0, 1, 2].map((k) => Number(properties.get(name)?.[k] ?? fallback)) as [number, number, number];
  const rotationPivot = vector("RotationPivot");
  const scalingPivot = vector("ScalingPivot");
  const order = Number(properties.get("RotationOrder")?.[0] ?? 0);
  // The chain of FBX: T · Roff · Rp · Rpre · R · Rpost⁻¹ · Rp⁻¹ · Soff · Sp · S · Sp⁻¹.
  return [
    translation(vector("Lcl Translation")),
    translation(vector("RotationOffset")),
    translation(rotationPivot),
    euler(vector("PreRotation"), 0),
    euler(vector("Lcl Rotation"), order),
    transposed(euler(vector("PostRotation"), 0)),
    translation(negated(rotationPivot)),
    translation(vector("ScalingOffset")),
    translation(scalingPivot),
    scaling(vector("Lcl Scaling", 1)),
    translation(negated(scalingPivot)),
  ].reduce(multiply);
}

/** A transform of the mesh alone, which children do not inherit. */
function geometricMatrix(properties: Properties): Matrix {
  const vector = (name: string, fallback: number) =>
    [0, 1, 2].map((k) => Number(properties.get(name)?.[k] ?? fallback)) as [number, number, number];
  return [
    translation(vector("GeometricTranslation", 0)),
    euler(vector("GeometricRotation", 0), 0),
    scaling(vector("GeometricScaling", 1)),
  ].reduce(multiply);
}

/** Which axis turns first, by FBX's number of the order. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 2, 0],
  [1, 0, 2],
  [2, 0, 1],
  [2, 1, 0],
] as const;

function euler(degrees: readonly number[], order: number): Matrix {
  const turns = (ORDERS[order] ?? ORDERS[0]).map((axis) => turn(axis, ((degrees[axis] ?? 0) * Math.PI) / 180));
  return multiply(multiply(turns[2]!, turns[1]!), turns[0]!);
}

function turn(axis: number, angle: number): Matrix {
  const m = identity();
  const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
  m[4 * u + u] = m[4 * v + v] = Math.cos(angle);
  m[4 * u + v] = Math.sin(angle);
  m[4 * v + u] = -Math.sin(angle);
  return m;
}

function identity(): Matrix {
  const m = new Float64Array(16);
  m[0] = m[5] = m[10] = m[15] = 1;
  return m;
}

function translation([x, y, z]: readonly number[]): Matrix {
  const m = identity();
  m.set([x!, y!, z!], 12);
  return m;
}

function scaling([x, y, z]: readonly number[]): Matrix {
  const m = identity();
  [m[0], m[5], m[10]] = [x!, y!, z!];
  return m;
}

const negated = (v: readonly number[]) => v.map((x) => -x);

function transposed(m: Matrix): Matrix {
  const out = identity();
  for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) out[4 * c + r] = m[4 * r + c]!;
  return out;
}

/** Column-major. */
function multiply(a: Matrix, b: Matrix): Matrix {
  const out = new Float64Array(16);
  for (let c = 0; c < 4; c++) {
    for (let r = 0; r < 4; r++) for (let k = 0; k < 4; k++) out[4 * c + r]! += a[4 * k + r]! * b[4 * c + k]!;
  }
  return out;
}

function determinant(m: Matrix): number {
  return (
    m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) -
    m[4]! * (m[1]! * m[10]! - m[2]! * m[9]!) +
    m[8]! * (m[1]! * m[6]! - m[2]! * m[5]!)
  );
}
