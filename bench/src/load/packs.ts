import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { RenderMesh } from "@maquette/engine/raster/render";

/** One object of the packed models, as their index describes it. */
export interface PackEntry {
  source: string;
  name: string;
  kind: string;
  tris: number;
  /** Byte range in the pack. */
  off: number;
  len: number;
  /** Share of edges used an odd number of times; 0 = closed. */
  open: number;
  /** Extent x, y, z; the longest is 1. */
  ext: [number, number, number];
  /** Present when the source had no colour. */
  untextured?: 1;
  /** Which pack it lies in. */
  pack: string;
}

export type Split = "training" | "validation";

/** About a tenth of the objects, chosen by hash, is never trained on. */
export function splitOf(entry: { source: string; name: string }): Split {
  return createHash("md5").update(`${entry.source}/${entry.name}`).digest()[0] < 26 ? "validation" : "training";
}

/**
 * Reader of the packed models (`assets_N.bin` + `assets_N.index.json`; the format is described beside them).
 * @throws when the folder holds no pack.
 */
export class Packs {
  readonly entries: PackEntry[] = [];
  private readonly bytes = new Map<string, Buffer>();
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    for (const pack of ["assets_1", "assets_2"]) {
      const index = join(directory, `${pack}.index.json`);
      if (!existsSync(index)) continue;
      const entries = JSON.parse(readFileSync(index, "utf8")) as Omit<PackEntry, "pack">[];
      this.entries.push(...entries.map((entry) => ({ ...entry, pack })));
    }
    if (this.entries.length === 0) {
      throw new Error(`no packed models in ${directory}: assets_1.index.json or assets_2.index.json is expected there`);
    }
  }

  /** Centred bounding box, longest side 1, +Y up, front towards +Z; one colour per face. */
  read(entry: PackEntry): RenderMesh {
    const b = inflateSync(this.pack(entry.pack).subarray(entry.off, entry.off + entry.len));
    const n = b.readUInt32LE(0);
    const m = b.readUInt32LE(4);
    let at = 12;
    const grid = new Int32Array(3 * n);
    for (let axis = 0; axis < 3; axis++, at += 2 * n) {
      for (let i = 0, value = 0; i < n; i++) {
        value += unzigzag(b[at + i] | (b[at + n + i] << 8));
        grid[3 * i + axis] = value;
      }
    }
    const triangles = new Uint32Array(3 * m);
    for (let j = 0, high = 0; j < 3 * m; j++) {
      const code = b[at + j] | (b[at + 3 * m + j] << 8) | (b[at + 6 * m + j] << 16);
      triangles[j] = high - code;
      if (code === 0) high++;
    }
    at += 9 * m;
    const palette = at + 2 * m;
    const faceColors = new Uint8Array(3 * m);
    for (let t = 0, color = 0; t < m; t++) {
      color += unzigzag(b[at + t] | (b[at + m + t] << 8));
      for (let k = 0; k < 3; k++) faceColors[3 * t + k] = b[palette + 3 * color + k];
    }
    const middle = [0, 1, 2].map((axis) => {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = axis; i < grid.length; i += 3) {
        low = Math.min(low, grid[i]);
        high = Math.max(high, grid[i]);
      }
      return (low + high) / 2;
    });
    const positions = Float32Array.from(grid, (g, i) => (g - middle[i % 3]) / 4095);
    return { positions, triangles, faceColors };
  }

  private pack(name: string): Buffer {
    let bytes = this.bytes.get(name);
    if (!bytes) {
      bytes = readFileSync(join(this.directory, `${name}.bin`));
      this.bytes.set(name, bytes);
    }
    return bytes;
  }
}

function unzigzag(u: number): number {
  return (u >>> 1) ^ -(u & 1);
}
