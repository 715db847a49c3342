import { parseArgs } from "node:util";
import { addAccount, addSignInLink, ConfigError } from "@maquette/server";
import { EXIT, UsageError } from "./usage.ts";

/** `maquette account create` and `maquette account link`. */
export async function account(args: string[]): Promise<number> {
  const [action, ...rest] = args;
  if (action !== "create" && action !== "link") {
    throw new UsageError(`'${["account", action].join(" ").trim()}' is not a command. See 'maquette help account'`);
  }
  const { email, json } = options(rest);
  try {
    if (action === "link") {
      console.log(await addSignInLink(email ?? null));
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

function options(args: string[]): { email?: string; json?: boolean } {
  try {
    return parseArgs({ args, options: { email: { type: "string" }, json: { type: "boolean" } } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See 'maquette help account'`);
  }
}
