import { useStudios } from "../api/queries.ts";
import { t } from "../strings.ts";
import { Select, TextField } from "./field.tsx";
import { useProjectChoices } from "./project-choices.ts";
import { splitTags } from "./rename.tsx";

/** What a new asset is called and whose it is; empty means "not said". */
export interface Details {
  name: string;
  tags: string;
  projectID: string;
  studioID: string;
}

export const NO_DETAILS: Details = { name: "", tags: "", projectID: "", studioID: "" };

/** Puts what was said into a form for the API. */
export function appendDetails(form: FormData, { name, tags, projectID, studioID }: Details): void {
  if (name.trim()) form.append("name", name.trim());
  if (splitTags(tags).length > 0) form.append("tags", JSON.stringify(splitTags(tags)));
  if (projectID) form.append("projectID", projectID);
  if (studioID) form.append("studioID", studioID);
}

interface Fields {
  details: Details;
  onChange: (change: Partial<Details>) => void;
}

export function NameFields({ details, onChange }: Fields) {
  return (
    <div className="grid-2">
      <TextField
        label={t.create.name}
        placeholder={t.create.namePlaceholder}
        maxLength={128}
        value={details.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <TextField
        label={t.create.tags}
        placeholder={t.create.tagsHelp}
        value={details.tags}
        onChange={(event) => onChange({ tags: event.target.value })}
      />
    </div>
  );
}

export function BelongingFields({ details, onChange }: Fields) {
  const projects = useProjectChoices();
  const studios = useStudios();
  return (
    <div className="grid-2">
      <Select
        label={t.create.project}
        value={details.projectID}
        onChange={(event) => onChange({ projectID: event.target.value })}
        choices={[{ value: "", label: t.create.noProject }, ...projects]}
      />
      <Select
        label={t.create.studio}
        value={details.studioID}
        onChange={(event) => onChange({ studioID: event.target.value })}
        choices={[
          { value: "", label: t.create.onlyMe },
          ...(studios.data ?? []).map((studio) => ({ value: studio.studioID, label: studio.name })),
        ]}
      />
    </div>
  );
}
