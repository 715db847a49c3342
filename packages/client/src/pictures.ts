import type { View } from "./api.ts";

/** A picture, or a model: where it can be fetched from, or its content. A `File` or `named` content lends the asset its name. */
export type Picture =
  | string
  | URL
  | Blob
  | Uint8Array<ArrayBuffer>
  | { content: Blob | Uint8Array<ArrayBuffer>; name: string };

/** Pictures in any order, or by the side of the object that they show; `left` is the object's own left. */
export type Pictures = readonly Picture[] | Partial<Record<Exclude<View, object | "auto">, Picture>>;

/**
 * A body with pictures and fields. Addresses stay in JSON, and so do their requests; content goes as multipart. The server
 * takes files before addresses, so directions are put in that order.
 */
export function writeBody(
  pictures: Pictures | undefined,
  fields: Record<string, unknown>,
): FormData | Record<string, unknown> {
  const entries: [view: View | null, picture: Picture][] = Array.isArray(pictures)
    ? pictures.map((picture) => [null, picture])
    : (Object.entries(pictures ?? {}) as [View, Picture][]);
  const isAddress = (picture: Picture) => typeof picture === "string" || picture instanceof URL;
  const files = entries.filter(([, picture]) => !isAddress(picture));
  const addresses = entries.filter(([, picture]) => isAddress(picture));
  const named = entries.some(([view]) => view !== null);
  const views = named ? [...files, ...addresses].map(([view]) => view) : reorder(fields.views, entries, isAddress);
  const imageUrls = addresses.map(([, picture]) => String(picture));
  const all: Record<string, unknown> = {
    ...fields,
    ...(views ? { views } : {}),
    ...(imageUrls.length > 0 ? { imageUrls } : {}),
  };
  if (files.length === 0) return all;
  const form = formOf(all);
  for (const [view, picture] of files) appendFile(form, "images", picture, view === null ? "image" : String(view));
  return form;
}

/** A body with a model and fields: an address stays in JSON, content goes as multipart. */
export function writeModelBody(
  model: Picture | undefined,
  fields: Record<string, unknown>,
): FormData | Record<string, unknown> {
  if (model === undefined) return fields;
  if (typeof model === "string" || model instanceof URL) return { ...fields, modelUrl: String(model) };
  const form = formOf(fields);
  appendFile(form, "model", model, "model");
  return form;
}

function formOf(fields: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return form;
}

/** Directions that were given beside a list, parallel to it, in the order in which its pictures are sent. */
function reorder(
  views: unknown,
  entries: readonly [unknown, Picture][],
  isAddress: (picture: Picture) => boolean,
): unknown[] | null {
  if (!Array.isArray(views)) return null;
  const places = entries.map((_entry, i) => i);
  const sent = [
    ...places.filter((i) => !isAddress(entries[i]![1])),
    ...places.filter((i) => isAddress(entries[i]![1])),
  ];
  return [...sent.map((i) => views[i] ?? "auto"), ...views.slice(entries.length)];
}

function appendFile(form: FormData, field: string, picture: Picture, fallback: string): void {
  const { content, name } =
    typeof picture === "object" && "content" in picture
      ? picture
      : { content: picture, name: nameOf(picture) ?? fallback };
  form.append(field, content instanceof Blob ? content : new Blob([content as Uint8Array<ArrayBuffer>]), name);
}

function nameOf(picture: Picture): string | null {
  return typeof File !== "undefined" && picture instanceof File ? picture.name : null;
}
