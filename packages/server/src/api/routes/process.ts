import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { authenticate, checkDevId, header } from "../../auth/authenticate.ts";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import type { ProjectStyle } from "../../db/schema.ts";
import { findProject, requireMember } from "../../requests/access.ts";
import { readImages } from "../../requests/given-images.ts";
import { type Submission, submit } from "../../requests/submit.ts";
import type { AccountGuards } from "../account-guards.ts";
import { invalid } from "../errors.ts";
import { parseGenerator, parseName, parseOptions, parseQuality, parseTags, parseViews } from "../parse-options.ts";
import { bodyFields, queryFields } from "../request-fields.ts";
import { errors, IdempotencyHeaders, processBodies } from "../schemas.ts";

export const ACCEPTED_MESSAGE = "request sent successfully, please check webhook in 10-15 mins";

const schema = {
  operationId: "process",
  summary: "Make an asset from 1 to 6 images",
  tags: ["Kaedim Web API"],
  headers: IdempotencyHeaders,
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
  const { fields, project, ...common } = await readRequest(context, request);
  const { options, warnings, test } = common;
  const generator = parseGenerator(fields, context.generators.names) ?? projectGenerator(context, project, warnings);
  if (generator !== undefined) options.generator = generator;
  const images = readImages(fields, context.policy, !test);
  if (images.length === 0) throw invalid("missing images: send 1 to 6 as files or imageUrls");
  return accept(context, request, reply, { ...common, images, views: parseViews(fields, images.length) });
}

/** What every request for an asset says, whatever it shall be made of. */
export async function readRequest(context: Context, request: FastifyRequest) {
  const caller = request.caller!;
  const fields = bodyFields(request);
  checkDevId(caller, fields, queryFields(request));
  parseQuality(fields);
  const studioId = fields.text("studioID");
  if (studioId !== null) await requireMember(context.db, caller.accountId, studioId);
  const projectId = fields.text("projectID");
  const project = projectId === null ? null : await findProject(context.db, caller.accountId, projectId);
  const idempotencyKey = header(request, "idempotency-key");
  if (idempotencyKey !== null && idempotencyKey.length > 255)
    throw invalid("an Idempotency-Key of over 255 characters");
  return {
    fields,
    project,
    accountId: caller.accountId,
    studioId: studioId?.toLowerCase() ?? project?.studioId ?? null,
    projectId: project?.id ?? null,
    name: parseName(fields),
    tags: parseTags(fields),
    test: fields.flag("test"),
    ...parseOptions(fields, project?.style),
    idempotencyKey,
  };
}

/** Stores a request and answers that it is there. */
export async function accept(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  submission: Omit<Submission, "trace">,
): Promise<Record<string, unknown>> {
  const trace = request.span ? context.tracing.carry(request.span) : undefined;
  const requestID = await submit(context, { ...submission, trace });
  request.assetId = requestID;
  reply.code(201);
  return {
    status: "success",
    devID: submission.accountId,
    requestID,
    message: ACCEPTED_MESSAGE,
    ...(submission.warnings.length > 0 ? { warnings: submission.warnings } : {}),
  };
}
