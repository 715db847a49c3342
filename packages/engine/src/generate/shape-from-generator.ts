import type { Baked } from "../bake/bake.ts";
import { EngineError } from "../errors.ts";
import { turnAboutY } from "../fit/turn-about-y.ts";
import type { Generator, GeneratorAnswer, GeneratorReport } from "../generator.ts";
import type { Plan } from "../options.ts";
import type { Shape, StageRunner } from "../pipeline.ts";
import type { RenderMesh } from "../raster/render.ts";
import { readModel } from "../read/read-model.ts";
import { cleanModel } from "../repair/clean-model.ts";
import { surfaceOfSoup } from "../repair/surface-of-soup.ts";
import { transferColors } from "../repair/transfer-colors.ts";
import { turnUp } from "../repair/turn-up.ts";
import type { View } from "../types.ts";
import { encodeCutout } from "./encode-cutout.ts";
import { fitCameras, register } from "./register.ts";

/** Agreement below which a person had better look at what the generator made. */
const DOUBTFUL = 0.6;

/**
 * Has the shape made by a generator: the cut-outs go out, and what comes back is repaired and turned like the pictures.
 * Its own colours are kept; a bare model is painted from the pictures, whose cameras are then fitted to it.
 *
 * @param yaw degrees from the views' base frame to the object frame, in which generators are told directions.
 * @param warnings what was noticed is added.
 * @returns null when it could not be made and the generator allows to go on without it.
 * @throws EngineError `generator_failed`
 */
export async function shapeFromGenerator(
  stage: StageRunner,
  generator: Generator,
  views: readonly View[],
  yaw: number,
  plan: Plan,
  fieldSize: number,
  warnings: string[],
): Promise<(Shape & { generator: GeneratorReport }) | null> {
  const answer = await stage("infer", () => ask(generator, views, yaw, plan));
  try {
    if (!answer.ok) throw new EngineError("generator_failed", `${generator.name}: ${answer.cause}`);
    return await shapeOf(stage, generator, answer, views, plan, fieldSize, warnings);
  } catch (error) {
    // A model that cannot be used is as good as none. Anything else is a fault of ours.
    if (!(error instanceof EngineError)) throw error;
    const cause = error.code === "generator_failed" ? error.detail : `${generator.name}: ${error.message}`;
    if (!generator.fallback) throw new EngineError("generator_failed", cause.replace(/\.$/, ""));
    warnings.push(`The built-in engine made this asset, since the generator failed (${cause.replace(/\.$/, "")})`);
    return null;
  }
}

async function ask(generator: Generator, views: readonly View[], yaw: number, plan: Plan): Promise<GeneratorAnswer> {
  const pictures = await Promise.all(
    views.map(async (view) => ({
      png: await encodeCutout(view),
      label: view.label,
      azimuth: (((view.camera.azimuth + yaw) % 360) + 360) % 360,
      elevation: view.camera.elevation,
    })),
  );
  const isBase = (i: number) => Math.round(views[i]!.camera.azimuth) % 360 === 0 && views[i]!.camera.elevation < 45;
  const base = Math.max(
    0,
    views.findIndex((_, i) => isBase(i)),
  );
  const first = [pictures[base]!, ...pictures.filter((_, i) => i !== base)];
  return generator.generate({ pictures: first, quality: plan.quality, polycount: plan.polycount, seed: plan.seed });
}

async function shapeOf(
  stage: StageRunner,
  generator: Generator,
  { model, companions }: GeneratorAnswer & { ok: true },
  views: readonly View[],
  plan: Plan,
  fieldSize: number,
  warnings: string[],
): Promise<Shape & { generator: GeneratorReport }> {
  const { mesh, soup, registration } = await stage("infer", async () => {
    const source = await readModel(model, new Map(companions));
    const mesh = turnUp(source.mesh, generator.up);
    const { soup, notes } = cleanModel(mesh, { keepLoose: false, keepBase: false });
    warnings.push(...notes.map((note) => `Of the generated model, ${note.replace(/; keep.*$/, "")}`));
    const registration = register(soup, views, generator.front);
    const positions = turnAboutY(soup.positions, -registration.front);
    return { mesh, soup: { ...soup, positions }, registration };
  });
  const { agreement, front } = registration;
  if (agreement < DOUBTFUL) {
    warnings.push(
      `The model of ${generator.name} does not look like the pictures: their outlines overlap by ${Math.round(100 * agreement)} %`,
    );
  }
  const { placed, field, dense } = await surfaceOfSoup(stage, soup, fieldSize);
  return {
    field,
    dense,
    views: fitCameras(placed.soup, views),
    unseen: null,
    paint: hasColors(mesh)
      ? (made, layout, onProgress): Baked =>
          transferColors(made, layout, placed.soup, mesh, plan.textureSize, onProgress)
      : null,
    generator: { name: generator.name, agreement: round(agreement), turned: (360 - front) % 360 },
  };
}

/** Whether a model says of its parts what colours they have; one colour all over is what exporters write for none. */
function hasColors({ textures, vertexColors, faceColors }: RenderMesh): boolean {
  if (textures && textures.length > 0) return true;
  return [vertexColors, faceColors].some((colors) => colors?.some((value, i) => value !== colors[i % 3]));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
