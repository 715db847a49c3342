import { invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

/** @throws ApiError request_invalid */
export function readLimit(fields: Fields): number | null {
  const text = fields.text("limit");
  if (text === null) return null;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw invalid(`limit "${text.slice(0, 20)}": expected 1 to ${MAX_LIMIT}`);
  return limit;
}

/** `limit` and `cursor` of a list whose rows have a place in text: digits, or digits and a UUID. */
export function readPage(fields: Fields): { limit: number; after: string | null } {
  return { limit: readLimit(fields) ?? DEFAULT_LIMIT, after: readCursor(fields) };
}

/** @throws ApiError request_invalid */
export function readCursor(fields: Fields): string | null {
  return readPlace(fields, "cursor");
}

/** @throws ApiError request_invalid */
export function readPlace(fields: Fields, name: string): string | null {
  const text = fields.text(name);
  if (text === null) return null;
  const place = Buffer.from(text, "base64url").toString("latin1");
  if (!/^\d{1,15}(\.[0-9a-f-]{36})?$/.test(place)) throw invalid("a cursor that was not given out here");
  return place;
}

/** Cuts the row that was fetched beyond the page, and says where the next one begins. */
export function writePage<T>(
  rows: T[],
  limit: number,
  placeOf: (row: T) => string,
): { shown: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? writePlace(placeOf(last)) : null;
  return { shown, nextCursor };
}

/** A place in a list as clients get it. */
export function writePlace(place: string): string {
  return Buffer.from(place).toString("base64url");
}

/** A place in a list by time and id, newest first. */
export interface TimePlace {
  at: Date;
  id: string;
}

export function writeTimePlace({ at, id }: TimePlace): string {
  return `${at.getTime()}.${id}`;
}

/** @throws ApiError request_invalid */
export function readTimePlace(place: string): TimePlace {
  const [at, id] = place.split(".");
  if (id === undefined) throw invalid("a cursor of another list");
  return { at: new Date(Number(at)), id };
}
