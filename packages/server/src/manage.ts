import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { resolve } from "node:path";
import { ApiError } from "./api/errors.ts";
import { type AccountCredentials, createAccount, createSignInLink, OWNER_EMAIL } from "./auth/accounts.ts";
import { issueJwt } from "./auth/jwt.ts";
import { deriveKeys } from "./auth/keys.ts";
import { loadMasterKey, openMasterKey } from "./auth/master-key.ts";
import { type Copied, openStorage, writeBackup } from "./backup/backup.ts";
import { type Config, ConfigError, readConfig } from "./config/read-config.ts";
import type { Context } from "./context.ts";
import { DirectoryInUse, lockDirectory } from "./db/lock-directory.ts";
import { migrate } from "./db/migrate.ts";
import { openEmbedded, openPostgres } from "./db/open-database.ts";

/** For a server's answer: a backup copies every file first. */
const ANSWER_MS = 3600_000;

type Env = Record<string, string | undefined>;

/** Subject of the short-lived tokens with which the command line asks a running server. */
export const ADMIN_SUBJECT = "command-line";

/**
 * `maquette account create`: makes an account in the installation that the environment describes, whether its server runs
 * or not.
 * @throws ConfigError, ApiError, or Error with the running server's refusal
 */
export function addAccount(email: string, env: Env = process.env): Promise<AccountCredentials> {
  return manage(env, "accounts", { email }, (base) => createAccount(base, email));
}

/**
 * `maquette account link`: a sign-in URL for an account, the owner's unless named, that works once within a day.
 * @throws ConfigError, ApiError, or Error with the running server's refusal
 */
export async function addSignInLink(email: string | null, env: Env = process.env): Promise<string> {
  const { url } = await manage(env, "sign-in-links", { email }, async (base, config) => ({
    url: await signInUrl(base, email, config.publicUrl ?? `http://localhost:${config.port}`),
  }));
  return url;
}

/**
 * `maquette backup`: writes all that an installation is into a directory, whether its server runs or not.
 * @throws ConfigError, or Error with the running server's refusal
 */
export function backup(directory: string, env: Env = process.env): Promise<Copied> {
  return manage(env, "backups", { directory: resolve(directory) }, async ({ db }, config) =>
    writeBackup(directory, db, openStorage(config), loadMasterKey(config)),
  );
}

/** @param email null: the oldest account, which is the owner's */
export async function signInUrl(
  base: Pick<Context, "db" | "keys" | "now">,
  email: string | null,
  origin: string,
): Promise<string> {
  let query = base.db.selectFrom("account").select("id").orderBy("created_at").limit(1);
  if (email !== null) query = query.where((eb) => eb(eb.fn("lower", ["email"]), "=", email.toLowerCase()));
  const account = await query.executeTakeFirst();
  if (!account) throw new ApiError("account_unknown", { value: email ?? OWNER_EMAIL });
  return `${origin}/sign-in?token=${await createSignInLink(base, account.id)}`;
}

async function manage<T>(
  env: Env,
  path: string,
  body: object,
  work: (base: Pick<Context, "db" | "keys" | "now">, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(env);
  if (config.databaseUrl !== null) return direct(config, work);
  try {
    const lock = lockDirectory(config.dataDir);
    try {
      return await direct(config, work);
    } finally {
      lock.release();
    }
  } catch (error) {
    // The embedded database is open in its server, which can be asked.
    if (error instanceof DirectoryInUse && error.holder?.url) return askServer(config, error.holder.url, path, body);
    throw error;
  }
}

async function direct<T>(
  config: Config,
  work: (base: Pick<Context, "db" | "keys" | "now">, config: Config) => Promise<T>,
): Promise<T> {
  const database =
    config.databaseUrl === null ? await openEmbedded(config.dataDir) : openPostgres(config.databaseUrl, () => {});
  try {
    await migrate(database.db);
    const master = await openMasterKey(database.db, config);
    return await work({ db: database.db, keys: deriveKeys(master), now: Date.now }, config);
  } finally {
    await database.close();
  }
}

async function askServer<T>(config: Config, url: string, path: string, body: object): Promise<T> {
  const keys = deriveKeys(loadMasterKey(config));
  const { jwt } = await issueJwt(keys.admin, ADMIN_SUBJECT, Date.now());
  const { status, text } = await post(`${url}/api/maquette/v1/admin/${path}`, jwt, JSON.stringify(body));
  const answer = JSON.parse(text);
  if (status !== 201) throw new Error(answer.message);
  return answer;
}

function post(url: string, token: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((answered, reject) => {
    const request = (url.startsWith("https:") ? requestHttps : requestHttp)(url, {
      method: "POST",
      headers: { authorization: token, "content-type": "application/json" },
      // The certificate names the public host; this is the same machine, found through the locked data directory.
      rejectUnauthorized: false,
      timeout: ANSWER_MS,
    });
    request.on("timeout", () =>
      request.destroy(new ConfigError("MAQUETTE_DATA", `its server at ${url} does not answer`)),
    );
    request.on("error", reject);
    request.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      answered({ status: response.statusCode!, text });
    });
    request.end(body);
  });
}
