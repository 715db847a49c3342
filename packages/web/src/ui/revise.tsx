import { type FormEvent, useState } from "react";
import { ask, Problem } from "../api/client.ts";
import { keys, useAction, useIteration } from "../api/queries.ts";
import type { Asset } from "../api/types.ts";
import { formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Select, TextArea } from "./field.tsx";
import {
  appendOptions,
  MoreOptions,
  NO_OPTIONS,
  type OptionFields,
  PolycountField,
  QualityChoice,
  SizeFields,
  saysNothing,
} from "./options.tsx";
import { Notice } from "./page.tsx";
import { appendPictures, MAX_PICTURES, PicturePicker, PictureProblems, usePictures } from "./pictures.tsx";
import { useProjectChoices } from "./project-choices.ts";
import { say } from "./toast.tsx";

type PictureMode = "keep" | "add" | "replace";

interface Made {
  iterationID: string;
  applied: string[];
  warnings: string[];
}

/** A new iteration: what is left as it is stays as it is. */
export function ReviseDialog({
  asset,
  pictures: first,
  onClose,
  onMade,
}: {
  asset: Asset;
  /** What is to be done with the pictures, before anybody says otherwise. */
  pictures: PictureMode;
  onClose: () => void;
  onMade: () => void;
}) {
  const newest = asset.iterations.at(-1)!;
  const former = useIteration(asset.requestID, newest.iterationID).data;
  const projects = useProjectChoices();
  const [wish, setWish] = useState("");
  const [options, setOptions] = useState<OptionFields>(NO_OPTIONS);
  const [projectID, setProject] = useState("");
  const [mode, setMode] = useState(first);
  const chosen = usePictures();
  const { pictures } = chosen;
  const change = (part: Partial<OptionFields>) => setOptions((before) => ({ ...before, ...part }));
  const make = useAction(async () => {
    const form = new FormData();
    if (wish.trim()) form.append("editDescription", wish.trim());
    if (projectID) form.append("projectID", projectID);
    appendOptions(form, options);
    if (mode !== "keep" && pictures.length > 0) {
      form.append("imageMode", mode);
      appendPictures(form, pictures);
    }
    return ask<Made>("POST", `/requests/${asset.requestID}/iterations`, form);
  }, [keys.asset(asset.requestID), keys.library]);
  const nothing =
    wish.trim() === "" && projectID === "" && saysNothing(options) && (mode === "keep" || pictures.length === 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined, {
      onSuccess: ({ applied }) => {
        say(t.revise.started, applied.length > 0 ? `${t.revise.understood}: ${applied.join(", ")}` : undefined);
        onMade();
      },
    });
  };
  const hint = make.error instanceof Problem ? make.error.hint : null;
  const before = former?.options;
  const isModel = Boolean(former?.model);
  return (
    <Dialog open onClose={onClose} title={t.revise.title} help={t.revise.intro} wide>
      <form className="form" onSubmit={submit}>
        <TextArea
          label={t.revise.wish}
          placeholder={t.revise.wishPlaceholder}
          help={t.revise.wishHelp}
          maxLength={2000}
          value={wish}
          onChange={(event) => setWish(event.target.value)}
        />
        <QualityChoice value={options.LoQ} former={newest.loq} onChange={(LoQ) => change({ LoQ })} />
        <SizeFields options={options} former={before ?? null} onChange={change} />
        <div className="grid-2">
          <PolycountField
            options={options}
            placeholder={before?.polycount ? formatNumber(before.polycount) : t.revise.same}
            onChange={change}
          />
          <Select
            label={t.revise.project}
            value={projectID}
            onChange={(event) => setProject(event.target.value)}
            choices={[{ value: "", label: t.revise.same }, ...projects]}
          />
        </div>
        <MoreOptions options={options} unset={t.revise.same} ofModel={isModel} onChange={change} />
        {!isModel && (
          <Select
            label={t.revise.pictures}
            value={mode}
            onChange={(event) => setMode(event.target.value as PictureMode)}
            choices={(["keep", "add", "replace"] as const).map((value) => ({ value, label: t.revise[value] }))}
          />
        )}
        {mode !== "keep" && (
          <>
            <PicturePicker
              of={chosen}
              max={mode === "add" ? MAX_PICTURES - (former?.inputs.length ?? 0) : MAX_PICTURES}
            />
            <PictureProblems of={chosen} />
          </>
        )}
        {make.error && (
          <Notice kind="bad" title={make.error.message}>
            {hint}
          </Notice>
        )}
        <div className="dialog-actions">
          {nothing && <span className="soft">{t.revise.nothing}</span>}
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button
            look="primary"
            type="submit"
            busy={make.isPending}
            disabled={nothing || (mode !== "keep" && chosen.twice !== null)}
          >
            {t.revise.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
