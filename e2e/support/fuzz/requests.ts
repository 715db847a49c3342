import fc from "fast-check";
import { type FormPart, type RawRequest, writeForm } from "../raw-http.ts";
import { type Json, type Known, nasty, objectsOf, valuesOf } from "./values.ts";

/** Headers of somebody who may, and of others who may not. */
export interface Credentials {
  good: Record<string, string>;
  others: readonly Record<string, string>[];
}

export interface FuzzedRequest extends RawRequest {
  method: string;
  headers: Record<string, string>;
}

const GOOD = 20;

const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/form-data; boundary=x",
  "text/plain",
  "image/png",
  "nonsense",
  "",
];

/** Requests of one operation of the document: valid for the most part, and wrong in a few places. */
export function requestsOf(
  template: string,
  method: string,
  operation: Json,
  document: Json,
  known: Known,
  credentials: Credentials,
  pictures: readonly Buffer[],
): fc.Arbitrary<FuzzedRequest> {
  const parameters = (where: string) =>
    (operation.parameters ?? []).filter((parameter: Json) => parameter.in === where);
  const valuesIn = (where: string) =>
    fc.record(
      Object.fromEntries(
        parameters(where).map(({ name, schema }: Json) => [name, valuesOf(schema, document, known, name)]),
      ),
      { requiredKeys: where === "path" ? undefined : [] },
    );
  const content = operation.requestBody?.content;
  const schema = resolve(content?.["application/json"]?.schema ?? { type: "object", properties: {} }, document);
  const hasBody = content !== undefined;
  return fc
    .record({
      path: valuesIn("path"),
      query: valuesIn("query"),
      header: valuesIn("header"),
      fields: objectsOf(schema, document, known),
      form: fc.constantFrom("json", "json", "json", "urlencoded", "multipart", "multipart"),
      type: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, fc.constantFrom(...TYPES)),
      files: fc.array(fc.constantFrom(...pictures), { maxLength: 2 }),
      /** Which credentials; up to `GOOD` they are the good ones. */
      who: fc.nat({ max: GOOD + credentials.others.length }),
      withBody: hasBody ? fc.constant(true) : fc.nat({ max: 5 }).map((n) => n === 0),
      slash: fc.constantFrom("", "", "", "/"),
    })
    .map(({ path, query, header, fields, form, type, files, who, withBody, slash }) => {
      const headers: Record<string, string> = {
        ...(who <= GOOD ? credentials.good : credentials.others[who - GOOD - 1]!),
        ...texts(header, headerText),
      };
      const body = withBody ? writeBody(form, fields, files) : null;
      if (body) headers["Content-Type"] = type ?? body.type;
      const search = new URLSearchParams(texts(query, String)).toString();
      return {
        method: method.toUpperCase(),
        path: `${fill(template, path)}${slash}${search ? `?${search}` : ""}`,
        headers,
        ...(body ? { body: body.content } : {}),
      };
    });
}

function resolve(schema: Json, document: Json): Json {
  return schema.$ref ? document.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

function fill(template: string, values: Record<string, unknown>): string {
  // Lone surrogates have no UTF-8 form.
  return template.replace(/\{(\w+)\}/g, (_match, name) => encodeURIComponent(text(values[name]).toWellFormed()) || "-");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

const headerText = (value: unknown) => text(value).replace(/[^\x20-\x7e]/g, "?");

function texts(values: Record<string, unknown>, write: (value: unknown) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "object" ? headerText(value) : write(value)]),
  );
}

function writeBody(
  form: string,
  fields: Record<string, unknown>,
  files: readonly Buffer[],
): { type: string; content: Buffer } {
  if (form === "json") return { type: "application/json", content: Buffer.from(JSON.stringify(fields)) };
  if (form === "urlencoded") {
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, text(value)]);
    return { type: "application/x-www-form-urlencoded", content: Buffer.from(new URLSearchParams(pairs).toString()) };
  }
  const parts: FormPart[] = [
    ...Object.entries(fields).map(([name, value]) => ({ name, value: text(value) })),
    ...files.map((value, i) => ({ name: `image${i}`, filename: `${i}.png`, value })),
  ];
  const written = writeForm(parts);
  return { type: written.type, content: written.body };
}

export type Mutation =
  | { kind: "flip"; at: number; bits: number }
  | { kind: "cut"; at: number; length: number }
  | { kind: "repeat"; at: number; length: number; times: number }
  | { kind: "insert"; at: number; bytes: Uint8Array };

const at = fc.double({ min: 0, max: 1, noNaN: true });

/** Small damages to bytes, at places in parts of the whole. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("flip" as const), at, bits: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ kind: fc.constant("cut" as const), at, length: fc.nat({ max: 30 }) }),
    fc.record({
      kind: fc.constant("repeat" as const),
      at,
      length: fc.integer({ min: 1, max: 20 }),
      times: fc.integer({ min: 1, max: 200 }),
    }),
    fc.record({
      kind: fc.constant("insert" as const),
      at,
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom("\r\n", "\0", '"', "{", "}", "[", ",", "--", "\\", "\ud83d\ude00").map((s) => Buffer.from(s)),
        nasty.map((value) => Buffer.from(text(value))),
      ),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);

export function mutate(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  let result = bytes;
  for (const change of changes) {
    const place = Math.min(result.length - 1, Math.floor(change.at * result.length));
    if (place < 0) break;
    const [before, after] = [result.subarray(0, place), result.subarray(place)];
    if (change.kind === "flip") {
      result = Buffer.from(result);
      result[place]! ^= change.bits;
    } else if (change.kind === "cut") result = Buffer.concat([before, after.subarray(change.length)]);
    else if (change.kind === "insert") result = Buffer.concat([before, change.bytes, after]);
    else {
      const piece = after.subarray(0, change.length);
      result = Buffer.concat([before, ...Array(change.times).fill(piece), after]);
    }
  }
  return result;
}
