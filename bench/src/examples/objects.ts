/**
 * The objects of `examples/`: one of each kind that people send most. Each faces +Z (its front) with +Y up, in units of
 * its own; colours, stripes and grain are part of the field, so that they are sharp at every resolution.
 */
import {
  around,
  at,
  ball,
  box,
  type Color,
  common,
  cut,
  cylinder,
  ellipsoid,
  hex,
  join,
  lathe,
  limb,
  melt,
  mirror,
  mirrorTwice,
  mix,
  noise,
  painted,
  prism,
  ring,
  type Solid,
  turn,
  wood,
} from "./solid.ts";

const INK = hex("#23252b");
const CREAM = hex("#f3e7d0");
const OAK = wood(hex("#c08a55"), hex("#96602f"), 1);

/** Furniture: an upholstered armchair on wooden legs. */
function armchair(): Solid {
  const cloth = (tone: Color) => (x: number, y: number, z: number) =>
    mix(tone, [tone[0] * 0.8, tone[1] * 0.8, tone[2] * 0.8], 0.5 + 0.5 * noise(60 * x, 60 * y, 60 * z));
  const teal = cloth(hex("#2f8f8b"));
  const seam = hex("#1d5f5f");
  const back = turn("x", -10, at([0, 0.42, -0.42], box([0.5, 0.46, 0.13], 0.12, teal)));
  const buttons = turn(
    "x",
    -10,
    join(...[-0.24, 0, 0.24].flatMap((x) => [0.38, 0.62].map((y) => at([x, y, -0.3], ball(0.035, seam))))),
  );
  const arm = at(
    [0.55, 0.1, 0.02],
    melt(0.06, box([0.12, 0.26, 0.47], 0.1, teal), at([0, 0.2, 0], box([0.15, 0.1, 0.5], 0.09, teal))),
  );
  const seat = at([0, 0.06, 0.08], box([0.46, 0.14, 0.46], 0.12, cloth(hex("#3aa7a0"))));
  const base = at([0, -0.12, 0], box([0.6, 0.12, 0.5], 0.07, teal));
  const cushion = at(
    [0.06, 0.42, -0.15],
    turn("x", -18, turn("z", 12, cushionOf(cloth(hex("#e9b44c")), hex("#c98f2b")))),
  );
  const leg = limb([0.47, -0.2, 0.38], [0.53, -0.52, 0.45], 0.055, OAK, 0.035);
  return join(melt(0.03, back, mirror(arm), base), seat, buttons, cushion, mirrorTwice(leg));
}

function cushionOf(paint: (x: number, y: number, z: number) => Color, rim: Color): Solid {
  const body = ellipsoid([0.27, 0.27, 0.12], paint);
  const square = box([0.22, 0.22, 0.1], 0.08, paint);
  return melt(
    0.05,
    common(body, square),
    at([0, 0, 0], common(box([0.225, 0.225, 0.016], 0.015, rim), box([1, 1, 1], 0, rim))),
  );
}

/** Vehicle: a small van with round corners. */
function van(): Solid {
  const [body, roof, glass, chrome] = [hex("#e2583e"), hex("#f6efe2"), hex("#35485e"), hex("#c9cdd2")];
  const shell = (_x: number, y: number): Color => (y > 0.14 ? roof : y > 0.1 ? chrome : body);
  const outline: [number, number][] = [
    [-0.98, -0.3],
    [0.98, -0.3],
    [1.0, 0.02],
    [0.9, 0.16],
    [0.66, 0.52],
    [-0.86, 0.56],
    [-0.98, 0.4],
  ];
  // The outline runs along +X; the van drives towards +Z.
  const hull = turn("y", -90, prism(outline, 0.46, 0.09, shell));
  const side = (z: number, half: number) => at([0.46, 0.33, z], box([0.03, 0.13, half], 0.025, glass));
  const windows = mirror(join(side(-0.62, 0.2), side(-0.12, 0.24), side(0.38, 0.2)));
  const screen = at([0, 0.345, 0.785], turn("x", -34, box([0.36, 0.17, 0.03], 0.025, glass)));
  const rear = at([0, 0.33, -0.955], box([0.32, 0.13, 0.03], 0.025, glass));
  const arch = painted(INK, at([0.5, -0.3, 0], turn("z", 90, cylinder(0.25, 0.2, 0.02, INK))));
  const wheel = at(
    [0.4, -0.32, 0],
    turn(
      "z",
      90,
      join(
        cylinder(0.21, 0.085, 0.04, INK),
        at([0, -0.07, 0], cylinder(0.12, 0.03, 0.015, roof)),
        at([0, -0.09, 0], cylinder(0.05, 0.03, 0.012, chrome)),
      ),
    ),
  );
  const lamp = at(
    [0.3, 0.0, 0.965],
    turn(
      "x",
      90,
      join(cylinder(0.095, 0.05, 0.02, chrome), at([0, 0.03, 0], cylinder(0.072, 0.04, 0.02, hex("#fff3c4")))),
    ),
  );
  const tail = at([0.34, -0.02, -0.97], box([0.06, 0.1, 0.03], 0.02, hex("#b5202c")));
  const bumper = join(
    at([0, -0.25, 0.985], box([0.47, 0.05, 0.04], 0.035, chrome)),
    at([0, -0.25, -0.97], box([0.47, 0.05, 0.04], 0.035, chrome)),
  );
  const badge = at([0, 0.0, 0.98], turn("x", 90, cylinder(0.07, 0.025, 0.01, roof)));
  // It stands on feet, so that the luggage belongs to the van in every picture.
  const rack = at(
    [0, 0.6, -0.15],
    join(
      mirrorTwice(limb([0.3, -0.08, 0.4], [0.3, 0, 0.4], 0.022, chrome)),
      ...[-0.4, 0, 0.4].map((z) => at([0, 0, z], box([0.34, 0.018, 0.018], 0.012, chrome))),
      mirror(at([0.32, 0, 0], box([0.018, 0.018, 0.52], 0.012, chrome))),
    ),
  );
  const luggage = join(
    at(
      [-0.1, 0.7, -0.2],
      box([0.2, 0.1, 0.28], 0.03, (_x, _y, z) =>
        Math.abs(Math.abs(z) - 0.15) < 0.025 ? hex("#5b3a21") : hex("#a8703f"),
      ),
    ),
    at([0.2, 0.67, -0.1], box([0.1, 0.07, 0.2], 0.06, hex("#4f7a58"))),
  );
  const wheels = join(at([0, 0, 0.6], mirror(wheel)), at([0, 0, -0.58], mirror(wheel)));
  const arches = join(at([0, 0, 0.6], mirror(arch)), at([0, 0, -0.58], mirror(arch)));
  return join(
    cut(hull, arches),
    wheels,
    windows,
    screen,
    rear,
    mirror(lamp),
    mirror(tail),
    bumper,
    badge,
    rack,
    luggage,
  );
}

/** Building: a cottage with timber, a chimney and a flower box. */
function cottage(): Solid {
  const [plaster, beam, stone] = [hex("#f2e6cc"), wood(hex("#7a4e2c"), hex("#5c3820"), 1, 14), hex("#8f8d8a")];
  const stones = (x: number, y: number, z: number): Color => {
    const row = Math.floor(y * 14);
    const along = (Math.abs(x) + Math.abs(z)) * 7 + (row % 2 ? 0.5 : 0);
    const gap = Math.min(Math.abs((y * 14) % 1), Math.abs(along % 1)) < 0.1;
    return gap ? hex("#6d6a66") : mix(stone, hex("#a9a6a0"), 0.5 + 0.5 * noise(Math.floor(along) * 3, row * 3, 1));
  };
  const shingles = (x: number, y: number, z: number): Color => {
    const row = Math.floor(y * 11);
    const column = Math.floor(z * 9 + (row % 2 ? 0.5 : 0));
    const shade = 0.5 + 0.5 * noise(column * 5 + 0.5, row * 5 + 0.5, x > 0 ? 3 : 9);
    const edge = y * 11 - row < 0.16 ? 0.72 : 1;
    const tone = mix(hex("#b5492f"), hex("#cf6a43"), shade);
    return [tone[0] * edge, tone[1] * edge, tone[2] * edge];
  };
  const walls = prism(
    [
      [-0.5, -0.5],
      [0.5, -0.5],
      [0.5, 0.1],
      [0, 0.56],
      [-0.5, 0.1],
    ],
    0.6,
    0.015,
    plaster,
  );
  const foundation = at([0, -0.48, 0], box([0.54, 0.1, 0.64], 0.03, stones));
  const slope = at([0.33, 0.345, 0], turn("z", -42.6, box([0.46, 0.045, 0.72], 0.02, [0, 0, 0])));
  const roof = painted(shingles, mirror(slope));
  const ridge = at([0, 0.665, 0], turn("x", 90, cylinder(0.05, 0.73, 0.03, hex("#8e3a26"))));
  const post = at([0.5, -0.18, 0.6], box([0.045, 0.3, 0.045], 0.012, beam));
  const plank = (y: number, half: number) =>
    at([0, y, 0.61], box([half, 0.032, 0.02], 0.01, wood(hex("#7a4e2c"), hex("#5c3820"), 0, 14)));
  const gable = join(plank(0.09, 0.5), plank(0.33, 0.24), at([0, 0.25, 0.61], box([0.032, 0.2, 0.018], 0.01, beam)));
  const timber = join(mirrorTwice(post), gable, turn("y", 180, gable));
  const pane = (x: number, y: number): Color =>
    Math.abs(x) < 0.014 || Math.abs(y) < 0.014 || Math.max(Math.abs(x), Math.abs(y)) > 0.1 ? CREAM : hex("#6fa3bd");
  const window = join(
    box([0.125, 0.125, 0.03], 0.012, pane),
    mirror(at([0.175, 0, 0], box([0.045, 0.125, 0.022], 0.01, hex("#3f6f5d")))),
  );
  const flowers = (x: number, y: number, z: number): Color => {
    const spot = noise(26 * x, 26 * y + 3, 26 * z);
    return spot > 0.25 ? hex("#e4577a") : spot < -0.35 ? hex("#f5d35c") : hex("#4f8a3f");
  };
  const flowerBox = join(
    at([0, -0.17, 0.05], box([0.15, 0.04, 0.05], 0.012, OAK)),
    at([0, -0.115, 0.05], ellipsoid([0.14, 0.05, 0.06], flowers)),
  );
  const front = at([0.24, -0.12, 0.6], join(window, flowerBox));
  const sides = mirror(at([0.5, -0.12, 0], turn("y", 90, join(at([-0.28, 0, 0], window), at([0.28, 0, 0], window)))));
  const doorPaint = (x: number, _y: number, _z: number): Color =>
    Math.abs(((x + 1) * 14) % 1) < 0.12 ? hex("#1f4a63") : hex("#2f6c8c");
  const door = at(
    [-0.2, -0.22, 0.6],
    join(
      cut(box([0.13, 0.24, 0.03], 0.01, doorPaint), at([0, 0, 2], box([0.1, 0.1, 0.1], 0, INK))),
      at([0.08, -0.02, 0.04], ball(0.02, hex("#e6bf55"))),
    ),
  );
  const frame = at([-0.2, -0.21, 0.595], box([0.165, 0.27, 0.025], 0.012, beam));
  const step = at([-0.2, -0.5, 0.7], box([0.2, 0.05, 0.12], 0.02, stones));
  const chimney = join(
    at([0.26, 0.62, -0.25], box([0.1, 0.26, 0.1], 0.012, stones)),
    at([0.26, 0.88, -0.25], box([0.125, 0.03, 0.125], 0.012, hex("#77736e"))),
  );
  const attic = at([0, 0.21, 0.61], turn("x", 90, cylinder(0.075, 0.03, 0.01, hex("#6fa3bd"))));
  return join(
    walls,
    foundation,
    roof,
    ridge,
    timber,
    front,
    sides,
    frame,
    door,
    step,
    chimney,
    painted(CREAM, at([0, 0.21, 0.605], turn("x", 90, cylinder(0.095, 0.028, 0.01, CREAM)))),
    attic,
    turn("y", 180, at([0, -0.12, 0.6], window)),
  );
}

/** Animal: a sitting fox. */
function fox(): Solid {
  const [orange, white, dark] = [hex("#e2762c"), hex("#fbf3e6"), hex("#4a2a1c")];
  const coat = (x: number, y: number, z: number): Color => {
    // A white chest that begins below the chin.
    const chest = z - 0.1 > 0.55 * Math.abs(x) + 0.05 && Math.abs(x) < 0.17 - 0.12 * (y + 0.15) && y < 0.2;
    return chest ? white : orange;
  };
  const body = melt(
    0.12,
    at([0, -0.22, -0.06], ellipsoid([0.29, 0.36, 0.32], coat)),
    at([0, 0.05, 0.06], ellipsoid([0.21, 0.28, 0.2], coat)),
  );
  const haunch = at([0.22, -0.38, 0.0], ellipsoid([0.15, 0.2, 0.26], orange));
  const hindPaw = at([0.24, -0.54, 0.2], ellipsoid([0.09, 0.06, 0.15], dark));
  const foreleg = limb([0.12, -0.1, 0.18], [0.115, -0.5, 0.27], 0.085, (_x, y) => (y < -0.3 ? dark : orange), 0.062);
  const paw = at([0.115, -0.545, 0.31], ellipsoid([0.075, 0.055, 0.1], dark));
  const face = (x: number, y: number, z: number): Color => {
    const cheek = Math.abs(x) > 0.1 + 0.9 * (y + 0.03) && y < 0.06 && z > -0.06;
    return cheek ? white : orange;
  };
  const skull = melt(
    0.09,
    ellipsoid([0.27, 0.225, 0.22], face),
    at(
      [0, -0.075, 0.2],
      ellipsoid([0.115, 0.085, 0.17], (_x, y) => (y < -0.01 ? white : orange)),
    ),
    mirror(at([0.2, -0.08, 0.04], ellipsoid([0.12, 0.09, 0.1], white))),
  );
  const ear = at(
    [0.17, 0.22, -0.02],
    turn(
      "z",
      -16,
      join(
        ellipsoid([0.1, 0.2, 0.055], (_x, y) => (y > 0.1 ? dark : orange)),
        at([0, -0.01, 0.035], ellipsoid([0.058, 0.13, 0.035], white)),
      ),
    ),
  );
  const eye = at(
    [0.115, 0.035, 0.195],
    join(ellipsoid([0.034, 0.045, 0.026], INK), at([0.01, 0.018, 0.022], ball(0.011, white))),
  );
  const nose = at([0, -0.045, 0.365], ellipsoid([0.045, 0.036, 0.036], INK));
  const head = at([0, 0.47, 0.12], turn("x", 4, join(skull, mirror(ear), mirror(eye), nose)));
  const tailColor = (x: number, y: number, z: number): Color =>
    y > 0.06 - 0.2 * (z + 0.3) && x > 0.3 ? white : orange;
  const tail = melt(
    0.12,
    limb([0.05, -0.48, -0.3], [0.34, -0.45, -0.36], 0.1, orange, 0.14),
    limb([0.34, -0.45, -0.36], [0.5, -0.12, -0.32], 0.14, tailColor, 0.15),
    limb([0.5, -0.12, -0.32], [0.46, 0.2, -0.24], 0.15, tailColor, 0.03),
  );
  return join(melt(0.05, body, mirror(haunch), mirror(foreleg)), mirror(hindPaw), mirror(paw), head, tail);
}

/** Character: a toy robot. */
function robot(): Solid {
  const [shell, trim, blue, yellow, glow] = [
    hex("#e9e4d8"),
    hex("#4d5664"),
    hex("#3f7fb8"),
    hex("#f2b632"),
    hex("#7fe3e0"),
  ];
  const torso = at(
    [0, 0.0, 0],
    melt(0.03, box([0.3, 0.3, 0.22], 0.1, shell), at([0, -0.32, 0], box([0.2, 0.08, 0.16], 0.05, trim))),
  );
  const panel = at([0, 0.02, 0.21], box([0.19, 0.15, 0.03], 0.025, blue));
  const buttons = join(
    ...[-0.1, 0, 0.1].map((x, i) => at([x, -0.05, 0.24], ball(0.034, [yellow, hex("#e2583e"), hex("#5fb364")][i]))),
    at([0, 0.08, 0.238], box([0.13, 0.035, 0.015], 0.012, glow)),
  );
  const neck = at([0, 0.36, 0], cylinder(0.1, 0.08, 0.02, trim));
  const head = at([0, 0.62, 0], box([0.34, 0.23, 0.26], 0.13, shell));
  const visor = at([0, 0.62, 0.22], box([0.27, 0.13, 0.06], 0.055, INK));
  const eye = at([0.11, 0.63, 0.28], ellipsoid([0.055, 0.065, 0.02], glow));
  const ear = at([0.345, 0.62, 0], turn("z", 90, cylinder(0.11, 0.05, 0.03, yellow)));
  const antenna = join(limb([0, 0.84, 0], [0, 0.99, 0], 0.02, trim), at([0, 1.03, 0], ball(0.06, hex("#e2583e"))));
  const shoulder = at([0.36, 0.17, 0], ball(0.12, yellow));
  const arm = limb([0.4, 0.12, 0], [0.48, -0.18, 0.06], 0.065, trim);
  const forearm = limb([0.485, -0.16, 0.05], [0.5, -0.34, 0.14], 0.1, shell, 0.115);
  const claw = at(
    [0.505, -0.44, 0.18],
    cut(ball(0.1, yellow), at([0, -0.07, 0.02], box([0.035, 0.09, 0.2], 0.02, trim))),
  );
  const leg = join(
    limb([0.15, -0.38, 0], [0.17, -0.64, 0], 0.075, trim),
    at([0.17, -0.62, 0], cylinder(0.115, 0.12, 0.04, shell, 0.1)),
  );
  const foot = at([0.175, -0.78, 0.06], box([0.13, 0.09, 0.2], 0.07, blue));
  const pack = at(
    [0, 0.04, -0.26],
    join(box([0.2, 0.2, 0.08], 0.05, trim), mirror(at([0.1, -0.02, -0.06], cylinder(0.07, 0.19, 0.05, yellow)))),
  );
  return join(
    torso,
    panel,
    buttons,
    neck,
    head,
    visor,
    mirror(eye),
    mirror(ear),
    antenna,
    mirror(join(shoulder, arm, forearm, claw, leg, foot)),
    pack,
  );
}

/** Food: a burger. */
function burger(): Solid {
  const crust = (_x: number, y: number): Color => mix(hex("#e8a95a"), hex("#b8692a"), (y - 0.08) / 0.3);
  const top = cut(
    at(
      [0, 0.08, 0],
      ellipsoid([0.62, 0.42, 0.62], (x, y) => crust(x, y + 0.02)),
    ),
    at([0, -0.42, 0], box([1, 0.5, 1], 0, hex("#f6dfae"))),
  );
  const seeds = join(
    ...Array.from({ length: 34 }, (_, i) => {
      const height = 1 - (0.75 * (i + 0.5)) / 34;
      const angle = i * 2.39996;
      const r = Math.sqrt(1 - height * height);
      const [x, y, z] = [0.62 * r * Math.sin(angle), 0.42 * height + 0.08, 0.62 * r * Math.cos(angle)];
      return at(
        [x, y, z],
        turn(
          "y",
          (angle * 180) / Math.PI,
          turn("x", 90 * (1 - height), ellipsoid([0.026, 0.02, 0.042], hex("#fbeccb"))),
        ),
      );
    }),
  );
  const wavy = (radius: number, height: number, waves: number, depth: number, color: Color, dark: Color): Solid => ({
    distance(x, y, z) {
      const angle = Math.atan2(x, z);
      const r = Math.hypot(x, z);
      const wave = Math.sin(waves * angle) + 0.5 * Math.sin(2 * waves * angle + 1);
      const edge = radius * (1 + depth * 0.5 * wave);
      const lift = 0.045 * wave * Math.max(0, r / radius - 0.6);
      return 0.6 * (Math.hypot(Math.max(r - edge + height, 0), y - lift) - height);
    },
    color: (x, y, z) => mix(color, dark, 0.5 + 0.5 * noise(9 * x, 9 * y, 9 * z)),
  });
  const lettuce = at([0, 0.045, 0], wavy(0.69, 0.04, 9, 0.1, hex("#8fc647"), hex("#5c9a2e")));
  const tomato = at([0, -0.03, 0], cylinder(0.57, 0.05, 0.04, hex("#d8402f")));
  const cheese = at(
    [0, -0.1, 0],
    turn(
      "y",
      22,
      melt(
        0.02,
        box([0.5, 0.022, 0.5], 0.018, hex("#f7b733")),
        around(
          4,
          at(
            [0, -0.06, 0.515],
            turn(
              "x",
              18,
              prism(
                [
                  [-0.26, 0.06],
                  [0, -0.14],
                  [0.26, 0.06],
                ],
                0.02,
                0.012,
                hex("#f7b733"),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  const patty = at(
    [0, -0.2, 0],
    cylinder(0.6, 0.1, 0.09, (x, y, z) =>
      mix(hex("#6d3d22"), hex("#3f2112"), 0.5 + 0.6 * noise(14 * x, 14 * y, 14 * z)),
    ),
  );
  const bottom = at(
    [0, -0.38, 0],
    cylinder(0.57, 0.1, 0.085, (_x, y) => mix(hex("#c67d36"), hex("#eab968"), (y + 0.06) / 0.12), 0.6),
  );
  return join(top, seeds, lettuce, tomato, cheese, patty, bottom);
}

/** Weapon and tool: a double-bladed axe. */
function axe(): Solid {
  const steel = (x: number, y: number): Color =>
    Math.abs(x) > 0.45 - 0.35 * y * y
      ? hex("#eef1f4")
      : mix(hex("#8b98a8"), hex("#6b7686"), 0.5 + 0.5 * noise(6 * x, 6 * y, 0));
  const blade: [number, number][] = [
    [0.0, -0.1],
    [0.22, -0.13],
    [0.42, -0.38],
    [0.53, -0.2],
    [0.57, 0],
    [0.53, 0.2],
    [0.42, 0.38],
    [0.22, 0.13],
    [0.0, 0.1],
  ];
  const flat = prism(blade, 0.1, 0.012, steel);
  // The blade thins out towards its edge.
  const sharpened: Solid = {
    distance: (x, y, z) => 0.85 * flat.distance(x, y, z * (1 + 3.2 * Math.max(0, x - 0.1))),
    color: flat.color,
  };
  const head = at(
    [0, 0.62, 0],
    join(
      mirror(sharpened),
      box([0.11, 0.16, 0.12], 0.03, hex("#5a6472")),
      at([0, 0, 0.115], turn("x", 90, cylinder(0.065, 0.03, 0.015, hex("#d9a83c")))),
      at([0, 0, -0.115], turn("x", 90, cylinder(0.065, 0.03, 0.015, hex("#d9a83c")))),
    ),
  );
  const shaft = limb([0, -0.95, 0], [0, 0.84, 0], 0.06, wood(hex("#9a6236"), hex("#6d4020"), 1, 12), 0.055);
  const grip = at(
    [0, -0.62, 0],
    cylinder(0.078, 0.24, 0.02, (x, y, z) => {
      const winding = (((y * 16 + Math.atan2(x, z) / (2 * Math.PI)) % 1) + 1) % 1;
      return winding < 0.2 ? hex("#3f1d18") : hex("#8a3a2e");
    }),
  );
  const pommel = join(
    at([0, -0.98, 0], ball(0.1, hex("#d9a83c"))),
    at([0, -0.88, 0], ring(0.07, 0.025, hex("#d9a83c"))),
  );
  const spike = at([0, 0.9, 0], cylinder(0.06, 0.1, 0.01, hex("#aeb8c4"), 0.015));
  return join(head, shaft, grip, pommel, spike);
}

/** Plant: a cactus with arms and a flower in a clay pot. */
function cactus(): Solid {
  const skin = (x: number, y: number, z: number): Color =>
    mix(hex("#4f9a55"), hex("#2f6f42"), 0.5 + 0.7 * noise(5 * x, 3 * y, 5 * z));
  const ribbed = (radius: number, halfHeight: number, ribs: number): Solid => ({
    distance(x, y, z) {
      const angle = Math.atan2(x, z);
      const t = Math.max(0, Math.abs(y) - halfHeight + radius);
      const r = Math.hypot(Math.hypot(x, z), t);
      return 0.8 * (r - radius * (1 + 0.07 * Math.cos(ribs * angle)));
    },
    color(x, y, z) {
      const rib = Math.cos(ribs * Math.atan2(x, z));
      const dot = rib > 0.86 && Math.abs(((((y * 11) % 1) + 1) % 1) - 0.5) < 0.17;
      return dot ? hex("#f4edc9") : mix(skin(x, y, z), hex("#8cc870"), rib > 0.6 ? 0.5 : 0);
    },
  });
  const trunk = at([0, 0.3, 0], ribbed(0.24, 0.62, 10));
  const arm = (side: number, y: number, reach: number, rise: number) =>
    melt(
      0.06,
      limb([0.12 * side, y, 0], [reach * side, y + 0.03, 0.02], 0.105, skin),
      at([reach * side, y + rise / 2, 0.02], ribbed(0.115, rise / 2 + 0.1, 8)),
    );
  const plant = melt(0.05, trunk, arm(1, 0.34, 0.42, 0.34), arm(-1, 0.12, 0.4, 0.26));
  const petal = at([0, 0.02, 0.075], turn("x", 50, ellipsoid([0.05, 0.02, 0.09], hex("#f06aa0"))));
  const flower = at([0.03, 0.93, 0.03], join(around(7, petal), at([0, 0.03, 0], ball(0.045, hex("#f7c948")))));
  const clay = (x: number, y: number, z: number): Color =>
    mix(hex("#c9714a"), hex("#a9552f"), 0.5 + 0.5 * noise(7 * x, 12 * y, 7 * z));
  const pot = join(
    at(
      [0, -0.56, 0],
      cylinder(0.3, 0.26, 0.03, (x, y, z) => (Math.abs(y - 0.02) < 0.05 ? CREAM : clay(x, y, z)), 0.39),
    ),
    at([0, -0.29, 0], cylinder(0.44, 0.065, 0.03, clay)),
  );
  const hollow = at([0, -0.2, 0], cylinder(0.37, 0.08, 0.02, hex("#5a3b2a")));
  const soil = at(
    [0, -0.31, 0],
    ellipsoid([0.37, 0.07, 0.37], (x, _y, z) =>
      mix(hex("#5a3b2a"), hex("#7c5639"), 0.5 + 0.9 * noise(16 * x, 0, 16 * z)),
    ),
  );
  const stones = join(
    at([0.2, -0.24, 0.2], ellipsoid([0.07, 0.045, 0.055], hex("#b9b4ab"))),
    at([-0.24, -0.245, 0.14], ellipsoid([0.05, 0.035, 0.06], hex("#8f8a83"))),
  );
  return join(plant, flower, cut(pot, hollow), soil, stones);
}

/** Prop: a teapot with a handle to look through. */
function teapot(): Solid {
  const [glaze, gold] = [hex("#3567a6"), hex("#e0b350")];
  const china = (x: number, y: number, z: number): Color => {
    if (Math.abs(y - 0.2) < 0.018 || Math.abs(y + 0.3) < 0.018) return gold;
    if (y > 0.2 || y < -0.3) return glaze;
    // A wreath of petals around the belly.
    const angle = (Math.atan2(x, z) / (2 * Math.PI)) * 8;
    const u = angle - Math.round(angle);
    const [px, py] = [u * 0.5, y + 0.05];
    const r = Math.hypot(px, py);
    if (r < 0.035) return gold;
    const petals = 0.085 + 0.05 * Math.cos(5 * Math.atan2(px, py));
    return r < petals ? glaze : hex("#f6f1e6");
  };
  const belly = ellipsoid([0.56, 0.45, 0.56], china);
  const lid = at([0, 0.39, 0], ellipsoid([0.32, 0.12, 0.32], glaze));
  const rim = at([0, 0.37, 0], ring(0.31, 0.03, gold));
  const knob = at([0, 0.55, 0], join(ball(0.075, gold), at([0, -0.07, 0], cylinder(0.04, 0.05, 0.01, gold))));
  const foot = at([0, -0.42, 0], cylinder(0.34, 0.05, 0.03, gold));
  const spout = melt(
    0.05,
    limb([0.42, -0.12, 0], [0.72, 0.1, 0], 0.13, glaze, 0.085),
    limb([0.72, 0.1, 0], [0.86, 0.34, 0], 0.085, glaze, 0.07),
  );
  const mouth = limb([0.84, 0.3, 0], [0.92, 0.45, 0], 0.045, hex("#1c2c44"));
  const lip = at([0.87, 0.36, 0], turn("z", -28, ring(0.06, 0.022, gold)));
  const bow = at([-0.58, 0.04, 0], turn("x", 90, ring(0.27, 0.058, glaze)));
  const tip = at([-0.8, 0.2, 0], ball(0.07, gold));
  // The handle ends where the belly begins.
  const handle = cut(bow, ellipsoid([0.53, 0.42, 0.53], glaze));
  return join(melt(0.04, belly, cut(spout, mouth)), lid, rim, knob, foot, lip, handle, tip);
}

/** Prop: a treasure chest bound with iron. */
function chest(): Solid {
  const planks = (x: number, y: number, z: number): Color => {
    const board = Math.floor(y * 7.5);
    const gap = Math.abs((((y * 7.5) % 1) + 1) % 1) < 0.09;
    const tone = mix(
      hex("#9c5f2f"),
      hex("#7a4520"),
      0.5 + 0.45 * noise(2 * x, board * 4.7, 2 * z) + 0.3 * noise(3 * x, 30 * y, 20 * z),
    );
    return gap ? hex("#4c2912") : tone;
  };
  const [iron, gold] = [
    (x: number, y: number, z: number): Color =>
      mix(hex("#596270"), hex("#454c58"), 0.5 + 0.5 * noise(12 * x, 12 * y, 12 * z)),
    hex("#e6b23e"),
  ];
  const base = at([0, -0.22, 0], box([0.62, 0.26, 0.4], 0.03, planks));
  const barrel = (radius: number, half: number, paint: Solid["color"]) =>
    common(
      at([0, 0.06, 0], turn("z", 90, cylinder(radius, half, 0.03, paint))),
      at([0, 0.56, 0], box([1, 0.5, 1], 0, paint)),
    );
  const curved = (x: number, y: number, z: number): Color =>
    Math.abs(x) > 0.6 ? planks(x, y, z) : planks(x, Math.atan2(z, y - 0.06) * 0.4, 0);
  const lid = painted(curved, barrel(0.4, 0.62, curved));
  const strap = (x: number) =>
    at(
      [x, 0, 0],
      join(at([0, -0.22, 0], box([0.055, 0.275, 0.425], 0.02, iron)), painted(iron, barrel(0.425, 0.055, iron))),
    );
  const seam = at([0, 0.05, 0], box([0.64, 0.035, 0.42], 0.015, iron));
  const edge = at([0, -0.46, 0], box([0.645, 0.045, 0.425], 0.02, iron));
  const rivet = (x: number, y: number) => at([x, y, 0.425], ball(0.024, gold));
  const rivets = join(...[0.46, -0.46].flatMap((x) => [-0.36, -0.2, -0.06].map((y) => rivet(x, y))));
  const plate = at([0, 0.0, 0.42], box([0.13, 0.15, 0.035], 0.025, gold));
  const hole = at(
    [0, -0.01, 0.46],
    join(turn("x", 90, cylinder(0.036, 0.04, 0.005, INK)), at([0, -0.05, 0], box([0.016, 0.045, 0.04], 0.004, INK))),
  );
  const hasp = at([0, 0.14, 0.415], box([0.07, 0.07, 0.035], 0.02, gold));
  const grip = at(
    [0.655, -0.14, 0],
    join(
      at([0.01, 0, 0], turn("z", 90, ring(0.1, 0.024, gold))),
      mirrorZ(at([0, 0.02, 0.1], box([0.03, 0.04, 0.03], 0.012, iron))),
    ),
  );
  return join(
    base,
    lid,
    mirror(strap(0.46)),
    seam,
    edge,
    rivets,
    turn("y", 180, rivets),
    cut(plate, hole),
    hasp,
    mirror(grip),
  );
}

function mirrorZ(s: Solid): Solid {
  return turn("y", -90, mirror(turn("y", 90, s)));
}

/** Prop: a lantern, for its thin bars. */
function lantern(): Solid {
  const [metal, glass, flame] = [hex("#3c4149"), hex("#f7d88a"), hex("#f08c2e")];
  const base = lathe(
    [
      [0, -0.62],
      [0.34, -0.62],
      [0.36, -0.54],
      [0.27, -0.44],
      [0, -0.44],
    ],
    0.01,
    metal,
  );
  const roof = lathe(
    [
      [0, 0.3],
      [0.36, 0.3],
      [0.34, 0.36],
      [0.16, 0.55],
      [0.1, 0.66],
      [0, 0.66],
    ],
    0.01,
    metal,
  );
  const light = (_x: number, y: number): Color => mix(flame, glass, Math.abs(y + 0.12) / 0.28);
  const globe = at([0, -0.07, 0], ellipsoid([0.25, 0.38, 0.25], light));
  const bar = limb([0, -0.46, 0.3], [0, 0.32, 0.3], 0.024, metal);
  const hoop = at([0, -0.07, 0], ring(0.3, 0.022, metal));
  const loop = at([0, 0.76, 0], turn("x", 90, ring(0.15, 0.026, metal)));
  return join(base, roof, globe, around(6, bar), hoop, loop);
}

export interface ExampleObject {
  name: string;
  kind: string;
  solid: Solid;
  /** Where the single picture is taken from, degrees. */
  azimuth: number;
  elevation: number;
  /** Behind the single picture: null leaves it transparent, otherwise the wall's colour (`#rrggbb`). */
  backdrop: string | null;
  /** Whether a front, right, back, left set is rendered, and on what (null: transparent). */
  views: { backdrop: string | null } | null;
}

export const OBJECTS: readonly ExampleObject[] = [
  {
    name: "armchair",
    kind: "furniture",
    solid: armchair(),
    azimuth: 32,
    elevation: 16,
    backdrop: "#ece7df",
    views: { backdrop: null },
  },
  {
    name: "van",
    kind: "vehicle",
    solid: van(),
    azimuth: 38,
    elevation: 17,
    backdrop: "#dfe8ee",
    views: { backdrop: null },
  },
  {
    name: "cottage",
    kind: "building",
    solid: cottage(),
    azimuth: 35,
    elevation: 20,
    backdrop: null,
    views: { backdrop: null },
  },
  {
    name: "fox",
    kind: "animal",
    solid: fox(),
    azimuth: 30,
    elevation: 10,
    backdrop: "#e6ece2",
    views: { backdrop: "#ffffff" },
  },
  {
    name: "robot",
    kind: "character",
    solid: robot(),
    azimuth: 24,
    elevation: 8,
    backdrop: null,
    views: { backdrop: null },
  },
  { name: "burger", kind: "food", solid: burger(), azimuth: 20, elevation: 16, backdrop: "#f4f1ea", views: null },
  {
    name: "axe",
    kind: "weapon",
    solid: axe(),
    azimuth: 22,
    elevation: 6,
    backdrop: null,
    views: { backdrop: "#f2f2f2" },
  },
  {
    name: "cactus",
    kind: "plant",
    solid: cactus(),
    azimuth: 20,
    elevation: 14,
    backdrop: "#efe9dd",
    views: { backdrop: null },
  },
  {
    name: "teapot",
    kind: "prop",
    solid: teapot(),
    azimuth: 24,
    elevation: 18,
    backdrop: "#e9e6ec",
    views: { backdrop: null },
  },
  {
    name: "chest",
    kind: "prop",
    solid: chest(),
    azimuth: 30,
    elevation: 20,
    backdrop: null,
    views: { backdrop: "#ffffff" },
  },
  { name: "lantern", kind: "prop", solid: lantern(), azimuth: 20, elevation: 10, backdrop: "#dcdfe4", views: null },
];
