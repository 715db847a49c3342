import { parseOptions } from "./parse-options.ts";
import { printable } from "./printable.ts";
import { findLogin, SERVER_OPTIONS } from "./remote/credentials.ts";
import { exitCode, tellEnd } from "./remote/follow.ts";
import { RESULT_FORMATS, saveFiles } from "./remote/save-files.ts";
import { pickIteration, ServerClient } from "./remote/server-client.ts";
import { EXIT, UsageError } from "./usage.ts";

export const GET_OPTIONS = {
  out: { type: "string", short: "o" },
  iteration: { type: "string" },
  format: { type: "string", multiple: true },
  ...SERVER_OPTIONS,
  json: { type: "boolean" },
} as const;

/** `maquette get`: shows an asset, and with --out downloads its files. */
export async function get(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions("get", args, GET_OPTIONS);
  const requestID = onlyRequest("get", positionals);
  const formats = values.format?.flatMap((format) => format.split(","));
  const unknown = formats?.find((format) => !RESULT_FORMATS.some((known) => known === format));
  if (unknown) throw new UsageError(`--format is '${unknown}'; expected some of ${RESULT_FORMATS.join(", ")}`);
  if (formats && values.out === undefined) throw new UsageError("--format needs --out: say where the files shall go");
  const client = new ServerClient(findLogin(values));
  const asset = await client.get(requestID);
  const iteration = pickIteration(asset, values.iteration);
  const files = values.out === undefined ? [] : await saveFiles(client, iteration, values.out, formats);
  if (values.json) {
    console.log(JSON.stringify({ ...asset, ...(values.out === undefined ? {} : { files }) }, null, 2));
    return EXIT.ok;
  }
  if (iteration.status === "new") {
    const percent = Math.round(iteration.progress * 100);
    console.log(
      `${printable(asset.name)}, version ${iteration.iterationID}: ${iteration.stage ?? "queued"}, ${percent} %`,
    );
    return EXIT.ok;
  }
  if (exitCode(iteration) !== EXIT.ok) {
    console.error(tellEnd(asset, iteration));
    return exitCode(iteration);
  }
  console.log(tellEnd(asset, iteration));
  for (const file of files) console.log(file);
  if (values.out === undefined) {
    for (const [format, link] of Object.entries(iteration.results ?? {})) console.log(`${format.padEnd(8)} ${link}`);
  }
  return EXIT.ok;
}

/** @throws UsageError unless one requestID was given */
export function onlyRequest(command: string, positionals: string[]): string {
  const [requestID, ...rest] = positionals;
  if (!requestID) throw new UsageError(`which asset? Usage: maquette ${command} REQUEST_ID (see 'maquette list')`);
  if (rest.length > 0) throw new UsageError(`'${rest[0]}' is one word too many. See 'maquette help ${command}'`);
  return requestID;
}
