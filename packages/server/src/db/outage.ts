/** What PostgreSQL answers when it cannot work at the moment, by class of SQLSTATE (its appendix A). */
const TRANSIENT_CLASSES = new Set([
  "08", // connection
  "40", // serialization failure, deadlock
  "53", // disk full, out of memory, too many connections
  "57", // shutting down, starting up, cancelled
  "58", // input or output of the server itself
]);
/** A standby that a failover has not promoted yet. */
const READ_ONLY = "25006";

const SYSTEM_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** The driver's own errors, which carry no code. */
const DRIVER_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|PGlite is closed)/;

/** Whether an error of the database says that it is away, full or busy, rather than that a statement was wrong. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") {
    if (SYSTEM_CODES.has(code) || code === READ_ONLY) return true;
    if (/^[0-9A-Z]{5}$/.test(code)) return TRANSIENT_CLASSES.has(code.slice(0, 2));
  }
  if (error instanceof AggregateError) return error.errors.some(isDatabaseOutage);
  return DRIVER_TEXT.test(error.message);
}
