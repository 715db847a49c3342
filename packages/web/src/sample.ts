import back from "../../../examples/van/back.png";
import front from "../../../examples/van/front.png";
import left from "../../../examples/van/left.png";
import right from "../../../examples/van/right.png";
import { ask } from "./api/client.ts";
import { t } from "./strings.ts";

/** The pictures of the first asset that somebody makes. */
export const SAMPLE = [
  { view: "front", url: front },
  { view: "right", url: right },
  { view: "back", url: back },
  { view: "left", url: left },
] as const;

/** Sends the sample, as anybody would send his own pictures. */
export async function makeSample(): Promise<{ requestID: string }> {
  const form = new FormData();
  form.append("name", t.welcome.sampleName);
  form.append("height", "200");
  for (const { view, url } of SAMPLE) {
    const picture = await (await fetch(url)).blob();
    form.append("views", view);
    form.append("images", picture, `${view}.png`);
  }
  return ask("POST", "/requests", form);
}
