import { createInterface } from "node:readline/promises";
import { parseOptions } from "./parse-options.ts";
import {
  type Credentials,
  findLogin,
  readCredentials,
  readOrigin,
  SERVER_OPTIONS,
  saveLogin,
} from "./remote/credentials.ts";
import { ServerClient } from "./remote/server-client.ts";
import { EXIT, UsageError } from "./usage.ts";

export const LOGIN_OPTIONS = { ...SERVER_OPTIONS, json: { type: "boolean" } } as const;

/** `maquette login`: checks credentials against a server and keeps them for later commands. */
export async function login(args: string[]): Promise<number> {
  const { values } = parseOptions("login", args, LOGIN_OPTIONS, false);
  const { server, credentials } = await choose(values);
  const client = new ServerClient({ server, credentials });
  await client.refresh();
  const { email, devID } = await client.me();
  const file = saveLogin({ server, credentials });
  if (values.json) console.log(JSON.stringify({ server, devID, email, file }));
  else console.log(`Logged in to ${server} as ${email}. The credentials are kept in ${file}`);
  return EXIT.ok;
}

async function choose(values: { server?: string; credentials?: string }) {
  if (values.credentials !== undefined && values.server !== undefined) {
    return { server: readOrigin(values.server), credentials: readCredentials(values.credentials) };
  }
  try {
    return findLogin(values);
  } catch (error) {
    if (!(error instanceof UsageError) || !process.stdin.isTTY || values.credentials !== undefined) throw error;
    const server = readOrigin(values.server ?? process.env.MAQUETTE_SERVER ?? "http://localhost:8080");
    return { server, credentials: await ask(server) };
  }
}

async function ask(server: string): Promise<Credentials> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    console.error(`The credentials are on the API keys page of ${server}.`);
    return {
      devID: (await terminal.question("devID: ")).trim(),
      apiKey: (await terminal.question("API key: ")).trim(),
      refreshToken: (await terminal.question("Refresh token: ")).trim(),
    };
  } finally {
    terminal.close();
  }
}
