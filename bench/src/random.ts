/** A seeded generator of numbers in [0, 1): mulberry32 (Tommy Ettinger), good enough for sampling, 4 bytes of state. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A seed from a seed and words, so that each object and case has its own (FNV-1a). */
export function seedOf(seed: number, ...words: string[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of words.join("\u0000")) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash;
}

/** The same items in random order; the argument stays as it is. */
export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
