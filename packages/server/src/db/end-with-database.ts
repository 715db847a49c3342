import { statfsSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";

/** Status of the exception by which PostgreSQL leaves a statement that failed (`POSTGRES_MAIN_LONGJMP` in PGlite). */
const STATEMENT_FAILED = 100;

/**
 * Ends the process when the database that runs in it is no more.
 *
 * PostgreSQL panics where it cannot go on, above all when its write-ahead log finds no room on the disk: it aborts its process, to
 * be started again by its postmaster. PGlite has none. It calls the aborted module again until that has read the rest of
 * the message, which it never does, so the process took all of a core, answered nothing, and did not end when there was
 * room again. What was committed is in the log, and the next start reads it.
 */
export function endWithDatabase(pglite: PGlite, onEnd: (error: unknown) => never): void {
  const module = pglite.Module as unknown as { _PostgresMainLoopOnce: () => void };
  const step = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      step();
    } catch (error) {
      if ((error as { status?: unknown } | null)?.status === STATEMENT_FAILED) throw error;
      onEnd(error);
    }
  };
}

/** @param why PostgreSQL's own words, if there are any */
export function explainEnd(directory: string, why: string | null, error: unknown): string {
  const cause = why ?? (error instanceof Error ? error.message : String(error));
  return `the embedded database in ${directory} does not work (${cause}; ${freeMegabytes(directory)} MB are free on its disk). What was accepted is safe: make room if it is the disk, and start again`;
}

function freeMegabytes(directory: string): string {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return String(Math.floor((bavail * bsize) / 1e6));
  } catch {
    return "?";
  }
}
