import { basename } from "node:path";
import { ASSET_OPTIONS, listPictures, readPicture, VIEW_OPTIONS } from "./make.ts";
import { parseOptions } from "./parse-options.ts";
import { assetFields } from "./remote/asset-fields.ts";
import { findLogin, SERVER_OPTIONS } from "./remote/credentials.ts";
import { follow } from "./remote/follow.ts";
import { ServerClient } from "./remote/server-client.ts";
import { EXIT, UsageError } from "./usage.ts";
import { finish } from "./watch.ts";

export const REVISE_OPTIONS = {
  ...ASSET_OPTIONS,
  ...VIEW_OPTIONS,
  image: { type: "string", multiple: true },
  add: { type: "boolean" },
  out: { type: "string", short: "o" },
  "no-wait": { type: "boolean" },
  ...SERVER_OPTIONS,
  json: { type: "boolean" },
} as const;

/** `maquette revise`: a new version of an asset, by options, by pictures, or in words. */
export async function revise(args: string[]): Promise<number> {
  const { values, positionals, tokens } = parseOptions("revise", args, REVISE_OPTIONS);
  const [requestID, ...words] = positionals;
  if (!requestID) {
    throw new UsageError("which asset? Usage: maquette revise REQUEST_ID [WISHES] [options] (see 'maquette list')");
  }
  const pictures = listPictures(values.image ?? [], tokens);
  if (values.add && pictures.length === 0) throw new UsageError("--add needs pictures to add");
  const sources = await Promise.all(
    pictures.map(async ({ path, view }) => ({
      name: basename(path),
      data: await readPicture(path),
      view: String(view),
    })),
  );
  const client = new ServerClient(findLogin(values));
  const revision = await client.revise(requestID, sources, {
    ...assetFields(values),
    editDescription: words.join(" ") || undefined,
    imageMode: values.add ? "add" : undefined,
  });
  if (!values.json) {
    const applied = revision.applied.length > 0 ? `: ${revision.applied.join(", ")}` : "";
    console.error(`Accepted as version ${revision.iterationID}${applied}`);
  }
  if (values["no-wait"]) {
    if (values.json) console.log(JSON.stringify({ requestID, ...revision }, null, 2));
    return EXIT.ok;
  }
  return finish(client, await follow(client, requestID), values);
}
