import zlib from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { EngineError, type ErrorCode } from "../src/errors.ts";
import { type IngestedPicture, ingestPicture, PICTURE_LIMITS } from "../src/ingest/ingest-picture.ts";
import { sniffFormat } from "../src/ingest/sniff-format.ts";

const WIDTH = 96;
const HEIGHT = 72;

/** No two quarters alike, so that any turn or mirror image shows. */
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => {
  const [x, y, c] = [(i >> 2) % WIDTH, Math.floor((i >> 2) / WIDTH), i & 3];
  return [40 + 2 * x, 230 - 2 * y, x < 48 && y < 36 ? 200 : 60, 255][c];
});
const picture = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
const ingest = (bytes: Uint8Array, maxSide = 1024) => ingestPicture(bytes, 0, { maxSide });

let files: Record<string, Uint8Array>;
beforeAll(async () => {
  files = {
    png: await picture().png().toBuffer(),
    "interlaced png": await picture().png({ progressive: true }).toBuffer(),
    jpeg: await picture().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer(),
    "progressive jpeg": await picture().jpeg({ quality: 95, progressive: true }).toBuffer(),
    webp: await picture().webp({ quality: 95 }).toBuffer(),
    "lossless webp": await picture().webp({ lossless: true }).toBuffer(),
    avif: await picture().avif({ quality: 80, effort: 1 }).toBuffer(),
    gif: await picture().gif().toBuffer(),
    tiff: await picture().tiff({ compression: "deflate" }).toBuffer(),
    "jpeg tiff": await picture().removeAlpha().tiff({ compression: "jpeg" }).toBuffer(),
  };
});

async function refusal(bytes: Uint8Array): Promise<EngineError> {
  try {
    await ingest(bytes);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

async function expectRefusal(bytes: Uint8Array, code: ErrorCode, detail: RegExp): Promise<void> {
  const error = await refusal(bytes);
  expect(error.code).toBe(code);
  expect(error.detail).toMatch(detail);
  expect(error.picture).toBe(0);
}

/** Mean absolute difference of the colour channels, bytes. */
function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if ((i & 3) !== 3) sum += Math.abs(a[i] - b[i]);
  return sum / (0.75 * a.length);
}

describe("ingestPicture reads", () => {
  test("every format to the same pixels", async () => {
    for (const [name, bytes] of Object.entries(files)) {
      const got = await ingest(bytes);
      expect(name).toContain(got.format);
      expect([got.width, got.height, got.image.width, got.image.height], name).toEqual([WIDTH, HEIGHT, WIDTH, HEIGHT]);
      expect(got.image.data).toBeInstanceOf(Uint8Array);
      expect(got.image.data.length, name).toBe(WIDTH * HEIGHT * 4);
      expect(difference(got.image.data, pixels), name).toBeLessThan(name === "gif" ? 8 : 4);
    }
  });

  test("deep, grey, palette and CMYK pictures as their 8-bit sRGB equals", async () => {
    const grey = await ingest(await picture().greyscale().png().toBuffer());
    const cases: [string, Uint8Array, Uint8Array, number][] = [
      ["16 bit", await picture().toColourspace("rgb16").png().toBuffer(), pixels, 0.5],
      ["16-bit grey", await picture().removeAlpha().toColourspace("grey16").png().toBuffer(), grey.image.data, 1.5],
      ["grey + alpha", await picture().toColourspace("b-w").png().toBuffer(), grey.image.data, 1],
      ["palette", await picture().png({ palette: true, colours: 256 }).toBuffer(), pixels, 8],
      ["CMYK", await picture().removeAlpha().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer(), pixels, 25],
      ["Display P3", await picture().withIccProfile("p3").png().toBuffer(), pixels, 2],
      ["float TIFF", await picture().removeAlpha().toColourspace("scrgb").tiff().toBuffer(), pixels, 12],
    ];
    for (const [name, bytes, expected, tolerance] of cases) {
      const { image } = await ingest(bytes);
      expect(difference(image.data, expected), name).toBeLessThan(tolerance);
    }
  });

  test("1-bit and transparent-palette PNG", async () => {
    const bits = makePng({ width: 80, height: 70, depth: 1, colorType: 0, fill: 0xaa });
    const { image, hasAlpha } = await ingest(bits);
    expect([...image.data.subarray(0, 8)]).toEqual([255, 255, 255, 255, 0, 0, 0, 255]);
    expect(hasAlpha).toBe(false);
    const palette = pngChunk("PLTE", Uint8Array.from([10, 20, 30, 200, 100, 50]));
    const transparency = pngChunk("tRNS", Uint8Array.from([255, 0]));
    const indexed = makePng({
      width: 80,
      height: 70,
      depth: 1,
      colorType: 3,
      fill: 0xaa,
      extra: [palette, transparency],
    });
    const second = await ingest(indexed);
    expect(second.hasAlpha).toBe(true);
    expect(second.image.data[3]).toBe(0);
    expect([...second.image.data.subarray(4, 8)]).toEqual([10, 20, 30, 255]);
  });

  test("all eight EXIF orientations upright", async () => {
    const upright = (await ingest(files.jpeg)).image.data;
    for (let orientation = 1; orientation <= 8; orientation++) {
      // The stored picture is turned so that applying the orientation turns it back.
      let stored = picture();
      if (orientation === 2) stored = stored.flop();
      if (orientation === 3) stored = stored.rotate(180);
      if (orientation === 4) stored = stored.flip();
      if (orientation === 5) stored = sharp(await stored.rotate(90).png().toBuffer()).flop();
      if (orientation === 6) stored = stored.rotate(270);
      if (orientation === 7) stored = sharp(await stored.rotate(270).png().toBuffer()).flop();
      if (orientation === 8) stored = stored.rotate(90);
      const bytes = await stored.jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
      const got = await ingest(bytes);
      expect([got.width, got.height], `orientation ${orientation}`).toEqual([WIDTH, HEIGHT]);
      expect(difference(got.image.data, upright), `orientation ${orientation}`).toBeLessThan(5);
    }
  });

  test("only the first frame of animations and pages", async () => {
    const frames = Buffer.concat([0, 1, 2, 3].map((i) => Buffer.alloc(70 * 66 * 3, 60 * i + 20)));
    const strip = sharp(frames, { raw: { width: 70, height: 66 * 4, channels: 3, pageHeight: 66 } });
    for (const bytes of [
      await strip.clone().gif().toBuffer(),
      await strip.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const got = await ingest(bytes);
      expect([got.width, got.height, got.image.height]).toEqual([70, 66, 66]);
      expect(got.image.data[0]).toBe(20);
    }
  });

  test("files that say or carry more than a picture: only the picture", async () => {
    const trailing = Buffer.from("PK\x03\x04<script>alert(1)</script>");
    for (const name of ["png", "jpeg", "gif"]) {
      const got = await ingest(Buffer.concat([files[name], trailing]));
      expect(got.image.data).toEqual((await ingest(files[name])).image.data);
    }
  });

  test("a broken colour profile by ignoring it", async () => {
    const body = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), Buffer.alloc(400, 7)]);
    const segment = Buffer.concat([Buffer.from([0xff, 0xe2, 0, body.length + 2 - 256]), body]);
    segment.writeUInt16BE(body.length + 2, 2);
    const broken = Buffer.concat([files.jpeg.subarray(0, 2), segment, files.jpeg.subarray(2)]);
    expect(difference((await ingest(broken)).image.data, pixels)).toBeLessThan(4);
  });

  test("large pictures reduced to the longest side asked for, small ones as they are", async () => {
    const large = await sharp({ create: { width: 900, height: 300, channels: 3, background: "#406080" } })
      .png()
      .toBuffer();
    const got = await ingest(large, 300);
    expect([got.width, got.height, got.image.width, got.image.height]).toEqual([900, 300, 300, 100]);
    expect((await ingest(files.png, 300)).image.width).toBe(WIDTH);
  });
});

describe("ingestPicture refuses", () => {
  test("an empty file", () => expectRefusal(new Uint8Array(0), "image_empty", /0 bytes/));

  test("what is no picture, and says what it looks like", async () => {
    const svg = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
      <svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><image href="file:///etc/passwd"/></svg>`;
    const laughs = `<!DOCTYPE l [${Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)}]><svg>&l9;</svg>`;
    const cases: [string | Uint8Array, RegExp][] = [
      ["just words\n", /text file/],
      ["  \n", /text file/],
      [svg, /SVG/],
      [laughs, /SVG/],
      ["<!DOCTYPE html><html><body>404", /web page/],
      ["%PDF-1.7\n", /PDF/],
      ["%!PS-Adobe-3.0 EPSF-3.0", /PostScript/],
      ["push graphic-context\nfill 'url(https://example.com/\"|ls)'\npop graphic-context", /text file/],
      ["PK\x03\x04\x14\0\0\0", /ZIP/],
      ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", /HEIC/],
      ["\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", /HEIC/],
      ["\0\0\0\x20ftypisom\0\0\x02\0isomiso2", /video/],
      ["BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", /BMP/],
      ["glTF\x02\0\0\0", /3D model/],
      [Uint8Array.from([1, 2, 3, 4, 0, 9]), /no known picture format/],
    ];
    for (const [content, words] of cases) {
      const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
      await expectRefusal(bytes, "image_unsupported", words);
    }
  });

  test("damaged and truncated files", async () => {
    for (const [name, bytes] of Object.entries(files)) {
      for (const share of [0.25, 0.6, 0.95]) {
        const error = await refusal(bytes.subarray(0, Math.floor(bytes.length * share)));
        expect(error.code, `${name} cut at ${share}`).toBe("image_corrupt");
        expect(error.detail.length, name).toBeLessThan(120);
      }
    }
    await expectRefusal(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "image_corrupt", /header/);
    await expectRefusal(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]), "image_corrupt", /./);
  });

  test("more than 50 megapixels, by the header alone", async () => {
    const png = makePng({ width: 20_000, height: 20_000, depth: 1, colorType: 0, rows: 8 });
    expect(png.length).toBeLessThan(50_000);
    const jpeg = Buffer.from(await picture().jpeg().toBuffer());
    const frame = jpeg.indexOf(Uint8Array.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65_500, frame + 5);
    jpeg.writeUInt16BE(65_500, frame + 7);
    const gif = Buffer.from(files.gif);
    gif.writeUInt16LE(65_535, 6);
    gif.writeUInt16LE(65_535, 8);
    const webp = await sharp({ create: { width: 16_000, height: 4_000, channels: 3, background: "#123" } })
      .webp({ effort: 0 })
      .toBuffer();
    const before = process.memoryUsage().rss;
    for (const [bytes, size] of [
      [png, /20000 × 20000/],
      [jpeg, /65500 × 65500/],
      [gif, /65535/],
      [webp, /16000 × 4000/],
    ] as const) {
      const start = performance.now();
      await expectRefusal(bytes, "image_too_large", size);
      expect(performance.now() - start).toBeLessThan(500);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test("more than 5 MB", async () => {
    const padded = new Uint8Array(PICTURE_LIMITS.bytes + 1);
    padded.set(files.jpeg);
    await expectRefusal(padded, "image_too_large", /5\.2 MB/);
    await expect(ingest(padded.subarray(0, PICTURE_LIMITS.bytes))).resolves.toBeDefined();
  });

  test("too small and too narrow ones", async () => {
    for (const [width, height, code] of [
      [1, 1, "image_too_small"],
      [24, 24, "image_too_small"],
      [16, 20_000, "image_too_small"],
      [500, 63, "image_too_small"],
      [64, 1025, "image_too_long"],
      [20_000, 200, "image_too_long"],
    ] as const) {
      await expectRefusal(makePng({ width, height, depth: 8, colorType: 0 }), code, new RegExp(`${width} × ${height}`));
    }
    await expect(ingest(makePng({ width: 64, height: 1024, depth: 8, colorType: 0 }))).resolves.toBeDefined();
  });
});

describe("ingestPicture survives", () => {
  test("metadata that unpacks to hundreds of megabytes", async () => {
    const bomb = zlib.deflateSync(Buffer.alloc(400_000_000, 65));
    const before = process.memoryUsage().rss;
    const named = (body: Uint8Array) => Buffer.concat([Buffer.from("a\0\0", "latin1"), body]);
    const bytes = makePng({
      width: 100,
      height: 100,
      depth: 8,
      colorType: 0,
      extra: [
        pngChunk("zTXt", named(bomb)),
        pngChunk("iCCP", named(bomb)),
        pngChunk("tEXt", Buffer.alloc(3_000_000, 66)),
      ],
    });
    const start = performance.now();
    await ingest(bytes);
    expect(performance.now() - start).toBeLessThan(1500);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test("pixels that unpack from kilobytes to the limit", async () => {
    const got = await ingest(makePng({ width: 7000, height: 7000, depth: 1, colorType: 0, fill: 0 }), 256);
    expect([got.width, got.image.width]).toEqual([7000, 256]);
  });

  test("random bytes, with and without a picture's signature", async () => {
    const starts = [
      "",
      "\x89PNG\r\n\x1a\n",
      "\xff\xd8\xff\xe0",
      "RIFF\x40\0\0\0WEBPVP8 ",
      "GIF89a",
      "II*\0\x08\0\0\0",
      "\0\0\0\x1cftypavif",
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 600 }), async (start, tail) => {
        await expectPictureOrRefusal(Buffer.concat([Buffer.from(start, "latin1"), tail]));
      }),
      { numRuns: 400, seed: 4 },
    );
  });

  test("bit flips and cuts of valid files of every format", async () => {
    for (const bytes of Object.values(files)) {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(bytes.length * 8 - 1)), { minLength: 1, maxLength: 6 }),
          fc.option(fc.nat(bytes.length)),
          async (flips, cut) => {
            const damaged = Uint8Array.from(bytes);
            for (const [bit] of flips) damaged[bit >> 3] ^= 1 << (bit & 7);
            await expectPictureOrRefusal(cut === null ? damaged : damaged.subarray(0, cut));
          },
        ),
        { numRuns: 60, seed: 5 },
      );
    }
  });
});

test("metadata never survives: the result is pixels and sizes", async () => {
  const tagged = await picture()
    .withExif({ IFD0: { Copyright: "somebody" }, IFD3: { GPSLatitude: "51/1 30/1 0/1" } })
    .jpeg()
    .toBuffer();
  const got = await ingest(tagged);
  expect(Object.keys(got).sort()).toEqual(["format", "hasAlpha", "height", "image", "width"]);
  expect(Object.keys(got.image).sort()).toEqual(["data", "height", "width"]);
});

test("sniffFormat goes by bytes: a PNG is a PNG whatever it is called", () => {
  expect(sniffFormat(files.png)).toEqual({ format: "png" });
  expect(sniffFormat(files["progressive jpeg"])).toEqual({ format: "jpeg" });
});

async function expectPictureOrRefusal(bytes: Uint8Array): Promise<void> {
  let got: IngestedPicture;
  try {
    got = await ingest(bytes, 128);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).family).not.toBe("internal");
    return;
  }
  expect(got.image.data.length).toBe(got.image.width * got.image.height * 4);
  expect(Math.max(got.image.width, got.image.height)).toBeLessThanOrEqual(128);
}

function pngChunk(type: string, body: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const chunk = Buffer.concat([Buffer.alloc(4), typed, Buffer.alloc(4)]);
  chunk.writeUInt32BE(body.length, 0);
  chunk.writeUInt32BE(zlib.crc32(typed), chunk.length - 4);
  return chunk;
}

/** A PNG of one colour type and depth, all of whose data bytes are `fill`. With `rows`, only so many rows have data. */
function makePng(o: {
  width: number;
  height: number;
  depth: number;
  colorType: number;
  fill?: number;
  rows?: number;
  extra?: Uint8Array[];
}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(o.width, 0);
  header.writeUInt32BE(o.height, 4);
  header[8] = o.depth;
  header[9] = o.colorType;
  const stride = 1 + Math.ceil((o.width * o.depth) / 8);
  const raw = Buffer.alloc(stride * (o.rows ?? o.height), o.fill ?? 128);
  for (let at = 0; at < raw.length; at += stride) raw[at] = 0;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    ...(o.extra ?? []),
    pngChunk("IDAT", zlib.deflateSync(raw)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}
