import { useEffect } from "react";
import { advance, type Change, remember } from "./changes.ts";
import { EVENTS } from "./client.ts";
import { keys, queryClient } from "./queries.ts";
import type { Asset, AssetPage, Status } from "./types.ts";

/** Rapid ends (a batch of cubes) lead to one new look at the lists. */
const SETTLE_MS = 250;

/**
 * Follows the account's assets while the page is visible: browsers allow a host six connections over all tabs, so a
 * hidden tab must not hold one.
 */
export function useLive(enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource | null = null;
    let followed = false;
    const follow = () => {
      if (document.visibilityState === "hidden") {
        source?.close();
        source = null;
      } else if (!source) {
        source = new EventSource(EVENTS);
        source.addEventListener("iteration", (event) => apply(JSON.parse(event.data)));
        // After a silence (a restart, a sleep) anything may have happened.
        source.addEventListener("open", () => {
          if (followed)
            for (const queryKey of [["asset"], keys.library]) void queryClient.invalidateQueries({ queryKey });
          followed = true;
        });
      }
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      source?.close();
    };
  }, [enabled]);
}

const known = new Map<string, Status>();
let settling: ReturnType<typeof setTimeout> | null = null;

function apply(change: Change): void {
  const key = `${change.requestID}/${change.iterationID}`;
  const before = known.get(key);
  known.set(key, change.status);
  remember(change);
  const pending = change.status === "queued" || change.status === "running";
  if (before !== change.status) {
    void queryClient.invalidateQueries({ queryKey: keys.asset(change.requestID) });
    if (!settling) {
      settling = setTimeout(() => {
        settling = null;
        void queryClient.invalidateQueries({ queryKey: keys.library });
      }, SETTLE_MS);
    }
  }
  if (!pending) return;
  queryClient.setQueryData<Asset>(keys.asset(change.requestID), (asset) => asset && advance(asset, change));
  queryClient.setQueriesData<AssetPage>({ queryKey: keys.library }, (page) => page && advanceLine(page, change));
}

function advanceLine(page: AssetPage, change: Change): AssetPage {
  const at = page.assets.findIndex(
    (line) => line.requestID === change.requestID && line.iterationID === change.iterationID,
  );
  if (at < 0) return page;
  const { status, stage, progress } = change;
  return { ...page, assets: page.assets.with(at, { ...page.assets[at]!, status, stage, progress }) };
}
