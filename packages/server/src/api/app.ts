import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import cors from "@fastify/cors";
import swagger from "@fastify/swagger";
import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import fastify, {
  type FastifyError,
  type FastifyHttpsOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from "fastify";
import type { Caller } from "../auth/authenticate.ts";
import { authenticateAny } from "../auth/session.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { isDatabaseOutage } from "../db/outage.ts";
import { downloadRoute } from "../downloads/route.ts";
import { StorageUnavailable } from "../storage/storage.ts";
import { NO_TRACING, type TraceCarrier } from "../tracing/tracing.ts";
import { createGuards } from "./account-guards.ts";
import { ApiError, retryLater } from "./errors.ts";
import { readQuery } from "./fields.ts";
import { openApiOptions } from "./open-api.ts";
import { accountRoutes } from "./routes/account.ts";
import { adminRoutes } from "./routes/admin.ts";
import { batchRoutes } from "./routes/batch.ts";
import { eventRoutes } from "./routes/events.ts";
import { fetchAllRoute } from "./routes/fetch-all.ts";
import { fetchProjectsRoute } from "./routes/fetch-projects.ts";
import { fetchRequestRoute } from "./routes/fetch-request.ts";
import { generatorRoutes } from "./routes/generators.ts";
import { healthRoutes } from "./routes/health.ts";
import { inspectionRoutes } from "./routes/inspections.ts";
import { iterationRoutes } from "./routes/iterations.ts";
import { libraryRoutes } from "./routes/library.ts";
import { modelRoutes } from "./routes/models.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { processRoute } from "./routes/process.ts";
import { projectRoutes } from "./routes/projects.ts";
import { referenceRoutes } from "./routes/reference.ts";
import { refreshJwtRoute } from "./routes/refresh-jwt.ts";
import { registerHookRoute } from "./routes/register-hook.ts";
import { requestRoutes } from "./routes/requests.ts";
import { passwordSignInRoute, sessionRoutes } from "./routes/sessions.ts";
import { signInRoute } from "./routes/sign-in.ts";
import { studioRoutes } from "./routes/studios.ts";
import { usageRoutes } from "./routes/usage.ts";
import { webRoutes } from "./routes/web.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { SHARED_SCHEMAS } from "./schemas.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the route's authentication. */
    caller: Caller | null;
    /** The requestID that the request is about, for the log. */
    assetId: string | null;
    /** Null for probes, and where nothing is traced. */
    span: Span | null;
  }
}

const MAX_HEADER_BYTES = 16 * 1024;
/** For a whole request to arrive: 40 MB at 3 Mbit/s. */
const REQUEST_TIMEOUT_MS = 120_000;
/** What machines ask every few seconds. */
const PROBES = new Set(["/healthz", "/readyz", "/metrics"]);

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** The HTTP side of a server. A worker has the health routes only. */
export async function createApp(context: Context): Promise<FastifyInstance> {
  const { config } = context;
  const options: FastifyServerOptions = {
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.bodyBytes,
    // A start takes the time that it needs: a first one builds the web app, which a busy machine does not do in the ten
    // seconds that would be the limit.
    pluginTimeout: 0,
    ...(config.trustedProxies.length > 0 ? { trustProxy: config.trustedProxies } : {}),
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Base URLs that end in a slash make paths that begin with two.
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 512,
      // Read once, as `queryFields` gives it.
      querystringParser: readQuery as unknown as (query: string) => Record<string, unknown>,
    },
    frameworkErrors: (error, _request, reply) => answerError(context, error, reply as unknown as FastifyReply),
    clientErrorHandler: (error, socket) => {
      if (socket.destroyed) return;
      const answer = clientError(error.code);
      const body = JSON.stringify(answer.body());
      socket.end(
        `HTTP/1.1 ${answer.status} Error\r\nContent-Type: application/json; charset=utf-8\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    },
  };
  const limits = { maxHeaderSize: MAX_HEADER_BYTES };
  const app = (
    config.tls
      ? fastify({ ...options, https: { ...config.tls, ...limits } } as FastifyHttpsOptions<HttpsServer>)
      : fastify({ ...options, http: limits })
  ) as FastifyInstance;

  closeSilentConnections(app, config.tls !== null);
  app.decorateRequest("caller", null);
  app.decorateRequest("assetId", null);
  app.decorateRequest("span", null);
  // Clients send a JSON body with GET.
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
  // The bytes decide what a body is, so every type arrives as bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  // Requests are read leniently by hand; the schemas describe them. Answers are checked against theirs in the tests.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema);

  const securityHeaders = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    ...(config.tls ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
  // Every request passes these three, so they take no promises, each of which is a turn of the queue.
  app.addHook("onRequest", (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? "none";
    if (context.tracing !== NO_TRACING && !PROBES.has(route)) {
      const { traceparent, tracestate } = request.headers as TraceCarrier;
      request.span = context.tracing.start(`${method} ${route}`, SpanKind.SERVER, { traceparent, tracestate });
      request.span.setAttributes({ "http.request.method": method, "http.route": route });
    }
    reply.headers(securityHeaders);
    done();
  });
  // After the hooks that open CORS, so that pages of other origins can read this refusal too.
  app.addHook("preParsing", (request, _reply, payload, done) => {
    const { "content-encoding": encoding, "content-type": type } = request.headers;
    if (encoding && encoding !== "identity")
      return done(new ApiError("encoding_unsupported", { value: encoding.slice(0, 40) }));
    // Fastify refuses what is no media type; here it says no less than none at all.
    if (type !== undefined && !MEDIA_TYPE.test(type)) delete request.headers["content-type"];
    done(null, payload);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "none";
    const { method } = request;
    const seconds = reply.elapsedTime / 1000;
    context.metrics.requests.observe({ method, route, status: String(reply.statusCode) }, seconds);
    const quiet = PROBES.has(route);
    request.span?.setAttribute("http.response.status_code", reply.statusCode);
    if (request.assetId) request.span?.setAttribute("maquette.request_id", request.assetId);
    if (reply.statusCode >= 500) request.span?.setStatus({ code: SpanStatusCode.ERROR });
    request.span?.end();
    // The route and not the URL: links and sign-in tokens are in URLs.
    request.log[quiet ? "debug" : "info"](
      {
        method,
        route,
        status: reply.statusCode,
        ms: Math.round(seconds * 1e4) / 10,
        address: request.ip,
        ...(request.caller ? { account: request.caller.accountId } : {}),
        ...(request.assetId ? { requestID: request.assetId } : {}),
      },
      "request",
    );
    done();
  });
  app.setErrorHandler((error, request, reply) => answerError(context, error as Error, reply, request));
  const notFound = (request: FastifyRequest, reply: FastifyReply) => {
    const path = (request.raw.url ?? "").split("?")[0]!.slice(0, 200);
    return answerError(context, new ApiError("route_unknown", { value: `${request.method} ${path}` }), reply, request);
  };
  app.setNotFoundHandler(notFound);
  /** Lets pages of any origin in, to all there is below a prefix and to the refusal of what there is not. */
  const openUp = async (scope: FastifyInstance) => {
    await scope.register(cors, OPEN_CORS);
    scope.setNotFoundHandler(notFound);
  };

  await app.register(swagger, openApiOptions);
  await app.register(async (scope) => healthRoutes(scope, context));
  if (config.role === "worker") return app;
  const guards = createGuards(context);
  await app.register(
    async (scope) => {
      await openUp(scope);
      registerHookRoute(scope, context);
      refreshJwtRoute(scope, context);
      processRoute(scope, context, guards);
      fetchRequestRoute(scope, context, guards);
      fetchAllRoute(scope, context, guards);
      fetchProjectsRoute(scope, context, guards);
    },
    { prefix: "/api/v1" },
  );
  await app.register(
    async (scope) => {
      await openUp(scope);
      adminRoutes(scope, context);
      passwordSignInRoute(scope, context);
      await scope.register(async (own) => {
        own.addHook("onRequest", async (request) => {
          request.caller ??= await authenticateAny(context, request);
          guards.rate(request.caller.accountId);
        });
        accountRoutes(own, context);
        sessionRoutes(own, context);
        libraryRoutes(own, context, guards);
        inspectionRoutes(own, context, guards);
        modelRoutes(own, context, guards);
        requestRoutes(own, context, guards);
        iterationRoutes(own, context);
        eventRoutes(own, context);
        batchRoutes(own, context);
        generatorRoutes(own, context);
        projectRoutes(own, context);
        studioRoutes(own, context);
        webhookRoutes(own, context);
        usageRoutes(own, context);
        operatorRoutes(own, context);
      });
    },
    { prefix: "/api/maquette/v1" },
  );
  await app.register(async (scope) => {
    await scope.register(cors, OPEN_CORS);
    downloadRoute(scope, context);
  });
  await referenceRoutes(app);
  await app.register(async (scope) => {
    const sendPage = await webRoutes(scope);
    signInRoute(scope, context, sendPage);
  });
  return app;
}

/**
 * Node counts a connection on which nothing was sent yet as busy, so one that a browser opened in advance would hold up
 * the end of the server for a minute.
 */
function closeSilentConnections(app: FastifyInstance, isTls: boolean): void {
  const silent = new Set<Socket>();
  app.server.on(isTls ? "secureConnection" : "connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  app.server.on("request", (request) => silent.delete(request.socket));
  app.addHook("preClose", async () => {
    for (const socket of silent) socket.destroy();
  });
}

/** For any origin; credentials are in headers that a page must know, never in cookies. */
const OPEN_CORS = {
  origin: "*",
  methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
  exposedHeaders: "retry-after, content-disposition, content-range, etag, accept-ranges",
  maxAge: 86_400,
  strictPreflight: false,
};

function answerError(context: Context, error: Error, reply: FastifyReply, request?: FastifyRequest): FastifyReply {
  const answer =
    error instanceof ApiError
      ? error
      : request && hasLeft(request, error)
        ? new ApiError("http_invalid", { value: "cut short" })
        : (fromOutage(error) ?? fromFastify(error as FastifyError, request));
  if (answer.status >= 500) (request?.log ?? context.log).error({ err: error }, "request failed");
  // One that does not exist, or is somebody else's, is not said back: both get the same answer.
  const requestID = answer.code === "request_unknown" ? null : (request?.assetId ?? null);
  return reply
    .code(answer.status)
    .headers(answer.details.headers ?? {})
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(answer.body(requestID)));
}

/** Whether the error is only that the client went away in the middle of its request. */
function hasLeft(request: FastifyRequest, error: Error & { code?: string }): boolean {
  const cut =
    error.code === "ERR_STREAM_PREMATURE_CLOSE" || (error.code === "ECONNRESET" && error.message === "aborted");
  return cut && request.raw.socket.destroyed;
}

/** For how long a client had better stay away, seconds. */
const OUTAGE_PAUSE = 5;

function fromOutage(error: Error): ApiError | null {
  const away = error instanceof StorageUnavailable || isDatabaseOutage(error);
  return away ? retryLater("unavailable", "", OUTAGE_PAUSE) : null;
}

/** Fastify's own refusals, in our words. */
function fromFastify(error: FastifyError, request?: FastifyRequest): ApiError {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE": {
      const limit = request?.routeOptions.bodyLimit ?? LIMITS.bodyBytes;
      return new ApiError("body_too_large", { value: sizeText(limit) });
    }
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new ApiError("uri_too_long");
    case "FST_ERR_BAD_URL":
      return new ApiError("http_invalid", { value: "the URL" });
    case "FST_ERR_VALIDATION":
      return new ApiError("request_invalid", { value: error.message });
    default:
  }
  const status = error.statusCode ?? 500;
  if (status === 503) return new ApiError("stopping");
  if (status >= 400 && status < 500) return new ApiError("body_invalid", { value: error.message.toLowerCase() });
  return new ApiError("internal");
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${Math.round(bytes / 1024 / 1024)} MB`;
}

/** What Node's HTTP parser refuses before there is a request. */
function clientError(code: string): ApiError {
  if (code === "HPE_HEADER_OVERFLOW") return new ApiError("headers_too_large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new ApiError("request_timeout");
  return new ApiError("http_invalid", { value: code });
}
