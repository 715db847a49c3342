import sharp from "sharp";
import type { RenderMesh } from "../raster/render.ts";
import { makeTexture, type Texture } from "../raster/texture.ts";
import { refuseTooLarge } from "./most-triangles.ts";

/** What a reader found of a material. */
export interface ReadMaterial {
  /** sRGB bytes. */
  tint: readonly [number, number, number];
  /** Encoded picture; null for none. */
  picture: Uint8Array | null;
}

export const PLAIN_MATERIAL: ReadMaterial = { tint: [255, 255, 255], picture: null };

/** Collects triangles one corner after another and makes the mesh of them. */
export class ModelBuilder {
  private readonly positions: number[] = [];
  private readonly colors: number[] = [];
  private readonly triangles: number[] = [];
  private readonly uvs: number[] = [];
  private readonly materials: ReadMaterial[] = [];
  private readonly materialOf: number[] = [];

  /** @param color sRGB bytes. @returns the vertex's number */
  addVertex(x: number, y: number, z: number, color: readonly [number, number, number] = [255, 255, 255]): number {
    this.colors.push(...color);
    return this.positions.push(x, y, z) / 3 - 1;
  }

  /** @param uvs 2 per corner, v down. */
  addTriangle(corners: readonly [number, number, number], uvs: readonly number[], material: ReadMaterial): void {
    this.triangles.push(...corners);
    refuseTooLarge(this.triangles.length / 3);
    for (let k = 0; k < 6; k++) this.uvs.push(uvs[k] ?? 0);
    let at = this.materials.lastIndexOf(material);
    if (at < 0) at = this.materials.push(material) - 1;
    this.materialOf.push(at);
  }

  async build(): Promise<RenderMesh> {
    const textures: Texture[] = [];
    const numbers: number[] = [];
    const known = new Map<Uint8Array, number>();
    for (const { picture } of this.materials) {
      let number = picture ? (known.get(picture) ?? -1) : -1;
      if (picture && number < 0) {
        const texture = await decode(picture);
        if (texture) number = textures.push(texture) - 1;
        known.set(picture, number);
      }
      numbers.push(number);
    }
    const count = this.triangles.length / 3;
    const faceColors = new Uint8Array(3 * count);
    const triangleTextures = new Int16Array(count);
    for (let t = 0; t < count; t++) {
      faceColors.set(this.materials[this.materialOf[t]!]!.tint, 3 * t);
      triangleTextures[t] = numbers[this.materialOf[t]!]!;
    }
    return {
      positions: Float32Array.from(this.positions),
      triangles: Uint32Array.from(this.triangles),
      // An OBJ may carry the colours of its picture at its vertices once more, for those who load no material.
      ...(textures.length > 0 ? {} : { vertexColors: Uint8Array.from(this.colors) }),
      faceColors,
      uvs: Float32Array.from(this.uvs),
      textures,
      triangleTextures,
    };
  }
}

/** A texture that cannot be read costs the model its colours there, never the whole model. */
async function decode(bytes: Uint8Array): Promise<Texture | null> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: 100e6 })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return makeTexture({ width: info.width, height: info.height, data: new Uint8Array(data) }, "repeat");
  } catch {
    return null;
  }
}
