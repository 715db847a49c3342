import { areaVector, type Soup, soupComponents } from "./clean-soup.ts";

/**
 * A loop of open edges is a hole when what closes it is smaller than this share of the piece that it is in; otherwise the
 * piece is a sheet (a flag, a leaf) whose outline the loop is. Half a sphere is at 0.5, a tube with one open end below 0.3.
 */
const HOLE_SHARE = 0.45;

/**
 * Closes holes with fans around the middle of their loops. Which way faces are turned is not looked at: with flipped ones
 * no loop has a direction. Fans of bent loops may overlap themselves, but they close the surface in the only sense that
 * matters afterwards: nothing gets in without crossing it.
 *
 * @returns the soup with the fans, and how many holes were closed.
 */
export function fillHoles(soup: Soup): { soup: Soup; holes: number } {
  const components = soupComponents(soup);
  const area = new Float64Array(components.count);
  for (let t = 0; t < components.of.length; t++)
    area[components.of[t]!] += Math.hypot(...(areaVector(soup, t) as [number, number, number])) / 2;
  const { positions } = soup;
  const added: number[] = [];
  const triangles: number[] = [];
  let holes = 0;
  for (const { loop, component } of openLoops(soup, components.of)) {
    const middle = [0, 1, 2].map((k) => loop.reduce((sum, v) => sum + positions[3 * v + k]!, 0) / loop.length);
    const normal = [0, 0, 0];
    loop.forEach((v, i) => {
      const w = loop[(i + 1) % loop.length]!;
      const [ax, ay, az] = [0, 1, 2].map((k) => positions[3 * v + k]! - middle[k]!) as [number, number, number];
      const [bx, by, bz] = [0, 1, 2].map((k) => positions[3 * w + k]! - middle[k]!) as [number, number, number];
      normal[0]! += (ay * bz - az * by) / 2;
      normal[1]! += (az * bx - ax * bz) / 2;
      normal[2]! += (ax * by - ay * bx) / 2;
    });
    if (Math.hypot(normal[0]!, normal[1]!, normal[2]!) > HOLE_SHARE * area[component]!) continue;
    holes++;
    if (loop.length === 3) {
      triangles.push(...loop);
      continue;
    }
    const centre = positions.length / 3 + added.length / 3;
    added.push(...middle);
    for (const [i, v] of loop.entries()) triangles.push(v, loop[(i + 1) % loop.length]!, centre);
  }
  const all = new Float64Array(positions.length + added.length);
  all.set(positions);
  all.set(added, positions.length);
  const joined = new Uint32Array(soup.triangles.length + triangles.length);
  joined.set(soup.triangles);
  joined.set(triangles, soup.triangles.length);
  const source = new Int32Array(joined.length / 3).fill(-1);
  source.set(soup.source);
  return { soup: { positions: all, triangles: joined, source }, holes };
}

/** Closed walks along edges of a single face. Where several meet in a vertex, the walk takes any: each is used once. */
function openLoops({ triangles }: Soup, component: Int32Array): { loop: number[]; component: number }[] {
  const uses = new Map<number, { a: number; b: number; count: number; triangle: number }>();
  const size = triangles.reduce((most, v) => Math.max(most, v), 0) + 1;
  for (let c = 0; c < triangles.length; c++) {
    const a = triangles[c]!;
    const b = triangles[c % 3 === 2 ? c - 2 : c + 1]!;
    const key = Math.min(a, b) * size + Math.max(a, b);
    const known = uses.get(key);
    if (known) known.count++;
    else uses.set(key, { a, b, count: 1, triangle: (c - (c % 3)) / 3 });
  }
  const open = new Map<number, Set<number>>();
  const triangleAt = new Map<number, number>();
  const join = (a: number, b: number) => {
    const set = open.get(a);
    if (set) set.add(b);
    else open.set(a, new Set([b]));
  };
  for (const { a, b, count, triangle } of uses.values()) {
    if (count !== 1) continue;
    join(a, b);
    join(b, a);
    triangleAt.set(a, triangle);
  }
  const loops: { loop: number[]; component: number }[] = [];
  for (const [first, neighbours] of open) {
    while (neighbours.size > 0) {
      const walk = [first];
      for (let at = first; ; ) {
        const next = open.get(at)?.values().next().value;
        if (next === undefined) break;
        open.get(at)!.delete(next);
        open.get(next)!.delete(at);
        if (next === first) break;
        walk.push(next);
        at = next;
      }
      const triangle = walk.map((v) => triangleAt.get(v)).find((t) => t !== undefined);
      if (walk.length >= 3 && triangle !== undefined) loops.push({ loop: walk, component: component[triangle]! });
    }
  }
  return loops;
}
