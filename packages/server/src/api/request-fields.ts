import type { FastifyRequest } from "fastify";
import { Fields, readBody } from "./fields.ts";

/** What the body says; read once. */
export function bodyFields(request: FastifyRequest): Fields {
  const { body } = request;
  if (body instanceof Fields) return body;
  const fields = readBody(request.headers["content-type"], body as Buffer | undefined);
  request.body = fields;
  return fields;
}

/** What the query says, repetitions included. */
export function queryFields(request: FastifyRequest): Fields {
  return request.query as Fields;
}

/** A parameter of the path, if the route has it. */
export function pathParameter(request: FastifyRequest, name: string): string | null {
  const value = (request.params as Record<string, string | undefined>)[name];
  return value || null;
}
