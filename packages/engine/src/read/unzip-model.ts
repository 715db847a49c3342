import { unzipSync } from "fflate";
import { EngineError } from "../errors.ts";

/** Files that an OBJ or FBX may name. */
const COMPANIONS = /\.(mtl|png|jpe?g|webp|tga|bmp|tiff?|gif)$/i;
const MODELS = /\.(glb|gltf|obj|fbx)$/i;
/** What macOS and Windows put into archives beside what was meant. */
const LITTER = /(^|\/)(__MACOSX\/|\.(?!\.?\/)|Thumbs\.db$|desktop\.ini$)/i;
const MOST_FILES = 1000;
/** Of all files together once they are unpacked: room for the largest model file and its pictures. */
const MOST_BYTES = 512 * 1024 * 1024;

export interface PackedModel {
  model: Uint8Array;
  /** By their lower-case names without folders, so that no name leads anywhere. */
  companions: Map<string, Uint8Array>;
}

/**
 * The one model of a zip, with the materials and pictures that it may name.
 * @throws EngineError model_unsupported, model_corrupt
 */
export function unzipModel(data: Uint8Array): PackedModel {
  const entries = unpack(data);
  const names = Object.keys(entries);
  const models = names.filter((name) => MODELS.test(name));
  if (models.length !== 1) {
    const what = models.length === 0 ? "no model" : `${models.length} models (${models.slice(0, 4).join(", ")})`;
    throw new EngineError("model_unsupported", `a zip with ${what} in it. Put one GLB, glTF, OBJ or FBX into it`);
  }
  const [name] = models as [string];
  const companions = names
    .filter((other) => COMPANIONS.test(other))
    .map((other): [string, Uint8Array] => [other.split(/[\\/]/).pop()!.toLowerCase(), entries[other]!]);
  return { model: entries[name]!, companions: new Map(companions) };
}

function unpack(data: Uint8Array): Record<string, Uint8Array> {
  let bytes = 0;
  let count = 0;
  try {
    return unzipSync(data, {
      // Sizes are those of the directory, and room is made for them alone: a file that is larger than it says is cut.
      filter: ({ name, originalSize }) => {
        if (LITTER.test(name) || !(COMPANIONS.test(name) || MODELS.test(name))) return false;
        bytes += originalSize;
        count++;
        const tooMuch =
          bytes > MOST_BYTES
            ? `its files have over ${MOST_BYTES / 1024 / 1024} MB together`
            : count > MOST_FILES
              ? `it holds over ${MOST_FILES} files`
              : null;
        if (tooMuch !== null) throw new EngineError("model_unsupported", `a zip, and ${tooMuch}`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("model_corrupt", `ZIP: ${(error as Error).message}`);
  }
}
