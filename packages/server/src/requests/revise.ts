import { ApiError, invalid } from "../api/errors.ts";
import type { Fields } from "../api/fields.ts";
import { checkViews, parseFinish, parseGenerator, parseOptions, parseViews } from "../api/parse-options.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import type { FinishSource, IterationInput, IterationOptions } from "../db/schema.ts";
import type { TraceCarrier } from "../tracing/tracing.ts";
import { findProject } from "./access.ts";
import { readImages } from "./given-images.ts";
import { addStored } from "./stored-bytes.ts";
import { addIteration, storeImages, sumBytes, takeTurn } from "./submit.ts";
import { grantWishes } from "./wishes.ts";

/** Dismissals of which neither pictures nor options were the cause: the same may be asked for again. */
const WORTH_REPEATING = ["cancelled", "internal", "image_unreachable"];

export interface Revision {
  iterationID: string;
  applied: string[];
  warnings: string[];
}

/**
 * Makes a new iteration of an asset from its newest one: other options, added or replaced pictures, wishes in words.
 * What a field says stands above what the description says.
 * @throws ApiError request_invalid, wish_unknown, state_conflict, queue_full, quota_requests, quota_storage;
 * StorageUnavailable
 */
export async function reviseRequest(
  context: Context,
  accountId: string,
  requestId: string,
  fields: Fields,
  trace?: TraceCarrier,
): Promise<Revision> {
  const former = await context.db
    .selectFrom("iteration as i")
    .innerJoin("request as r", "r.id", "i.request_id")
    .select([
      "i.number",
      "i.options",
      "i.inputs",
      "i.report",
      "i.status",
      "i.cause_code",
      "i.files_removed_at",
      "r.test",
    ])
    .where("i.request_id", "=", requestId)
    .orderBy("i.number", "desc")
    .executeTakeFirstOrThrow();
  const { name } = former.options;
  const base = await chooseBase(context, accountId, former.options, fields);
  const description = fields.text("editDescription");
  const wishes =
    description === null
      ? null
      : grantWishes(description, {
          options: base,
          triangles: former.report?.triangles ?? null,
          size: former.report?.size ?? null,
        });
  const { options, warnings } = parseOptions(fields, {}, { ...base, ...wishes?.options });
  const generator = parseGenerator(fields, context.generators.names) ?? base.generator;
  if (generator !== undefined) options.generator = generator;
  const finish = former.options.finish && {
    ...parseFinish(fields, options, warnings, former.options.finish),
    modelID: former.options.finish.modelID,
  };
  const images = readImages(fields, context.policy, !former.test);
  if (finish && images.length > 0)
    throw invalid("images for an asset from a model: send those as an asset of their own");
  const mode = (fields.text("imageMode") ?? "replace").toLowerCase();
  if (mode !== "replace" && mode !== "add") throw invalid(`imageMode "${mode.slice(0, 40)}": expected replace or add`);
  const repeatable =
    former.files_removed_at !== null ||
    (former.status === "dismissed" && WORTH_REPEATING.includes(former.cause_code ?? ""));
  if (
    !repeatable &&
    description === null &&
    images.length === 0 &&
    !fields.has("views") &&
    !changes(former.options, { ...options, name, finish })
  ) {
    throw invalid("a revision that changes nothing");
  }
  const kept = images.length > 0 && mode === "replace" ? [] : former.inputs;
  if (kept.length + images.length > LIMITS.images) {
    throw invalid(`${kept.length + images.length} images: at most ${LIMITS.images} can be used`);
  }
  if (!former.test) await requireThere(context, requestId, kept, finish);
  // Directions are parallel to the new pictures, or, if there are none, to those there are.
  const views = parseViews(fields, images.length || kept.length);
  checkViews([...(images.length > 0 ? kept.map((input) => input.view) : []), ...views]);
  await context.disk?.requireRoom();
  const stored = await storeImages(context, requestId, { images, test: former.test });
  const inputs: IterationInput[] =
    images.length > 0
      ? [...kept, ...stored.map((image, i) => ({ imageID: image.id, view: views[i]! }))]
      : kept.map((input, i) => ({ ...input, view: fields.has("views") ? views[i]! : input.view }));
  const number = await context.db.transaction().execute(async (trx) => {
    const tag = await takeTurn(context, trx, accountId, options.quality, former.test);
    // The request's row is the lock under which iterations get their numbers.
    const request = await trx
      .selectFrom("request")
      .select("id")
      .where("id", "=", requestId)
      .where("deleted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!request) throw new ApiError("request_unknown");
    const newest = await trx
      .selectFrom("iteration")
      .select(["number", "status"])
      .where("request_id", "=", requestId)
      .orderBy("number", "desc")
      .executeTakeFirstOrThrow();
    if (newest.status === "queued" || newest.status === "running") {
      throw new ApiError("state_conflict", { value: "The newest iteration is not done yet: wait for it or cancel it" });
    }
    if (newest.number + 1 >= LIMITS.iterations) {
      throw new ApiError("state_conflict", { value: `An asset has at most ${LIMITS.iterations} iterations` });
    }
    const at = new Date(context.now());
    if (stored.length > 0) {
      await trx
        .insertInto("image")
        .values(stored.map((image) => ({ ...image, request_id: requestId, created_at: at })))
        .execute();
      await addStored(trx, requestId, sumBytes(stored));
    }
    await addIteration(context, trx, {
      requestId,
      accountId,
      number: newest.number + 1,
      options: { ...options, name, ...(finish ? { finish } : {}) },
      inputs,
      warnings,
      tag,
      editDescription: description,
      applied: wishes?.applied ?? null,
      trace,
    });
    return newest.number + 1;
  });
  return { iterationID: String(number), applied: wishes?.applied ?? [], warnings };
}

/** @throws ApiError request_invalid when pictures or a model are gone that would have to be used again */
async function requireThere(
  context: Context,
  requestId: string,
  inputs: readonly IterationInput[],
  finish: FinishSource | undefined,
): Promise<void> {
  const images = await context.db
    .selectFrom("image")
    .select("id")
    .where("request_id", "=", requestId)
    .where("storage_key", "is", null)
    .where("url", "is", null)
    .execute();
  const gone = new Set(images.map(({ id }) => id));
  if (finish && gone.has(finish.modelID)) {
    throw invalid(`a model that was deleted ${context.config.keepPicturesDays} days after the asset was made`);
  }
  if (inputs.some(({ imageID }) => gone.has(imageID))) {
    throw invalid(
      `pictures that were deleted ${context.config.keepPicturesDays} days after the asset was made: send them again`,
    );
  }
}

/** The former options, in the style of another project if one is named. */
async function chooseBase(
  context: Context,
  accountId: string,
  options: IterationOptions,
  fields: Fields,
): Promise<IterationOptions> {
  const projectId = fields.text("projectID");
  if (projectId === null) return options;
  const { style } = await findProject(context.db, accountId, projectId);
  const { topology, polycount, texelDensity: _density, generator, ...look } = style;
  return {
    ...options,
    ...(topology === undefined ? {} : { topology }),
    ...(polycount === undefined ? {} : { polycount }),
    ...(generator === undefined ? {} : { generator }),
    style: look,
  };
}

function changes(before: IterationOptions, after: IterationOptions): boolean {
  const sorted = (value: object) => Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const canonical = ({ finish, ...options }: IterationOptions) =>
    JSON.stringify([sorted(options), sorted(finish ?? {})]);
  return canonical(before) !== canonical(after);
}
