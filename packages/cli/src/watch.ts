import { onlyRequest } from "./get.ts";
import { parseOptions } from "./parse-options.ts";
import { findLogin, SERVER_OPTIONS } from "./remote/credentials.ts";
import { exitCode, follow, tellEnd } from "./remote/follow.ts";
import { saveFiles } from "./remote/save-files.ts";
import { type Iteration, type RemoteAsset, ServerClient } from "./remote/server-client.ts";

export const WATCH_OPTIONS = {
  out: { type: "string", short: "o" },
  ...SERVER_OPTIONS,
  json: { type: "boolean" },
} as const;

/** `maquette watch`: shows the progress of an asset until it is done. */
export async function watch(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions("watch", args, WATCH_OPTIONS);
  const requestID = onlyRequest("watch", positionals);
  const client = new ServerClient(findLogin(values));
  return finish(client, await follow(client, requestID), values);
}

/** Tells how an asset ended, and downloads its files if asked to. Returns the exit code. */
export async function finish(
  client: ServerClient,
  { asset, iteration }: { asset: RemoteAsset; iteration: Iteration },
  { out, json }: { out?: string; json?: boolean },
): Promise<number> {
  const code = exitCode(iteration);
  const files = out === undefined ? [] : await saveFiles(client, iteration, out);
  if (json) console.log(JSON.stringify({ ...asset, ...(out === undefined ? {} : { files }) }, null, 2));
  else if (code === 0) {
    console.log(tellEnd(asset, iteration));
    for (const file of files) console.log(file);
  } else console.error(tellEnd(asset, iteration));
  return code;
}
