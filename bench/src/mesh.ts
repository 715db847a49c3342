/** npm run bench:mesh — makes the examples and prints what an artist asks of their meshes and UV layouts. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runEngine } from "@maquette/engine/host";
import type { Quality } from "@maquette/engine/types";
import { listOf, oneOf } from "./options.ts";
import { formatTable } from "./report/table.ts";
import { measurePolygons } from "./topology/measure-polygons.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const SIDES = ["front", "right", "back", "left"] as const;

const { values } = parseArgs({
  options: {
    examples: { type: "string", default: readdirSync(EXAMPLES).join(",") },
    quality: { type: "string", default: "standard" },
  },
});

const quality: Quality = oneOf("--quality", values.quality, ["standard", "high", "ultra"]);
const examples = listOf("--examples", values.examples, readdirSync(EXAMPLES));

const rows: string[][] = [];
for (const example of examples) {
  for (const names of [["picture"], SIDES]) {
    const paths = names.map((name) => join(EXAMPLES, example, `${name}.png`));
    if (!paths.every((path) => existsSync(path))) continue;
    const { files, report } = await runEngine({
      kind: "asset",
      pictures: paths.map((path) => new Uint8Array(readFileSync(path))),
      options: {
        name: example,
        quality,
        ...(names.length > 1 && { views: [...SIDES] }),
      },
    });
    const { checks, layout } = report;
    const obj = measurePolygons(new TextDecoder().decode(files.find(({ format }) => format === "obj")!.data));
    rows.push([
      `${example}, ${names.length}`,
      String(report.triangles),
      (100 * obj.quadShare).toFixed(1),
      (100 * obj.irregularShare).toFixed(1),
      String(checks.openEdges + checks.nonManifoldEdges + checks.nonManifoldVertices),
      String(checks.degenerateFaces),
      String(checks.components),
      String(layout!.charts),
      (100 * layout!.utilization).toFixed(0),
      (100 * layout!.densitySpread).toFixed(1),
    ]);
    console.error(rows.at(-1)!.join("  "));
  }
}
console.log(
  formatTable(
    [
      "example, pictures",
      "triangles",
      "quads %",
      "irregular vertices %",
      "open or non-manifold",
      "degenerate",
      "pieces",
      "charts",
      "texture used %",
      "density spread %",
    ],
    rows,
  ),
);
