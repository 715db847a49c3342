import { printable } from "../printable.ts";
import { ProgressPrinter } from "../progress.ts";
import { EXIT } from "../usage.ts";
import type { Iteration, RemoteAsset, ServerClient } from "./server-client.ts";

/** Follows an asset on the terminal until its newest version has ended. Ctrl-C ends the command, never the asset. */
export async function follow(
  client: ServerClient,
  requestID: string,
): Promise<{ asset: RemoteAsset; iteration: Iteration }> {
  const printer = new ProgressPrinter(process.stderr);
  const abort = new AbortController();
  const interrupt = () =>
    abort.abort(new Error(`stopped watching; the asset goes on. 'maquette watch ${requestID}' takes it up again`));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await client.watch(requestID, {
      signal: abort.signal,
      onProgress: ({ stage, progress, queuePosition }) =>
        printer.update({
          stage: queuePosition ? `queued (${queuePosition})` : (stage ?? "queued"),
          fraction: progress,
        }),
    });
  } finally {
    printer.stop();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** The exit code that an ended version stands for. */
export function exitCode({ status, dismissedReason }: Iteration): number {
  if (status !== "dismissed") return EXIT.ok;
  return /^internal error/i.test(dismissedReason ?? "") ? EXIT.failed : EXIT.refused;
}

/** What an ended version is, for people. */
export function tellEnd(asset: RemoteAsset, iteration: Iteration): string {
  const { iterationID, status, triangles, dismissedReason } = iteration;
  const what = `${printable(asset.name)}, version ${iterationID}`;
  if (status === "dismissed") return `maquette: ${what} could not be made. ${printable(dismissedReason ?? "")}`;
  const notes = iteration.warnings.map((warning) => `\nNote: ${printable(warning)}`).join("");
  return `Made ${what}${triangles === null ? "" : `: ${triangles} triangles`}. Its requestID is ${asset.requestID}${notes}`;
}
