import { Pencil, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { ask } from "../api/client.ts";
import { keys, useAction, useGenerators, useProjects, useStudios } from "../api/queries.ts";
import type { Generators, Project, ProjectStyle } from "../api/types.ts";
import { formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyValue } from "../ui/copy.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { choicesOf, Select, TextField } from "../ui/field.tsx";
import { generatorChoice, nameGenerator } from "../ui/options.tsx";
import { Card, Facts, Loaded, Page } from "../ui/page.tsx";
import { StyleBall } from "../ui/style-ball.tsx";
import { say, sayProblem } from "../ui/toast.tsx";

const text = t.projects;

/** Projects: what an asset is told to look like. */
export function Projects() {
  const projects = useProjects();
  const [editing, setEditing] = useState<Project | "new" | null>(null);
  const [removing, setRemoving] = useState<Project | null>(null);
  const remove = useAction((id: string) => ask("DELETE", `/projects/${id}`), [keys.projects]);
  return (
    <Page
      title={text.title}
      intro={text.intro}
      actions={
        <Button look="primary" icon={<Plus />} onClick={() => setEditing("new")}>
          {text.add}
        </Button>
      }
    >
      <Loaded query={projects}>
        {(list) => (
          <ul className="styles">
            {list.map((project) => (
              <li key={project.projectID}>
                <StyleCard project={project} onEdit={() => setEditing(project)} onRemove={() => setRemoving(project)} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {editing && <StyleDialog project={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={text.deleteTitle(removing?.name ?? "")}
        help={text.deleteHelp}
        action={t.library.delete}
        danger
        busy={remove.isPending}
        onConfirm={() =>
          removing &&
          remove.mutate(removing.projectID, {
            onSuccess: () => {
              setRemoving(null);
              say(text.deleted);
            },
            onError: sayProblem,
          })
        }
      />
    </Page>
  );
}

function StyleCard({ project, onEdit, onRemove }: { project: Project; onEdit: () => void; onRemove: () => void }) {
  const studios = useStudios();
  const { style } = project;
  const generators = useGenerators().data;
  const studio = studios.data?.find(({ studioID }) => studioID === project.studioID)?.name;
  return (
    <Card
      title={project.name}
      actions={
        <span className="row-actions">
          <IconButton label={`${text.edit} ${project.name}`} icon={<Pencil />} onClick={onEdit} />
          <IconButton label={`${t.library.delete} ${project.name}`} icon={<Trash2 />} onClick={onRemove} />
        </span>
      }
    >
      <div className="style-body">
        <StyleBall style={style} label={text.preview} />
        <Facts
          items={[
            [text.studio, studio ?? text.onlyMe],
            [text.shading, text.shadings[style.shading ?? "angle"]],
            [text.texturing, text.texturings[style.texturing ?? "projected"]],
            [text.palette, style.palette ? String(style.palette) : text.paletteAll],
            [text.topology, style.topology ? t.create.topologies[style.topology] : text.asRequest],
            [text.polycount, style.polycount ? formatNumber(style.polycount) : text.asRequest],
            [text.density, style.texelDensity ? formatNumber(style.texelDensity) : t.create.byQuality],
            ...(style.generator || (generators?.generators.length ?? 0) > 1
              ? [[text.generator, describeGenerator(style.generator, generators)] as [string, string]]
              : []),
            [text.id, <CopyValue key="id" value={project.projectID} label={text.id} />],
          ]}
        />
      </div>
      <p className="style-links">
        <Link to={`/?projectID=${project.projectID}`}>{text.assets}</Link>
        <Link to={`/create?projectID=${project.projectID}`}>{t.create.title}</Link>
      </p>
    </Card>
  );
}

function StyleDialog({ project, onClose }: { project: Project | null; onClose: () => void }) {
  const studios = useStudios();
  const generators = useGenerators().data;
  const [name, setName] = useState(project?.name ?? "");
  const [studioID, setStudio] = useState("");
  const [style, setStyle] = useState<ProjectStyle>(project?.style ?? {});
  const save = useAction(() => {
    const body = { name, style: withNulls(style) };
    return project
      ? ask("PATCH", `/projects/${project.projectID}`, body)
      : ask("POST", "/projects", { name, style, ...(studioID ? { studioID } : {}) });
  }, [keys.projects]);
  const set = <K extends keyof ProjectStyle>(key: K, value: string) =>
    setStyle((before) => {
      const { [key]: _former, ...rest } = before;
      if (value === "") return rest;
      const number = key === "palette" || key === "polycount" || key === "texelDensity";
      return { ...rest, [key]: number ? Number(value) : value };
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, {
      onSuccess: () => {
        say(text.saved);
        onClose();
      },
    });
  };
  const unset = { value: "", label: text.asRequest };
  return (
    <Dialog open onClose={onClose} title={project ? project.name : text.add} wide>
      <form className="form" onSubmit={submit}>
        <div className="style-form">
          <div className="form">
            <div className="grid-2">
              <TextField
                label={text.name}
                required
                maxLength={128}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              {!project && (
                <Select
                  label={text.studio}
                  value={studioID}
                  onChange={(event) => setStudio(event.target.value)}
                  choices={[
                    { value: "", label: text.onlyMe },
                    ...(studios.data ?? []).map((studio) => ({ value: studio.studioID, label: studio.name })),
                  ]}
                />
              )}
            </div>
            <div className="grid-2">
              <Select
                label={text.shading}
                value={style.shading ?? ""}
                onChange={(event) => set("shading", event.target.value)}
                choices={[unset, ...choicesOf(text.shadings)]}
              />
              <Select
                label={text.texturing}
                value={style.texturing ?? ""}
                onChange={(event) => set("texturing", event.target.value)}
                choices={[unset, ...choicesOf(text.texturings)]}
              />
              <TextField
                label={text.palette}
                type="number"
                min={2}
                max={256}
                placeholder={text.paletteAll}
                value={style.palette ?? ""}
                onChange={(event) => set("palette", event.target.value)}
              />
              <Select
                label={text.topology}
                value={style.topology ?? ""}
                onChange={(event) => set("topology", event.target.value)}
                choices={[unset, ...choicesOf(t.create.topologies)]}
              />
              <TextField
                label={text.polycount}
                type="number"
                min={500}
                max={300000}
                placeholder={text.asRequest}
                value={style.polycount ?? ""}
                onChange={(event) => set("polycount", event.target.value)}
              />
              <TextField
                label={text.density}
                type="number"
                min={1}
                max={100000}
                placeholder={t.create.byQuality}
                value={style.texelDensity ?? ""}
                onChange={(event) => set("texelDensity", event.target.value)}
              />
              {generators && (style.generator || generators.generators.length > 1) && (
                <Select
                  label={text.generator}
                  value={style.generator ?? ""}
                  onChange={(event) => set("generator", event.target.value)}
                  choices={[
                    { value: "", label: describeGenerator(undefined, generators) },
                    ...generators.generators.map(generatorChoice),
                    ...(style.generator && !generators.generators.includes(style.generator)
                      ? [{ value: style.generator, label: text.generatorGone(style.generator) }]
                      : []),
                  ]}
                />
              )}
            </div>
          </div>
          <StyleBall style={style} label={text.preview} />
        </div>
        {save.error && (
          <p className="field-problem" role="alert">
            {save.error.message}
          </p>
        )}
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

/** Who makes the shapes of a style; if it does not say, whom the server is set to. */
function describeGenerator(name: string | undefined, known: Generators | undefined): string {
  if (name === undefined) return text.generatorDefault(nameGenerator(known?.default ?? ""));
  return known && !known.generators.includes(name) ? text.generatorGone(name) : nameGenerator(name);
}

/** What is not set is taken away, not left as it was. */
function withNulls(style: ProjectStyle): Record<string, unknown> {
  const names = ["topology", "shading", "texturing", "palette", "polycount", "texelDensity", "generator"] as const;
  return Object.fromEntries(names.map((name) => [name, style[name] ?? null]));
}
