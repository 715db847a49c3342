import type { Db } from "../db/open-database.ts";
import type { IterationInput, IterationStatus } from "../db/schema.ts";
import { type Linker, resultLinks } from "../downloads/links.ts";

export interface WebhookMessage {
  status: "success" | "error";
  requestID: string;
  [field: string]: unknown;
}

/** The formats that receivers look for under `completedModels`. */
const MODELS = ["obj", "fbx", "glb", "gltf", "mtl"];

/**
 * The message about a finished iteration, with links that are signed now. It satisfies the specification's shape and the
 * one that receivers in the wild read. Null when the request is gone.
 */
export async function buildMessage(db: Db, iterationId: string, link: Linker): Promise<WebhookMessage | null> {
  const row = await db
    .selectFrom("iteration as i")
    .innerJoin("request as r", "r.id", "i.request_id")
    .select([
      "i.number",
      "i.status",
      "i.inputs",
      "i.cause",
      "i.warnings",
      "i.created_at",
      "i.completed_at",
      "r.id as request_id",
      "r.account_id",
      "r.studio_id",
      "r.name",
      "r.test",
    ])
    .where("i.id", "=", iterationId)
    .where("r.deleted_at", "is", null)
    .executeTakeFirst();
  if (!row) return null;
  const artifacts = await db
    .selectFrom("artifact")
    .select(["id", "format", "name"])
    .where("iteration_id", "=", iterationId)
    .execute();
  const dismissed = row.status === "dismissed";
  const ids = { userID: row.account_id, devID: row.account_id, requestID: row.request_id };
  const common = {
    ...ids,
    studioID: row.studio_id,
    iterationID: String(row.number),
    name: row.name,
    image: await firstImage(db, row.inputs, link),
    type: row.number === 0 ? "generation" : "revision",
    isRevision: row.number > 0,
    test: row.test,
    createdAt: row.created_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
  };
  if (dismissed) {
    return {
      status: "error",
      ...ids,
      message: "Asset creation failed",
      cause: row.cause ?? "",
      results: {
        status: "dismissed" satisfies IterationStatus,
        ...common,
        assetComplete: false,
        dismissedReason: row.cause,
      },
    };
  }
  const links = resultLinks(artifacts, link);
  return {
    status: "success",
    ...ids,
    message: "Asset created successfully",
    ...(row.warnings.length > 0 ? { warnings: row.warnings } : {}),
    results: {
      ...links,
      status: "completed" satisfies IterationStatus,
      ...common,
      assetComplete: true,
      completedModels: Object.fromEntries(
        MODELS.filter((format) => links[format]).map((format) => [format, links[format]]),
      ),
    },
  };
}

async function firstImage(db: Db, inputs: readonly IterationInput[], link: Linker): Promise<string | null> {
  const first = inputs[0];
  if (!first) return null;
  const image = await db
    .selectFrom("image")
    .select(["id", "url", "name", "storage_key"])
    .where("id", "=", first.imageID)
    .executeTakeFirst();
  return image ? imageLink(image, link) : null;
}

/** A stored picture by a link of ours; one that was never fetched by the address that the user gave. */
export function imageLink(
  image: { id: string; url: string | null; name: string | null; storage_key: string | null },
  link: Linker,
): string | null {
  if (image.storage_key === null) return image.url;
  const extension = /\.[a-z]+$/.exec(image.storage_key)?.[0] ?? "";
  return link({ kind: "image", id: image.id, name: `${image.name ?? "image"}${extension}` });
}
