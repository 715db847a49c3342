import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";

/** Nothing from elsewhere, nothing inline. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const FILES = [
  { url: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { url: "/page.css", file: "page.css", type: "text/css; charset=utf-8" },
  { url: "/page.js", file: "page.js", type: "text/javascript; charset=utf-8" },
  { url: "/icon.svg", file: "icon.svg", type: "image/svg+xml" },
];

/** The web app. Its few files stay in memory, so that `GET /`, which uptime probes read, is fast. */
export async function webRoutes(app: FastifyInstance): Promise<void> {
  for (const { url, file, type } of FILES) {
    const content = await readFile(fileURLToPath(import.meta.resolve(`@maquette/web/${file}`)));
    app.get(url, { schema: { hide: true } }, async (_request, reply) =>
      reply.headers({ "content-security-policy": POLICY, "cache-control": "no-cache" }).type(type).send(content),
    );
  }
}
