import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { assetFields } from "./remote/asset-fields.ts";
import { findLogin, type ServerFlags } from "./remote/credentials.ts";
import { exitCode, follow, tellEnd } from "./remote/follow.ts";
import { saveFiles } from "./remote/save-files.ts";
import { type PictureSource, ServerClient } from "./remote/server-client.ts";
import { UsageError } from "./usage.ts";

interface RemoteMakeFlags extends ServerFlags {
  name?: string;
  project?: string;
  generator?: string;
  tag?: string[];
  test?: boolean;
  json?: boolean;
}

/** `maquette make --server`: the same files, made by a server. Returns the exit code. */
export async function makeRemotely(
  flags: RemoteMakeFlags,
  { name }: { name: string },
  pictures: PictureSource[],
  out: string,
): Promise<number> {
  const client = new ServerClient(findLogin(flags));
  const made = await client.create(pictures, {
    ...assetFields(flags as Record<string, unknown>),
    name: flags.name ?? name,
    tags: flags.tag,
    test: flags.test,
    generator: flags.generator,
    projectID: flags.project === undefined ? undefined : await findProject(client, flags.project),
  });
  if (!flags.json) console.error(`Accepted as ${made.requestID}`);
  const { asset, iteration } = await follow(client, made.requestID);
  const code = exitCode(iteration);
  const paths = await saveFiles(client, iteration, out);
  if (code === 0) await writeFile(join(out, "report.json"), `${JSON.stringify(asset, null, 2)}\n`);
  const files = paths.map((path) => basename(path));
  if (flags.json) console.log(JSON.stringify({ directory: out, files, ...asset }, null, 2));
  else if (code === 0) {
    console.log(tellEnd(asset, iteration));
    console.log(`Files are in ${out}: ${files.join(", ")}, report.json`);
  } else console.error(tellEnd(asset, iteration));
  return code;
}

/** A project by its id or its name. */
export async function findProject(client: ServerClient, wanted: string): Promise<string> {
  const projects = await client.projects();
  const found = projects.find(({ projectID, name }) => projectID === wanted || name === wanted);
  if (found) return found.projectID;
  const names = projects.map((project) => project.name).join(", ");
  throw new UsageError(`there is no project '${wanted}'; there are ${names}`);
}
