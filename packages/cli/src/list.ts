import { numberOption, parseOptions } from "./parse-options.ts";
import { printable } from "./printable.ts";
import { findLogin, SERVER_OPTIONS } from "./remote/credentials.ts";
import { pickIteration, ServerClient } from "./remote/server-client.ts";
import { EXIT, UsageError } from "./usage.ts";

export const LIST_OPTIONS = {
  limit: { type: "string" },
  cursor: { type: "string" },
  ...SERVER_OPTIONS,
  json: { type: "boolean" },
} as const;

const DEFAULT_LIMIT = 20;

/** `maquette list`: the account's assets, newest first. */
export async function list(args: string[]): Promise<number> {
  const { values } = parseOptions("list", args, LIST_OPTIONS, false);
  const limit = numberOption(values, "limit") ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new UsageError(`--limit is '${values.limit}'; expected a whole number from 1 to 1000`);
  }
  const client = new ServerClient(findLogin(values));
  const page = await client.list({ limit, cursor: values.cursor });
  if (values.json) {
    console.log(JSON.stringify(page, null, 2));
    return EXIT.ok;
  }
  for (const asset of page.assets) {
    const { iterationID, status, progress, triangles } = pickIteration(asset);
    const state = status === "new" ? `${Math.round(progress * 100)} %` : status;
    const made = triangles === null ? "" : `${triangles} triangles`;
    const columns = [
      asset.requestID,
      asset.createdAt.slice(0, 16).replace("T", " "),
      state.padEnd(9),
      `v${iterationID}`,
    ];
    console.log([...columns, made.padEnd(16), printable(asset.name)].join("  ").trimEnd());
  }
  if (page.assets.length === 0) console.log("There are no assets yet.");
  if (page.nextCursor) console.log(`There are more: --cursor ${page.nextCursor}`);
  return EXIT.ok;
}
