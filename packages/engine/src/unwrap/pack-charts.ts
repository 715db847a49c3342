import { EngineError } from "../errors.ts";
import type { FlatCharts } from "./flat-charts.ts";

export interface PackOptions {
  /** Cells a side of the square. */
  side: number;
  /** Cells between charts; half as many, rounded up, along the border. */
  padding: number;
  /** 1 for each chart that must not be turned; none where left out. */
  standing?: Uint8Array;
}

/** Share of the square that charts are tried to cover first. */
const FIRST_GUESS = 0.66;
/** The last packings gain less than 1 %. */
const PACKINGS = 7;
const CLOSE_ENOUGH = 1.01;
/** Rows kept for packings that turn out too high, as a multiple of the side. */
const ROWS = 2;

/**
 * Packs charts into a square, turned by quarters and never mirrored, all at one scale, which is searched for: the
 * largest at which they fit.
 *
 * Each chart is put, largest first, where its top comes lowest, holes and bays of others included: cells are tested run
 * by run, and a run that meets an occupied one skips the whole of it. xatlas, which was used before, swaps u and v where
 * it turns a chart, which mirrors it, and can be kept from that by not turning any only.
 *
 * @returns the points' places, in cells.
 */
export function packCharts(flat: FlatCharts, { side, padding, standing }: PackOptions): Float64Array {
  const charts = outlines(flat, standing);
  const border = Math.ceil(padding / 2);
  const width = side - 2 * border;
  const total = charts.reduce((sum, chart) => sum + chart.area, 0);
  let scale = Math.sqrt((FIRST_GUESS * width * width) / total);
  let best: { scale: number; places: Place[] } | null = null;
  let tooLarge = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PACKINGS || !best; i++) {
    if (i > 8 * PACKINGS) throw new EngineError("too_complex", "its surface cannot be laid out in one texture");
    const { places, height } = place(charts, scale, width, padding);
    if (height <= width) best = { scale, places };
    else tooLarge = scale;
    if (best && tooLarge / best.scale < CLOSE_ENOUGH) break;
    // The height grows with the square of the scale, in steps: the guess keeps away from what is known already.
    const guess = scale * Math.sqrt(width / Math.min(height, ROWS * width));
    const low = best ? best.scale * 1.004 : guess * 0.98;
    const high = Math.min(tooLarge / 1.004, best ? (best.scale + tooLarge) / 2 : tooLarge);
    scale = tooLarge === Number.POSITIVE_INFINITY ? Math.max(guess, low) : Math.min(high, Math.max(guess, low));
  }
  const out = new Float64Array(flat.points.length);
  charts.forEach((chart, c) => {
    const { turns, x, y } = best!.places[c]!;
    for (const uv of chart.uvs) {
      const [u, v] = turned(chart, flat.points, uv, best!.scale, turns);
      out[2 * uv] = border + x + u;
      out[2 * uv + 1] = border + y + v;
    }
  });
  return out;
}

interface Outline {
  uvs: number[];
  /** 3 per triangle, 2 numbers each, from the lower left of the chart's box. */
  corners: Float64Array;
  left: number;
  bottom: number;
  width: number;
  height: number;
  area: number;
  /** Ways to turn it that are tried. */
  turns: number;
}

interface Place {
  turns: number;
  x: number;
  y: number;
}

function outlines({ points, cornerUvs, charts, chartCount }: FlatCharts, standing?: Uint8Array): Outline[] {
  const triangles: number[][] = Array.from({ length: chartCount }, () => []);
  charts.forEach((chart, t) => {
    triangles[chart]!.push(t);
  });
  return triangles.map((own, c) => {
    const numbers = own.flatMap((t) => [cornerUvs[3 * t]!, cornerUvs[3 * t + 1]!, cornerUvs[3 * t + 2]!]);
    const uvs = [...new Set(numbers)];
    let [left, bottom, right, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1e300, -1e300];
    for (const uv of uvs) {
      left = Math.min(left, points[2 * uv]!);
      right = Math.max(right, points[2 * uv]!);
      bottom = Math.min(bottom, points[2 * uv + 1]!);
      top = Math.max(top, points[2 * uv + 1]!);
    }
    const corners = new Float64Array(2 * numbers.length);
    numbers.forEach((uv, i) => {
      corners[2 * i] = points[2 * uv]! - left;
      corners[2 * i + 1] = points[2 * uv + 1]! - bottom;
    });
    let area = 0;
    for (let i = 0; i < corners.length; i += 6) {
      const [ax, ay, bx, by, cx, cy] = corners.subarray(i, i + 6);
      area += Math.abs((bx! - ax!) * (cy! - ay!) - (cx! - ax!) * (by! - ay!)) / 2;
    }
    return {
      uvs,
      corners,
      left,
      bottom,
      width: right - left,
      height: top - bottom,
      area,
      turns: standing?.[c] ? 1 : 4,
    };
  });
}

/** A point of a chart whose box was turned by quarters, in cells from the lower left of the turned box. */
function turned(chart: Outline, points: Float64Array, uv: number, scale: number, turns: number): [number, number] {
  const u = scale * (points[2 * uv]! - chart.left);
  const v = scale * (points[2 * uv + 1]! - chart.bottom);
  const [columns, rows] = cellsOf(chart, scale);
  if (turns === 0) return [u, v];
  if (turns === 1) return [rows - v, u];
  if (turns === 2) return [columns - u, rows - v];
  return [v, columns - u];
}

function cellsOf(chart: Outline, scale: number): [number, number] {
  return [Math.floor(scale * chart.width) + 1, Math.floor(scale * chart.height) + 1];
}

function place(charts: Outline[], scale: number, width: number, padding: number): { places: Place[]; height: number } {
  const order = charts.map((_, c) => c);
  const longest = (c: number) => Math.max(charts[c]!.width, charts[c]!.height);
  order.sort((a, b) => longest(b) - longest(a) || a - b);
  const sheet = new Sheet(width, ROWS * width);
  const places: Place[] = new Array(charts.length);
  let height = 0;
  for (const c of order) {
    const mask = rasterize(charts[c]!, scale);
    let [least, found, runs]: [number, Place | null, Int32Array] = [Number.POSITIVE_INFINITY, null, new Int32Array(0)];
    for (let turns = 0; turns < charts[c]!.turns; turns++) {
      const shape = turnMask(mask, turns);
      const candidate = runsOf(shape);
      const spot = sheet.find(candidate, shape.columns, shape.rows, least);
      if (!spot) continue;
      least = spot.y + shape.rows;
      found = { turns, ...spot };
      runs = candidate;
    }
    if (!found) return { places, height: Number.POSITIVE_INFINITY };
    sheet.occupy(runs, found.x, found.y, padding);
    places[c] = found;
    height = Math.max(height, least);
  }
  return { places, height };
}

interface Mask {
  columns: number;
  rows: number;
  data: Uint8Array;
}

/** Every cell that a triangle of the chart touches. */
function rasterize(chart: Outline, scale: number): Mask {
  const [columns, rows] = cellsOf(chart, scale);
  const data = new Uint8Array(columns * rows);
  const { corners } = chart;
  for (let i = 0; i < corners.length; i += 6) {
    const low = Math.floor(scale * Math.min(corners[i + 1]!, corners[i + 3]!, corners[i + 5]!));
    const high = Math.floor(scale * Math.max(corners[i + 1]!, corners[i + 3]!, corners[i + 5]!));
    for (let row = low; row <= high; row++) {
      let from = Number.POSITIVE_INFINITY;
      let to = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < 3; k++) {
        const l = k === 2 ? 0 : k + 1;
        const ax = scale * corners[i + 2 * k]!;
        const ay = scale * corners[i + 2 * k + 1]!;
        const bx = scale * corners[i + 2 * l]!;
        const by = scale * corners[i + 2 * l + 1]!;
        const s = Math.max(Math.min(ay, by), row);
        const e = Math.min(Math.max(ay, by), row + 1);
        if (s > e) continue;
        const one = ay === by ? ax : ax + ((bx - ax) * (s - ay)) / (by - ay);
        const other = ay === by ? bx : ax + ((bx - ax) * (e - ay)) / (by - ay);
        from = Math.min(from, one, other);
        to = Math.max(to, one, other);
      }
      if (to < from) continue;
      const last = Math.min(columns - 1, Math.floor(to));
      data.fill(1, row * columns + Math.max(0, Math.floor(from)), row * columns + last + 1);
    }
  }
  return { columns, rows, data };
}

function turnMask({ columns, rows, data }: Mask, turns: number): Mask {
  if (turns === 0) return { columns, rows, data };
  const out = new Uint8Array(data.length);
  if (turns === 2) {
    for (let i = 0; i < data.length; i++) out[data.length - 1 - i] = data[i]!;
    return { columns, rows, data: out };
  }
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [tx, ty] = turns === 1 ? [rows - 1 - y, x] : [y, columns - 1 - x];
      out[ty * rows + tx] = data[y * columns + x]!;
    }
  }
  return { columns: rows, rows: columns, data: out };
}

/** Row, first and last column of every run of cells. */
function runsOf({ columns, rows, data }: Mask): Int32Array {
  const runs: number[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (!data[y * columns + x]) continue;
      const from = x;
      while (x + 1 < columns && data[y * columns + x + 1]) x++;
      runs.push(y, from, x);
    }
  }
  return Int32Array.from(runs);
}

/** Which cells are taken, as the next taken and the next free cell of each. */
class Sheet {
  private readonly width: number;
  private readonly rows: number;
  /** width + 1 a row; the last column counts as free. */
  private readonly nextTaken: Uint16Array;
  private readonly nextFree: Uint16Array;

  constructor(width: number, rows: number) {
    this.width = width;
    this.rows = rows;
    this.nextTaken = new Uint16Array((width + 1) * rows).fill(width);
    this.nextFree = new Uint16Array((width + 1) * rows);
    for (let x = 0; x <= width; x++) this.nextFree[x] = x;
    for (let y = 1; y < rows; y++) this.nextFree.copyWithin(y * (width + 1), 0, width + 1);
  }

  /** The lowest, then leftmost place whose top is below `limit`. */
  find(runs: Int32Array, columns: number, rows: number, limit: number): { x: number; y: number } | null {
    const { width, nextTaken, nextFree } = this;
    const stride = width + 1;
    const last = Math.min(this.rows, limit - 1) - rows;
    // The run that failed last is the likeliest to fail again.
    let hot = 0;
    for (let y = 0; y <= last; y++) {
      for (let x = 0; x + columns <= width; ) {
        let passed = 0;
        while (passed < runs.length) {
          const at = (y + runs[hot]!) * stride;
          const taken = nextTaken[at + x + runs[hot + 1]!]!;
          if (taken <= x + runs[hot + 2]!) {
            x = nextFree[at + taken]! - runs[hot + 1]!;
            break;
          }
          passed += 3;
          hot += 3;
          if (hot === runs.length) hot = 0;
        }
        if (passed >= runs.length) return { x, y };
      }
    }
    return null;
  }

  occupy(runs: Int32Array, x: number, y: number, padding: number): void {
    for (let i = 0; i < runs.length; i += 3) {
      const from = Math.max(0, x + runs[i + 1]! - padding);
      const to = Math.min(this.width - 1, x + runs[i + 2]! + padding);
      const [low, high] = [y + runs[i]! - padding, y + runs[i]! + padding];
      for (let row = Math.max(0, low); row <= Math.min(this.rows - 1, high); row++) this.take(row, from, to);
    }
  }

  private take(row: number, from: number, to: number): void {
    const { nextTaken, nextFree } = this;
    const at = row * (this.width + 1);
    const free = nextFree[at + to + 1]!;
    for (let x = from; x <= to; x++) {
      nextTaken[at + x] = x;
      nextFree[at + x] = free;
    }
    for (let x = from - 1; x >= 0 && nextTaken[at + x]! > from; x--) nextTaken[at + x] = from;
    for (let x = from - 1; x >= 0 && nextTaken[at + x] === x; x--) nextFree[at + x] = free;
  }
}
