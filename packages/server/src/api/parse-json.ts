import { LIMITS } from "../config/limits.ts";
import { ApiError } from "./errors.ts";

/**
 * JSON from outside, bounded in depth, without keys that could reach a prototype.
 * @throws ApiError body_invalid
 */
export function parseJson(text: string): unknown {
  checkDepth(text);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""), (key, value) => {
      if (key === "__proto__") throw new ApiError("body_invalid", { value: "the key __proto__ in the JSON body" });
      return value;
    });
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("body_invalid", { value: `a body that is not valid JSON (${(error as Error).message})` });
  }
}

/** Counts brackets outside strings before anything recursive sees the text. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === 0x5c) i++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > LIMITS.jsonDepth) {
        throw new ApiError("body_invalid", { value: `JSON nested more than ${LIMITS.jsonDepth} deep` });
      }
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
}
