import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { buildWebApp } from "@maquette/web";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Nothing from elsewhere, nothing inline. The viewer reads a model's textures from `blob:` URLs that it makes itself. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' blob:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
};

/** The addresses that the web app answers; its router takes it from there. Anything else is no page. */
const PAGES = [
  "/",
  "/welcome",
  "/create",
  "/finish",
  "/assets/:requestID",
  "/assets/:requestID/compare",
  "/projects",
  "/operator",
];
const SETTINGS = ["", "/account", "/keys", "/webhooks", "/studios", "/usage"].map((path) => `/settings${path}`);

interface WebFile {
  type: string;
  plain: Buffer;
  /** By content encoding. */
  packed: { br?: Buffer; gzip?: Buffer };
  immutable: boolean;
}

export type SendPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** The web app. Its few files stay in memory, so that `GET /`, which uptime probes read, is fast. */
export async function webRoutes(app: FastifyInstance): Promise<SendPage> {
  const files = await readFiles(await buildWebApp());
  const page = files.get("/index.html")!;
  const hide = { schema: { hide: true } };
  for (const [url, file] of files) {
    if (file !== page) app.get(url, hide, async (request, reply) => send(file, request, reply));
  }
  for (const url of [...PAGES, ...SETTINGS]) app.get(url, hide, async (request, reply) => send(page, request, reply));
  return (request, reply) => send(page, request, reply);
}

function send(file: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const encoding = (["br", "gzip"] as const).find((name) => file.packed[name] && accepted.includes(name));
  return reply
    .headers({
      "content-security-policy": POLICY,
      "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
      ...(encoding ? { "content-encoding": encoding } : {}),
    })
    .type(file.type)
    .send(encoding ? file.packed[encoding] : file.plain);
}

async function readFiles(directory: string): Promise<Map<string, WebFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = new Map<string, WebFile>();
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.filter((name) => TYPES[extname(name)])) {
    const optional = async (suffix: string) => (paths.includes(path + suffix) ? readFile(path + suffix) : undefined);
    const url = `/${relative(directory, path).split(sep).join("/")}`;
    files.set(url, {
      type: TYPES[extname(path)]!,
      plain: await readFile(path),
      packed: { br: await optional(".br"), gzip: await optional(".gz") },
      // The build puts a hash into the names below this folder.
      immutable: url.startsWith("/static/"),
    });
  }
  return files;
}
