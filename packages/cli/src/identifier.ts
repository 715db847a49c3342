/** A file name as an identifier: letters, digits, underscore, not starting with a digit. */
export function identifier(text: string): string {
  const cleaned = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60);
  return /^[A-Za-z]/.test(cleaned) ? cleaned : `asset${cleaned && `_${cleaned}`}`;
}
