import type { Status } from "../api/types.ts";
import { t } from "../strings.ts";

/** A state as a word with a mark; the colour only helps. */
export function StatusBadge({ status }: { status: Status }) {
  return (
    <span className={`badge badge-${status}`}>
      <span className="badge-mark" aria-hidden="true" />
      {t.status[status]}
    </span>
  );
}

export function ProgressBar({ value, label }: { value: number; label: string }) {
  return (
    <progress className="progress" value={value} max={1} aria-label={label}>
      {Math.round(value * 100)} %
    </progress>
  );
}

/** A mode of the API's iterations as the library has it. */
export function statusOf(iteration: { status: string; stage: string | null }): Status {
  if (iteration.status !== "new") return iteration.status as Status;
  return iteration.stage === "queued" ? "queued" : "running";
}
