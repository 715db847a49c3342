import { EngineError } from "../errors.ts";

/** More than any game model has, and what the stages after reading take in a few GB. */
export const MOST_TRIANGLES = 5_000_000;

/** @throws EngineError `model_too_large` */
export function refuseTooLarge(triangles: number): void {
  if (triangles > MOST_TRIANGLES) {
    throw new EngineError("model_too_large", `over ${MOST_TRIANGLES / 1e6} million triangles`);
  }
}
