import fc from "fast-check";

// biome-ignore lint/suspicious/noExplicitAny: a JSON document, read field by field.
export type Json = any;

/** Values that exist on the server, by the name of the parameter that takes them. */
export type Known = Record<string, readonly string[]>;

/** What programs send by mistake, and attackers on purpose. */
export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    "",
    " ",
    "null",
    "undefined",
    "NaN",
    "-1",
    "0x10",
    "1e400",
    "٣",
    "\0",
    "\ud800",
    "\u202Egnp.exe",
    "'; drop table request; --",
    "../../../../etc/passwd",
    "%00%2e%2e",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "http://127.0.0.1:1/",
    "data:image/png;base64,AAAA",
    "data:,",
    "x".repeat(5000),
    -1,
    0,
    0.5,
    2 ** 31,
    2 ** 53,
    1e308,
    [],
    {},
    [[[[]]]],
    [null],
    { __proto__: null, constructor: 1 },
    { toString: "x" },
    Array(100).fill("x"),
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Mostly what a schema describes; now and then something else. */
export function valuesOf(schema: Json, document: Json, known: Known, name = ""): fc.Arbitrary<unknown> {
  const good = goodValuesOf(schema, document, known, name);
  return fc.oneof({ weight: 25, arbitrary: good }, { weight: 1, arbitrary: nasty });
}

function goodValuesOf(schema: Json, document: Json, known: Known, name: string): fc.Arbitrary<unknown> {
  const of = (inner: Json) => valuesOf(inner, document, known, name);
  if (schema.$ref) return of(document.components.schemas[schema.$ref.split("/").at(-1)]);
  const there = known[name];
  if (there?.length && schema.type === "string") {
    return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...there) }, fc.uuid(), fc.string());
  }
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return fc.oneof(...alternatives.map(of));
  switch (schema.type) {
    case "integer":
    case "number": {
      const min = schema.minimum ?? schema.exclusiveMinimum ?? -1000;
      const max = schema.maximum ?? 100_000;
      const number = schema.type === "integer" ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
      return fc.oneof(
        { weight: 5, arbitrary: number },
        { weight: 3, arbitrary: number.map(String) },
        fc.constantFrom(min, max, min - 1, max + 1),
      );
    }
    case "boolean":
      return fc.oneof(fc.boolean(), fc.constantFrom("true", "false", "1", "0", 1));
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(of(schema.items), { maxLength: schema.maxItems === 6 ? 3 : (schema.maxItems ?? 5) + 1 });
    case "object":
      return objectsOf(schema, document, known);
    default:
      if (schema.format === "uuid") return fc.uuid();
      return fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom("Fox", "2022-02-01", "02-14-2022", "10"));
  }
}

/** An object with some of the properties. */
export function objectsOf(schema: Json, document: Json, known: Known): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>);
  return fc.record(
    Object.fromEntries(properties.map(([name, property]) => [name, valuesOf(property, document, known, name)])),
    { requiredKeys: [] },
  );
}
