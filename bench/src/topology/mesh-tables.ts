import { formatMarkdown } from "../report/table.ts";
import type { MeshRow } from "./measure-asset.ts";

const percent = (share: number, digits = 1) => (100 * share).toFixed(digits);
const label = ({ name, pictures, quality }: MeshRow) =>
  `${name}, ${pictures}${quality === "standard" ? "" : `, ${quality}`}`;

/** What an artist asks of the files. */
export function topologyTable(rows: readonly MeshRow[]): string {
  return formatMarkdown(
    [
      "asset, pictures",
      "triangles",
      "quads %",
      "irregular %",
      "open, non-manifold",
      "degenerate",
      "self-intersecting %",
      "pieces",
      "charts",
      "texture used %",
      "density spread %",
      "UV overlap, flipped",
      "verdicts",
    ],
    rows.map((row) => [
      label(row),
      String(row.triangles),
      percent(row.quadShare),
      percent(row.irregularShare),
      String(row.unclosed),
      String(row.degenerate),
      percent(row.selfIntersecting, 2),
      String(row.pieces),
      String(row.charts),
      percent(row.textureUsed, 0),
      percent(row.densitySpread),
      `${row.uvOverlap}, ${row.uvFlipped}`,
      `${row.verdicts.filter(({ faults }) => faults.length === 0).length}/${row.verdicts.length}`,
    ]),
  );
}

/** How near it is to its pictures and to the surface from which it was made. */
export function fidelityTable(rows: readonly MeshRow[]): string {
  return formatMarkdown(
    [
      "asset, pictures",
      "IoU at the inputs",
      "PSNR, dB",
      "distance: mean",
      "99 %",
      "largest",
      "normals",
      "off by 15°, %",
      "with map",
      "off by 15°, %",
    ],
    rows.map((row) => [
      label(row),
      Math.min(...row.inputs.map(({ iou }) => iou)).toFixed(3),
      (row.inputs.reduce((sum, { psnr }) => sum + psnr, 0) / row.inputs.length).toFixed(1),
      row.distance.mean.toFixed(2),
      row.distance.most.toFixed(1),
      row.distance.worst.toFixed(1),
      `${row.normals.mean.toFixed(1)}°`,
      percent(row.normals.visible),
      `${row.normalsMapped.mean.toFixed(1)}°`,
      percent(row.normalsMapped.visible),
    ]),
  );
}

/** How many assets reach what was set, and by which figure the others miss it. */
export function summary(rows: readonly MeshRow[]): string {
  const lines: [string, (row: MeshRow) => boolean][] = [
    ["no open or non-manifold edge, nothing degenerate", (row) => row.unclosed + row.degenerate === 0],
    ["at most 0.1 % of the triangles intersect others", (row) => row.selfIntersecting <= 0.001],
    ["no texel of the layout twice, nothing mirrored", (row) => row.uvOverlap + row.uvFlipped === 0],
    ["at least 95 % quads", (row) => row.quadShare >= 0.95],
    ["all importers agree", (row) => row.verdicts.every(({ faults }) => faults.length === 0)],
    ["IoU of at least 0.97 at every input", (row) => row.inputs.every(({ iou }) => iou >= 0.97)],
    ["mean distance within the tolerance", (row) => row.distance.mean <= 1],
  ];
  return formatMarkdown(
    ["", "assets", "not"],
    lines.map(([name, holds]) => {
      const missing = rows.filter((row) => !holds(row)).map(label);
      const names = missing.length === rows.length ? "all" : missing.join("; ");
      return [name, `${rows.length - missing.length} of ${rows.length}`, names];
    }),
  );
}

/** Every verdict that is not as it should be. */
export function complaints(rows: readonly MeshRow[]): string[] {
  return rows.flatMap((row) =>
    row.verdicts
      .filter(({ faults }) => faults.length > 0)
      .map(({ importer, format, faults }) => `${label(row)}: ${importer}, ${format}: ${faults.join("; ")}`),
  );
}
