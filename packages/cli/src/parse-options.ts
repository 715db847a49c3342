import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./usage.ts";

/**
 * Reads a command's options and, where it takes any, the words between them.
 * @throws UsageError that names what is wrong, and the command's help
 */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  command: string,
  args: string[],
  options: T,
  words = true,
) {
  try {
    return parseArgs({ args, options, allowPositionals: words, tokens: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See 'maquette help ${command}'`);
  }
}

/**
 * A number option.
 * @throws UsageError
 */
export function numberOption<K extends string>(values: Partial<Record<K, unknown>>, name: K): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (String(text).trim() === "" || !Number.isFinite(value)) {
    throw new UsageError(`--${name} is '${text}'; expected a number`);
  }
  return value;
}
