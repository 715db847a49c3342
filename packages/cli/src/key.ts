import { ConfigError, exchangeKey } from "@maquette/server";
import { parseOptions } from "./parse-options.ts";
import { EXIT, UsageError } from "./usage.ts";

export const KEY_OPTIONS = { json: { type: "boolean" } } as const;

/** `maquette key exchange`. */
export async function key(args: string[]): Promise<number> {
  const [action, ...rest] = args;
  if (action !== "exchange") {
    throw new UsageError(`'${["key", action].join(" ").trim()}' is not a command. See 'maquette help key'`);
  }
  const { json } = parseOptions("key", rest, KEY_OPTIONS, false).values;
  try {
    const { secrets, fromSetting } = await exchangeKey();
    if (json) console.log(JSON.stringify({ secrets }));
    else {
      console.log(`Sealed ${secrets} secrets under the new key. JWTs and download links from before are void.`);
      if (fromSetting) console.log("Start every server with MAQUETTE_KEY set to what MAQUETTE_NEW_KEY is.");
    }
    return EXIT.ok;
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}
