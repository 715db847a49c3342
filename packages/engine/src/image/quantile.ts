/**
 * Value below which the given share of the values lies; 0 of none. Hoare's selection, linear in their number:
 * sorting typed arrays with many equal values, as plain pictures give them, took 60 times as long.
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) return 0;
  const work = Float32Array.from(values);
  const wanted = Math.min(work.length - 1, Math.max(0, Math.floor(share * work.length)));
  let low = 0;
  let high = work.length - 1;
  while (low < high) {
    const pivot = work[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (work[i] < pivot) i++;
      while (work[j] > pivot) j--;
      if (i > j) break;
      const t = work[i];
      work[i++] = work[j];
      work[j--] = t;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return work[wanted];
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
