import { EngineError } from "@maquette/engine/errors";
import { type PictureFormat, sniffFormat } from "@maquette/engine/ingest/sniff-format";
import { LIMITS } from "../config/limits.ts";
import { type FetchOptions, fetchFile } from "./fetch-file.ts";

const TIMEOUT_MS = 30_000;

/**
 * Fetches a picture from a URL that a user gave.
 * @throws FetchError naming the URL, EngineError when what came is no picture
 */
export async function fetchPicture(
  url: string,
  index: number,
  options: FetchOptions,
): Promise<{ data: Buffer; format: PictureFormat }> {
  const data = await fetchFile(url, index, { maxBytes: LIMITS.imageBytes, timeoutMs: TIMEOUT_MS }, options);
  const from = `fetched from ${url}`;
  if (data.length === 0) throw new EngineError("image_empty", from, index);
  const sniffed = sniffFormat(data);
  if (sniffed.format === null) throw new EngineError("image_unsupported", `${sniffed.looksLike}, ${from}`, index);
  return { data, format: sniffed.format };
}
