import { addAccount, addSignInLink, ConfigError } from "@maquette/server";
import { parseOptions } from "./parse-options.ts";
import { EXIT, UsageError } from "./usage.ts";

export const ACCOUNT_OPTIONS = { email: { type: "string" }, json: { type: "boolean" } } as const;

/** `maquette account create` and `maquette account link`. */
export async function account(args: string[]): Promise<number> {
  const [action, ...rest] = args;
  if (action !== "create" && action !== "link") {
    throw new UsageError(`'${["account", action].join(" ").trim()}' is not a command. See 'maquette help account'`);
  }
  const { email, json } = parseOptions("account", rest, ACCOUNT_OPTIONS, false).values;
  try {
    if (action === "link") {
      const link = await addSignInLink(email ?? null);
      console.log(json ? JSON.stringify({ link }) : link);
      return EXIT.ok;
    }
    if (email === undefined) throw new UsageError("--email is missing. Usage: maquette account create --email E");
    const { devID, apiKey, secret, refreshToken } = await addAccount(email);
    const credentials = { devID, apiKey, secret, refreshToken };
    if (json) console.log(JSON.stringify(credentials));
    else for (const [name, value] of Object.entries(credentials)) console.log(`${name.padEnd(13)} ${value}`);
    return EXIT.ok;
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}
