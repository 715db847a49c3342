import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "../usage.ts";

/** What a server gives an account to call it with. */
export interface Credentials {
  devID: string;
  apiKey: string;
  refreshToken: string;
  /** Signs webhooks; only those who verify them need it. */
  secret?: string;
}

export interface Login {
  /** Origin of the server, without a trailing slash. */
  server: string;
  credentials: Credentials;
}

/** The flags with which any command says which server it means. */
export const SERVER_OPTIONS = {
  server: { type: "string" },
  credentials: { type: "string" },
} as const;

export interface ServerFlags {
  server?: string;
  credentials?: string;
}

type Env = Record<string, string | undefined>;

const DEFAULT_SERVER = "http://localhost:8080";

interface LoginFile {
  /** The server that is meant when none is named. */
  default: string;
  servers: Record<string, Credentials>;
}

/**
 * Finds the server and the credentials for it. The server: flag, MAQUETTE_SERVER, the last login, localhost. The
 * credentials: flag, MAQUETTE_CREDENTIALS, MAQUETTE_DEV_ID with its companions, the login for that server, and, for a
 * server on this machine, the file that its first start wrote.
 * @throws UsageError that says how to get them
 */
export function findLogin(flags: ServerFlags, env: Env = process.env): Login {
  const saved = readLogins(env);
  const server = readOrigin(flags.server ?? env.MAQUETTE_SERVER ?? saved?.default ?? DEFAULT_SERVER);
  const file = flags.credentials ?? env.MAQUETTE_CREDENTIALS;
  if (file) return { server, credentials: readCredentials(file) };
  if (env.MAQUETTE_DEV_ID || env.MAQUETTE_API_KEY || env.MAQUETTE_REFRESH_TOKEN) {
    const credentials = {
      devID: env.MAQUETTE_DEV_ID,
      apiKey: env.MAQUETTE_API_KEY,
      refreshToken: env.MAQUETTE_REFRESH_TOKEN,
      ...(env.MAQUETTE_SECRET ? { secret: env.MAQUETTE_SECRET } : {}),
    };
    return {
      server,
      credentials: check(credentials, "the environment (MAQUETTE_DEV_ID, MAQUETTE_API_KEY, MAQUETTE_REFRESH_TOKEN)"),
    };
  }
  const known = saved?.servers[server];
  if (known) return { server, credentials: known };
  const local = join(env.MAQUETTE_DATA ?? "maquette-data", "credentials.json");
  if (isLoopback(server) && existsSync(local)) return { server, credentials: readCredentials(local) };
  throw new UsageError(
    `there are no credentials for ${server}. Run 'maquette login --server ${server}' or give --credentials FILE`,
  );
}

/** Reads the four fields that `credentials.json` and `maquette account create --json` have. */
export function readCredentials(file: string): Credentials {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the credentials in ${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is no JSON; expected {"devID", "apiKey", "refreshToken"}`);
  }
  return check(value, file);
}

function check(value: unknown, source: string): Credentials {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  for (const field of ["devID", "apiKey", "refreshToken"]) {
    if (typeof given[field] !== "string" || given[field] === "")
      throw new UsageError(`${field} is missing in ${source}`);
  }
  const { devID, apiKey, refreshToken, secret } = given as unknown as Credentials;
  return { devID, apiKey, refreshToken, ...(typeof secret === "string" && secret !== "" ? { secret } : {}) };
}

/** Keeps a login for later commands, and makes its server the one that is meant when none is named. */
export function saveLogin({ server, credentials }: Login, env: Env = process.env): string {
  const saved = readLogins(env);
  const path = loginFile(env);
  const file: LoginFile = { default: server, servers: { ...saved?.servers, [server]: credentials } };
  writePrivately(path, JSON.stringify(file, null, 2));
  return path;
}

/** The newest JWT that any command got. An account has one at a time, so that commands share it or void each other's. */
export function readToken({ server, credentials }: Login, env: Env = process.env): string | null {
  try {
    return JSON.parse(readFileSync(tokenFile(env), "utf8"))[tokenKey(server, credentials)] ?? null;
  } catch {
    return null;
  }
}

export function saveToken({ server, credentials }: Login, jwt: string, env: Env = process.env): void {
  let tokens: Record<string, string> = {};
  try {
    tokens = JSON.parse(readFileSync(tokenFile(env), "utf8"));
  } catch {
    // The first one.
  }
  try {
    writePrivately(tokenFile(env), JSON.stringify({ ...tokens, [tokenKey(server, credentials)]: jwt }));
  } catch {
    // A home that cannot be written costs one more request a command, nothing else.
  }
}

const tokenKey = (server: string, { devID }: Credentials) => `${server} ${devID}`;

function readLogins(env: Env): LoginFile | null {
  const path = loginFile(env);
  if (!existsSync(path)) return null;
  try {
    const { default: first, servers } = JSON.parse(readFileSync(path, "utf8")) as LoginFile;
    return { default: first, servers: servers ?? {} };
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}. Remove it and log in again`);
  }
}

function configFolder(env: Env): string {
  if (env.MAQUETTE_CONFIG) return env.MAQUETTE_CONFIG;
  if (process.platform === "win32" && env.APPDATA) return join(env.APPDATA, "maquette");
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "maquette");
}

const loginFile = (env: Env) => join(configFolder(env), "logins.json");
const tokenFile = (env: Env) => join(configFolder(env), "tokens.json");

/** Readable by its owner only, and never half written. */
function writePrivately(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${text}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

export function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`the server is '${text}'; expected an address such as ${DEFAULT_SERVER}`);
  }
  return url.origin;
}

/** Whether an address means this machine. */
export function isLoopback(origin: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(origin).hostname);
}
