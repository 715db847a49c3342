/**
 * Frames, cameras and labels. Everything in the product that says "left", "azimuth" or "pixel" means what stands here.
 *
 * Object frame: right-handed, +Y up, +Z towards the front camera. Seen in the front picture, +X points right,
 * which is the object's own left-hand side.
 *
 *            +Y
 *             |   back (azimuth 180)
 *             |  /
 *             | /
 *             |/_______ +X   left (azimuth 90): the object's own left
 *            /
 *           /
 *         +Z   front (azimuth 0)
 *
 * Fields live on the cube [-0.5, 0.5]³ of that frame ("cube units"); metres appear only from `fit` on.
 * Pixel coordinates are continuous: the centre of pixel (column i, row j) is (i + 0.5, j + 0.5), y down.
 */

/** A direction and a framing from which a picture shows the object. */
export interface Camera {
  /** Degrees about +Y: 0 on +Z, 90 on +X, 180 on -Z, 270 on -X. */
  azimuth: number;
  /** Degrees above the horizon; 90 looks straight down with the object's front at the picture's lower edge. */
  elevation: number;
  /** 1 / (distance of the camera from the origin), per cube unit; 0 is orthographic. */
  perspective: number;
  /** Pixels per cube unit at the depth of the origin. */
  scale: number;
  /** Pixel position of the origin. */
  centerX: number;
  centerY: number;
}

export const VIEW_LABELS = ["front", "right", "back", "left", "top", "bottom"] as const;
export type ViewLabel = (typeof VIEW_LABELS)[number];

/** Where the camera stands for a labelled picture. `left` shows the object's own left side: a character faces the picture's left. */
export const LABEL_DIRECTIONS: Readonly<Record<ViewLabel, { azimuth: number; elevation: number }>> = {
  front: { azimuth: 0, elevation: 0 },
  left: { azimuth: 90, elevation: 0 },
  back: { azimuth: 180, elevation: 0 },
  right: { azimuth: 270, elevation: 0 },
  top: { azimuth: 0, elevation: 90 },
  bottom: { azimuth: 0, elevation: -90 },
};

/** The camera's axes in the object frame: picture right, picture up, and towards the camera. Orthonormal, right-handed. */
export interface CameraBasis {
  right: [number, number, number];
  up: [number, number, number];
  towards: [number, number, number];
}

export function cameraBasis(camera: { azimuth: number; elevation: number }): CameraBasis {
  const a = (camera.azimuth * Math.PI) / 180;
  const e = (camera.elevation * Math.PI) / 180;
  const [ca, sa, ce, se] = [exact(Math.cos(a)), exact(Math.sin(a)), exact(Math.cos(e)), exact(Math.sin(e))];
  return { right: [ca, 0, -sa], up: [-sa * se, ce, -ca * se], towards: [sa * ce, se, ca * ce] };
}

// cos(90°) is 6e-17 in floating point; canonical views must be exactly axis-aligned so that mirrored inputs give mirrored outputs.
function exact(v: number): number {
  const r = Math.round(v);
  return Math.abs(v - r) < 1e-12 ? r + 0 : v;
}

/** A camera flattened for inner loops: `px = cx + (p·x) / w`, `py = cy - (p·y) / w`, `w = 1 - p·z`, all linear in p. */
export interface Projector {
  xx: number;
  xy: number;
  xz: number;
  yx: number;
  yy: number;
  yz: number;
  /** towards-the-camera axis (unit length): depth = p·z, larger is nearer. */
  zx: number;
  zy: number;
  zz: number;
  perspective: number;
  cx: number;
  cy: number;
}

export function projector(camera: Camera): Projector {
  const b = cameraBasis(camera);
  const s = camera.scale;
  return {
    xx: b.right[0] * s,
    xy: b.right[1] * s,
    xz: b.right[2] * s,
    yx: b.up[0] * s,
    yy: b.up[1] * s,
    yz: b.up[2] * s,
    zx: b.towards[0],
    zy: b.towards[1],
    zz: b.towards[2],
    perspective: camera.perspective,
    cx: camera.centerX,
    cy: camera.centerY,
  };
}

/** Pixel position and depth (along the viewing axis, larger is nearer, cube units) of a point of the object frame. */
export function project(camera: Camera, x: number, y: number, z: number): { px: number; py: number; depth: number } {
  const m = projector(camera);
  const depth = x * m.zx + y * m.zy + z * m.zz;
  const w = 1 - m.perspective * depth;
  return {
    px: m.cx + (x * m.xx + y * m.xy + z * m.xz) / w,
    py: m.cy - (x * m.yx + y * m.yy + z * m.yz) / w,
    depth,
  };
}

/** An orthographic camera whose picture of `size`² pixels shows exactly the cube's face, the frame of labelled test pictures. */
export function cubeCamera(azimuth: number, elevation: number, size: number, zoom = 1): Camera {
  return { azimuth, elevation, perspective: 0, scale: size * zoom, centerX: size / 2, centerY: size / 2 };
}
