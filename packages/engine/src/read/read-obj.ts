import type { RenderMesh } from "../raster/render.ts";
import { srgbOfLinear } from "../raster/srgb.ts";
import { ModelBuilder, PLAIN_MATERIAL, type ReadMaterial } from "./model-builder.ts";
import type { Companions } from "./read-model.ts";

/**
 * Wavefront OBJ: polygons of any size (as fans), relative numbers, colours behind the positions, materials with `Kd` and
 * `map_Kd` where their library is among the companions. Lines and points are left out, and so are faces that name what is
 * not there.
 */
export async function readObj(bytes: Uint8Array, companions: Companions): Promise<RenderMesh> {
  const builder = new ModelBuilder();
  let materials = new Map<string, ReadMaterial>();
  let material = PLAIN_MATERIAL;
  const uvs: number[] = [];
  let vertices = 0;
  for (const line of lines(bytes)) {
    const words = line.trim().split(/\s+/);
    const numbers = () => words.slice(1).map(Number);
    switch (words[0]) {
      case "v": {
        const [x = Number.NaN, y = Number.NaN, z = Number.NaN, r, g, b] = numbers();
        // Seven numbers are x y z w r g b in some writers, but far more often x y z r g b a.
        const colored = r !== undefined && g !== undefined && b !== undefined;
        builder.addVertex(x, y, z, colored ? [byte(r), byte(g), byte(b)] : undefined);
        vertices++;
        break;
      }
      case "vt": {
        const [u = 0, v = 0] = numbers();
        uvs.push(u, 1 - v);
        break;
      }
      case "f": {
        const corners = words.slice(1).map((word) => {
          const [v, t] = word.split("/").map((part) => Number.parseInt(part, 10));
          const at = place(t, uvs.length / 2);
          return { vertex: place(v, vertices), uv: at < 0 ? [0, 0] : [uvs[2 * at]!, uvs[2 * at + 1]!] };
        });
        if (corners.some(({ vertex }) => vertex < 0)) break;
        for (let i = 1; i + 1 < corners.length; i++) {
          const [a, b, c] = [corners[0]!, corners[i]!, corners[i + 1]!];
          builder.addTriangle([a.vertex, b.vertex, c.vertex], [...a.uv, ...b.uv, ...c.uv], material);
        }
        break;
      }
      case "mtllib": {
        const library = companions.get(fileName(line.trim().slice(6)));
        if (library) materials = new Map([...materials, ...readMtl(library, companions)]);
        break;
      }
      case "usemtl":
        material = materials.get(line.trim().slice(6).trim()) ?? PLAIN_MATERIAL;
        break;
      default:
    }
  }
  return builder.build();
}

function readMtl(bytes: Uint8Array, companions: Companions): Map<string, ReadMaterial> {
  const found = new Map<string, ReadMaterial>();
  let name: string | null = null;
  for (const line of lines(bytes)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "newmtl") {
      name = line.trim().slice(6).trim();
      found.set(name, PLAIN_MATERIAL);
    }
    if (name === null) continue;
    const former = found.get(name)!;
    if (words[0] === "Kd") {
      // Exporters write what their colour picker shows divided by 255, or linear light; most importers take the latter.
      const [r = 1, g = 1, b = 1] = words.slice(1).map(Number);
      found.set(name, { ...former, tint: [srgbOfLinear(r), srgbOfLinear(g), srgbOfLinear(b)] });
    }
    if (words[0] === "map_Kd") {
      const picture = companions.get(fileName(words.at(-1)!)) ?? companions.get(fileName(line.trim().slice(6)));
      if (picture) found.set(name, { tint: [255, 255, 255], picture });
    }
  }
  return found;
}

/** Number from 0; counted from the end when negative; -1 when there is none. */
function place(text: number | undefined, count: number): number {
  if (text === undefined || !Number.isInteger(text) || text === 0) return -1;
  const at = text > 0 ? text - 1 : count + text;
  return at >= 0 && at < count ? at : -1;
}

function* lines(bytes: Uint8Array): Generator<string> {
  const text = new TextDecoder().decode(bytes);
  let carried = "";
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    const line = text.slice(from, to).replace(/\r$/, "");
    from = to + 1;
    if (line.endsWith("\\")) carried += `${line.slice(0, -1)} `;
    else {
      yield carried + line;
      carried = "";
    }
  }
  if (carried) yield carried;
}

function fileName(path: string): string {
  return path.trim().split(/[\\/]/).pop()!.toLowerCase();
}

const byte = (share: number) => Math.min(255, Math.max(0, Math.round(share * 255)));
