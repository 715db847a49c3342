import { inflateSync } from "node:zlib";

type FbxArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
export type FbxValue = number | bigint | string | boolean | Uint8Array | FbxArray;

export interface FbxRecord {
  name: string;
  values: FbxValue[];
  children: FbxRecord[];
}

const HEADER = 27;
/** From this version on offsets and counts have 64 bits. */
const WIDE = 7500;
const MAX_DEPTH = 64;
/** An array of a model is never larger; a damaged or hostile file may say it is. */
const MAX_ARRAY_BYTES = 1 << 30;

/**
 * The records of a binary FBX file, as Blender's documentation of the format tells it.
 * @throws Error at the first offset or length that leads out of the file
 */
export function readFbxRecords(data: Uint8Array): FbxRecord[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const wide = view.getUint32(23, true) >= WIDE;
  const word = wide ? 8 : 4;
  const offset = (at: number) => (wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));

  const readValue = (at: number): { value: FbxValue; end: number } => {
    const type = String.fromCharCode(view.getUint8(at));
    const from = at + 1;
    switch (type) {
      case "C":
      case "B":
        return { value: view.getUint8(from) !== 0, end: from + 1 };
      case "Y":
        return { value: view.getInt16(from, true), end: from + 2 };
      case "I":
        return { value: view.getInt32(from, true), end: from + 4 };
      case "F":
        return { value: view.getFloat32(from, true), end: from + 4 };
      case "D":
        return { value: view.getFloat64(from, true), end: from + 8 };
      case "L":
        return { value: view.getBigInt64(from, true), end: from + 8 };
      case "S":
      case "R": {
        const end = from + 4 + view.getUint32(from, true);
        if (end > data.length) throw new Error("cut short");
        const bytes = data.subarray(from + 4, end);
        return { value: type === "S" ? new TextDecoder().decode(bytes) : bytes, end };
      }
      default:
    }
    const size = { f: 4, d: 8, i: 4, l: 8, b: 1, c: 1 }[type];
    if (size === undefined) throw new Error(`unknown property type ${JSON.stringify(type)}`);
    const bytes = view.getUint32(from, true) * size;
    const end = from + 12 + view.getUint32(from + 8, true);
    if (end > data.length || bytes > MAX_ARRAY_BYTES) throw new Error("cut short");
    const stored = data.subarray(from + 12, end);
    const raw = view.getUint32(from + 4, true) ? inflateSync(stored, { maxOutputLength: bytes || 1 }) : stored;
    if (raw.length !== bytes) throw new Error("an array has another length than it says");
    const { buffer } = Uint8Array.from(raw);
    const value =
      type === "f"
        ? new Float32Array(buffer)
        : type === "d"
          ? new Float64Array(buffer)
          : type === "i"
            ? new Int32Array(buffer)
            : type === "l"
              ? new BigInt64Array(buffer)
              : new Uint8Array(buffer);
    return { value, end };
  };

  const readList = (start: number, depth: number): { records: FbxRecord[]; end: number } => {
    if (depth > MAX_DEPTH) throw new Error("nested too deep");
    const records: FbxRecord[] = [];
    let at = start;
    for (;;) {
      // The footer after the last record has no length of its own.
      if (at + 3 * word + 1 > data.length) return { records, end: at };
      const end = offset(at);
      if (end === 0) return { records, end: at + 3 * word + 1 };
      if (end <= at || end > data.length) throw new Error("cut short");
      const nameLength = view.getUint8(at + 3 * word);
      const nameAt = at + 3 * word + 1;
      const record: FbxRecord = {
        name: new TextDecoder().decode(data.subarray(nameAt, nameAt + nameLength)),
        values: [],
        children: [],
      };
      let next = nameAt + nameLength;
      for (let i = offset(at + word); i > 0; i--) {
        const { value, end: after } = readValue(next);
        record.values.push(value);
        next = after;
      }
      if (next < end) record.children = readList(next, depth + 1).records;
      records.push(record);
      at = end;
    }
  };
  return readList(HEADER, 0).records;
}
