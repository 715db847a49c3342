import { expect, it } from "vitest";
import { measurePolygons } from "../src/topology/measure-polygons.ts";
import { readPolygons } from "../src/topology/read-polygons.ts";

/*
 * A square pyramid: four triangles meet in its tip (5), three faces in each corner of its base.
 *     5
 *   4---3
 *   1---2
 */
const PYRAMID = ["f 1/1/1 4/2/1 3/3/1 2/4/1", "f 1/1/2 2/2/2 5/3/2", "f 2 3 5", "f 3 4 5", "f 4//1 1//1 5//1"];

it("counts quads and poles", () => {
  expect(measurePolygons(readPolygons(["v 0 0 0", "vn 0 1 0", ...PYRAMID].join("\n")))).toEqual({
    polygons: 5,
    quadShare: 1 / 5,
    irregularShare: 4 / 5,
  });
});
