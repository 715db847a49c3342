import { ApiError } from "./errors.ts";

/** The last row of a page: lists go by time and id, newest first. */
export interface Cursor {
  at: number;
  id: string;
}

export function writeCursor({ at, id }: Cursor): string {
  return Buffer.from(`${at}.${id}`).toString("base64url");
}

/** @throws ApiError request_invalid */
export function readCursor(text: string): Cursor {
  const [, at, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (at === undefined || id === undefined)
    throw new ApiError("request_invalid", { value: "a cursor that was not given out here" });
  return { at: Number(at), id };
}
