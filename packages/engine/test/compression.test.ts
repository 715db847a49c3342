/** GLB with meshopt's compression: valid, what three.js shows of it, and how far it is from the uncompressed one. */
import { MeshoptDecoder } from "meshoptimizer";
import { type Mesh, type MeshStandardMaterial, type Object3D, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildColliders } from "../src/collide/build-colliders.ts";
import { exportScene } from "../src/export/export-scene.ts";
import { readGlb } from "../src/read/read-glb.ts";
import type { AssetFile, AssetScene } from "../src/types.ts";
import { signpostScene, sphereScene } from "./support/scenes.ts";
import { validateGltf } from "./support/validate-gltf.ts";

const glbOf = (files: AssetFile[]) => files.find(({ format }) => format === "glb")!;

const SCENES: Record<string, () => AssetScene> = {
  parts: () => signpostScene(),
  detailed: () => sphereScene({ name: "detailed", n: 10, normalMap: true, occlusion: true, lods: [5] }),
  hulls: () => {
    const scene = signpostScene("hulls");
    return { ...scene, ...buildColliders(scene.parts, 960) };
  },
};

describe.each(Object.keys(SCENES))("compressed GLB of %s", (name) => {
  let plain: AssetFile[];
  let packed: AssetFile[];

  beforeAll(async () => {
    plain = await exportScene(SCENES[name]!());
    packed = await exportScene(SCENES[name]!(), { compression: "meshopt" });
    // A browser decodes pictures; what three.js does with the geometry is looked at here.
    vi.stubGlobal("self", globalThis);
    vi.stubGlobal("createImageBitmap", async () => ({ width: 1, height: 1, close() {} }));
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  it("is found in order by the Khronos validator, and only GLB files differ", async () => {
    await validateGltf("packed.glb", glbOf(packed).data);
    plain.forEach((file, i) => {
      const same = Buffer.compare(file.data, packed[i]!.data) === 0;
      expect(same, file.name).toBe(file.format !== "glb" && file.format !== "zip");
    });
  });

  it("has the same bytes each time", async () => {
    const again = await exportScene(SCENES[name]!(), { compression: "meshopt" });
    expect(Buffer.compare(glbOf(again).data, glbOf(packed).data)).toBe(0);
  });

  it("keeps every face, positions to 1/65,000 of a part's longest side and pivots exactly, as three.js reads it", async () => {
    const [a, b] = [await parts(glbOf(plain)), await parts(glbOf(packed))];
    expect([...b.keys()]).toEqual([...a.keys()]);
    for (const [label, before] of a) {
      const after = b.get(label)!;
      expect(after.origin, label).toEqual(before.origin);
      expect(after.triangles.length, label).toBe(before.triangles.length);
      const longest = Math.max(...before.size);
      // Vertices come in another order, and a face begins at another of its corners: faces are found by where they lie.
      const slab = (x: number) => Math.floor((500 * x) / longest);
      const slabs = Map.groupBy(after.triangles, (triangle) => slab(middle(triangle)[0]!));
      let worst = 0;
      for (const triangle of before.triangles) {
        const at = slab(middle(triangle)[0]!);
        const near = [at - 1, at, at + 1].flatMap((place) => slabs.get(place) ?? []);
        worst = Math.max(worst, Math.min(...near.map((other) => distance(triangle, other))));
      }
      expect(worst / longest, label).toBeLessThan(1 / 65_000);
    }
  });

  it("is the same to the decoder without WebAssembly that the web app loads", async () => {
    const place = new URL("meshopt_decoder_reference.js", import.meta.resolve("meshoptimizer"));
    const { MeshoptDecoder: plainDecoder } = await import(/* @vite-ignore */ place.href);
    const [a, b] = [await parts(glbOf(packed)), await parts(glbOf(packed), plainDecoder)];
    for (const [label, { triangles }] of b) expect(triangles, label).toEqual(a.get(label)!.triangles);
  });

  it("has the same material", async () => {
    const [a, b] = [await parts(glbOf(plain)), await parts(glbOf(packed))];
    for (const [label, { material }] of b) {
      const other = a.get(label)!.material;
      expect([material.name, material.roughness, !!material.map, !!material.normalMap, !!material.aoMap]).toEqual([
        other.name,
        other.roughness,
        !!other.map,
        !!other.normalMap,
        !!other.aoMap,
      ]);
    }
  });

  it("is read by us as well", async () => {
    const [a, b] = [await readGlb(glbOf(plain).data), await readGlb(glbOf(packed).data)];
    expect(b.triangles.length).toBe(a.triangles.length);
  });
});

it("makes geometry less than a third of what it was", async () => {
  const scene = sphereScene({ n: 40, texture: 8, normalMap: true });
  const [plain, packed] = [await exportScene(scene), await exportScene(scene, { compression: "meshopt" })];
  expect(glbOf(packed).data.length / glbOf(plain).data.length).toBeLessThan(1 / 3);
});

interface Part {
  origin: number[];
  size: number[];
  /** Nine coordinates in the scene for each. */
  triangles: number[][];
  material: MeshStandardMaterial;
}

/** The objects of a GLB by the name of the node that has the pivot. */
async function parts({ data }: AssetFile, decoder = MeshoptDecoder): Promise<Map<string, Part>> {
  const loader = new GLTFLoader().setMeshoptDecoder(decoder);
  const { scene } = await loader.parseAsync(Uint8Array.from(data).buffer, "");
  scene.updateMatrixWorld(true);
  const found = new Map<string, Part>();
  scene.traverse((object) => {
    if (!(object as Mesh).isMesh) return;
    const { geometry, matrixWorld, material } = object as Mesh;
    const at = geometry.getAttribute("position");
    const points = Array.from({ length: at.count }, (_, i) =>
      new Vector3().fromBufferAttribute(at, i).applyMatrix4(matrixWorld).toArray(),
    );
    const index = Array.from(geometry.index!.array);
    const triangles = Array.from({ length: index.length / 3 }, (_, t) =>
      index.slice(3 * t, 3 * t + 3).flatMap((v) => points[v]!),
    );
    const holder: Object3D = object.name.endsWith("_mesh") ? object.parent! : object;
    const side = (k: number) => points.map((p) => p[k]!);
    found.set(holder.name, {
      origin: holder.getWorldPosition(new Vector3()).toArray(),
      size: [0, 1, 2].map((k) => Math.max(...side(k)) - Math.min(...side(k))),
      triangles,
      material: material as MeshStandardMaterial,
    });
  });
  return found;
}

const middle = (t: number[]) => [0, 1, 2].map((k) => (t[k]! + t[k + 3]! + t[k + 6]!) / 3);

/** Farthest that a corner is from its fellow, in the best of the three turns. */
function distance(a: number[], b: number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const turn of [0, 3, 6]) {
    let most = 0;
    for (let c = 0; c < 9 && most < least; c += 3) {
      const d = (c + turn) % 9;
      most = Math.max(most, Math.hypot(a[c]! - b[d]!, a[c + 1]! - b[d + 1]!, a[c + 2]! - b[d + 2]!));
    }
    least = Math.min(least, most);
  }
  return least;
}
