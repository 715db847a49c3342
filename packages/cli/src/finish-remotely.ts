import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { findProject } from "./make-remotely.ts";
import { assetFields } from "./remote/asset-fields.ts";
import { findLogin, type ServerFlags } from "./remote/credentials.ts";
import { exitCode, follow, tellEnd } from "./remote/follow.ts";
import { saveFiles } from "./remote/save-files.ts";
import { ServerClient } from "./remote/server-client.ts";

interface RemoteFinishFlags extends ServerFlags {
  name: string;
  up?: string;
  "keep-loose"?: boolean;
  "keep-base"?: boolean;
  project?: string;
  tag?: string[];
  test?: boolean;
  json?: boolean;
}

/** `maquette finish --server`: the same files, made by a server. Returns the exit code, and what to print as JSON. */
export async function finishRemotely(
  flags: RemoteFinishFlags,
  file: string,
  data: Uint8Array,
  out: string,
): Promise<{ code: number; result: object }> {
  const client = new ServerClient(findLogin(flags));
  const made = await client.finish(
    { name: file, data },
    {
      ...assetFields(flags as unknown as Record<string, unknown>),
      name: flags.name,
      up: flags.up,
      keepLoose: flags["keep-loose"],
      keepBase: flags["keep-base"],
      tags: flags.tag,
      test: flags.test,
      projectID: flags.project === undefined ? undefined : await findProject(client, flags.project),
    },
  );
  if (!flags.json) console.error(`Accepted as ${made.requestID}`);
  const { asset, iteration } = await follow(client, made.requestID);
  const code = exitCode(iteration);
  const files = (await saveFiles(client, iteration, out)).map((path) => basename(path));
  if (code === 0) await writeFile(join(out, "report.json"), `${JSON.stringify(asset, null, 2)}\n`);
  if (code !== 0) console.error(tellEnd(asset, iteration));
  else if (!flags.json) {
    console.log(tellEnd(asset, iteration));
    console.log(`Files are in ${out}: ${files.join(", ")}, report.json`);
  }
  return { code, result: { directory: out, files, ...asset } };
}
