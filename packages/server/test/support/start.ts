import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import manifest from "../../package.json" with { type: "json" };
import { type AccountCredentials, createAccount } from "../../src/auth/accounts.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openEmbedded } from "../../src/db/open-database.ts";
import { Jobs } from "../../src/jobs/jobs.ts";
import { type Server, type ServerOptions, startServer } from "../../src/server.ts";
import { type Contract, loadContract } from "./open-api.ts";
import { standInEngine } from "./stand-in-engine.ts";

export interface TestServerOptions extends ServerOptions {
  /** URL of a PostgreSQL database; without it the embedded one. */
  databaseUrl?: string;
  dataDir?: string;
  role?: string;
  env?: Record<string, string>;
  /** Lines of the log, parsed, are put here. */
  logged?: Record<string, unknown>[];
}

export interface TestServer {
  server: Server;
  url: string;
  dataDir: string;
  /** Milliseconds that the server's clock is ahead. */
  ahead: { ms: number };
  account(email?: string): Promise<Client>;
  close(): Promise<void>;
}

const MIGRATIONS = new URL("../../src/db/migrations/", import.meta.url);

let accounts = 0;

/** Starts a server on a free port of loopback, with a stand-in for the engine unless another is given. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { databaseUrl, dataDir = newDirectory(), role = "all", env = {}, logged, ...rest } = options;
  if (!databaseUrl) await prepareEmbedded(dataDir);
  const config = readConfig(
    {
      PORT: "0",
      HOST: "127.0.0.1",
      MAQUETTE_DATA: dataDir,
      MAQUETTE_CONCURRENCY: "2",
      MAQUETTE_LOG: "info",
      ...(databaseUrl ? { DATABASE_URL: databaseUrl, PUBLIC_URL: "http://127.0.0.1:1" } : {}),
      ...env,
    },
    role,
  );
  if (databaseUrl && !env.PUBLIC_URL) config.publicUrl = null;
  const ahead = { ms: 0 };
  const server = await startServer(config, {
    log: pino({ level: logged ? "debug" : "silent" }, { write: (line: string) => logged?.push(JSON.parse(line)) }),
    runEngine: standInEngine(),
    now: () => Date.now() + ahead.ms,
    ...rest,
  });
  return {
    server,
    url: server.url,
    dataDir,
    ahead,
    async account(email = `user${++accounts}@example.com`) {
      return createClient(server.url, await createAccount(server.context, email), email);
    },
    async close() {
      // The next server may get the same port.
      contracts.delete(server.url);
      await server.close(2000);
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read field by field, and each test says what it expects.
  body: any;
}

/** An account's view of a server. */
export interface Client extends AccountCredentials {
  email: string;
  /** The headers of its newest JWT. */
  headers: Record<string, string>;
  /** Gets a new JWT, which voids the former one. */
  login(): Promise<string>;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Asks for an asset, a test cube unless the fields say otherwise, and expects it to be accepted. */
  process(fields?: Record<string, unknown>): Promise<string>;
  fetchRequest(requestId: string): Promise<Answer>;
  /** Waits until the newest iteration has ended and returns the asset. */
  // biome-ignore lint/suspicious/noExplicitAny: see Answer.
  finished(requestId: string, timeoutMs?: number): Promise<any>;
}

export async function createClient(url: string, credentials: AccountCredentials, email: string): Promise<Client> {
  const client: Client = {
    ...credentials,
    email,
    headers: { "x-api-key": credentials.apiKey },
    async login() {
      const response = await fetch(`${url}/api/v1/refreshJWT`, {
        method: "POST",
        headers: {
          "x-api-key": client.apiKey,
          "refresh-token": client.refreshToken,
          "content-type": "application/json",
        },
        body: JSON.stringify({ devID: client.devID }),
      });
      const { jwt } = (await response.json()) as { jwt: string };
      client.headers = { "x-api-key": client.apiKey, authorization: jwt };
      return jwt;
    },
    async request(method, path, body, headers = {}) {
      const isForm = body instanceof FormData;
      const response = await fetch(url + path, {
        method,
        headers: {
          ...client.headers,
          ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const contentType = response.headers.get("content-type");
      const answer = {
        status: response.status,
        headers: response.headers,
        body: contentType?.includes("json") ? JSON.parse(text) : text,
      };
      (await contractOf(url)).check({ method, path, status: answer.status, contentType, body: answer.body });
      return answer;
    },
    get: (path) => client.request("GET", path),
    post: (path, body, headers) => client.request("POST", path, body, headers),
    async process(fields = {}) {
      const answer = await client.post("/api/v1/process", {
        devID: client.devID,
        LoQ: "standard",
        imageUrls: ["https://example.com/image1.png"],
        test: true,
        ...fields,
      });
      if (answer.status !== 201) throw new Error(`process answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body.requestID;
    },
    fetchRequest: (requestId) => client.get(`/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestId}`),
    async finished(requestId, timeoutMs = 20_000) {
      return until(async () => {
        const { body } = await client.fetchRequest(requestId);
        return body.iterations?.at(-1).status === "new" ? null : body;
      }, timeoutMs);
    },
  };
  await client.login();
  return client;
}

/** Asks again and again until there is an answer other than null, undefined or false. */
export async function until<T>(
  question: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`nothing within ${timeoutMs} ms: ${question}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

const contracts = new Map<string, Promise<Contract>>();

/** Every answer that a test gets is held against the document of the server that gave it. */
export function contractOf(url: string): Promise<Contract> {
  let contract = contracts.get(url);
  if (!contract) {
    contract = loadContract(url);
    contracts.set(url, contract);
  }
  return contract;
}

export function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), "maquette-test-"));
}

/**
 * A new embedded database takes seconds to make and a moment to copy: one is made, kept, and copied. Its name tells which
 * schema it has.
 */
async function prepareEmbedded(dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, "database"))) return;
  const { "@electric-sql/pglite": pglite, "pg-boss": queue } = manifest.dependencies;
  const hash = createHash("sha256");
  for (const name of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(new URL(name, MIGRATIONS)));
  const schema = hash.digest("hex").slice(0, 8);
  const template = join(tmpdir(), `maquette-test-template-${pglite}-${queue}-${schema}`);
  if (!existsSync(template)) {
    const fresh = newDirectory();
    const database = await openEmbedded(fresh);
    await migrate(database.db);
    await (await Jobs.start({ pglite: database.pglite! }, pino({ level: "silent" }))).stop();
    await database.close();
    try {
      renameSync(fresh, template);
    } catch {
      // A test file beside this one was faster.
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  mkdirSync(dataDir, { recursive: true });
  cpSync(template, dataDir, { recursive: true });
}

/** A small valid PNG: one grey pixel. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
