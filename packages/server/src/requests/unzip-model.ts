import { EngineError } from "@maquette/engine/errors";
import { unzip } from "fflate";

/** Files that an OBJ or FBX may name. */
const COMPANIONS = /\.(mtl|png|jpe?g|webp|tga|bmp|tiff?|gif)$/i;
const MODELS = /\.(glb|gltf|obj|fbx)$/i;
/** What macOS and Windows put into archives beside what was meant. */
const LITTER = /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/i;
const MOST_FILES = 1000;

export interface PackedModel {
  model: Uint8Array;
  /** By their lower-case names without folders. */
  companions: [string, Uint8Array][];
}

export function isZip(data: Uint8Array): boolean {
  return data.length >= 4 && data[0] === 0x50 && data[1] === 0x4b && data[2] === 0x03 && data[3] === 0x04;
}

/**
 * A model as it came: the file itself, or a zip that holds one model with the materials and pictures that it names.
 * @param maxBytes of all files together once they are unpacked.
 * @throws EngineError model_unsupported, model_corrupt
 */
export async function unzipModel(data: Uint8Array, maxBytes: number): Promise<PackedModel> {
  if (!isZip(data)) return { model: data, companions: [] };
  let total = 0;
  let count = 0;
  let tooMuch: string | null = null;
  const entries = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(
      data,
      {
        // Sizes are those of the directory; what is packed is never inflated beyond them.
        filter: ({ name, originalSize }) => {
          if (LITTER.test(name) || !(COMPANIONS.test(name) || MODELS.test(name))) return false;
          total += originalSize;
          count++;
          if (total > maxBytes) tooMuch ??= `its files have over ${Math.round(maxBytes / 1024 / 1024)} MB together`;
          if (count > MOST_FILES) tooMuch ??= `it holds over ${MOST_FILES} files`;
          return tooMuch === null;
        },
      },
      (error, files) => (error ? reject(new EngineError("model_corrupt", `ZIP: ${error.message}`)) : resolve(files)),
    );
  });
  if (tooMuch !== null) throw new EngineError("model_unsupported", `a zip, and ${tooMuch}`);
  const names = Object.keys(entries);
  const models = names.filter((name) => MODELS.test(name));
  if (models.length !== 1) {
    const what = models.length === 0 ? "no model" : `${models.length} models (${models.slice(0, 4).join(", ")})`;
    throw new EngineError("model_unsupported", `a zip with ${what} in it. Put one GLB, glTF, OBJ or FBX into it`);
  }
  const [name] = models as [string];
  return {
    model: entries[name]!,
    companions: names
      .filter((other) => COMPANIONS.test(other))
      .map((other): [string, Uint8Array] => [other.split("/").pop()!.toLowerCase(), entries[other]!]),
  };
}
