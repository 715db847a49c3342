import { ChevronLeft, ImagePlus, Link2, TriangleAlert, X } from "lucide-react";
import { type DragEvent, useEffect, useState } from "react";
import { ask } from "../api/client.ts";
import type { Sight, ViewLabel } from "../api/types.ts";
import { t } from "../strings.ts";
import { Button, classes, IconButton } from "./button.tsx";
import { Select, TextField } from "./field.tsx";
import { FileChoice } from "./file-choice.tsx";
import { Notice } from "./page.tsx";
import { say } from "./toast.tsx";

export const MAX_PICTURES = 6;
const MAX_BYTES = 5 * 1024 * 1024;
const VIEWS: readonly ViewLabel[] = ["front", "right", "back", "left", "top", "bottom"];

/** A picture that somebody chose: a file or an address. */
export interface Picture {
  key: number;
  source: File | string;
  /** Shows a file; addresses are not loaded by the browser, which asks nobody but this server. */
  preview: string | null;
  view: ViewLabel | "auto";
}

let keys = 0;

function newPicture(source: File | string): Picture {
  return {
    key: keys++,
    source,
    preview: typeof source === "string" ? null : URL.createObjectURL(source),
    view: "auto",
  };
}

/** The pictures as the API takes them: files first, then addresses, and the views in that order. */
export function appendPictures(form: FormData, pictures: readonly Picture[]): void {
  const ordered = inOrder(pictures);
  const urls: string[] = [];
  for (const { source } of ordered) {
    if (typeof source === "string") urls.push(source);
    else form.append("images", source, source.name || "picture");
  }
  if (urls.length > 0) form.append("imageUrls", JSON.stringify(urls));
  form.append("views", JSON.stringify(ordered.map(({ view }) => view)));
}

function inOrder(pictures: readonly Picture[]): Picture[] {
  const isUrl = ({ source }: Picture) => typeof source === "string";
  return [...pictures.filter((picture) => !isUrl(picture)), ...pictures.filter(isUrl)];
}

/** The pictures of a form, with what the server sees of them and what it would refuse. */
export function usePictures() {
  const [pictures, setPictures] = useState<Picture[]>([]);
  const sights = useSights(pictures);
  return {
    pictures,
    setPictures,
    sights,
    refused: pictures.filter(({ key }) => sights.of.get(key)?.problem).length,
    /** A side that two pictures claim, if any. */
    twice: repeatsView(pictures),
  };
}

export type ChosenPictures = ReturnType<typeof usePictures>;

/** What is wrong with the pictures, said before they are sent. */
export function PictureProblems({ of: { refused, twice }, test }: { of: ChosenPictures; test?: boolean }) {
  return (
    <>
      {refused > 0 && !test && (
        <Notice kind="warn" title={t.create.problems(refused)}>
          {t.create.fix}
        </Notice>
      )}
      {twice && <Notice kind="warn">{t.create.twice(t.views[twice].toLowerCase())}</Notice>}
    </>
  );
}

/** What the server sees of the pictures: by picture, those it has looked at; and what it says of all together. */
interface Sights {
  of: ReadonlyMap<number, Sight>;
  warnings: readonly string[];
}

const NOTHING_SEEN: Sights = { of: new Map(), warnings: [] };

/** Has the server look at the pictures whenever they or their views change. */
function useSights(pictures: readonly Picture[]): Sights {
  const [sights, setSights] = useState(NOTHING_SEEN);
  const signature = pictures.map(({ key, view }) => `${key}${view}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature says all that matters of the pictures.
  useEffect(() => {
    if (pictures.length === 0) return setSights(NOTHING_SEEN);
    let stale = false;
    const timer = setTimeout(async () => {
      const form = new FormData();
      appendPictures(form, pictures);
      try {
        const { images, warnings } = await ask<{ images: Sight[]; warnings: string[] }>("POST", "/inspections", form);
        if (!stale) setSights({ of: new Map(inOrder(pictures).map(({ key }, i) => [key, images[i]!])), warnings });
      } catch (error) {
        // Sending will say the same, and say it again; here it is only a hint that is missing.
        if (!stale && !repeatsView(pictures)) say(t.problems.title, (error as Error).message);
      }
    }, 150);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [signature]);
  return sights;
}

function repeatsView(pictures: readonly Picture[]): ViewLabel | null {
  const named = pictures.flatMap(({ view }) => (view === "auto" ? [] : [view]));
  return named.find((view, i) => named.indexOf(view) !== i) ?? null;
}

/** Where pictures are dropped, pasted, chosen, and put right. */
export function PicturePicker({
  of: { pictures, setPictures: onChange, sights },
  max = MAX_PICTURES,
}: {
  of: ChosenPictures;
  max?: number;
}) {
  const [over, setOver] = useState(false);
  const add = (files: readonly File[]) => {
    const usable = files.filter((file) => {
      if (file.type !== "" && !file.type.startsWith("image/")) say(t.create.notPicture(file.name));
      else if (file.size > MAX_BYTES) say(t.create.tooLarge(file.name));
      else return true;
      return false;
    });
    if (pictures.length + usable.length > max) say(t.create.full);
    const next = [...pictures, ...usable.map(newPicture)].slice(0, max);
    if (next.length > pictures.length) onChange(next);
  };
  // Pasting works anywhere on the page, but not into a text field that takes text.
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      add(files);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    add([...event.dataTransfer.files]);
  };
  const change = (key: number, view: Picture["view"]) =>
    onChange(pictures.map((picture) => (picture.key === key ? { ...picture, view } : picture)));
  const remove = (picture: Picture) => {
    if (picture.preview) URL.revokeObjectURL(picture.preview);
    onChange(pictures.filter(({ key }) => key !== picture.key));
  };
  const earlier = (i: number) => {
    const next = [...pictures];
    next.splice(i - 1, 0, ...next.splice(i, 1));
    onChange(next);
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
      {pictures.length > 0 && (
        <ol className="pictures">
          {pictures.map((picture, i) => (
            <PictureCard
              key={picture.key}
              picture={picture}
              number={i + 1}
              sight={sights.of.get(picture.key)}
              onView={(view) => change(picture.key, view)}
              onRemove={() => remove(picture)}
              onEarlier={i > 0 ? () => earlier(i) : null}
            />
          ))}
        </ol>
      )}
      {sights.warnings.map((warning) => (
        <p key={warning} className="picture-warning" role="status">
          {warning}
        </p>
      ))}
      {pictures.length < max && (
        <FileChoice
          icon={<ImagePlus aria-hidden="true" className="picker-icon" />}
          drop={t.create.drop}
          choose={t.create.choose}
          help={t.create.picturesHelp}
          label={t.create.chooseLabel}
          accept="image/*"
          multiple
          onChoose={add}
        >
          <AddUrl onAdd={(url) => onChange([...pictures, newPicture(url)])} />
        </FileChoice>
      )}
      {pictures.length > 1 && <p className="field-help">{t.views.help}</p>}
    </div>
  );
}

function PictureCard({
  picture,
  number,
  sight,
  onView,
  onRemove,
  onEarlier,
}: {
  picture: Picture;
  number: number;
  sight: Sight | undefined;
  onView: (view: Picture["view"]) => void;
  onRemove: () => void;
  onEarlier: (() => void) | null;
}) {
  const label = sight?.view?.label as ViewLabel | undefined;
  const seen = sight?.view
    ? (label && t.views[label]) || t.views.angle(sight.view.azimuth, sight.view.elevation)
    : null;
  return (
    <li className={classes("picture", sight?.problem && "picture-refused")}>
      <div className="picture-images">
        {picture.preview ? (
          <img src={picture.preview} alt={t.create.picture(number)} />
        ) : (
          <span className="picture-url">
            <Link2 aria-hidden="true" />
            {new URL(String(picture.source)).hostname}
          </span>
        )}
        <span className="checker">
          {sight?.cutout ? (
            <img src={sight.cutout} alt={t.create.cutoutAlt(number)} />
          ) : (
            !sight && (
              <span role="status" className="picture-looking">
                <span className="spinner" aria-hidden="true" />
                {t.create.looking}
              </span>
            )
          )}
        </span>
      </div>
      <div className="picture-controls">
        <Select
          label={`${t.create.picture(number)}: ${t.views.label}`}
          hideLabel
          value={picture.view}
          onChange={(event) => onView(event.target.value as Picture["view"])}
          choices={[
            { value: "auto", label: seen && picture.view === "auto" ? `${t.views.auto}: ${seen}` : t.views.auto },
            ...VIEWS.map((view) => ({ value: view, label: t.views[view] })),
          ]}
        />
        {onEarlier && <IconButton label={t.create.moveEarlier(number)} icon={<ChevronLeft />} onClick={onEarlier} />}
        <IconButton label={t.create.removePicture(number)} icon={<X />} onClick={onRemove} />
      </div>
      {sight?.problem ? (
        <p className="picture-problem" role="alert">
          <TriangleAlert aria-hidden="true" />
          <span>{sentence(sight.problem.message)}</span>
        </p>
      ) : (
        sight?.matte && (
          <>
            {sight.notes.map((note) => (
              <p key={note} className="picture-warning">
                {note}
              </p>
            ))}
            <p className="picture-note">
              {t.create.matte(percent(sight.matte.coverage), percent(sight.matte.confidence))}
            </p>
          </>
        )
      )}
    </li>
  );
}

function AddUrl({ onAdd }: { onAdd: (url: string) => void }) {
  const [open, setOpen] = useState(false);
  const [url, setUrl] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  if (!open) {
    return (
      <Button look="quiet" small icon={<Link2 />} onClick={() => setOpen(true)}>
        {t.create.addUrl}
      </Button>
    );
  }
  const add = () => {
    const text = url.trim();
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return setProblem(t.create.urlInvalid);
    onAdd(text);
    setUrl("");
    setProblem(null);
    setOpen(false);
  };
  return (
    <div className="picker-url">
      <TextField
        label={t.create.url}
        type="url"
        placeholder="https://"
        value={url}
        problem={problem}
        onChange={(event) => setUrl(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <Button onClick={add}>{t.create.urlAdd}</Button>
    </div>
  );
}

/** The sign stays on the number's line. */
function percent(share: number): string {
  return `${Math.round(share * 100)}\u00a0%`;
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
