/*
 * The smallest ONNX models that have anything to do with pictures, written field by field (onnx.proto, IR version 7).
 */

/** 1 × 3 × size × size → 1 × 1 × size × size: of each pixel, the largest channel. */
export function onnxMaximumOfChannels(size: number): Uint8Array {
  return reduction("ReduceMax", [1, 3, size, size], [1], [1, 1, size, size]);
}

/** → 1 × 3 × 1 × 1 (or 1 × 1 × 1 × 3): the mean of each channel, by which it can tell red from blue. */
export function onnxMeanOfChannels(size: number, channelsLast = false): Uint8Array {
  return channelsLast
    ? reduction("ReduceMean", [1, size, size, 3], [1, 2], [1, 1, 1, 3])
    : reduction("ReduceMean", [1, 3, size, size], [2, 3], [1, 3, 1, 1]);
}

function reduction(operator: string, from: number[], axes: number[], to: number[]): Uint8Array {
  const name = (field: number, text: string) => bytes(field, new TextEncoder().encode(text));
  const message = (field: number, ...parts: Uint8Array[]) => bytes(field, join(...parts));
  const tensor = (field: number, label: string, dims: number[]) =>
    message(
      field,
      name(1, label),
      message(2, message(1, number(1, 1), message(2, ...dims.map((d) => message(1, number(1, d)))))),
    );
  const node = message(
    1,
    name(1, "picture"),
    name(2, "answer"),
    name(4, operator),
    message(5, name(1, "axes"), ...axes.map((axis) => number(8, axis)), number(20, 7)),
    message(5, name(1, "keepdims"), number(3, 1), number(20, 2)),
  );
  const graph = message(7, node, name(2, "reduction"), tensor(11, "picture", from), tensor(12, "answer", to));
  return join(number(1, 7), graph, message(8, number(2, 11)));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function varint(value: number): number[] {
  const out: number[] = [];
  for (let v = value; ; v = Math.floor(v / 128)) {
    out.push(v >= 128 ? (v % 128) + 128 : v);
    if (v < 128) return out;
  }
}

function number(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(8 * field), ...varint(value)]);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint(8 * field + 2), ...varint(content.length), ...content]);
}
