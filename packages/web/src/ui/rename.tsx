import { type FormEvent, useState } from "react";
import { ask } from "../api/client.ts";
import { keys, useAction } from "../api/queries.ts";
import { t } from "../strings.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";
import { say } from "./toast.tsx";

/** Changes an asset's name and tags. */
export function RenameDialog({
  asset,
  onClose,
}: {
  asset: { requestID: string; name: string; tags: string[] };
  onClose: () => void;
}) {
  const [name, setName] = useState(asset.name);
  const [tags, setTags] = useState(asset.tags.join(", "));
  const save = useAction(
    () => ask("PATCH", `/requests/${asset.requestID}`, { name, tags: splitTags(tags) }),
    [keys.library, keys.tags, keys.asset(asset.requestID)],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, {
      onSuccess: () => {
        say(t.saved);
        onClose();
      },
    });
  };
  return (
    <Dialog open onClose={onClose} title={t.library.renameTitle} help={t.library.renameHelp}>
      <form onSubmit={submit} className="form">
        <TextField
          label={t.create.name}
          required
          maxLength={128}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t.create.tags}
          help={t.create.tagsHelp}
          value={tags}
          onChange={(event) => setTags(event.target.value)}
          problem={save.error?.message}
        />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button look="primary" type="submit" busy={save.isPending}>
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function splitTags(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);
}
