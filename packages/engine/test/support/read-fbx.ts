import { inflateSync } from "node:zlib";

/** A record of a binary FBX file (version below 7500), as an independent reading of the format sees it. */
export interface FbxRecord {
  name: string;
  values: (number | string | boolean | Uint8Array | Float64Array | Int32Array)[];
  children: FbxRecord[];
}

/** Reads every record, checking that offsets and lengths agree. */
export function readFbx(data: Uint8Array): FbxRecord[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const ascii = (from: number, length: number) => String.fromCharCode(...data.subarray(from, from + length));
  if (ascii(0, 20) !== "Kaydara FBX Binary  ") throw new Error("no FBX header");

  const readValue = (at: number): { value: FbxRecord["values"][number]; end: number } => {
    const type = ascii(at, 1);
    const from = at + 1;
    if (type === "C") return { value: view.getUint8(from) !== 0, end: from + 1 };
    if (type === "I") return { value: view.getInt32(from, true), end: from + 4 };
    if (type === "D") return { value: view.getFloat64(from, true), end: from + 8 };
    if (type === "L") return { value: Number(view.getBigInt64(from, true)), end: from + 8 };
    if (type === "S" || type === "R") {
      const end = from + 4 + view.getUint32(from, true);
      const bytes = data.slice(from + 4, end);
      return { value: type === "S" ? new TextDecoder().decode(bytes) : bytes, end };
    }
    if (type === "i" || type === "d") {
      const count = view.getUint32(from, true);
      const end = from + 12 + view.getUint32(from + 8, true);
      const stored = data.slice(from + 12, end);
      const raw = Uint8Array.from(view.getUint32(from + 4, true) ? inflateSync(stored) : stored);
      const value = type === "i" ? new Int32Array(raw.buffer) : new Float64Array(raw.buffer);
      if (value.length !== count) throw new Error(`array of ${value.length} says it has ${count}`);
      return { value, end };
    }
    throw new Error(`unknown property type ${type} at ${at}`);
  };

  const readList = (start: number): { records: FbxRecord[]; end: number } => {
    const records: FbxRecord[] = [];
    let at = start;
    for (;;) {
      const end = view.getUint32(at, true);
      if (end === 0) return { records, end: at + 13 };
      const nameLength = view.getUint8(at + 12);
      const record: FbxRecord = { name: ascii(at + 13, nameLength), values: [], children: [] };
      let next = at + 13 + nameLength;
      const propertiesEnd = next + view.getUint32(at + 8, true);
      for (let i = view.getUint32(at + 4, true); i > 0; i--) {
        const { value, end: after } = readValue(next);
        record.values.push(value);
        next = after;
      }
      if (next !== propertiesEnd) throw new Error(`${record.name}: properties end at ${next}, not ${propertiesEnd}`);
      if (next < end) {
        const list = readList(next);
        record.children = list.records;
        next = list.end;
      }
      if (next !== end) throw new Error(`${record.name}: ends at ${next}, not ${end}`);
      records.push(record);
      at = end;
    }
  };
  return readList(27).records;
}

/** All records of a name, at any depth. */
export function findRecords(records: readonly FbxRecord[], name: string): FbxRecord[] {
  return records.flatMap((record) => [
    ...(record.name === name ? [record] : []),
    ...findRecords(record.children, name),
  ]);
}
