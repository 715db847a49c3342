import type { EngineError } from "@maquette/engine/errors";
import { isZip, type ModelFormat, sniffModel } from "@maquette/engine/read/sniff-model";
import { ApiError, invalid } from "../api/errors.ts";
import type { Fields } from "../api/fields.ts";
import { LIMITS } from "../config/limits.ts";
import type { AddressPolicy } from "../webhooks/address-policy.ts";
import { decodeDataUrl, readUrl, stem } from "./given-images.ts";

/** A model as it came: its bytes, or where to fetch them. */
export type GivenModel =
  | { kind: "bytes"; data: Buffer; format: ModelFormat | "zip" | null; name: string | null }
  | { kind: "url"; url: string; name: string | null };

/** How a model's format is announced and named. */
export const MODEL_TYPES: Readonly<Record<ModelFormat | "zip", { mime: string; extension: string }>> = {
  glb: { mime: "model/gltf-binary", extension: "glb" },
  gltf: { mime: "model/gltf+json", extension: "gltf" },
  obj: { mime: "model/obj", extension: "obj" },
  fbx: { mime: "application/octet-stream", extension: "fbx" },
  zip: { mime: "application/zip", extension: "zip" },
};

/**
 * The one model of a request: a file under any field name, or `modelUrl`, a `data:` URL included.
 * @param look false for test requests: it is counted and not looked at.
 * @throws ApiError request_invalid, model_refused
 */
export function readGivenModel(fields: Fields, policy: AddressPolicy, look: boolean): GivenModel {
  const url = fields.text("modelUrl");
  const count = fields.uploads.length + (url === null ? 0 : 1);
  if (count !== 1) {
    throw invalid(
      count === 0
        ? "a missing model: send one GLB, glTF, OBJ, FBX or zip file, or its modelUrl"
        : `${count} models: send one, with the files that it names in a zip`,
    );
  }
  if (url === null) {
    const { data, filename } = fields.uploads[0]!;
    return fromBytes(data, stem(filename), look);
  }
  if (/^data:/i.test(url)) return fromBytes(decodeDataUrl(url, "a model"), null, look);
  return readUrl(url, "a model", "model_refused", policy, look);
}

function fromBytes(data: Buffer, name: string | null, look: boolean): GivenModel {
  if (!look) return { kind: "bytes", data, format: null, name };
  if (data.length > LIMITS.modelBytes) {
    const megabytes = (data.length / 1024 / 1024).toFixed(1);
    throw new ApiError("model_refused", {
      value: `a model of ${megabytes} MB: at most ${LIMITS.modelBytes / 1024 / 1024} MB can be sent`,
    });
  }
  try {
    return { kind: "bytes", data, format: formatOf(data), name };
  } catch (error) {
    const { message } = error as EngineError;
    throw new ApiError("model_refused", { value: `the model: ${message.replace(/\.$/, "")}` });
  }
}

/** @throws EngineError model_unsupported */
export function formatOf(data: Uint8Array): ModelFormat | "zip" {
  return isZip(data) ? "zip" : sniffModel(data);
}
