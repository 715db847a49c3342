/** Largest value within a square of (2 · radius + 1)² pixels around each; outside the picture there is nothing. */
export function maxFilter(source: Float32Array, width: number, height: number, radius: number): Float32Array {
  const rows = new Float32Array(source.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      let most = source[row + x];
      const to = row + Math.min(width - 1, x + radius);
      for (let at = row + Math.max(0, x - radius); at <= to; at++) if (source[at] > most) most = source[at];
      rows[row + x] = most;
    }
  }
  const result = rows.slice();
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const to = Math.min(height - 1, y + radius);
    for (let other = Math.max(0, y - radius); other <= to; other++) {
      const from = other * width;
      for (let x = 0; x < width; x++) if (rows[from + x] > result[row + x]) result[row + x] = rows[from + x];
    }
  }
  return result;
}
