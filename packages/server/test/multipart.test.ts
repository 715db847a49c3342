import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "../src/api/fields.ts";
import { type Part, parseMultipart } from "../src/api/parse-multipart.ts";

const text = (...lines: string[]) => Buffer.from(lines.join("\r\n"), "latin1");

describe("multipart bodies", () => {
  it("gives back what a form encoder wrote, whatever bytes are in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.stringMatching(/^[\w[\]-]{1,20}$/), data: fc.uint8Array({ maxLength: 300 }) }), {
          maxLength: 8,
        }),
        async (entries) => {
          const form = new FormData();
          for (const { name, data } of entries)
            form.append(name, new Blob([data as Uint8Array<ArrayBuffer>]), "a b.png");
          const encoded = new Response(form);
          const boundary = /boundary=(.*)$/.exec(encoded.headers.get("content-type")!)![1]!;
          const parts = parseMultipart(Buffer.from(await encoded.arrayBuffer()), boundary);
          expect(parts.map((part) => ({ name: part.name, data: new Uint8Array(part.data) }))).toEqual(
            entries.map(({ name, data }) => ({ name, data: new Uint8Array(data) })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("never throws anything but a 400 on mutated bodies", () => {
    const valid = text("--b", 'Content-Disposition: form-data; name="a"; filename="x.png"', "", "data", "--b--", "");
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 6 }), fc.nat(8), (at, insert, remove) => {
        const body = Buffer.concat([valid.subarray(0, at), insert, valid.subarray(at + remove)]);
        try {
          const parts: Part[] = parseMultipart(body, "b");
          expect(parts.length).toBeLessThan(4);
        } catch (error) {
          expect(error).toMatchObject({ name: "ApiError", status: 400 });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("reads parts without headers, without content types, quoted and encoded file names, and a preamble", () => {
    const body = text(
      "preamble",
      "--b",
      'Content-Disposition: form-data; name="image0"; filename="a\\"b.png"',
      "",
      "one",
      "--b  ",
      "content-disposition: form-data; name=plain; filename*=UTF-8''caf%C3%A9.png",
      "Content-Type: image/png; charset=binary",
      "",
      "two",
      "--b",
      "",
      "three",
      "--b--",
      "epilogue",
    );
    expect(parseMultipart(body, "b").map(({ data, ...rest }) => ({ ...rest, data: data.toString() }))).toEqual([
      { name: "image0", filename: 'a"b.png', type: null, data: "one" },
      { name: "plain", filename: "café.png", type: "image/png", data: "two" },
      { name: "", filename: null, type: null, data: "three" },
    ]);
  });

  it.each([
    ["JSON under a type with a boundary", '{"a":1}', "does not hold its boundary"],
    ["one that ends early", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf", "ends early"],
    ["a part without an empty line", "--b\r\nContent-Disposition: x\r\n--b--\r\n", "empty line"],
    ["a boundary that goes on", "--bad\r\n\r\nx\r\n--b--", "is malformed"],
  ])("refuses %s with a 400", (_what, body, why) => {
    expect(() => parseMultipart(Buffer.from(body), "b")).toThrow(why);
  });

  it("refuses ten thousand parts without reading them all", () => {
    const body = Buffer.from(`${"--b\r\n\r\nx\r\n".repeat(10_000)}--b--`);
    expect(() => parseMultipart(body, "b")).toThrow("more than 64 parts");
  });
});

describe("bodies by what is in them", () => {
  const JSON_TEXT = '{"devID":"d","LoQ":"High","height":"250"}';
  it.each([
    ["application/json", JSON_TEXT],
    ["multipart/form-data", JSON_TEXT],
    ["application/x-www-form-urlencoded", JSON_TEXT],
    ["text/plain", JSON_TEXT],
    [undefined, JSON_TEXT],
    ["application/json", `\uFEFF${JSON_TEXT}`],
    ["application/x-www-form-urlencoded", "devID=d&LoQ=High&height=250"],
    ["multipart/form-data", "devID=d&LoQ=High&height=250"],
    [
      undefined,
      '--x\r\nContent-Disposition: form-data; name="devID"\r\n\r\nd\r\n--x\r\nContent-Disposition: form-data; name="loq"\r\n\r\nHigh\r\n--x\r\nContent-Disposition: form-data; name="HEIGHT"\r\n\r\n250\r\n--x--',
    ],
  ])("reads %s", (type, body) => {
    const fields = readBody(type, Buffer.from(body));
    expect([fields.text("devID"), fields.text("LoQ"), fields.text("height")]).toEqual(["d", "High", "250"]);
  });

  it("compares names without case, dashes, underscores and brackets", () => {
    const fields = readBody("application/x-www-form-urlencoded", Buffer.from("dev_id=d&imageUrls[]=a&image-urls[1]=b"));
    expect(fields.text("devID")).toBe("d");
    expect(fields.all("imageUrls")).toEqual(["a", "b"]);
  });

  it("takes empty strings and nulls as not given", () => {
    const fields = readBody("application/json", Buffer.from('{"projectID":null,"studioID":"","name":"  "}'));
    expect([fields.has("projectID"), fields.has("studioID"), fields.has("name")]).toEqual([false, false, false]);
  });

  it.each([
    ["a list", "[1]"],
    ["broken JSON", '{"a":'],
    ["a prototype", '{"__proto__":{"admin":true}}'],
    ["100,000 levels", "[".repeat(100_000)],
    ["a number beyond all", '{"a":NaN}'],
    ["binary", "\x00\x01\x02"],
    ["prose", "hello there"],
  ])("refuses %s with a 400", (_what, body) => {
    expect(() => readBody("application/json", Buffer.from(body))).toThrow(expect.objectContaining({ status: 400 }));
  });

  it.each(["a\u0000b", "\ud800"])("refuses %j, which the database could not store", (value) => {
    const fields = readBody("application/json", Buffer.from(JSON.stringify({ name: value })));
    expect(() => fields.text("name")).toThrow(expect.objectContaining({ status: 400 }));
  });
});
