import type { FastifyInstance, FastifyReply } from "fastify";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import { createLinker } from "../../downloads/links.ts";
import { describeIteration } from "../../requests/describe-iteration.ts";
import { findIteration, findRequest } from "../../requests/own-request.ts";
import { createThumbnails } from "../../requests/thumbnails.ts";
import { ApiError, invalid } from "../errors.ts";
import { requestOrigin } from "../origin.ts";
import { bodyFields, pathParameter } from "../request-fields.ts";
import { errors, Id, Nullable } from "../schemas.ts";

const tags = ["Assets"];
const params = Type.Object({ requestID: Id("The asset"), iterationID: Type.String({ pattern: "^\\d+$" }) });

const Detail = Type.Object({
  requestID: Id("The asset"),
  iterationID: Type.String(),
  options: Type.Ref("AssetOptions"),
  inputs: Type.Array(
    Type.Object({
      imageID: Id("The picture"),
      view: Type.Ref("View"),
      name: Nullable(Type.String()),
      url: Nullable(Type.String()),
      stored: Type.Boolean({ description: "Whether its bytes are here, so that it has a thumbnail" }),
    }),
  ),
  model: Nullable(
    Type.Object({ name: Nullable(Type.String()), url: Nullable(Type.String()), stored: Type.Boolean() }),
    { description: "The model that was finished, of an asset that comes from one" },
  ),
  report: Nullable(Type.Ref("AssetReport")),
  files: Type.Array(
    Type.Object({
      format: Type.String(),
      name: Type.String(),
      mime: Type.String(),
      bytes: Type.Integer(),
      url: Type.String(),
    }),
  ),
  causeCode: Nullable(Type.String()),
  causeImage: Type.Union([Type.Integer(), Type.Null()], { description: "The picture that the cause concerns, from 0" }),
  startedAt: Nullable(Type.String({ format: "date-time" })),
});

/** One iteration: everything about it, its pictures in small, and what its maker thinks of it. */
export function iterationRoutes(app: FastifyInstance, context: Context): void {
  const thumbnails = createThumbnails(context);
  const own = (accountId: string, requestId: string) => findRequest(context.db, accountId, requestId);

  app.get(
    "/requests/:requestID/iterations/:iterationID",
    {
      schema: {
        summary: "An iteration with its options, pictures, report and files",
        tags,
        params,
        response: { 200: Detail, ...errors(401, 404, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const link = createLinker(context.keys.link, requestOrigin(context, request), context.now());
      return describeIteration(context.db, id, pathParameter(request, "iterationID")!, link);
    },
  );

  app.post(
    "/requests/:requestID/iterations/:iterationID/dismiss",
    {
      schema: {
        summary: "Reject a completed iteration and say why; its files stay",
        tags,
        params,
        body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 500 })) }),
        response: { 200: Type.Ref("Done"), ...errors(400, 401, 404, 409, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const reason = bodyFields(request).text("reason");
      if (reason === null) throw invalid("a missing reason");
      if (reason.length > LIMITS.reasonCharacters) {
        throw invalid(`a reason of ${reason.length} characters: at most ${LIMITS.reasonCharacters} can be kept`);
      }
      const iteration = await findIteration(context.db, id, pathParameter(request, "iterationID")!);
      const { numUpdatedRows } = await context.db
        .updateTable("iteration")
        .set({ status: "dismissed", cause: reason, cause_code: "rejected" })
        .where("id", "=", iteration.id)
        .where("status", "in", ["completed", "approved"])
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new ApiError("state_conflict", { value: "Only a completed iteration can be rejected" });
      }
      return { status: "success" };
    },
  );

  const image = { description: "A WebP", content: { "image/webp": { schema: Type.String({ format: "binary" }) } } };
  app.get(
    "/requests/:requestID/iterations/:iterationID/thumbnail",
    {
      schema: { summary: "A small picture of the model", tags, params, response: { 200: image, ...errors(401, 404) } },
    },
    async (request, reply) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      const iteration = await findIteration(context.db, id, pathParameter(request, "iterationID")!);
      return send(reply, await thumbnails.ofIteration(iteration.id));
    },
  );

  app.get(
    "/requests/:requestID/images/:imageID/thumbnail",
    {
      schema: {
        summary: "A picture that the asset was made from, in small",
        tags,
        params: Type.Object({ requestID: Id("The asset"), imageID: Id("The picture") }),
        response: { 200: image, ...errors(401, 404) },
      },
    },
    async (request, reply) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      const imageId = pathParameter(request, "imageID")!;
      if (!isId(imageId)) throw new ApiError("thumbnail_unknown");
      return send(reply, await thumbnails.ofImage(id, imageId));
    },
  );
}

/** Neither a finished iteration nor a picture ever changes. */
function send(reply: FastifyReply, webp: Uint8Array | null): FastifyReply {
  if (webp === null) throw new ApiError("thumbnail_unknown");
  return reply
    .headers({ "cache-control": "private, max-age=31536000, immutable" })
    .type("image/webp")
    .send(Buffer.from(webp));
}
