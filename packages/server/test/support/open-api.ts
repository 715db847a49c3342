import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

// biome-ignore lint/suspicious/noExplicitAny: a JSON document, read field by field.
type Json = any;

export interface CheckedAnswer {
  method: string;
  /** As it was sent, query included. */
  path: string;
  status: number;
  contentType: string | null;
  /** Parsed if it is JSON. */
  body: unknown;
}

/** What the HTTP layer and the server's own faults add to any operation. */
const ANYWHERE = new Set([408, 413, 414, 415, 431, 500, 503]);
/** Pages and what they load; the command line's own requests. */
const NOT_DOCUMENTED =
  /^\/($|sign-in|icon\.|static\/|assets\/|api\/docs|api\/openapi\.json|openapi\.json|api\/maquette\/v1\/admin\/)/;

export interface Contract {
  document: Json;
  /**
   * Holds an answer against the document: the operation, the status and every field must be in it.
   * @throws Error naming what is not
   */
  check(answer: CheckedAnswer): void;
  checkMessage(body: unknown): void;
}

/** The OpenAPI document that a server serves, as something that answers can be held against. */
export async function loadContract(url: string): Promise<Contract> {
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as Json;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: "document", components: closed(document.components) });
  const compiled = new Map<string, ValidateFunction>();
  const routes = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}/?$`),
  }));

  function validate(name: string, schema: Json, value: unknown): void {
    let check = compiled.get(name);
    if (!check) {
      check = ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"document#/')));
      compiled.set(name, check);
    }
    if (!check(value)) {
      throw new Error(`${name} is not as documented: ${ajv.errorsText(check.errors)}\n${JSON.stringify(value)}`);
    }
  }

  return {
    document,
    check({ method, path, status, contentType, body }) {
      const pathname = path.split("?")[0]!.replace(/\/{2,}/g, "/");
      const route = routes.find(({ pattern }) => pattern.test(pathname));
      const verb = method.toLowerCase();
      const item = route && document.paths[route.template];
      const operation = item?.[verb] ?? (verb === "head" ? item?.get : undefined);
      if (!operation) {
        // Unknown routes and methods have one answer.
        if (status === 404 || verb === "options" || NOT_DOCUMENTED.test(pathname)) return;
        throw new Error(`${method} ${path} answered ${status} and is not in the document`);
      }
      const name = `${method} ${route!.template} ${status}`;
      const response = operation.responses[status] ?? (ANYWHERE.has(status) ? operation.responses.default : undefined);
      if (!response) throw new Error(`${name} is not in the document`);
      if (verb === "head" || body === undefined || !contentType) return;
      const media = Object.keys(response.content ?? {});
      const type = contentType.split(";")[0]!.trim();
      if (type === "application/json" && media.includes(type)) validate(name, response.content[type].schema, body);
      else if (!media.includes(type) && !media.includes("application/octet-stream")) {
        throw new Error(`${name} came as ${type}, documented are: ${media.join(", ")}`);
      }
    },
    checkMessage(body) {
      const { schema } = document.webhooks.assetEnded.post.requestBody.content["application/json"];
      validate("webhook message", schema, body);
    },
  };
}

/** A copy in which objects hold nothing beyond what is said, so that an undocumented field is found. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (copy.type === "object" && copy.properties && !("additionalProperties" in copy)) {
    copy.additionalProperties = false;
  }
  return copy;
}
