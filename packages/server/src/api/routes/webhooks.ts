import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import { audit } from "../../auth/audit.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import { createLinker } from "../../downloads/links.ts";
import { addDestination } from "../../webhooks/add-destination.ts";
import { listEvents } from "../../webhooks/events.ts";
import { buildMessage } from "../../webhooks/payload.ts";
import { resend } from "../../webhooks/resend.ts";
import { ApiError, invalid } from "../errors.ts";
import { requestOrigin } from "../origin.ts";
import { readPage, readPlace, readTimePlace, writePage, writePlace, writeTimePlace } from "../paging.ts";
import { bodyFields, pathParameter, queryFields } from "../request-fields.ts";
import { DELIVERY_STATES, errors, Id, NextCursor, PageQuery } from "../schemas.ts";

const tags = ["Webhooks"];
/** Webhook destinations and what became of the messages. */
export function webhookRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/destinations",
    {
      schema: {
        operationId: "listDestinations",
        summary: "List webhook destinations",
        tags,
        response: { 200: Type.Object({ destinations: Type.Array(Type.Ref("Destination")) }), ...errors(401, 429) },
      },
    },
    async (request) => {
      const rows = await context.db
        .selectFrom("destination")
        .selectAll()
        .where("account_id", "=", request.caller!.accountId)
        .where("state", "<>", "removed")
        .orderBy("created_at")
        .execute();
      return {
        destinations: rows.map((row) => ({
          destinationID: row.id,
          url: row.url,
          state: row.state,
          createdAt: row.created_at.toISOString(),
          lastSuccessAt: row.last_success_at?.toISOString() ?? null,
          failingSince: row.failing_since?.toISOString() ?? null,
          lastError: row.last_error,
        })),
      };
    },
  );

  const params = Type.Object({ destinationID: Id("The destination") });
  app.post(
    "/destinations",
    {
      schema: {
        summary: "Register a webhook destination, without touching JWTs",
        tags,
        body: Type.Object({ destination: Type.Optional(Type.String({ maxLength: 2048 })) }),
        response: { 201: Type.Ref("Done"), ...errors(400, 401, 403) },
      },
    },
    async (request, reply) => {
      const { accountId } = request.caller!;
      const now = context.now();
      const url = bodyFields(request).text("destination");
      await context.db
        .transaction()
        .execute((trx) =>
          addDestination(trx, { accountId, url, address: request.ip, now, limit: context.config.destinations }),
        );
      reply.code(201);
      return { status: "success" };
    },
  );

  app.post(
    "/destinations/:destinationID/enable",
    {
      schema: {
        summary: "Switch a destination on again that failed for too long",
        tags,
        params,
        response: { 200: Type.Ref("Done"), ...errors(401, 404) },
      },
    },
    async (request) => {
      const { accountId } = request.caller!;
      const id = pathParameter(request, "destinationID")!;
      const enabled = isId(id)
        ? await context.db
            .updateTable("destination")
            .set({ state: "active", failing_since: null, last_error: null })
            .where("id", "=", id)
            .where("account_id", "=", accountId)
            .where("state", "<>", "removed")
            .returning("url")
            .executeTakeFirst()
        : undefined;
      if (!enabled) throw new ApiError("destination_unknown");
      await audit(context.db, context.now(), {
        kind: "webhook.enabled",
        accountId,
        actorId: accountId,
        address: request.ip,
        detail: { url: enabled.url },
      });
      return { status: "success" };
    },
  );

  app.delete(
    "/destinations/:destinationID",
    {
      schema: {
        operationId: "removeDestination",
        summary: "Remove a webhook destination",
        tags,
        params,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 429) },
      },
    },
    async (request) => {
      const { accountId } = request.caller!;
      const id = pathParameter(request, "destinationID")!;
      const removed = isId(id)
        ? await context.db
            .updateTable("destination")
            .set({ state: "removed" })
            .where("id", "=", id)
            .where("account_id", "=", accountId)
            .where("state", "<>", "removed")
            .returning("url")
            .executeTakeFirst()
        : undefined;
      if (!removed) throw new ApiError("destination_unknown");
      await audit(context.db, context.now(), {
        kind: "webhook.removed",
        accountId,
        actorId: accountId,
        address: request.ip,
        detail: { url: removed.url },
      });
      return { status: "success" };
    },
  );

  app.get(
    "/deliveries",
    {
      schema: {
        operationId: "listDeliveries",
        summary: "List webhook messages, newest first",
        tags,
        querystring: Type.Object({
          ...PageQuery.properties,
          state: Type.Optional(Type.String({ enum: [...DELIVERY_STATES] })),
        }),
        response: {
          200: Type.Object({ deliveries: Type.Array(Type.Ref("Delivery")), nextCursor: NextCursor }),
          ...errors(400, 401, 429),
        },
      },
    },
    async (request) => {
      const fields = queryFields(request);
      const { limit, after } = readPage(fields);
      const state = DELIVERY_STATES.find((known) => known === fields.text("state"));
      if (fields.has("state") && !state) throw invalid(`state: expected ${DELIVERY_STATES.join(", ")}`);
      let query = context.db
        .selectFrom("delivery as d")
        .innerJoin("destination as t", "t.id", "d.destination_id")
        .innerJoin("iteration as i", "i.id", "d.iteration_id")
        .selectAll("d")
        .select(["t.url", "i.request_id", "i.number"])
        .where("d.account_id", "=", request.caller!.accountId)
        .orderBy("d.created_at", "desc")
        .orderBy("d.id", "desc")
        .limit(limit + 1);
      if (state) query = query.where("d.state", "=", state);
      if (after !== null) {
        const { at, id } = readTimePlace(after);
        query = query.where(sql<boolean>`(d.created_at, d.id) < (${at}, ${id}::uuid)`);
      }
      const rows = await query.execute();
      const { shown, nextCursor } = writePage(rows, limit, (row) => writeTimePlace({ at: row.created_at, id: row.id }));
      return {
        deliveries: shown.map((row) => ({
          deliveryID: row.id,
          requestID: row.request_id,
          iterationID: String(row.number),
          destinationID: row.destination_id,
          url: row.url,
          state: row.state,
          attempts: row.attempts,
          createdAt: row.created_at.toISOString(),
          nextAt: row.next_at?.toISOString() ?? null,
          finishedAt: row.finished_at?.toISOString() ?? null,
          lastStatus: row.last_status,
          lastError: row.last_error,
        })),
        nextCursor,
      };
    },
  );

  app.get(
    "/webhook-events",
    {
      schema: {
        operationId: "takeMessages",
        summary: "Take webhook messages yourself, oldest first, for a receiver that the server cannot reach",
        tags,
        querystring: Type.Object({
          after: Type.Optional(Type.String({ description: "`cursor` of the answer before; without it, from now on" })),
        }),
        response: {
          200: Type.Object({
            events: Type.Array(
              Type.Object({
                id: Type.String({ description: "The message's webhook-id" }),
                headers: Type.Record(Type.String(), Type.String(), { description: "The signatures" }),
                body: Type.String({ description: "The bytes that are signed" }),
              }),
            ),
            cursor: Type.String({ description: "Where the next answer begins" }),
          }),
          ...errors(400, 401),
        },
      },
    },
    async (request) => {
      const after = readPlace(queryFields(request), "after");
      const origin = requestOrigin(context, request);
      const { events, next } = await listEvents(
        context,
        request.caller!.accountId,
        after === null ? null : readTimePlace(after),
        origin,
      );
      return { events, cursor: writePlace(writeTimePlace(next)) };
    },
  );

  app.get(
    "/deliveries/:deliveryID/payload",
    {
      schema: {
        summary: "A webhook message as it would be sent now, with fresh links",
        tags,
        params: Type.Object({ deliveryID: Id("The message") }),
        response: { 200: Type.Record(Type.String(), Type.Unknown()), ...errors(401, 404) },
      },
    },
    async (request) => {
      const id = pathParameter(request, "deliveryID")!;
      const delivery = isId(id)
        ? await context.db
            .selectFrom("delivery")
            .select("iteration_id")
            .where("id", "=", id)
            .where("account_id", "=", request.caller!.accountId)
            .executeTakeFirst()
        : undefined;
      const link = createLinker(context.keys.link, requestOrigin(context, request), context.now());
      const message = delivery && (await buildMessage(context.db, delivery.iteration_id, link));
      if (!message) throw new ApiError("delivery_unknown");
      return message;
    },
  );

  app.post(
    "/deliveries/:deliveryID/resend",
    {
      schema: {
        operationId: "resendDelivery",
        summary: "Send a webhook message again",
        tags,
        params: Type.Object({ deliveryID: Id("The message") }),
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 409, 429) },
      },
    },
    async (request) => {
      await resend(context, request.caller!.accountId, pathParameter(request, "deliveryID")!);
      return { status: "success" };
    },
  );
}
