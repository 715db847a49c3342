import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import manifest from "../../package.json" with { type: "json" };
import { BODY_EXAMPLES, EXAMPLE_ID, QUERY_EXAMPLES } from "./examples.ts";

const DESCRIPTION = `
Pictures in, game-ready 3D assets out. Routes under \`/api/v1\` speak the Kaedim Web API; those under \`/api/maquette/v1\`
are the product's own.

**Credentials.** \`registerHook\` or \`refreshJWT\` give a JWT for 12 hours; a new one replaces the former at once. Send it in
\`Authorization\`, bare or as \`Bearer <jwt>\`, beside your key in \`X-API-Key\`. A 401 means: get a new JWT.

**Lenient reading.** Bodies may be JSON, urlencoded or multipart whatever their announced type is; a JSON body on GET
counts. Field names are compared without case, \`-\` and \`_\`. Numbers and booleans may be text, empty text means "not given",
unknown fields are ignored.

**Errors** are \`{"status":"error","message":…,"code":…}\`, some with \`cause\` and \`requestID\`. With 429 comes \`Retry-After\`.
`.trim();

const SIGNATURE =
  '`{"t":<unix seconds>,"v1":"<hex>"}`, where v1 is the HMAC-SHA256 of t followed by the body, under your webhook secret';

const KEY = { apiKey: [] };
const API = { apiKey: [], jwt: [] };
const SESSION = { session: [] };

/** How a route is authenticated, by where it lives. */
function securityOf(url: string): Record<string, never[]>[] {
  if (url.startsWith("/api/v1/registerHook")) return [KEY];
  if (url.startsWith("/api/v1/refreshJWT")) return [{ apiKey: [], refreshToken: [] }];
  if (url.startsWith("/api/v1/")) return [API];
  if (url.startsWith("/api/maquette/v1/")) return [API, SESSION];
  return [];
}

const STATUS_TEXTS: Record<string, string> = {
  200: "Done",
  201: "Made",
  206: "The range that was asked for",
  303: "Elsewhere",
  304: "Not changed since",
  400: "Something in the request cannot be used; the message says what",
  401: "No valid API key and JWT: get a new JWT with refreshJWT",
  403: "Not yours, or a link that was altered or has expired",
  404: "There is no such thing, or it is somebody else's",
  406: "Invalid level of quality",
  408: "The request did not arrive in time",
  409: "It conflicts with the present state",
  410: "It is gone",
  413: "The body is too large",
  415: "The body is encoded",
  416: "The range lies outside the file",
  429: "Too many requests, waiting assets or failed attempts: come back after `Retry-After` seconds",
  503: "Not ready",
  default: "Any other refusal, from the HTTP layer (408, 413, 414, 415, 431) or on our side (500, 503)",
};

const errorContent = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string; schema: { format?: string }; example?: unknown }[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { description?: string; headers?: object; content?: object }>;
}

const METHODS = ["get", "head", "post", "put", "patch", "delete"] as const;

/** Everything that `@fastify/swagger` needs to write the document from the routes' schemas. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Maquette",
      version: manifest.version,
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" } as { name: string },
    },
    servers: [{ url: "/", description: "This server" }],
    tags: [
      { name: "Kaedim Web API", description: "What every client of that API uses, unchanged" },
      { name: "Downloads", description: "Files by signed links" },
      { name: "Assets", description: "Revisions, approval, deletion" },
      { name: "Projects", description: "Styles that assets take" },
      { name: "Studios", description: "Teams that share projects and assets" },
      { name: "Webhooks", description: "Destinations, and what became of the messages" },
      { name: "Account", description: "Who you are, your credentials, what happened" },
      { name: "Operation", description: "For orchestrators" },
    ],
    components: {
      securitySchemes: {
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "API key (`mq_…`)" },
        jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "With or without `Bearer`" },
        refreshToken: { type: "apiKey", in: "header", name: "refresh-token", description: "Refresh token (`mqr_…`)" },
        session: { type: "apiKey", in: "cookie", name: "maquette_session", description: "Of the web app" },
      },
    },
  },
  refResolver: { buildLocalReference: (json, _base, _fragment, i) => (json.$id as string | undefined) ?? `def-${i}` },
  transform: ({ schema, url, route }) => ({
    schema: { operationId: nameOf(String(route.method), url), security: securityOf(url), ...schema },
    url,
  }),
  transformObject: (document) => {
    if (!("openapiObject" in document)) return document.swaggerObject;
    const object = document.openapiObject;
    for (const path of Object.values(object.paths ?? {}) as Record<string, Operation>[]) {
      // Two methods of one route share its schema, and an operation's name belongs to one.
      if (path.get && path.head) path.head = { ...path.head, operationId: `${path.head.operationId}Head` };
      for (const operation of METHODS.flatMap((method) => path[method] ?? [])) complete(operation);
    }
    return { ...object, webhooks: { assetEnded: webhook } } as Partial<typeof object>;
  },
};

/** The name of an operation that gives itself none: `GET /api/maquette/v1/webhook-events` is `getWebhookEvents`. */
function nameOf(method: string, url: string): string {
  const words = url.replace(/^\/api\/(maquette\/)?v1\//, "").match(/[A-Za-z]+/g) ?? [];
  return method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** What holds for every operation and need not be said at each route. */
function complete({ operationId, parameters, requestBody, responses, security }: Operation): void {
  const json = requestBody?.content["application/json"];
  if (json && operationId in BODY_EXAMPLES) json.example = BODY_EXAMPLES[operationId];
  for (const parameter of parameters ?? []) {
    const example = QUERY_EXAMPLES[operationId]?.[parameter.name];
    if (parameter.name === "iterationID") parameter.example = "0";
    else if (parameter.in === "path" && parameter.schema.format === "uuid") parameter.example = EXAMPLE_ID;
    else if (parameter.in === "query" && example !== undefined) parameter.example = example;
  }
  if (security.length > 0) responses[429] ??= { content: errorContent };
  if (security.some((scheme) => "jwt" in scheme)) responses[401] ??= { content: errorContent };
  responses.default = { content: errorContent };
  for (const [status, response] of Object.entries(responses)) {
    response.description = STATUS_TEXTS[status] ?? response.description;
    if (status === "429") {
      response.headers = { "Retry-After": { description: "Seconds", schema: { type: "integer", minimum: 1 } } };
    }
  }
}

const header = (name: string, description: string) => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string" },
});

/** The message to every destination when an iteration has ended. */
const webhook = {
  post: {
    summary: "An asset is done, or cannot be made",
    description:
      "Sent to every registered destination, at least once, with the same `webhook-id` on every try. Any 2xx within 15 s " +
      "is success; otherwise it is tried again for 24 hours. Verify either signature over the bytes as they came.",
    tags: ["Webhooks"],
    parameters: [
      header("kaedim-signature", SIGNATURE),
      header("webhook-id", "Names the message: receivers that keep it see repetitions"),
      header("webhook-timestamp", "Unix seconds of this try"),
      header("webhook-signature", "As Standard Webhooks have it"),
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            oneOf: [
              { $ref: "#/components/schemas/AssetCompletedMessage" },
              { $ref: "#/components/schemas/AssetDismissedMessage" },
            ],
            discriminator: {
              propertyName: "status",
              mapping: {
                success: "#/components/schemas/AssetCompletedMessage",
                error: "#/components/schemas/AssetDismissedMessage",
              },
            },
          },
        },
      },
    },
    responses: { "2XX": { description: "Taken; the content is not read" } },
  },
};
