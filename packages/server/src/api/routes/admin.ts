import { isAbsolute } from "node:path";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createAccount } from "../../auth/accounts.ts";
import { header } from "../../auth/authenticate.ts";
import { addressBucket } from "../../auth/failure-limiter.ts";
import { readJwt } from "../../auth/jwt.ts";
import { loadMasterKey } from "../../auth/master-key.ts";
import { writeBackup } from "../../backup/backup.ts";
import type { Context } from "../../context.ts";
import { ADMIN_SUBJECT, signInUrl } from "../../manage.ts";
import { ApiError, invalid } from "../errors.ts";
import { bodyFields } from "../request-fields.ts";

const schema = { hide: true };

/** What the command line asks of a server that holds the embedded database. It proves that it can read the master key. */
export function adminRoutes(app: FastifyInstance, context: Context): void {
  app.post("/admin/accounts", { schema }, async (request, reply) => {
    await requireAdmin(context, request);
    const email = bodyFields(request).text("email");
    if (email === null) throw invalid("a missing email");
    reply.code(201);
    return createAccount(context, email);
  });

  app.post("/admin/sign-in-links", { schema }, async (request, reply) => {
    await requireAdmin(context, request);
    reply.code(201);
    return { url: await signInUrl(context, bodyFields(request).text("email"), context.publicUrl()) };
  });

  app.post("/admin/backups", { schema }, async (request, reply) => {
    await requireAdmin(context, request);
    const directory = bodyFields(request).text("directory");
    if (directory === null || !isAbsolute(directory)) throw invalid("a directory that is no absolute path");
    reply.code(201);
    return writeBackup(directory, context.db, context.storage, loadMasterKey(context.config));
  });
}

async function requireAdmin(context: Context, request: FastifyRequest): Promise<void> {
  const claims = await readJwt(context.keys.admin, header(request, "authorization") ?? "", context.now());
  if (typeof claims === "string" || claims.sub !== ADMIN_SUBJECT) {
    await context.failures.record(addressBucket(request.ip));
    throw new ApiError("jwt_invalid");
  }
}
