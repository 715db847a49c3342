import { Lock, LockOpen } from "lucide-react";
import { useGenerators } from "../api/queries.ts";
import type { AssetOptions, Quality } from "../api/types.ts";
import { t } from "../strings.ts";
import { classes, IconButton } from "./button.tsx";
import { choicesOf, Select, TextField } from "./field.tsx";

/** What a form says of an asset; empty means "not said". */
export interface OptionFields {
  LoQ: Quality | "";
  polycount: string;
  height: string;
  width: string;
  depth: string;
  locked: boolean;
  topology: string;
  pivot: string;
  lods: string;
  textureSize: string;
  collision: string;
  compression: string;
  generator: string;
}

export const NO_OPTIONS: OptionFields = {
  LoQ: "",
  polycount: "",
  height: "",
  width: "",
  depth: "",
  locked: true,
  topology: "",
  pivot: "",
  lods: "",
  textureSize: "",
  collision: "",
  compression: "",
  generator: "",
};

/** Triangles at most where nobody says. */
export const POLYCOUNTS: Record<Quality, number> = { standard: 30_000, high: 100_000, ultra: 300_000 };

const BUILT_IN = "builtin";
const SIZES = ["height", "width", "depth"] as const;

/** Puts what was said into a form for the API. */
export function appendOptions(form: FormData, options: OptionFields): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "string" && value.trim() !== "") form.append(name, value.trim());
  }
}

/** Whether anything was said. */
export function saysNothing(options: OptionFields): boolean {
  return Object.values(options).every((value) => typeof value !== "string" || value.trim() === "");
}

/** The former options as hints of what "unchanged" means. */
export type Former = Partial<AssetOptions> | null;

export function QualityChoice({
  value,
  former,
  onChange,
}: {
  value: Quality | "";
  former?: Quality | undefined;
  onChange: (value: Quality) => void;
}) {
  return (
    <fieldset className="quality">
      <legend>{t.quality.label}</legend>
      <div className="quality-choices">
        {(["standard", "high", "ultra"] as const).map((quality) => {
          const checked = value === quality || (value === "" && former === quality);
          return (
            <label key={quality} className={classes("quality-choice", checked && "quality-chosen")}>
              <input type="radio" name="quality" value={quality} checked={checked} onChange={() => onChange(quality)} />
              <span>
                <strong>{t.quality.names[quality]}</strong>
                <span className="soft">{t.quality.about[quality]}</span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

export function SizeFields({
  options,
  former,
  keeps,
  onChange,
}: {
  options: OptionFields;
  former?: Former;
  /** A model keeps its own size where nobody says. */
  keeps?: boolean;
  onChange: (change: Partial<OptionFields>) => void;
}) {
  const { locked } = options;
  const given = SIZES.find((axis) => options[axis] !== "");
  const set = (axis: (typeof SIZES)[number], value: string) =>
    onChange(locked ? { height: "", width: "", depth: "", [axis]: value } : { [axis]: value });
  const hint = (axis: (typeof SIZES)[number]) => {
    if (locked && given && given !== axis) return t.create.follows;
    const before = former?.[axis];
    if (before !== undefined) return String(before);
    if (keeps && !given) return t.finish.asItIs;
    return axis === "height" && !given ? "200" : t.create.follows;
  };
  return (
    <fieldset className="sizes">
      <legend>{t.create.size}</legend>
      <div className="sizes-row">
        {SIZES.map((axis) => (
          <TextField
            key={axis}
            label={t.create[axis]}
            type="number"
            inputMode="decimal"
            min={0.01}
            max={100000}
            step="any"
            suffix="cm"
            placeholder={hint(axis)}
            value={options[axis]}
            onChange={(event) => set(axis, event.target.value)}
          />
        ))}
        <IconButton
          label={t.create.lock}
          icon={locked ? <Lock /> : <LockOpen />}
          aria-pressed={locked}
          className="sizes-lock"
          onClick={() =>
            onChange(
              locked
                ? { locked: false }
                : {
                    locked: true,
                    ...Object.fromEntries(SIZES.filter((axis) => axis !== given).map((axis) => [axis, ""])),
                  },
            )
          }
        />
      </div>
      <p className="field-help">{keeps ? t.finish.sizeHelp : t.create.sizeHelp}</p>
    </fieldset>
  );
}

export function PolycountField({
  options,
  placeholder,
  onChange,
}: {
  options: OptionFields;
  placeholder: string;
  onChange: (change: Partial<OptionFields>) => void;
}) {
  return (
    <TextField
      label={t.create.polycount}
      help={t.create.polycountHelp}
      type="number"
      inputMode="numeric"
      min={500}
      max={300000}
      step={1}
      placeholder={placeholder}
      value={options.polycount}
      onChange={(event) => onChange({ polycount: event.target.value })}
    />
  );
}

export function MoreOptions({
  options,
  unset,
  ofModel,
  onChange,
}: {
  options: OptionFields;
  /** What stands for "not said". */
  unset: string;
  /** The shape is there already. */
  ofModel?: boolean;
  onChange: (change: Partial<OptionFields>) => void;
}) {
  const first = { value: "", label: unset };
  const generators = useGenerators().data?.generators ?? [];
  return (
    <details className="more">
      <summary>{t.create.more}</summary>
      <div className="grid-2">
        <Select
          label={t.create.topology}
          value={options.topology}
          onChange={(event) => onChange({ topology: event.target.value })}
          choices={[first, ...choicesOf(t.create.topologies)]}
        />
        <Select
          label={t.create.pivot}
          value={options.pivot}
          onChange={(event) => onChange({ pivot: event.target.value })}
          choices={[first, ...choicesOf(t.create.pivots)]}
        />
        <Select
          label={t.create.texture}
          value={options.textureSize}
          onChange={(event) => onChange({ textureSize: event.target.value })}
          choices={[first, ...[256, 512, 1024, 2048, 4096].map((n) => ({ value: String(n), label: `${n} px` }))]}
        />
        <Select
          label={t.create.lods}
          help={t.create.lodsHelp}
          value={options.lods}
          onChange={(event) => onChange({ lods: event.target.value })}
          choices={[first, ...[0, 1, 2, 3, 4].map((n) => ({ value: String(n), label: n === 0 ? t.none : String(n) }))]}
        />
        <Select
          label={t.create.collision}
          help={t.create.collisionHelp}
          value={options.collision}
          onChange={(event) => onChange({ collision: event.target.value })}
          choices={[first, ...choicesOf(t.create.collisions)]}
        />
        <Select
          label={t.create.compression}
          help={t.create.compressionHelp}
          value={options.compression}
          onChange={(event) => onChange({ compression: event.target.value })}
          choices={[first, ...choicesOf(t.create.compressions)]}
        />
        {generators.length > 1 && !ofModel && (
          <Select
            label={t.create.generator}
            help={t.create.generatorHelp}
            value={options.generator}
            onChange={(event) => onChange({ generator: event.target.value })}
            choices={[first, ...generators.map(generatorChoice)]}
          />
        )}
      </div>
    </details>
  );
}

/** A generator by its name; the engine of the server itself in words. */
export function nameGenerator(name: string): string {
  return name === BUILT_IN ? t.create.builtIn : name;
}

export function generatorChoice(name: string) {
  return { value: name, label: nameGenerator(name) };
}
