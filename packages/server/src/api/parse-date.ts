import { ApiError } from "./errors.ts";

const DAY_MS = 24 * 3600 * 1000;

/** The UTC day that a text names: when it begins and when the next one does, ms since 1970. */
export interface Day {
  begins: number;
  ends: number;
}

/**
 * `MM-DD-YYYY`, `M-D-YYYY` or `YYYY-MM-DD`.
 * @throws ApiError request_invalid naming both forms
 */
export function parseDay(name: string, text: string): Day {
  const [, month, day, year] = /^(\d{1,2})-(\d{1,2})-(\d{4})$/.exec(text) ?? [];
  const [, isoYear, isoMonth, isoDay] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const [y, m, d] = [Number(year ?? isoYear), Number(month ?? isoMonth), Number(day ?? isoDay)];
  const begins = Date.UTC(y, m - 1, d);
  const date = new Date(begins);
  // 31 April and the like would roll over into another month.
  if (Number.isNaN(begins) || y < 1970 || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) {
    throw new ApiError("request_invalid", {
      value: `${name} "${text.slice(0, 40)}": expected MM-DD-YYYY or YYYY-MM-DD`,
    });
  }
  return { begins, ends: begins + DAY_MS };
}
