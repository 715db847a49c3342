import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";

/**
 * Where links of this answer point: PUBLIC_URL, else the host and scheme that the client itself used, which a trusted
 * proxy hands on. A forged Host header harms nobody but its sender, since answers with links are private to him.
 */
export function requestOrigin(context: Context, request: FastifyRequest): string {
  if (context.config.publicUrl !== null) return context.config.publicUrl;
  const host = request.host;
  if (!/^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host)) return context.publicUrl();
  return `${request.protocol === "https" ? "https" : "http"}://${host}`;
}
