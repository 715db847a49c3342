import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { authenticate, checkDevId, header } from "../../auth/authenticate.ts";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import type { ProjectStyle } from "../../db/schema.ts";
import { findProject, requireMember } from "../../requests/access.ts";
import { readImages } from "../../requests/given-images.ts";
import { submit } from "../../requests/submit.ts";
import type { AccountGuards } from "../account-guards.ts";
import { invalid } from "../errors.ts";
import { parseGenerator, parseName, parseOptions, parseQuality, parseTags, parseViews } from "../parse-options.ts";
import { bodyFields, queryFields } from "../request-fields.ts";
import { errors, processBodies } from "../schemas.ts";

export const ACCEPTED_MESSAGE = "request sent successfully, please check webhook in 10-15 mins";

const schema = {
  operationId: "process",
  summary: "Make an asset from 1 to 6 images",
  tags: ["Kaedim Web API"],
  headers: Type.Object({
    "idempotency-key": Type.Optional(
      Type.String({ maxLength: 255, description: "The same key and body within 24 hours give the same requestID" }),
    ),
  }),
  body: processBodies,
  response: { 201: Type.Ref("Accepted"), ...errors(400, 401, 403, 406, 408, 409, 413, 415, 429) },
};

export function processRoute(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  app.post(
    "/process",
    {
      schema,
      bodyLimit: LIMITS.processBodyBytes,
      // Before the body: a stranger's upload is not read.
      onRequest: async (request, reply) => {
        request.caller = await authenticate(context, request);
        guards.rate(request.caller.accountId);
        guards.upload(request, reply);
      },
    },
    (request, reply) => acceptRequest(context, request, reply),
  );
}

/** The project's generator, as long as the operator still has it. */
export function projectGenerator(
  context: Context,
  project: { style: ProjectStyle } | null,
  warnings: string[],
): string | undefined {
  const name = project?.style.generator;
  if (name === undefined || context.generators.names.includes(name)) return name;
  warnings.push(`the project's generator "${name}" does not exist any more; ${context.generators.default} is used`);
  return undefined;
}

/** Checks and stores a request whose sender is known, and answers when it would survive a crash. */
export async function acceptRequest(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Record<string, unknown>> {
  const caller = request.caller!;
  const fields = bodyFields(request);
  checkDevId(caller, fields, queryFields(request));
  parseQuality(fields);
  const studioId = fields.text("studioID");
  if (studioId !== null) await requireMember(context.db, caller.accountId, studioId);
  const projectId = fields.text("projectID");
  const project = projectId === null ? null : await findProject(context.db, caller.accountId, projectId);
  const { options, warnings } = parseOptions(fields, project?.style);
  const generator = parseGenerator(fields, context.generators.names) ?? projectGenerator(context, project, warnings);
  if (generator !== undefined) options.generator = generator;
  const test = fields.flag("test");
  const images = readImages(fields, context.policy, !test);
  if (images.length === 0) throw invalid("missing images: send 1 to 6 as files or imageUrls");
  const idempotencyKey = header(request, "idempotency-key");
  if (idempotencyKey !== null && idempotencyKey.length > 255)
    throw invalid("an Idempotency-Key of over 255 characters");
  const requestID = await submit(context, {
    accountId: caller.accountId,
    studioId: studioId?.toLowerCase() ?? project?.studioId ?? null,
    projectId: project?.id ?? null,
    name: parseName(fields),
    tags: parseTags(fields),
    test,
    options,
    warnings,
    images,
    views: parseViews(fields, images.length),
    idempotencyKey,
    trace: request.span ? context.tracing.carry(request.span) : undefined,
  });
  request.assetId = requestID;
  reply.code(201);
  return {
    status: "success",
    devID: caller.accountId,
    requestID,
    message: ACCEPTED_MESSAGE,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
