import { fileURLToPath } from "node:url";
import type { ErrorCode, ViewHint } from "@maquette/engine";
import sharp, { type OverlayOptions, type Sharp } from "sharp";

/** What a person would say of the pictures: make it, or the cause for which they cannot be used. */
export interface RefusalCase {
  name: string;
  /** More than one where two causes are equally true. */
  expected: "made" | readonly ErrorCode[];
  pictures: () => Promise<Uint8Array[]>;
  hints?: ViewHint[];
}

const SIDE = 560;

/** Hand-made and generated pictures: half must be refused for their cause, half look alike but must pass. */
export const CASES: readonly RefusalCase[] = [
  // -- nothing to be seen
  refused("blank white", "no_object", () => picture(rect("#fff"))),
  refused("blank black", "no_object", () => picture(rect("#000"))),
  refused("fully transparent", "no_object", () => picture("")),
  refused("gradient alone", "no_object", () => picture(gradient("#8fb3d9", "#e9eef4"))),
  refused("vignette alone", "no_object", () => picture(vignette("#e0d8c8", "#8a8272"))),
  refused("white noise", "no_object", () => noisePicture(128, 127)),
  refused("grain on grey", "no_object", () => noisePicture(128, 20)),
  refused("chequered alpha channel", "no_object", () => chequeredAlpha()),
  refused("wall of leaves", "no_object", () => picture(rect("#2c4a22") + leaves(900))),
  refused("gravel", "no_object", () => picture(rect("#777") + pebbles(1400))),
  refused("stripes from edge to edge", "no_object", () => picture(rect("#fff") + stripes(28))),
  refused("armchair in a furnished room", "no_object", () => picture(room(), [put("armchair/front", 210, 250, 300)])),
  refused("plant in front of a shelf", "no_object", () => picture(shelf(), [put("cactus/front", 170, 190, 330)])),
  refused("van in a street", "no_object", () => picture(street(), [put("van/left", 90, 270, 330)])),
  refused("QR code", ["no_object", "text_only", "multiple_objects"], () => picture(rect("#fff") + qrCode())),
  // -- several
  refused("two mugs apart", "multiple_objects", () => picture(rect("#fff") + mug(60, 180) + mug(330, 180))),
  refused("four chairs in the corners, cut out", "multiple_objects", () =>
    picture("", [
      put("armchair/front", 10, 10, 190),
      put("armchair/left", 360, 10, 190),
      put("armchair/right", 10, 360, 190),
      put("armchair/back", 360, 360, 190),
    ]),
  ),
  refused("robot and van", "multiple_objects", () =>
    picture(rect("#f4f4f4"), [put("robot/front", 10, 120, 250), put("van/left", 290, 150, 260)]),
  ),
  refused("van and cactus, cut out", "multiple_objects", () =>
    picture("", [put("van/left", 10, 180, 230), put("cactus/front", 330, 100, 220)]),
  ),
  refused("three different things in a row", "multiple_objects", () =>
    picture(gradient("#dde6ee", "#b9c6d2"), [
      put("teapot/front", 10, 200, 150),
      put("robot/front", 205, 190, 160),
      put("cactus/front", 400, 190, 150),
    ]),
  ),
  refused("the same lamp four times", "multiple_objects", () =>
    picture(rect("#fff") + lamp(20, 150) + lamp(160, 150) + lamp(300, 150) + lamp(440, 150)),
  ),
  refused("sheet of nine icons", "multiple_objects", () => picture(rect("#fff") + icons())),
  refused("large cottage, small cottage", "multiple_objects", () =>
    picture(gradient("#cfe3f5", "#eef3ea"), [put("cottage/front", 10, 110, 300), put("cottage/front", 370, 290, 180)]),
  ),
  refused("one robot beside the same robot", "multiple_objects", () => sheet("robot", ["front", "front"])),
  // -- cut off
  refused("armchair without its legs", "cropped_object", () =>
    picture(rect("#f2efe9"), [put("armchair/front", 60, 260, 440)]),
  ),
  refused("van cut on the right", "cropped_object", () => picture(rect("#fff"), [put("van/left", 230, 130, 430)])),
  refused("robot to the waist", "cropped_object", () => picture(rect("#e8ecf0"), [put("robot/front", 130, 240, 500)])),
  refused("van cut on the left of a gradient", "cropped_object", () =>
    picture(gradient("#dfe9f2", "#a9bccb"), [put("van/right", -130, 120, 430)]),
  ),
  refused("cottage that leaves the picture on three sides", ["cropped_object", "no_object"], () =>
    picture(rect("#fff"), [put("cottage/front", -60, 30, 680)]),
  ),
  refused("cactus without its tips", "cropped_object", () =>
    picture(rect("#faf6ee"), [put("cactus/front", 60, -150, 450)]),
  ),
  // -- blurred or small
  refused("robot out of focus", "blurred", () => blurred("robot/front", "#fff", 16)),
  refused("van out of focus", "blurred", () => blurred("van/left", "#d9dee2", 18)),
  refused("teapot out of focus", "blurred", () => blurred("teapot/front", "#303438", 16)),
  refused("icon of 14 pixels", "object_too_small", () => picture(rect("#fff"), [put("robot/front", 270, 270, 18)])),
  refused("speck of 24 pixels, cut out", "object_too_small", () => picture("", [put("van/left", 260, 260, 28)])),
  refused("24 × 24 pixels", "image_too_small", () =>
    resized(picture(rect("#fff"), [put("van/left", 0, 0, 500)]), 24, 24),
  ),
  refused("1 × 1 pixel", "image_too_small", () => resized(picture(rect("#a33")), 1, 1)),
  refused("a strip of 64 × 2,000 pixels", "image_too_long", () => resized(picture(rect("#a33")), 64, 2000)),
  // -- text
  refused("a word", "text_only", () => picture(rect("#fff") + text(280, 310, 96, "MAQUETTE", "#222"))),
  refused("a page", "text_only", () => picture(rect("#fff") + page("DejaVu Serif", "#111"))),
  refused("white letters on black", "text_only", () => picture(rect("#000") + page("DejaVu Sans", "#fff"))),
  refused("a listing on paper", "text_only", () => picture(rect("#f3ecdc") + page("DejaVu Sans Mono", "#3b3226"))),
  refused("two lines of a title", "text_only", () =>
    picture(rect("#1d2a44") + text(280, 240, 84, "LAST NIGHT", "#f7d774") + text(280, 350, 84, "IN OSLO", "#f7d774")),
  ),
  refused("a number, cut out", "text_only", () => picture(text(280, 320, 120, "314159", "#b22"))),
  // -- not the same object
  refused("robot in front, van behind", "views_inconsistent", () => files("robot/front", "van/back"), [
    "front",
    "back",
  ]),
  refused("three sides of a chair and a cactus", "views_inconsistent", () =>
    files("armchair/front", "armchair/right", "cactus/back", "armchair/left"),
  ),
  refused("teapot and cottage without hints", "views_inconsistent", () => files("teapot/front", "cottage/left")),

  // -- and what must pass
  made("robot, cut out", () => files("robot/picture")),
  made("cottage, cut out", () => files("cottage/picture")),
  made("armchair with a soft shadow", () => files("armchair/picture")),
  made("teapot with a soft shadow", () => files("teapot/picture")),
  made("fox with a soft shadow", () => files("fox/picture")),
  made("axe: long and thin", () => files("axe/picture")),
  made("white teapot on white, drawn", () => picture(rect("#fff") + outlinedPot())),
  made("pencil sketch on paper", () => picture(rect("#f4efe2") + sketchHouse())),
  made("dark robot on dark", () => picture(rect("#1b1d20"), [put("robot/front", 60, 60, 440)])),
  made("van on a gradient", () => picture(gradient("#4a78b0", "#e9eef4"), [put("van/left", 60, 100, 440)])),
  made("cactus on a vignette", () => picture(vignette("#efe7d6", "#9c917c"), [put("cactus/front", 60, 60, 440)])),
  made("cottage before a green screen", () => picture(rect("#00b140"), [put("cottage/front", 60, 60, 440)])),
  made("chair in an empty room", () => picture(emptyRoom(), [put("armchair/front", 100, 150, 360)])),
  made("robot on chequers that feign transparency", () => picture(chequers(), [put("robot/front", 60, 60, 440)])),
  made("glasses: two lenses and a thin bridge", () => picture(rect("#fff") + glasses())),
  made("a gem that floats over its staff", () => picture(rect("#eef1f6") + gemStaff())),
  made("a bench of planks", () => picture(rect("#fff") + bench())),
  made("a ladder", () => picture(rect("#fff") + ladder())),
  made("a wire fence", () => picture(rect("#fff") + wireFence())),
  made("a row of fence posts", () => picture(rect("#fff") + fencePosts())),
  made("a mug with a handle", () => picture(rect("#f5f5f5") + mug(150, 150, 1.5))),
  made("a pair of shoes, cut out", () => picture(shoe(60) + shoe(300))),
  made("a stop sign: text on an object", () => picture(rect("#dfe8f0") + stopSign())),
  made("a bottle with a label", () => picture(rect("#fff") + bottle())),
  made("one large letter", () => picture(rect("#fff") + text(280, 430, 440, "R", "#b8860b"))),
  made("a ball that touches the border", () => picture(rect("#fff") + ball(280, 311, 250))),
  made("a chair whose feet stand on the border", () => picture(rect("#f2efe9"), [put("armchair/front", 60, 140, 440)])),
  made("trimmed to its bounds, cut out", () => trimmed("van/left")),
  made("a ghost: half-transparent", () => picture(ghost())),
  made("beads of a necklace", () => picture(rect("#f6f2ee") + necklace())),
  made("a sprite of 64 pixels", () => resized(picture("", [put("robot/front", 10, 10, 540)]), 64, 64)),
  made("enlarged fourfold", async () =>
    resized(resized(picture(rect("#fff"), [put("van/left", 60, 60, 440)]), 140, 140), 560, 560),
  ),
  made("slightly soft", () => blurred("armchair/front", "#f3f3f3", 1.6)),
  made("JPEG of low quality", () =>
    asJpeg(picture(gradient("#c9d6e2", "#f4f4f4"), [put("teapot/front", 60, 60, 440)]), 40),
  ),
  made("grain of a high ISO", () => grainy("cactus/front", 14)),
  made("rounded corners of a screenshot", () => roundedCorners()),
  made("robot, four sides named", () => files("robot/front", "robot/right", "robot/back", "robot/left"), [
    "front",
    "right",
    "back",
    "left",
  ]),
  made("van, four sides in any order", () => files("van/left", "van/back", "van/front", "van/right")),
  made("axe: broad from the side, thin from the front", () => files("axe/front", "axe/right")),
  made("back of another colour", () => recoloredBack(), ["front", "back"]),
  made("side pictures framed differently", () => framedDifferently(), ["front", "right"]),
  made("the same picture twice", () => files("teapot/front", "teapot/front")),
  made("turnaround sheet of two", () => sheet("robot", ["front", "back"])),
  made("turnaround sheet of three", () => sheet("armchair", ["front", "right", "back"])),
  made("turnaround sheet of four, cut out", () => sheet("cactus", ["front", "right", "back", "left"], "")),
  made("turnaround sheet with captions", () =>
    sheet("robot", ["front", "left", "back"], rect("#fff", 4 * SIDE) + captions()),
  ),
  made("turnaround sheet in two rows", () => twoRows("armchair")),
  made("turnaround sheet of four on a gradient", () =>
    sheet("van", ["front", "right", "back", "left"], gradient("#f4f6f8", "#c8d2dc")),
  ),
];

type Drawn = Promise<Uint8Array | Uint8Array[]>;

function refused(
  name: string,
  code: ErrorCode | readonly ErrorCode[],
  draw: () => Drawn,
  hints?: ViewHint[],
): RefusalCase {
  return { name, expected: typeof code === "string" ? [code] : code, pictures: listOf(draw), hints };
}

function made(name: string, draw: () => Drawn, hints?: ViewHint[]): RefusalCase {
  return { name, expected: "made", pictures: listOf(draw), hints };
}

function listOf(draw: () => Drawn): () => Promise<Uint8Array[]> {
  return async () => [await draw()].flat();
}

/** A cut-out of `examples/` at a place; its longer side, without what is empty around it, has `side` pixels. */
interface Placed {
  file: string;
  left: number;
  top: number;
  side: number;
}

function put(name: string, left: number, top: number, side: number): Placed {
  return { file: exampleFile(name), left, top, side };
}

function exampleFile(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}.png`, import.meta.url));
}

function files(...names: string[]): Promise<Uint8Array[]> {
  return Promise.all(names.map((name) => png(sharp(exampleFile(name)))));
}

async function png(image: Sharp): Promise<Uint8Array> {
  return new Uint8Array(await image.png({ compressionLevel: 1 }).toBuffer());
}

/** An SVG drawing with cut-outs over it; what reaches beyond the picture is cut off. */
async function picture(body: string, placed: readonly Placed[] = [], width = SIDE, height = SIDE): Promise<Uint8Array> {
  const overlays = await Promise.all(placed.map((p) => overlay(p, width, height)));
  const canvas = sharp(svg(body, width, height)).ensureAlpha();
  return png(sharp(await canvas.composite(overlays).png({ compressionLevel: 1 }).toBuffer()));
}

function svg(body: string, width = SIDE, height = SIDE): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`);
}

async function overlay({ file, left, top, side }: Placed, wide: number, high: number): Promise<OverlayOptions> {
  const trimmed = await sharp(file).trim().png().toBuffer();
  const scaled = await sharp(trimmed).resize(side, side, { fit: "inside" }).png().toBuffer();
  const { width, height } = await sharp(scaled).metadata();
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const region = {
    left: x - left,
    top: y - top,
    width: Math.min(wide, left + width) - x,
    height: Math.min(high, top + height) - y,
  };
  return { input: await sharp(scaled).extract(region).png().toBuffer(), left: x, top: y };
}

async function resized(bytes: Promise<Uint8Array>, width: number, height: number): Promise<Uint8Array> {
  return png(sharp(await bytes).resize(width, height, { fit: "fill" }));
}

async function asJpeg(bytes: Promise<Uint8Array>, quality: number): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(await bytes)
      .flatten()
      .jpeg({ quality })
      .toBuffer(),
  );
}

async function blurred(name: string, color: string, sigma: number): Promise<Uint8Array> {
  return png(sharp(await picture(rect(color), [put(name, 60, 60, 440)])).blur(sigma));
}

async function grainy(name: string, amount: number): Promise<Uint8Array> {
  const { data, info } = await sharp(await picture(rect("#cfd4d8"), [put(name, 60, 60, 440)]))
    .flatten()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const next = random(7);
  const noisy = Uint8Array.from(data, (v) => Math.max(0, Math.min(255, v + amount * (next() + next() + next() - 1.5))));
  return png(sharp(noisy, { raw: { width: info.width, height: info.height, channels: 3 } }));
}

async function noisePicture(mean: number, amount: number): Promise<Uint8Array> {
  const next = random(3);
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => mean + amount * (2 * next() - 1));
  return png(sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } }));
}

async function chequeredAlpha(): Promise<Uint8Array> {
  const data = new Uint8Array(SIDE * SIDE * 4).fill(120);
  for (let at = 0; at < SIDE * SIDE; at++) data[4 * at + 3] = (at + Math.floor(at / SIDE)) % 2 === 0 ? 255 : 0;
  return png(sharp(data, { raw: { width: SIDE, height: SIDE, channels: 4 } }));
}

async function trimmed(name: string): Promise<Uint8Array> {
  return png(sharp(exampleFile(name)).trim());
}

async function roundedCorners(): Promise<Uint8Array> {
  const shot = await picture(gradient("#dfe5ea", "#f7f7f7"), [put("robot/front", 80, 80, 400)]);
  const mask = svg(`<rect width="${SIDE}" height="${SIDE}" rx="24" fill="#fff"/>`);
  return png(sharp(shot).composite([{ input: mask, blend: "dest-in" }]));
}

async function recoloredBack(): Promise<Uint8Array[]> {
  const [front, back] = await files("robot/front", "robot/back");
  return [front, await png(sharp(back).modulate({ hue: 140, brightness: 0.6 }))];
}

async function framedDifferently(): Promise<Uint8Array[]> {
  return [
    await picture("", [put("cottage/front", 200, 240, 240)]),
    await picture("", [put("cottage/right", 20, 10, 520)]),
  ];
}

/** Views side by side on one wide picture, each 300 pixels wide. */
async function sheet(
  object: string,
  views: readonly string[],
  background = rect("#fff", 4 * SIDE),
): Promise<Uint8Array> {
  const overlays = await Promise.all(
    views.map(async (view, i) => ({
      input: await sharp(exampleFile(`${object}/${view}`))
        .resize(320)
        .png()
        .toBuffer(),
      left: 5 + 330 * i,
      top: 20,
    })),
  );
  const canvas = svg(background, 330 * views.length, 360);
  return png(sharp(await sharp(canvas).ensureAlpha().composite(overlays).png().toBuffer()));
}

async function twoRows(object: string): Promise<Uint8Array> {
  const background = rect("#eef0f2", 4 * SIDE);
  const [upper, lower] = await Promise.all([
    sheet(object, ["front", "right"], background),
    sheet(object, ["back", "left"], background),
  ]);
  const canvas = svg(rect("#eef0f2", 660), 660, 720);
  return png(
    sharp(canvas).composite([
      { input: Buffer.from(upper), left: 0, top: 0 },
      { input: Buffer.from(lower), left: 0, top: 360 },
    ]),
  );
}

function captions(): string {
  return ["FRONT", "SIDE", "BACK"].map((word, i) => text(165 + 330 * i, 350, 24, word, "#444")).join("");
}

function rect(color: string, width = SIDE): string {
  return `<rect width="${width}" height="${SIDE}" fill="${color}"/>`;
}

function gradient(from: string, to: string): string {
  return `<defs><linearGradient id="g" x2="0.3" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/>`;
}

function vignette(from: string, to: string): string {
  return `<defs><radialGradient id="v" r="0.75"><stop offset="0.3" stop-color="${from}"/><stop offset="1" stop-color="${to}"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#v)"/>`;
}

function chequers(): string {
  let squares = rect("#fff");
  for (let y = 0; y < SIDE; y += 16) {
    for (let x = (y / 16) % 2 === 0 ? 0 : 16; x < SIDE; x += 32) {
      squares += `<rect x="${x}" y="${y}" width="16" height="16" fill="#ccc"/>`;
    }
  }
  return squares;
}

function emptyRoom(): string {
  return `${gradient("#d9d4cb", "#cbc5ba")}<rect y="400" width="100%" height="160" fill="#a98f74"/><rect y="394" width="100%" height="8" fill="#efeae2"/><ellipse cx="280" cy="492" rx="150" ry="18" fill="#6d5a47" opacity="0.5"/>`;
}

function room(): string {
  const next = random(11);
  let books = "";
  for (let i = 0; i < 60; i++) {
    const [row, column] = [Math.floor(i / 20), i % 20];
    const tall = 40 + 20 * next();
    books += `<rect x="${10 + 9 * column}" y="${110 + 70 * row - tall}" width="8" height="${tall}" fill="${color(next)}"/>`;
  }
  let floor = "";
  for (let i = 0; i < 14; i++)
    floor += `<rect x="${40 * i}" y="420" width="38" height="140" fill="${shade("#8a5f3c", next)}"/>`;
  return `<rect width="560" height="430" fill="#c8b79e"/>${floor}${books}
    <rect x="300" y="30" width="200" height="170" fill="#8fc0e8" stroke="#6b4a2c" stroke-width="12"/><path d="M400 30v170M300 115h200" stroke="#6b4a2c" stroke-width="8"/>
    <path d="M270 10q60 120 0 240h30q30-120 20-240zM540 10q-60 120 0 240h-30q-30-120-20-240z" fill="#9c2f3d"/>
    <rect x="30" y="330" width="190" height="110" fill="#5a3a22"/><rect x="40" y="345" width="80" height="40" fill="#7a5535"/><rect x="128" y="345" width="80" height="40" fill="#7a5535"/>
    <path d="M80 330l20-90h30l20 90z" fill="#e8d9a0"/><ellipse cx="330" cy="515" rx="210" ry="38" fill="#3d5a80"/><ellipse cx="330" cy="515" rx="150" ry="24" fill="#d9a441"/>
    <rect x="505" y="260" width="50" height="240" fill="#2f4f3a"/><circle cx="530" cy="230" r="60" fill="#3f7d4b"/>`;
}

function shelf(): string {
  const next = random(23);
  let things = "";
  for (let row = 0; row < 5; row++) {
    for (let x = 4; x < SIDE; x += 14 + 22 * next()) {
      const tall = 50 + 45 * next();
      things += `<rect x="${x}" y="${108 * (row + 1) - tall}" width="${10 + 18 * next()}" height="${tall}" fill="${color(next)}"/>`;
    }
    things += `<rect y="${108 * (row + 1)}" width="560" height="8" fill="#4a3120"/>`;
  }
  return rect("#6b4a30") + things;
}

function street(): string {
  const next = random(31);
  let houses = "";
  for (let x = 0; x < SIDE; x += 80) {
    const top = 20 + 90 * next();
    houses += `<rect x="${x}" y="${top}" width="78" height="${400 - top}" fill="${color(next)}"/>`;
    for (let y = top + 15; y < 360; y += 42) {
      for (const dx of [10, 44])
        houses += `<rect x="${x + dx}" y="${y}" width="22" height="26" fill="${color(next)}"/>`;
    }
  }
  return `<rect width="560" height="560" fill="#9cc4e4"/>${houses}<rect y="400" width="560" height="60" fill="#9a9a94"/><rect y="460" width="560" height="100" fill="#3c3f44"/><path d="M0 510h560" stroke="#e8e2c8" stroke-width="8" stroke-dasharray="60 40"/><circle cx="500" cy="330" r="70" fill="#3a6b35"/><rect x="490" y="380" width="20" height="60" fill="#5a3d25"/>`;
}

function leaves(count: number): string {
  const next = random(5);
  return Array.from({ length: count }, () => {
    const [x, y, turn] = [SIDE * next(), SIDE * next(), 360 * next()];
    return `<ellipse cx="${x}" cy="${y}" rx="${14 + 22 * next()}" ry="${6 + 9 * next()}" transform="rotate(${turn} ${x} ${y})" fill="${shade("#4f7d35", next)}" stroke="#22391a"/>`;
  }).join("");
}

function pebbles(count: number): string {
  const next = random(9);
  return Array.from({ length: count }, () => {
    const r = 5 + 12 * next();
    return `<circle cx="${SIDE * next()}" cy="${SIDE * next()}" r="${r}" fill="${shade("#8d8a84", next)}" stroke="#444"/>`;
  }).join("");
}

function stripes(width: number): string {
  let out = "";
  for (let x = 0; x < SIDE; x += 2 * width) out += `<rect x="${x}" width="${width}" height="560" fill="#2d5a8c"/>`;
  return out;
}

function qrCode(): string {
  const next = random(13);
  const finder = (x: number, y: number) =>
    `<rect x="${x}" y="${y}" width="112" height="112" fill="#000"/><rect x="${x + 16}" y="${y + 16}" width="80" height="80" fill="#fff"/><rect x="${x + 32}" y="${y + 32}" width="48" height="48" fill="#000"/>`;
  let modules = "";
  for (let y = 0; y < 25; y++) {
    for (let x = 0; x < 25; x++) {
      const inFinder = (x < 8 && y < 8) || (x > 16 && y < 8) || (x < 8 && y > 16);
      if (!inFinder && next() < 0.5) modules += `<rect x="${80 + 16 * x}" y="${80 + 16 * y}" width="16" height="16"/>`;
    }
  }
  return modules + finder(80, 80) + finder(80 + 18 * 16, 80) + finder(80, 80 + 18 * 16);
}

function mug(x: number, y: number, scale = 1): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})"><path d="M120 40c70-10 70 100 0 90" fill="none" stroke="#2f6d8c" stroke-width="18"/><path d="M0 10h130v150q0 20-20 20h-90q-20 0-20-20z" fill="#3b86ab"/><ellipse cx="65" cy="12" rx="65" ry="14" fill="#235067"/></g>`;
}

function lamp(x: number, y: number): string {
  return `<g transform="translate(${x} ${y})"><path d="M30 0h40l30 80H0z" fill="#d9a441"/><rect x="45" y="80" width="10" height="120" fill="#5b4630"/><ellipse cx="50" cy="205" rx="40" ry="12" fill="#3d2f20"/></g>`;
}

function icons(): string {
  const colors = ["#c0392b", "#2980b9", "#27ae60", "#8e44ad", "#f39c12", "#16a085", "#2c3e50", "#d35400", "#7f8c8d"];
  return colors
    .map((fill, i) => {
      const [x, y] = [100 + 180 * (i % 3), 100 + 180 * Math.floor(i / 3)];
      const sides = 3 + (i % 6);
      const points = Array.from({ length: sides }, (_, k) => {
        const a = (2 * Math.PI * k) / sides - Math.PI / 2;
        return `${x + 48 * Math.cos(a)},${y + 48 * Math.sin(a)}`;
      });
      return `<polygon points="${points.join(" ")}" fill="${fill}"/>`;
    })
    .join("");
}

function text(x: number, y: number, size: number, words: string, fill: string, font = "DejaVu Sans"): string {
  return `<text x="${x}" y="${y}" font-family="${font}" font-size="${size}" text-anchor="middle" letter-spacing="2" fill="${fill}">${words}</text>`;
}

function page(font: string, fill: string): string {
  const lines = [
    "The kettle was cold again",
    "when Mara came down, and",
    "nobody had touched the",
    "bread. She cut two slices,",
    "set them on the stove and",
    "waited for the smell that",
    "told her it was morning.",
    "Outside, the snow kept on.",
  ];
  return lines.map((line, i) => text(280, 90 + 58 * i, 30, line, fill, font)).join("");
}

function outlinedPot(): string {
  return `<g fill="#fff" stroke="#222" stroke-width="6"><path d="M150 240q-80 0-80 70t110 70" fill="none"/><path d="M400 260q60 0 100-70l30 12q-30 120-120 150"/><ellipse cx="280" cy="310" rx="150" ry="120"/><ellipse cx="280" cy="200" rx="70" ry="18"/><circle cx="280" cy="172" r="16"/></g>`;
}

function sketchHouse(): string {
  const next = random(17);
  const line = (x1: number, y1: number, x2: number, y2: number) => {
    const j = () => 4 * (next() - 0.5);
    const once = () => `M${x1 + j()} ${y1 + j()}L${x2 + j()} ${y2 + j()}`;
    return `<path d="${once()}${once()}" stroke="#4a4640" stroke-width="2.6" fill="none"/>`;
  };
  let hatch = "";
  for (let i = 0; i < 22; i++) hatch += line(120 + 14 * i, 240, 150 + 12 * i, 130 + 3 * (i % 3));
  return (
    line(120, 240, 120, 460) +
    line(440, 240, 440, 460) +
    line(120, 460, 440, 460) +
    line(90, 245, 280, 100) +
    line(280, 100, 470, 245) +
    line(90, 245, 470, 245) +
    line(240, 460, 240, 340) +
    line(240, 340, 320, 340) +
    line(320, 340, 320, 460) +
    line(150, 290, 210, 290) +
    line(150, 350, 210, 350) +
    line(150, 290, 150, 350) +
    line(210, 290, 210, 350) +
    hatch
  );
}

function glasses(): string {
  return `<g fill="#bcd6e6" stroke="#1c1c1c" stroke-width="10"><rect x="60" y="230" width="180" height="120" rx="50"/><rect x="320" y="230" width="180" height="120" rx="50"/><path d="M240 270q40-26 80 0" fill="none" stroke-width="7"/></g>`;
}

function gemStaff(): string {
  return `<polygon points="280,50 320,100 280,150 240,100" fill="#8e3fb0"/><path d="M230 120q0 60 50 62q50-2 50-62" fill="none" stroke="#7a5a2c" stroke-width="12"/><rect x="272" y="182" width="16" height="330" fill="#6b4a22"/>`;
}

function bench(): string {
  const planks = [200, 226, 252].map((y) => `<rect x="60" y="${y}" width="440" height="18" fill="#a5713f"/>`).join("");
  return `${planks}<rect x="60" y="292" width="440" height="24" fill="#8d5e31"/><rect x="90" y="316" width="22" height="110" fill="#333"/><rect x="450" y="316" width="22" height="110" fill="#333"/>`;
}

function ladder(): string {
  let rungs = "";
  for (let y = 70; y < 520; y += 48) rungs += `<rect x="200" y="${y}" width="160" height="9" fill="#b98a52"/>`;
  return `<rect x="192" y="30" width="12" height="500" fill="#9c6f3b"/><rect x="356" y="30" width="12" height="500" fill="#9c6f3b"/>${rungs}`;
}

function wireFence(): string {
  let wires = "";
  for (let d = -300; d <= 400; d += 40) wires += `<path d="M${60 + d} 420l300-300M${60 + d} 120l300 300"/>`;
  return `<clipPath id="c"><rect x="70" y="120" width="420" height="300"/></clipPath><g clip-path="url(#c)" stroke="#555" stroke-width="3" fill="none">${wires}</g><g fill="#6d6d6d"><rect x="60" y="100" width="12" height="350"/><rect x="488" y="100" width="12" height="350"/><rect x="60" y="112" width="440" height="8"/></g>`;
}

function fencePosts(): string {
  let posts = "";
  for (let i = 0; i < 8; i++)
    posts += `<path d="M${60 + 57 * i} 420v-220l22-30l22 30v220z" fill="#e7d8bd" stroke="#8a7756" stroke-width="3"/>`;
  return `<rect x="50" y="240" width="460" height="22" fill="#cbb68e"/><rect x="50" y="360" width="460" height="22" fill="#cbb68e"/>${posts}`;
}

function shoe(x: number): string {
  return `<g transform="translate(${x} 180)"><path d="M20 0h90q10 70 40 110q30 40 30 70q0 40-60 40h-90q-40 0-40-50q0-60 20-100q14-30 10-70z" fill="#8b4a2b"/><path d="M-10 170h190v30q0 20-60 20h-90q-40 0-40-50z" fill="#2a1a10"/></g>`;
}

function stopSign(): string {
  const points = Array.from({ length: 8 }, (_, k) => {
    const a = (Math.PI / 4) * k + Math.PI / 8;
    return `${280 + 180 * Math.cos(a)},${220 + 180 * Math.sin(a)}`;
  });
  return `<rect x="268" y="380" width="24" height="160" fill="#888"/><polygon points="${points.join(" ")}" fill="#b3202a" stroke="#fff" stroke-width="8"/>${text(280, 250, 96, "STOP", "#fff")}`;
}

function bottle(): string {
  return `<path d="M240 40h80v110q60 30 60 100v260q0 20-20 20h-160q-20 0-20-20v-260q0-70 60-100z" fill="#2f5d3a"/><rect x="180" y="280" width="200" height="150" fill="#f1e7cf"/>${text(280, 345, 40, "CIDER", "#5b1f1f")}${text(280, 400, 26, "No. 7 dry", "#5b1f1f")}`;
}

function ball(x: number, y: number, r: number): string {
  return `<defs><radialGradient id="b" cx="0.35" cy="0.3"><stop stop-color="#ffb199"/><stop offset="1" stop-color="#8c1c13"/></radialGradient></defs><circle cx="${x}" cy="${y}" r="${r}" fill="url(#b)"/>`;
}

function ghost(): string {
  return `<path d="M140 480V260q0-160 140-160t140 160v220l-46-40-47 40-47-40-47 40-47-40z" fill="#dfe9ff" fill-opacity="0.6"/><circle cx="235" cy="250" r="20" fill="#223" fill-opacity="0.8"/><circle cx="325" cy="250" r="20" fill="#223" fill-opacity="0.8"/>`;
}

function necklace(): string {
  return Array.from({ length: 30 }, (_, k) => {
    const a = (2 * Math.PI * k) / 30;
    return `<circle cx="${280 + 190 * Math.sin(a)}" cy="${280 + 190 * Math.cos(a)}" r="18" fill="#7b3f61"/>`;
  }).join("");
}

function color(next: () => number): string {
  return `hsl(${Math.floor(360 * next())},${Math.floor(30 + 40 * next())}%,${Math.floor(25 + 50 * next())}%)`;
}

/** A colour made lighter or darker at random. */
function shade(code: string, next: () => number): string {
  const factor = 0.6 + 0.8 * next();
  const [r, g, b] = [1, 3, 5].map((k) => Math.min(255, Math.round(Number.parseInt(code.slice(k, k + 2), 16) * factor)));
  return `rgb(${r},${g},${b})`;
}

/** mulberry32 (Tommy Ettinger): the same pictures on every run. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
