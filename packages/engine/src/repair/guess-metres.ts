/** Longest sides between which a model is believed as it stands, metres: a ring, and a house. */
const BELIEVED = { min: 0.01, max: 30 };

/** Metres of one unit in which models are commonly made, from large to small. */
const UNITS = [
  { metres: 1, name: "metres" },
  { metres: 0.01, name: "centimetres" },
  { metres: 0.001, name: "millimetres" },
];

/**
 * How long a unit of a model is. What the format says is believed while it gives a size that objects have; otherwise the
 * largest common unit is taken that does, and a warning says so.
 *
 * @param longest side of the model, in its units.
 * @param declared metres of a unit by the format; null where it says nothing.
 */
export function guessMetres(longest: number, declared: number | null): { metres: number; warning: string | null } {
  const believable = (metres: number) => longest * metres >= BELIEVED.min && longest * metres <= BELIEVED.max;
  const stated = declared ?? 1;
  if (believable(stated)) return { metres: stated, warning: null };
  const size = `${Number((longest * stated).toPrecision(3))} m`;
  // Too small as it is stated: somebody divided once too often.
  const units =
    longest * stated < BELIEVED.min
      ? [
          { metres: 100 * stated, name: "hundredths" },
          { metres: 1000 * stated, name: "thousandths" },
        ]
      : UNITS;
  const found = units.find(({ metres }) => believable(metres));
  if (!found)
    return { metres: 2 / longest, warning: `The model would be ${size} long; it was made 2 m. Give a height` };
  const length = `${Number((longest * found.metres).toPrecision(3))} m`;
  return {
    metres: found.metres,
    warning: `The model would be ${size} long; its units were taken for ${found.name}, which makes it ${length}. Give a height to be exact`,
  };
}
