import type { Asset, Status } from "./types.ts";

/** What the server tells of an iteration while it waits or is made. */
export interface Change {
  requestID: string;
  iterationID: string;
  status: Status;
  stage: string | null;
  progress: number;
  queuePosition: number | null;
}

/** The last one of each iteration that is not done. */
const latest = new Map<string, Change>();

export function remember(change: Change): void {
  const pending = change.status === "queued" || change.status === "running";
  if (pending) latest.set(keyOf(change), change);
  else latest.delete(keyOf(change));
}

const keyOf = ({ requestID, iterationID }: Pick<Change, "requestID" | "iterationID">) => `${requestID}/${iterationID}`;

/**
 * An asset that was just loaded, with what was told of it meanwhile: a change that overtakes the answer would otherwise be
 * missing until the next one, which a long stage takes a minute to bring.
 */
export function catchUp(asset: Asset): Asset {
  return asset.iterations.reduce((current, { iterationID, progress }) => {
    const change = latest.get(keyOf({ requestID: asset.requestID, iterationID }));
    return change && change.progress > (progress ?? 0) ? advance(current, change) : current;
  }, asset);
}

export function advance(asset: Asset, change: Change): Asset {
  return {
    ...asset,
    iterations: asset.iterations.map((iteration) =>
      iteration.iterationID === change.iterationID && iteration.status === "new"
        ? {
            ...iteration,
            stage: change.stage ?? (change.status === "queued" ? "queued" : "start"),
            progress: change.progress,
            queuePosition: change.queuePosition,
          }
        : iteration,
    ),
  };
}
