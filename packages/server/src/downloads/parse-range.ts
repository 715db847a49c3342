/** Bytes of a file, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The range that a `Range` header asks for (RFC 9110, section 14). Null when there is none, or one that may be ignored:
 * another unit, several ranges, or no valid syntax.
 */
export function parseRange(header: string | undefined, bytes: number): ByteRange | null | "outside" {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "");
  if (!match) return null;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === "") {
    if (last === "") return null;
    const length = Number(last);
    if (length === 0 || bytes === 0) return "outside";
    return { start: Math.max(0, bytes - length), end: bytes - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= bytes) return "outside";
  return { start, end: last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1) };
}
