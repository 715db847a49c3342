/** A connected region of a mask. */
export interface Component {
  /** Pixels. */
  area: number;
  /** Bounding box, pixel numbers, both ends included. */
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Mean pixel centre. */
  centerX: number;
  centerY: number;
}

export interface Components {
  /** Per pixel: number of its component, from 0 in reading order of their first pixels; -1 outside the mask. */
  labels: Int32Array;
  components: Component[];
}

/**
 * Connected components of the pixels ≠ 0, by runs and union-find: one scan to link, one to label.
 *
 * @param connectivity 4 joins across edges, 8 across corners too. Where a mask is 8-connected, its complement is
 *   4-connected: use the two together when a thin diagonal line must separate what lies on its sides.
 * @param least components with fewer pixels are left out (label -1): a noisy mask has a hundred thousand of them.
 */
export function connectedComponents(
  mask: Uint8Array,
  width: number,
  height: number,
  connectivity: 4 | 8 = 8,
  least = 1,
): Components {
  const labels = new Int32Array(width * height).fill(-1);
  const parent: number[] = [];
  const reach = connectivity === 8 ? 1 : 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let x = 0;
    while (x < width) {
      if (mask[row + x] === 0) {
        x++;
        continue;
      }
      const start = x;
      while (x < width && mask[row + x] !== 0) x++;
      let label = -1;
      if (y > 0) {
        const from = Math.max(0, start - reach);
        const to = Math.min(width - 1, x - 1 + reach);
        for (let above = row - width + from; above <= row - width + to; above++) {
          const other = labels[above];
          if (other < 0) continue;
          const root = find(parent, other);
          if (label < 0) label = root;
          else if (label !== root) {
            const low = Math.min(label, root);
            parent[Math.max(label, root)] = low;
            label = low;
          }
        }
      }
      if (label < 0) {
        label = parent.length;
        parent.push(label);
      }
      labels.fill(label, row + start, row + x);
    }
  }
  const areas = new Int32Array(parent.length);
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] < 0) continue;
    labels[at] = find(parent, labels[at]);
    areas[labels[at]]++;
  }
  const number = new Int32Array(parent.length).fill(-1);
  const components: Component[] = [];
  for (let i = 0; i < parent.length; i++) {
    if (areas[i] >= least && areas[i] > 0) {
      number[i] = components.length;
      components.push({ area: 0, left: width, top: height, right: -1, bottom: -1, centerX: 0, centerY: 0 });
    }
  }
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (labels[at] < 0) continue;
      const label = number[labels[at]];
      labels[at] = label;
      if (label < 0) continue;
      const c = components[label];
      c.area++;
      c.centerX += x + 0.5;
      c.centerY += y + 0.5;
      if (x < c.left) c.left = x;
      if (x > c.right) c.right = x;
      if (y < c.top) c.top = y;
      if (y > c.bottom) c.bottom = y;
    }
  }
  for (const c of components) {
    c.centerX /= c.area;
    c.centerY /= c.area;
  }
  return { labels, components };
}

function find(parent: number[], label: number): number {
  let root = label;
  while (parent[root] !== root) root = parent[root];
  let at = label;
  while (parent[at] !== root) {
    const next = parent[at];
    parent[at] = root;
    at = next;
  }
  return root;
}
