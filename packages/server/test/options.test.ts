import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fields } from "../src/api/fields.ts";
import { parseDay } from "../src/api/parse-date.ts";
import { parseOptions, parseTags, parseViews } from "../src/api/parse-options.ts";
import { parseStyle } from "../src/api/parse-style.ts";
import { parseRange } from "../src/downloads/parse-range.ts";
import { toIdentifier } from "../src/requests/identifier.ts";

function fieldsOf(values: Record<string, unknown>): Fields {
  const fields = new Fields();
  for (const [name, value] of Object.entries(values)) fields.add(name, value);
  return fields;
}

describe("options", () => {
  it("are standard quality and nothing else when nothing is said", () => {
    expect(parseOptions(new Fields())).toEqual({ options: { quality: "standard" }, warnings: [] });
  });

  it("come as numbers or as strings", () => {
    const { options } = parseOptions(
      fieldsOf({
        LoQ: " ULTRA ",
        polycount: "20000.9",
        height: "250.5",
        width: 10,
        lods: "2",
        seed: "7",
        textureSize: "512",
        topology: "Quad",
        pivot: "BASE",
        compression: "Meshopt",
        collision: "Convex",
      }),
    );
    expect(options).toEqual({
      quality: "ultra",
      polycount: 20000,
      height: 250.5,
      width: 10,
      lods: 2,
      seed: 7,
      textureSize: 512,
      topology: "quad",
      pivot: "base",
      collision: "convex",
      compression: "meshopt",
    });
  });

  it("ignore a polycount that is no number, and say so", () => {
    expect(parseOptions(fieldsOf({ polycount: "Enter polycount..." }))).toEqual({
      options: { quality: "standard" },
      warnings: ['polycount "Enter polycount..." is not a number and was ignored'],
    });
  });

  it.each([
    [{ LoQ: "best" }, 406],
    [{ LoQ: 3 }, 406],
    [{ polycount: -1 }, 400],
    [{ polycount: 0 }, 400],
    [{ polycount: 499 }, 400],
    [{ polycount: 1e12 }, 400],
    [{ polycount: "1e400" }, 400],
    [{ height: 0 }, 400],
    [{ height: -5 }, 400],
    [{ height: 100_001 }, 400],
    [{ height: "tall" }, 400],
    [{ height: "0x10" }, 400],
    [{ height: "NaN" }, 400],
    [{ width: [10] }, 400],
    [{ depth: { cm: 1 } }, 400],
    [{ textureSize: 1000 }, 400],
    [{ lods: 9 }, 400],
    [{ seed: 1.5 }, 400],
    [{ topology: "ngon" }, 400],
    [{ pivot: "head" }, 400],
    [{ compression: "some" }, 400],
    [{ collision: "some" }, 400],
  ])("%o is a %i", (values, status) => {
    expect(() => parseOptions(fieldsOf(values))).toThrow(expect.objectContaining({ status }));
  });

  it("take from a project's style what the request does not say", () => {
    const style = { topology: "triangle", polycount: 5000, shading: "flat", palette: 8, texelDensity: 100 } as const;
    expect(parseOptions(fieldsOf({ height: 100 }), style).options).toEqual({
      quality: "standard",
      height: 100,
      topology: "triangle",
      polycount: 5000,
      textureSize: 256,
      style: { shading: "flat", palette: 8 },
    });
    expect(parseOptions(fieldsOf({ polycount: 900, topology: "quad" }), style).options).toMatchObject({
      polycount: 900,
      topology: "quad",
    });
  });
});

describe("views", () => {
  it.each([
    [
      ["front", "Right"],
      ["front", "right", "auto"],
    ],
    ['["back","auto"]', ["back", "auto", "auto"]],
    ["left,top", ["left", "top", "auto"]],
    [[{ azimuth: 45, elevation: 10 }], [{ azimuth: 45, elevation: 10 }, "auto", "auto"]],
    ['[{"azimuth":"45"}]', [{ azimuth: 45, elevation: 0 }, "auto", "auto"]],
    [undefined, ["auto", "auto", "auto"]],
  ])("%j", (views, expected) => {
    expect(parseViews(fieldsOf({ views }), 3)).toEqual(expected);
  });

  it.each([[["front", "front"]], [["side"]], [["front", "back", "left", "right"]], [[{ azimuth: "x" }]], [[7]]])(
    "refuses %j",
    (views) => {
      expect(() => parseViews(fieldsOf({ views }), 3)).toThrow(expect.objectContaining({ status: 400 }));
    },
  );
});

it("tags come as a list, JSON or joined, without repetitions", () => {
  expect(parseTags(fieldsOf({ tags: ["a", "b", "a"] }))).toEqual(["a", "b"]);
  expect(parseTags(fieldsOf({ tags: "a, b" }))).toEqual(["a", "b"]);
  expect(parseTags(fieldsOf({ tags: '["a"]' }))).toEqual(["a"]);
  expect(() => parseTags(fieldsOf({ tags: Array.from({ length: 33 }, (_, i) => `t${i}`) }))).toThrow("at most 32");
});

it("objects that cannot become text or a number are refused like any other value", () => {
  const odd = { toString: "x" };
  const invalid = expect.objectContaining({ status: 400 });
  expect(() => parseTags(fieldsOf({ tags: [odd] }))).toThrow(invalid);
  expect(() => parseViews(fieldsOf({ views: [{ azimuth: odd }] }), 1)).toThrow(invalid);
  expect(() => parseOptions(fieldsOf({ height: odd }))).toThrow(invalid);
  for (const name of ["palette", "shading"]) expect(() => parseStyle({ [name]: odd }, {}, [])).toThrow(invalid);
});

describe("identifiers", () => {
  it.each([
    ["Robot", "Robot"],
    ["my robot (v2).final", "my_robot_v2_final"],
    ["3D Thing", "asset_3D_Thing"],
    ["Château", "Chateau"],
    ["椅子", "asset"],
    ["../../etc/passwd", "etc_passwd"],
    ["", "asset"],
  ])("%j becomes %s", (name, expected) => {
    expect(toIdentifier(name)).toBe(expected);
  });

  it("are always letters, digits and underscores that start with no digit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => /^[A-Za-z][A-Za-z0-9_]{0,60}$/.test(toIdentifier(name))),
    );
  });
});

describe("dates", () => {
  it.each(["02-14-2022", "2-14-2022", "2022-02-14"])("%s is one UTC day", (text) => {
    expect(parseDay("start", text)).toEqual({ begins: Date.UTC(2022, 1, 14), ends: Date.UTC(2022, 1, 15) });
  });

  it.each(["14-02-2022", "2022/02/14", "02-30-2022", "2022-2-1", "yesterday", "0-1-2022"])(
    "%s is a 400 that names both forms",
    (text) => {
      expect(() => parseDay("end", text)).toThrow("MM-DD-YYYY or YYYY-MM-DD");
    },
  );
});

describe("ranges", () => {
  it.each([
    [undefined, null],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-1000", { start: 0, end: 99 }],
    ["bytes=50-1000", { start: 50, end: 99 }],
    ["bytes=100-", "outside"],
    ["bytes=-0", "outside"],
    ["bytes=9-0", null],
    ["bytes=0-1,4-5", null],
    ["lines=1-2", null],
    ["bytes=-", null],
  ])("%s of 100 bytes", (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });
});
