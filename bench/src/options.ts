/** Checks of command-line values; each throws a sentence with the option, what it takes and what it got. */

export function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(text)) return text as T;
  throw new Error(`${option}: expected ${allowed.join(", ")} but received ${text}`);
}

export function listOf<T extends string>(option: string, text: string, allowed: readonly T[]): T[] {
  return text.split(",").map((item) => oneOf(option, item, allowed));
}

export function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${option}: expected a whole number from ${low} to ${high} but received ${text}`);
}
