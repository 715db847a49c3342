import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Polygons } from "@maquette/engine/mesh/half-edges";
import type { Mesh } from "@maquette/engine/types";
import { MeshoptSimplifier } from "meshoptimizer";
import { blenderCommand } from "../../../packages/engine/test/support/find-tools.ts";

/** Peers that make triangles, by the name that their script knows. */
const DECIMATORS = {
  "Blender, decimate": "decimate",
  Open3D: "open3d",
  MeshLab: "meshlab",
  "fast-simplification": "fast",
};
/** Peers that make quads. */
const REMESHERS = { "Blender, QuadriFlow": "quadriflow", "Blender, voxels": "voxels" };
const IN_BLENDER = ["decimate", "quadriflow", "voxels"];

const scriptAt = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/**
 * What others make of the same surface.
 * @param triangles that decimators may keep. @param polygons that remeshers shall make.
 * @param python an interpreter with Open3D, PyMeshLab and fast-simplification; those that it lacks are left out.
 */
export async function runPeers(
  dense: Mesh,
  triangles: number,
  polygons: number,
  python: string,
): Promise<Map<string, Polygons>> {
  const blender = blenderCommand();
  if (!blender) throw new Error("Blender is missing. Run: npm run test:setup");
  const folder = mkdtempSync(join(tmpdir(), "maquette-peers-"));
  try {
    const surface = { positions: join(folder, "positions"), triangles: join(folder, "triangles") };
    writeFileSync(surface.positions, dense.positions);
    writeFileSync(surface.triangles, dense.triangles);
    const wanted = [
      ...Object.entries(DECIMATORS).map(([name, method]) => ({ name, method, faces: triangles })),
      ...Object.entries(REMESHERS).map(([name, method]) => ({ name, method, faces: polygons })),
    ].map((one) => ({ ...one, out: join(folder, one.method) }));
    const job = (name: string, chosen: typeof wanted) => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify({ ...surface, jobs: chosen }));
      return path;
    };
    const inBlender = job(
      "blender.json",
      wanted.filter(({ method }) => IN_BLENDER.includes(method)),
    );
    const args = [
      "-b",
      "--factory-startup",
      "-noaudio",
      "--python-exit-code",
      "1",
      "-P",
      scriptAt("blender_remesh.py"),
    ];
    execFileSync(blender.file, [...args, "--", inBlender], { env: blender.env, stdio: "pipe" });
    const inPython = job(
      "python.json",
      wanted.filter(({ method }) => !IN_BLENDER.includes(method)),
    );
    execFileSync(python, [scriptAt("python_decimate.py"), inPython], { stdio: ["ignore", "ignore", "inherit"] });

    const made = new Map<string, Polygons>();
    for (const { name, out } of wanted) {
      if (!existsSync(`${out}.corners`)) continue;
      made.set(name, {
        positions: new Float32Array(bytesOf(`${out}.positions`)),
        sizes: new Uint8Array(bytesOf(`${out}.sizes`)),
        corners: new Uint32Array(bytesOf(`${out}.corners`)),
      });
    }
    for (const [name, result] of await simplifyWithMeshopt(dense, triangles)) made.set(name, result);
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bytesOf(path: string): ArrayBuffer {
  return new Uint8Array(readFileSync(path)).buffer;
}

/** As its documentation says: positions alone, no bound on the error; and with vertices moved to where they fit best. */
async function simplifyWithMeshopt({ positions, triangles }: Mesh, count: number): Promise<[string, Polygons][]> {
  await MeshoptSimplifier.ready;
  const [kept] = MeshoptSimplifier.simplify(triangles, positions, 3, 3 * count, 1);
  const places = positions.slice();
  const indices = triangles.slice();
  const none = new Float32Array(0);
  const [length] = MeshoptSimplifier.simplifyWithUpdate(indices, places, 3, none, 0, [], null, 3 * count, 1);
  return [
    ["meshoptimizer", compact(positions, kept)],
    ["meshoptimizer, with update", compact(places, indices.subarray(0, length))],
  ];
}

/** The triangles over the vertices that they use. */
function compact(positions: Float32Array, triangles: Uint32Array): Polygons {
  const number = new Map<number, number>();
  const corners = triangles.map((v) => {
    if (!number.has(v)) number.set(v, number.size);
    return number.get(v)!;
  });
  const kept = new Float32Array(3 * number.size);
  for (const [from, to] of number) kept.set(positions.subarray(3 * from, 3 * from + 3), 3 * to);
  return { positions: kept, sizes: new Uint8Array(triangles.length / 3).fill(3), corners };
}
