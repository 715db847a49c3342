import { mkdir, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { EngineError, Quality } from "@maquette/engine";
import { LEVELS } from "@maquette/engine";
import { examinePictures } from "@maquette/engine/host/examine";
import { loadContentCheck } from "@maquette/engine/host/load-content-check";
import { checkContent, listPictures, readPicture, VIEW_OPTIONS } from "./make.ts";
import { parseOptions } from "./parse-options.ts";
import { EXIT, UsageError } from "./usage.ts";

export const INSPECT_OPTIONS = {
  out: { type: "string", short: "o" },
  quality: { type: "string" },
  json: { type: "boolean" },
  ...VIEW_OPTIONS,
} as const;

/** `maquette inspect`: what would be seen in pictures and how they would be used, without making anything. */
export async function inspect(args: string[]): Promise<number> {
  const { values, positionals, tokens } = parseOptions("inspect", args, INSPECT_OPTIONS);
  const pictures = listPictures(positionals, tokens);
  if (pictures.length === 0) {
    throw new UsageError("no picture was given. Usage: maquette inspect IMAGE... (see 'maquette help inspect')");
  }
  const quality = (values.quality ?? "standard") as Quality;
  if (!LEVELS[quality]) {
    throw new UsageError(`--quality is '${quality}'; expected one of ${Object.keys(LEVELS).join(", ")}`);
  }
  checkContent();
  const bytes = await Promise.all(pictures.map((p) => readPicture(p.path)));
  const examination = await examinePictures(bytes, {
    quality,
    views: pictures.map((p) => p.view),
    matteModel: process.env.MAQUETTE_MATTE_MODEL,
    content: loadContentCheck(process.env),
  });
  const out = resolve(values.out ?? ".");
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`cannot write to ${out}: ${error.message}`);
  });
  const sentence = (error: EngineError | null, path: string) =>
    error?.message.replace(/^Image \d+: /, `${path}: `) ?? null;
  const results = await Promise.all(
    examination.pictures.map(async ({ report, problem, overlay }, i) => {
      const { path } = pictures[i]!;
      const file = overlay && join(out, overlayName(path, i, pictures));
      if (file) await writeFile(file, overlay);
      return {
        picture: path,
        problem: problem && { code: problem.code, message: sentence(problem, path) },
        report,
        overlay: file,
      };
    }),
  );
  const { refusal, warnings } = examination;
  if (values.json) {
    const cause = refusal && { code: refusal.code, family: refusal.family, message: refusal.message };
    console.log(JSON.stringify({ accepted: refusal === null, refusal: cause, warnings, pictures: results }, null, 2));
    return refusal ? EXIT.refused : EXIT.ok;
  }
  for (const { picture, problem, report, overlay } of results) {
    if (problem) console.log(problem.message);
    else if (report) {
      const { matte, views } = report;
      const sides = views.map((v) => v.label ?? `${Math.round(v.azimuth)}° around, ${Math.round(v.elevation)}° up`);
      const used = sides.length === 0 ? "not used" : `used as ${sides.join(", ")}`;
      const sure = `matte by ${matte.source}, confidence ${matte.confidence.toFixed(2)}, ${Math.round(100 * matte.coverage)} % of the picture`;
      console.log(`${picture}: ${used}; ${sure}`);
    } else console.log(`${picture}: nothing wrong with it alone`);
    if (overlay) console.log(`  ${overlay}`);
  }
  for (const warning of warnings) console.log(`Note: ${warning}`);
  if (refusal && !results.some((r) => r.problem)) console.log(refusal.message);
  console.log(refusal ? "Nothing would be made of these pictures." : "An asset would be made of these pictures.");
  return refusal ? EXIT.refused : EXIT.ok;
}

/** The picture's name with `_inspected`; numbered where two pictures bear one name. */
function overlayName(path: string, index: number, all: readonly { path: string }[]): string {
  const nameOf = (p: string) => basename(p, extname(p));
  const twice = all.some((other, k) => k !== index && nameOf(other.path) === nameOf(path));
  return `${nameOf(path)}_inspected${twice ? `_${index + 1}` : ""}.png`;
}
