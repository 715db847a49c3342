/**
 * Marks all pixels of `open` (≠ 0) that are 4-connected, within `open`, to a seed. Seeds outside `open` count for nothing.
 *
 * @param seeds pixel numbers.
 * @returns 1 where reached.
 */
export function flood(open: Uint8Array, width: number, height: number, seeds: Iterable<number>): Uint8Array {
  const reached = new Uint8Array(width * height);
  const stack = new Int32Array(width * height);
  let size = 0;
  for (const seed of seeds) {
    if (open[seed] === 0 || reached[seed] !== 0) continue;
    reached[seed] = 1;
    stack[size++] = seed;
  }
  const lastRow = (height - 1) * width;
  while (size > 0) {
    const at = stack[--size];
    const x = at % width;
    if (x > 0 && open[at - 1] !== 0 && reached[at - 1] === 0) {
      reached[at - 1] = 1;
      stack[size++] = at - 1;
    }
    if (x < width - 1 && open[at + 1] !== 0 && reached[at + 1] === 0) {
      reached[at + 1] = 1;
      stack[size++] = at + 1;
    }
    if (at >= width && open[at - width] !== 0 && reached[at - width] === 0) {
      reached[at - width] = 1;
      stack[size++] = at - width;
    }
    if (at < lastRow && open[at + width] !== 0 && reached[at + width] === 0) {
      reached[at + width] = 1;
      stack[size++] = at + width;
    }
  }
  return reached;
}

/** Numbers of the pixels on the picture's border. */
export function* borderPixels(width: number, height: number): Generator<number> {
  for (let x = 0; x < width; x++) {
    yield x;
    if (height > 1) yield (height - 1) * width + x;
  }
  for (let y = 1; y < height - 1; y++) {
    yield y * width;
    if (width > 1) yield y * width + width - 1;
  }
}
