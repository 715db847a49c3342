/**
 * A name as an identifier: letters, digits, underscore, not starting with a digit. Importers take it as a file name and
 * as a USD prim path.
 */
export function toIdentifier(name: string): string {
  const identifier = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 48);
  if (identifier === "") return "asset";
  return /^\d/.test(identifier) ? `asset_${identifier}` : identifier;
}
