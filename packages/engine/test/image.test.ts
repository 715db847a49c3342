import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxBlur, gaussianBlur } from "../src/image/blur.ts";
import { LINEAR_OF_SRGB, labOfImage, labOfSrgb, srgbOfLab, srgbOfLinear } from "../src/image/color.ts";
import { connectedComponents } from "../src/image/components.ts";
import { squaredDistances } from "../src/image/distance-transform.ts";
import { borderPixels, flood } from "../src/image/flood.ts";
import { halve } from "../src/image/resize.ts";

const masks = fc
  .tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .chain(([width, height, density]) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: width * height, maxLength: width * height })
      .map((values) => ({ width, height, mask: Uint8Array.from(values, (v) => (v < density ? 1 : 0)) })),
  );

describe("squaredDistances", () => {
  test("equals the brute-force minimum on any mask, and names a pixel at that distance", () => {
    fc.assert(
      fc.property(masks, ({ width, height, mask }) => {
        const nearest = new Int32Array(width * height);
        const squared = squaredDistances(mask, width, height, nearest);
        for (let at = 0; at < mask.length; at++) {
          let best = Number.POSITIVE_INFINITY;
          for (let other = 0; other < mask.length; other++) {
            if (mask[other]) best = Math.min(best, distance2(at, other, width));
          }
          expect(squared[at]).toBe(best);
          if (best === Number.POSITIVE_INFINITY) expect(nearest[at]).toBe(-1);
          else {
            expect(mask[nearest[at]]).toBe(1);
            expect(distance2(at, nearest[at], width)).toBe(best);
          }
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test("is exact over a large picture with one feature in the corner", () => {
    const [width, height] = [1500, 700];
    const mask = new Uint8Array(width * height);
    mask[0] = 1;
    const squared = squaredDistances(mask, width, height);
    expect(squared[mask.length - 1]).toBe((width - 1) ** 2 + (height - 1) ** 2);
  });
});

describe("blurs", () => {
  test("keep a constant, borders included", () => {
    const plane = new Float32Array(37 * 23).fill(5);
    for (const blurred of [
      gaussianBlur(plane, 37, 23, 1.3),
      gaussianBlur(plane, 37, 23, 9),
      boxBlur(plane, 37, 23, 40),
    ]) {
      for (const v of blurred) expect(v).toBeCloseTo(5, 4);
    }
  });

  test("spread an impulse with the standard deviation asked for", () => {
    for (const sigma of [0.8, 2, 4, 6, 12]) {
      const n = 121;
      const plane = new Float32Array(n * n);
      plane[60 * n + 60] = 1;
      const blurred = gaussianBlur(plane, n, n, sigma);
      let [sum, variance] = [0, 0];
      for (let i = 0; i < n * n; i++) {
        sum += blurred[i];
        variance += blurred[i] * ((i % n) - 60) ** 2;
      }
      expect(sum).toBeCloseTo(1, 3);
      expect(Math.sqrt(variance / sum) / sigma, `sigma ${sigma}`).toBeGreaterThan(0.97);
      expect(Math.sqrt(variance / sum) / sigma, `sigma ${sigma}`).toBeLessThan(1.03);
    }
  });

  test("boxBlur is the mean over the window", () => {
    const [w, h, r] = [13, 9, 2];
    const plane = Float32Array.from({ length: w * h }, (_, i) => (i * 7919) % 101);
    const blurred = boxBlur(plane, w, h, r);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        let sum = 0;
        for (let j = -r; j <= r; j++) {
          for (let i = -r; i <= r; i++) {
            sum += plane[Math.min(h - 1, Math.max(0, y + j)) * w + Math.min(w - 1, Math.max(0, x + i))];
          }
        }
        expect(blurred[y * w + x]).toBeCloseTo(sum / (2 * r + 1) ** 2, 3);
      }
    }
  });
});

describe("connectedComponents and flood", () => {
  test("pixels share a component exactly when a flood from one reaches the other", () => {
    fc.assert(
      fc.property(masks, ({ width, height, mask }) => {
        const { labels, components } = connectedComponents(mask, width, height, 4);
        const seen = new Set<number>();
        for (let at = 0; at < mask.length; at++) {
          if (!mask[at]) {
            expect(labels[at]).toBe(-1);
            continue;
          }
          if (seen.has(labels[at])) continue;
          seen.add(labels[at]);
          const reached = flood(mask, width, height, [at]);
          for (let other = 0; other < mask.length; other++)
            expect(labels[other] === labels[at]).toBe(reached[other] === 1);
          expect(components[labels[at]].area).toBe(reached.reduce((sum, v) => sum + v, 0));
        }
        expect(components.length).toBe(seen.size);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  test("a diagonal line is one piece with 8 neighbours, and single pixels with 4", () => {
    const mask = Uint8Array.from({ length: 36 }, (_, i) => (i % 6 === Math.floor(i / 6) ? 1 : 0));
    expect(connectedComponents(mask, 6, 6, 8).components).toEqual([
      { area: 6, left: 0, top: 0, right: 5, bottom: 5, centerX: 3, centerY: 3 },
    ]);
    expect(connectedComponents(mask, 6, 6, 4).components).toHaveLength(6);
  });

  test("borderPixels names each border pixel once", () => {
    for (const [w, h] of [
      [1, 1],
      [5, 1],
      [1, 4],
      [2, 2],
      [7, 5],
    ]) {
      const pixels = [...borderPixels(w, h)];
      const expected = Array.from({ length: w * h }, (_, i) => i).filter((i) => {
        const [x, y] = [i % w, Math.floor(i / w)];
        return x === 0 || y === 0 || x === w - 1 || y === h - 1;
      });
      expect(pixels.sort((a, b) => a - b)).toEqual(expected);
    }
  });
});

describe("colour", () => {
  test("knows the published Lab values of sRGB's primaries", () => {
    const known: [number[], number[]][] = [
      [
        [255, 255, 255],
        [100, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [255, 0, 0],
        [53.24, 80.09, 67.2],
      ],
      [
        [0, 255, 0],
        [87.73, -86.18, 83.18],
      ],
      [
        [0, 0, 255],
        [32.3, 79.19, -107.86],
      ],
    ];
    for (const [rgb, lab] of known) {
      const got = labOfSrgb(rgb[0], rgb[1], rgb[2]);
      for (let c = 0; c < 3; c++) expect(Math.abs(got[c] - lab[c]), `${rgb} channel ${c}`).toBeLessThan(0.05);
    }
  });

  test("goes to Lab and back, and to linear light and back, without loss", () => {
    fc.assert(
      fc.property(fc.tuple(byte(), byte(), byte()), ([r, g, b]) => {
        expect(srgbOfLab(...labOfSrgb(r, g, b))).toEqual([r, g, b]);
        expect(srgbOfLinear(LINEAR_OF_SRGB[r])).toBe(r);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  test("labOfImage agrees with labOfSrgb within 0.02", () => {
    const steps = [0, 1, 2, 3, 5, 9, 17, 40, 77, 128, 200, 254, 255];
    const colors = steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => [r, g, b])));
    const data = Uint8Array.from(colors.flatMap((c) => [...c, 255]));
    const lab = labOfImage({ width: colors.length, height: 1, data });
    colors.forEach(([r, g, b], i) => {
      const expected = labOfSrgb(r, g, b);
      const worst = Math.max(...[lab.l[i], lab.a[i], lab.b[i]].map((v, c) => Math.abs(v - expected[c])));
      expect(worst, `${r} ${g} ${b}`).toBeLessThan(0.02);
    });
  });
});

test("halve takes means of four, and repeats an odd last row and column", () => {
  const plane = Float32Array.from([0, 4, 8, 4, 8, 0, 2, 2, 2]);
  expect([...halve(plane, 3, 3)]).toEqual([4, 4, 2, 2]);
});

function byte() {
  return fc.integer({ min: 0, max: 255 });
}

function distance2(a: number, b: number, width: number): number {
  return ((a % width) - (b % width)) ** 2 + (Math.floor(a / width) - Math.floor(b / width)) ** 2;
}
