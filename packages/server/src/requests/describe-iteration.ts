import type { AssetReport } from "@maquette/engine/asset";
import type { FileFormat, ViewHint } from "@maquette/engine/types";
import { ApiError } from "../api/errors.ts";
import type { Db } from "../db/open-database.ts";
import type { IterationOptions } from "../db/schema.ts";
import type { Linker } from "../downloads/links.ts";
import { imageLink } from "../webhooks/payload.ts";

export interface IterationDetail {
  requestID: string;
  iterationID: string;
  options: IterationOptions;
  inputs: { imageID: string; view: ViewHint; name: string | null; url: string | null; stored: boolean }[];
  /** What was finished, in place of pictures. */
  model: { name: string | null; url: string | null; stored: boolean } | null;
  report: AssetReport | null;
  files: { format: FileFormat; name: string; mime: string; bytes: number; url: string }[];
  causeCode: string | null;
  /** Which picture the cause concerns, from 0. */
  causeImage: number | null;
  startedAt: string | null;
}

/** All that is known of one iteration. @throws ApiError iteration_unknown */
export async function describeIteration(
  db: Db,
  requestId: string,
  number: string,
  link: Linker,
): Promise<IterationDetail> {
  const row = /^\d{1,6}$/.test(number)
    ? await db
        .selectFrom("iteration")
        .select(["id", "options", "inputs", "report", "cause", "cause_code", "started_at"])
        .where("request_id", "=", requestId)
        .where("number", "=", Number(number))
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ApiError("iteration_unknown");
  const images = await db.selectFrom("image").selectAll().where("request_id", "=", requestId).execute();
  const byId = new Map(images.map((image) => [image.id, image]));
  const artifacts = await db.selectFrom("artifact").selectAll().where("iteration_id", "=", row.id).execute();
  const concerned = /^Image (\d+):/.exec(row.cause ?? "");
  const model = row.options.finish && byId.get(row.options.finish.modelID);
  return {
    requestID: requestId,
    iterationID: number,
    options: row.options,
    inputs: row.inputs.map(({ imageID, view }) => {
      const image = byId.get(imageID);
      return {
        imageID,
        view,
        name: image?.name ?? null,
        url: image ? imageLink(image, link) : null,
        stored: image?.storage_key != null,
      };
    }),
    model: model ? { name: model.name, url: imageLink(model, link), stored: model.storage_key !== null } : null,
    report: row.report,
    files: artifacts.map(({ id, format, name, mime, bytes }) => ({
      format,
      name,
      mime,
      bytes: Number(bytes),
      url: link({ kind: "artifact", id, name }),
    })),
    causeCode: row.cause_code,
    causeImage: concerned ? Number(concerned[1]) - 1 : null,
    startedAt: row.started_at?.toISOString() ?? null,
  };
}
