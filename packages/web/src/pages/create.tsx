import { type FormEvent, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ask } from "../api/client.ts";
import { keys, useAction, useMe, useStudios } from "../api/queries.ts";
import type { Quota } from "../api/types.ts";
import { formatBytes, formatNumber, formatUtcDay } from "../format.ts";
import { t } from "../strings.ts";
import { Button } from "../ui/button.tsx";
import { Checkbox, Select, TextField } from "../ui/field.tsx";
import {
  appendOptions,
  MoreOptions,
  NO_OPTIONS,
  type OptionFields,
  PolycountField,
  QualityChoice,
  SizeFields,
} from "../ui/options.tsx";
import { Card, Notice, Page } from "../ui/page.tsx";
import { appendPictures, PicturePicker, PictureProblems, usePictures } from "../ui/pictures.tsx";
import { useProjectChoices } from "../ui/project-choices.ts";
import { splitTags } from "../ui/rename.tsx";
import { say } from "../ui/toast.tsx";

const POLYCOUNTS = { standard: 30_000, high: 100_000, ultra: 300_000 };

export function Create() {
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const chosen = usePictures();
  const { pictures } = chosen;
  const [options, setOptions] = useState<OptionFields>({ ...NO_OPTIONS, LoQ: "standard" });
  const [name, setName] = useState("");
  const [tags, setTags] = useState("");
  const [projectID, setProject] = useState(query.get("projectID") ?? "");
  const [studioID, setStudio] = useState("");
  const [test, setTest] = useState(false);
  const projects = useProjectChoices();
  const studios = useStudios();
  const change = (part: Partial<OptionFields>) => setOptions((before) => ({ ...before, ...part }));

  const make = useAction(async () => {
    const form = new FormData();
    appendPictures(form, pictures);
    appendOptions(form, options);
    if (name.trim()) form.append("name", name.trim());
    if (splitTags(tags).length > 0) form.append("tags", JSON.stringify(splitTags(tags)));
    if (projectID) form.append("projectID", projectID);
    if (studioID) form.append("studioID", studioID);
    if (test) form.append("test", "true");
    return ask<{ requestID: string }>("POST", "/requests", form);
  }, [keys.library, keys.tags, keys.me]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined, {
      onSuccess: ({ requestID }) => {
        say(t.create.made);
        navigate(`/assets/${requestID}`);
      },
    });
  };
  const full = exceeded(useMe().data?.quota);
  const defaultCap = POLYCOUNTS[options.LoQ || "standard"];
  return (
    <Page title={t.create.title}>
      <form onSubmit={submit} className="create">
        <div className="create-pictures">
          <Card title={t.create.pictures}>
            <PicturePicker of={chosen} />
          </Card>
        </div>
        <Card title={t.create.detailsTitle} className="create-details">
          <div className="form">
            <QualityChoice value={options.LoQ} onChange={(LoQ) => change({ LoQ })} />
            <div className="grid-2">
              <TextField
                label={t.create.name}
                placeholder={t.create.namePlaceholder}
                maxLength={128}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              <TextField
                label={t.create.tags}
                placeholder={t.create.tagsHelp}
                value={tags}
                onChange={(event) => setTags(event.target.value)}
              />
            </div>
            <SizeFields options={options} onChange={change} />
            <PolycountField options={options} placeholder={formatNumber(defaultCap)} onChange={change} />
            <div className="grid-2">
              <Select
                label={t.create.project}
                value={projectID}
                onChange={(event) => setProject(event.target.value)}
                choices={[{ value: "", label: t.create.noProject }, ...projects]}
              />
              <Select
                label={t.create.studio}
                value={studioID}
                onChange={(event) => setStudio(event.target.value)}
                choices={[
                  { value: "", label: t.create.onlyMe },
                  ...(studios.data ?? []).map((studio) => ({ value: studio.studioID, label: studio.name })),
                ]}
              />
            </div>
            <MoreOptions options={options} unset={t.create.byQuality} onChange={change} />
            <Checkbox
              label={t.create.test}
              help={t.create.testHelp}
              checked={test}
              onChange={(event) => setTest(event.target.checked)}
            />
            {full && !test && <Notice kind="warn">{full}</Notice>}
            <PictureProblems of={chosen} test={test} />
            {make.error && <Notice kind="bad">{make.error.message}</Notice>}
            <div className="form-actions">
              <Button
                look="primary"
                type="submit"
                busy={make.isPending}
                disabled={pictures.length === 0 || chosen.twice !== null}
              >
                {t.create.submit}
              </Button>
              {pictures.length === 0 && <span className="soft">{t.create.needPicture}</span>}
            </div>
          </div>
        </Card>
      </form>
    </Page>
  );
}

/** What the server would refuse an asset for, whatever it is. */
function exceeded(quota: Quota | undefined): string | null {
  const { requests, bytes } = quota ?? {};
  if (requests?.limit && requests.used >= requests.limit) {
    return t.create.quotaRequests(formatNumber(requests.used), formatUtcDay(requests.resetsAt));
  }
  if (bytes?.limit && bytes.used >= bytes.limit) {
    return t.create.quotaBytes(formatBytes(bytes.used), formatBytes(bytes.limit));
  }
  return null;
}
