/**
 * npm run bench:mesh — makes assets of the examples and of validation objects, and prints what a studio asks of them:
 * topology, layout, what importers find, and how near they are to their pictures and to the surface they were made from.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadMatteModel } from "@maquette/engine/host/load-matte-model";
import { loadModels } from "@maquette/engine/host/load-models";
import { ThreeImporter } from "./importers/import-with-three.ts";
import { listOf, wholeNumber } from "./options.ts";
import { describeMachine } from "./report/machine.ts";
import { exampleNames, exampleOrders, packOrders } from "./topology/assets.ts";
import { keepAsset } from "./topology/kept-assets.ts";
import { type MeshRow, measureAsset } from "./topology/measure-asset.ts";
import { complaints, fidelityTable, summary, topologyTable } from "./topology/mesh-tables.ts";

const QUALITIES = ["standard", "high", "ultra"] as const;

const { values } = parseArgs({
  options: {
    examples: { type: "string", default: exampleNames().join(",") },
    objects: { type: "string", default: "6" },
    packs: { type: "string", default: "../shared/data" },
    quality: { type: "string", default: "standard" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    /** Keeps the GLB and OBJ of every asset in this folder, as `npm run gallery -- --assets DIR` takes them. */
    keep: { type: "string" },
    /** Files of earlier runs, whose rows come first. */
    with: { type: "string", multiple: true, default: [] },
  },
});
const qualities = listOf("--quality", values.quality, QUALITIES);
const examples = values.examples === "" ? [] : listOf("--examples", values.examples, exampleNames());
const objects = wholeNumber("--objects", values.objects, 0, 400);
const seed = wholeNumber("--seed", values.seed, 0, 2 ** 31);

const rows: MeshRow[] = values.with.flatMap((file) => JSON.parse(readFileSync(file, "utf8")).rows);
if (examples.length + objects > 0) {
  const tools = { prior: await loadModels(), matte: await loadMatteModel(), three: await ThreeImporter.open() };
  try {
    for (const quality of qualities) {
      for (const order of exampleOrders(examples)) await measure(order, quality, tools);
      for await (const order of packOrders(values.packs, objects, seed)) await measure(order, quality, tools);
    }
  } finally {
    await tools.three.close();
  }
}
console.log(`${rows.length} assets\n\n${summary(rows)}\n\n${topologyTable(rows)}\n\n${fidelityTable(rows)}`);
for (const line of complaints(rows)) console.log(line);

async function measure(...[order, quality, tools]: Parameters<typeof measureAsset>) {
  const measured = await measureAsset(order, quality, tools).catch((error: Error) => {
    console.error(`${order.name}, ${order.pictures.length}, ${quality}: not made: ${error.stack}`);
    return null;
  });
  if (!measured) {
    process.exitCode = 1;
    return;
  }
  const { row, files } = measured;
  rows.push(row);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine: describeMachine(), seed, rows })}\n`);
  if (values.keep) await keepAsset(values.keep, order, quality, files);
  console.error(topologyTable([row]).split("\n").at(-1), fidelityTable([row]).split("\n").at(-1));
}
