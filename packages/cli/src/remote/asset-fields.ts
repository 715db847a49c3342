import { numberOption } from "../parse-options.ts";
import type { Fields } from "./server-client.ts";

/** The options of an asset as the API takes them. */
export function assetFields(values: Partial<Record<string, unknown>>): Fields {
  const text = (name: string) => values[name] as string | undefined;
  return {
    LoQ: text("quality"),
    polycount: numberOption(values, "polycount"),
    height: numberOption(values, "height"),
    width: numberOption(values, "width"),
    depth: numberOption(values, "depth"),
    topology: text("topology"),
    pivot: text("pivot"),
    textureSize: numberOption(values, "texture-size"),
    lods: numberOption(values, "lods"),
    collision: text("collision"),
    compression: text("compression"),
    seed: numberOption(values, "seed"),
  };
}
