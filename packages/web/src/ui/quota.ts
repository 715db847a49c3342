import { useMe } from "../api/queries.ts";
import { formatBytes, formatNumber, formatUtcDay } from "../format.ts";
import { t } from "../strings.ts";

/** What the server would refuse an asset for, whatever it is. */
export function useExceeded(): string | null {
  const { requests, bytes } = useMe().data?.quota ?? {};
  if (requests?.limit && requests.used >= requests.limit) {
    return t.create.quotaRequests(formatNumber(requests.used), formatUtcDay(requests.resetsAt));
  }
  if (bytes?.limit && bytes.used >= bytes.limit) {
    return t.create.quotaBytes(formatBytes(bytes.used), formatBytes(bytes.limit));
  }
  return null;
}
