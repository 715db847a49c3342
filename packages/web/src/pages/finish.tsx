import { Box, PackagePlus, X } from "lucide-react";
import { type DragEvent, useState } from "react";
import { formatBytes, formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { Button, classes, IconButton, LinkButton } from "../ui/button.tsx";
import { BelongingFields, NameFields } from "../ui/details.tsx";
import { Checkbox, choicesOf, Select } from "../ui/field.tsx";
import { FileChoice } from "../ui/file-choice.tsx";
import { useMaking } from "../ui/making.ts";
import { MoreOptions, POLYCOUNTS, PolycountField, QualityChoice, SizeFields } from "../ui/options.tsx";
import { Card, Notice, Page } from "../ui/page.tsx";
import { useExceeded } from "../ui/quota.ts";
import { say } from "../ui/toast.tsx";

const MAX_BYTES = 64 * 1024 * 1024;

/** Brings a model that somebody has into shape. */
export function Finish() {
  const [model, setModel] = useState<File | null>(null);
  const [up, setUp] = useState("");
  const [keepLoose, setKeepLoose] = useState(false);
  const [keepBase, setKeepBase] = useState(false);
  const { options, change, details, changeDetails, make, submit } = useMaking("/models", (form) => {
    form.append("model", model!);
    if (up) form.append("up", up);
    if (keepLoose) form.append("keepLoose", "true");
    if (keepBase) form.append("keepBase", "true");
  });
  const full = useExceeded();
  return (
    <Page
      title={t.finish.title}
      intro={t.finish.intro}
      actions={
        <LinkButton to="/create" look="quiet">
          {t.finish.pictures}
        </LinkButton>
      }
    >
      <form onSubmit={submit} className="create">
        <Card title={t.finish.model}>
          <div className="form">
            <ModelPicker
              model={model}
              onChange={(file) => {
                make.reset();
                setModel(file);
              }}
            />
            <Select
              label={t.finish.up}
              help={t.finish.upHelp}
              value={up}
              onChange={(event) => setUp(event.target.value)}
              choices={choicesOf(t.finish.ups)}
            />
            <Checkbox
              label={t.finish.keepLoose}
              help={t.finish.keepLooseHelp}
              checked={keepLoose}
              onChange={(event) => setKeepLoose(event.target.checked)}
            />
            <Checkbox
              label={t.finish.keepBase}
              help={t.finish.keepBaseHelp}
              checked={keepBase}
              onChange={(event) => setKeepBase(event.target.checked)}
            />
          </div>
        </Card>
        <Card title={t.create.detailsTitle}>
          <div className="form">
            <QualityChoice value={options.LoQ} onChange={(LoQ) => change({ LoQ })} />
            <NameFields details={details} onChange={changeDetails} />
            <SizeFields options={options} keeps onChange={change} />
            <PolycountField
              options={options}
              placeholder={formatNumber(POLYCOUNTS[options.LoQ || "standard"])}
              onChange={change}
            />
            <BelongingFields details={details} onChange={changeDetails} />
            <MoreOptions options={options} unset={t.create.byQuality} ofModel onChange={change} />
            {full && <Notice kind="warn">{full}</Notice>}
            {make.error && <Notice kind="bad">{make.error.message}</Notice>}
            <div className="form-actions">
              <Button look="primary" type="submit" busy={make.isPending} disabled={!model}>
                {t.finish.submit}
              </Button>
              {!model && <span className="soft">{t.finish.needModel}</span>}
            </div>
          </div>
        </Card>
      </form>
    </Page>
  );
}

function ModelPicker({ model, onChange }: { model: File | null; onChange: (model: File | null) => void }) {
  const [over, setOver] = useState(false);
  // What a file holds is for the server to say: by its bytes, never by its name.
  const take = (file: File | undefined) => {
    if (file && file.size > MAX_BYTES) say(t.finish.tooLarge(file.name));
    else if (file) onChange(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button in it does the same by keyboard.
    <div
      className={classes("picker", over && "picker-over")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {model ? (
        <p className="model-file">
          <Box aria-hidden="true" />
          <strong>{model.name}</strong>
          <span className="soft">{formatBytes(model.size)}</span>
          <IconButton label={t.finish.removeModel(model.name)} icon={<X />} onClick={() => onChange(null)} />
        </p>
      ) : (
        <FileChoice
          icon={<PackagePlus aria-hidden="true" className="picker-icon" />}
          drop={t.finish.drop}
          choose={t.finish.choose}
          help={t.finish.help}
          label={t.finish.chooseLabel}
          accept=".glb,.gltf,.obj,.fbx,.zip"
          onChoose={([file]) => take(file)}
        />
      )}
    </div>
  );
}
