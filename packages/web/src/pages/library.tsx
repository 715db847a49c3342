import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Download, Ellipsis, Pencil, Plus, Search, SlidersHorizontal, Sparkles, Trash2, X } from "lucide-react";
import { memo, useCallback, useDeferredValue, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { ask, batchLink } from "../api/client.ts";
import { keys, useAction, useStudios, useTags } from "../api/queries.ts";
import type { AssetPage, ListedAsset } from "../api/types.ts";
import { formatAgo, formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { Button, classes, IconButton, LinkButton } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { choicesOf, Select, TextField } from "../ui/field.tsx";
import { Menu } from "../ui/menu.tsx";
import { Empty, Loading, Page } from "../ui/page.tsx";
import { useProjectChoices } from "../ui/project-choices.ts";
import { RenameDialog } from "../ui/rename.tsx";
import { ProgressBar, StatusBadge } from "../ui/status.tsx";
import { say, sayProblem } from "../ui/toast.tsx";

const PAGE = 60;
const GAP = 16;
const CARD = { minWidth: 208, text: 94 };
const BATCH_LIMIT = 200;
const FILTERS = ["search", "status", "tag", "projectID", "studioID", "start", "end"] as const;

export function Library() {
  const [query, setQuery] = useSearchParams();
  const [open, setOpen] = useState(FILTERS.some((name) => name !== "search" && query.has(name)));
  const [selected, setSelected] = useState<ReadonlyMap<string, ListedAsset>>(new Map());
  const set = (name: string, value: string) => {
    // The address has a change at once; the router's state has it when it has been drawn, and a second change would undo it.
    const next = new URLSearchParams(location.search);
    if (value) next.set(name, value);
    else next.delete(name);
    setQuery(next, { replace: true });
  };
  const filtered = FILTERS.some((name) => query.has(name));
  const toggle = useCallback(
    (asset: ListedAsset) =>
      setSelected((before) => {
        const next = new Map(before);
        if (!next.delete(asset.requestID)) next.set(asset.requestID, asset);
        return next;
      }),
    [],
  );
  return (
    <Page
      title={t.library.title}
      actions={
        <LinkButton to="/create" look="primary" icon={<Plus />}>
          {t.nav.create}
        </LinkButton>
      }
    >
      <div className="library-tools">
        <SearchField value={query.get("search") ?? ""} onChange={(value) => set("search", value)} />
        <Select
          label={t.library.sort}
          hideLabel
          value={query.get("sort") ?? "newest"}
          onChange={(event) => set("sort", event.target.value === "newest" ? "" : event.target.value)}
          choices={choicesOf(t.library.sorts)}
        />
        <Button icon={<SlidersHorizontal />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {t.library.filters}
        </Button>
        {filtered && (
          <Button look="quiet" icon={<X />} onClick={() => setQuery({}, { replace: true })}>
            {t.library.clear}
          </Button>
        )}
      </div>
      {open && <FilterFields query={query} set={set} />}
      <Cards query={query} filtered={filtered} selected={selected} toggle={toggle} />
      {selected.size > 0 && <SelectionBar selected={selected} clear={() => setSelected(new Map())} />}
    </Page>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const typed = useRef(value);
  // What comes from elsewhere (Clear filters, the browser's Back) replaces what is typed.
  useEffect(() => {
    if (value !== typed.current) setText(value);
    typed.current = value;
  }, [value]);
  useEffect(() => {
    if (text === typed.current) return;
    const timer = setTimeout(() => {
      typed.current = text;
      onChange(text);
    }, 200);
    return () => clearTimeout(timer);
  });
  return (
    <div className="search">
      <Search aria-hidden="true" />
      <TextField
        label={t.library.search}
        hideLabel
        type="search"
        placeholder={t.library.search}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}

function FilterFields({ query, set }: { query: URLSearchParams; set: (name: string, value: string) => void }) {
  const tags = useTags();
  const projects = useProjectChoices();
  const studios = useStudios();
  const select = (name: string, label: string, any: string, choices: { value: string; label: string }[]) => (
    <Select
      label={label}
      value={query.get(name) ?? ""}
      onChange={(event) => set(name, event.target.value)}
      choices={[{ value: "", label: any }, ...choices]}
    />
  );
  return (
    <div className="filters">
      {select("status", t.library.status, t.library.allStatuses, choicesOf(t.status).slice(0, 5))}
      {select(
        "tag",
        t.library.tag,
        t.library.allTags,
        (tags.data ?? []).map(({ tag, assets }) => ({ value: tag, label: `${tag} (${assets})` })),
      )}
      {select("projectID", t.library.project, t.library.allProjects, projects)}
      {select("studioID", t.library.owner, t.library.allStudios, [
        { value: "none", label: t.library.mine },
        ...(studios.data ?? []).map(({ studioID, name }) => ({ value: studioID, label: name })),
      ])}
      <TextField
        label={t.library.from}
        type="date"
        value={query.get("start") ?? ""}
        onChange={(event) => set("start", event.target.value)}
      />
      <TextField
        label={t.library.to}
        type="date"
        value={query.get("end") ?? ""}
        onChange={(event) => set("end", event.target.value)}
      />
    </div>
  );
}

interface CardsProps {
  query: URLSearchParams;
  filtered: boolean;
  selected: ReadonlyMap<string, ListedAsset>;
  toggle: (asset: ListedAsset) => void;
}

/** The list, of which only the rows on the screen exist and only the pages around them were asked for. */
function Cards({ query, filtered, selected, toggle }: CardsProps) {
  const list = useRef<HTMLUListElement>(null);
  const { columns, top, row } = useGrid(list);
  const filter = useDeferredValue(query.toString());
  const [total, setTotal] = useState<number | null>(null);
  const rows = Math.ceil((total ?? 0) / columns);
  const virtual = useWindowVirtualizer({
    count: rows,
    estimateSize: () => row,
    overscan: 2,
    scrollMargin: top,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height of the rows invalidates what was measured.
  useEffect(() => virtual.measure(), [row, virtual]);

  const shown = virtual.getVirtualItems();
  const first = (shown[0]?.index ?? 0) * columns;
  const last = ((shown.at(-1)?.index ?? 0) + 1) * columns - 1;
  const pages = range(Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE));
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...keys.library, filter, page],
      queryFn: () => ask<AssetPage>("GET", `/requests?${filter}&offset=${page * PAGE}&limit=${PAGE}`),
      placeholderData: keepPreviousData,
    })),
  });
  const counted = results.find((result) => result.data)?.data?.total;
  useLayoutEffect(() => {
    if (counted !== undefined) setTotal(counted);
  }, [counted]);
  const at = (index: number) => results[pages.indexOf(Math.floor(index / PAGE))]?.data?.assets[index % PAGE];
  const failed = results.find((result) => result.error)?.error;

  if (failed && total === null) return <Empty title={t.problems.page} help={failed.message} />;
  return (
    <>
      <p className="library-total" role="status">
        {total === null ? "" : t.library.total(formatNumber(total), total === 1)}
      </p>
      {total === null && <Loading />}
      {total === 0 &&
        (filtered ? (
          <Empty title={t.library.noMatch} help={t.library.noMatchHelp} />
        ) : (
          <Empty title={t.library.emptyTitle} help={t.library.emptyHelp}>
            <LinkButton to="/create" look="primary" icon={<Plus />}>
              {t.nav.create}
            </LinkButton>
            <LinkButton to="/welcome" icon={<Sparkles />}>
              {t.welcome.sampleTitle}
            </LinkButton>
          </Empty>
        ))}
      <ul ref={list} className="cards" aria-label={t.library.list} style={{ height: virtual.getTotalSize() }}>
        {shown.flatMap(({ index, start }) =>
          range(index * columns, Math.min((index + 1) * columns, total ?? 0) - 1).map((place) => (
            <li
              key={at(place)?.requestID ?? `place-${place}`}
              aria-setsize={total ?? -1}
              aria-posinset={place + 1}
              style={{
                transform: `translateY(${start - top}px)`,
                left: `calc((100% + ${GAP}px) / ${columns} * ${place % columns})`,
                width: `calc((100% - ${GAP * (columns - 1)}px) / ${columns})`,
                height: row - GAP,
              }}
            >
              <AssetCard asset={at(place)} selected={selected.has(at(place)?.requestID ?? "")} toggle={toggle} />
            </li>
          )),
        )}
      </ul>
    </>
  );
}

/** How many cards stand side by side, and how far down the page the first stands. */
function useGrid(list: React.RefObject<HTMLUListElement | null>) {
  const [grid, setGrid] = useState({ columns: 1, top: 0, row: 320 });
  useLayoutEffect(() => {
    const measure = () => {
      const box = list.current!.getBoundingClientRect();
      const columns = Math.max(box.width < 480 ? 2 : 1, Math.floor((box.width + GAP) / (CARD.minWidth + GAP)));
      const width = (box.width - GAP * (columns - 1)) / columns;
      const next = { columns, top: Math.round(box.top + scrollY), row: Math.round(width + CARD.text + GAP) };
      setGrid((before) =>
        before.columns === next.columns && before.top === next.top && before.row === next.row ? before : next,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list.current!);
    observer.observe(list.current!.parentElement!);
    return () => observer.disconnect();
  }, [list]);
  return grid;
}

/** Scrolling moves cards and changes none, so that only new ones are drawn. */
const AssetCard = memo(function AssetCard({
  asset,
  selected,
  toggle,
}: {
  asset: ListedAsset | undefined;
  selected: boolean;
  toggle: (asset: ListedAsset) => void;
}) {
  if (!asset) return <div className="asset-card asset-card-empty" aria-hidden="true" />;
  const pending = asset.status === "queued" || asset.status === "running";
  return (
    <article className={classes("asset-card", selected && "asset-card-selected")}>
      <Link to={`/assets/${asset.requestID}`} className="asset-link">
        <span className="asset-picture">
          {asset.thumbnail ? (
            <img
              src={asset.thumbnail}
              alt=""
              loading="lazy"
              decoding="async"
              className={pending || asset.triangles === null ? "asset-input" : undefined}
            />
          ) : (
            <span className="asset-blank" aria-hidden="true" />
          )}
          {pending && <ProgressBar value={asset.progress} label={t.asset.progress} />}
        </span>
        <span className="asset-name">{asset.name}</span>
      </Link>
      <div className="asset-line">
        <StatusBadge status={asset.status} />
        {asset.test && <span className="tag">{t.library.test}</span>}
        {pending && <span className="soft">{Math.round(asset.progress * 100)} %</span>}
      </div>
      <p className="asset-foot">
        <span className="asset-tags">{asset.tags.join(", ") || formatAgo(asset.createdAt)}</span>
      </p>
      <input
        type="checkbox"
        className="asset-check"
        aria-label={t.library.select(asset.name)}
        checked={selected}
        onChange={() => toggle(asset)}
      />
      <CardMenu asset={asset} />
    </article>
  );
});

function CardMenu({ asset }: { asset: ListedAsset }) {
  const navigate = useNavigate();
  const [shown, setShown] = useState<"rename" | "delete" | null>(null);
  const remove = useAction(() => ask("DELETE", `/requests/${asset.requestID}`), [keys.library, keys.tags]);
  const cancel = useAction(
    () => ask("POST", `/requests/${asset.requestID}/iterations/${asset.iterationID}/cancel`),
    [keys.library],
  );
  const pending = asset.status === "queued" || asset.status === "running";
  return (
    <>
      <Menu
        trigger={
          <button type="button" className="icon-button asset-menu" aria-label={t.library.actions(asset.name)}>
            <Ellipsis />
          </button>
        }
        items={[
          { label: t.library.open, icon: <Search />, onSelect: () => navigate(`/assets/${asset.requestID}`) },
          { label: t.library.rename, icon: <Pencil />, onSelect: () => setShown("rename") },
          pending && {
            label: t.library.cancel,
            icon: <X />,
            onSelect: () => cancel.mutate(undefined, { onError: sayProblem }),
          },
          { label: t.library.delete, icon: <Trash2 />, danger: true, onSelect: () => setShown("delete") },
        ]}
      />
      {shown === "rename" && <RenameDialog asset={asset} onClose={() => setShown(null)} />}
      {shown === "delete" && (
        <Confirm
          open
          onClose={() => setShown(null)}
          title={t.library.deleteTitle(1)}
          help={t.library.deleteHelp}
          action={t.library.delete}
          danger
          busy={remove.isPending}
          onConfirm={() =>
            remove.mutate(undefined, {
              onSuccess: () => {
                setShown(null);
                say(t.library.deleted(1));
              },
              onError: sayProblem,
            })
          }
        />
      )}
    </>
  );
}

function SelectionBar({ selected, clear }: { selected: ReadonlyMap<string, ListedAsset>; clear: () => void }) {
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    for (const id of selected.keys()) await ask("DELETE", `/requests/${id}`);
  }, [keys.library, keys.tags]);
  const download = (format: string) => {
    if (selected.size > BATCH_LIMIT) return say(t.library.batchLimit);
    const ids = [...selected.values()].filter((asset) => asset.triangles !== null).map((asset) => asset.requestID);
    if (ids.length === 0) return say(t.library.nothingFinished);
    // The answer comes as an attachment; were it a refusal, this page would stay all the same.
    const link = document.createElement("a");
    link.href = batchLink(ids, format);
    link.download = "";
    link.click();
  };
  return (
    <section className="selection" aria-label={t.library.selected(selected.size)}>
      <span role="status">{t.library.selected(selected.size)}</span>
      <Menu
        trigger={
          <button type="button" className="button button-primary">
            <Download />
            <span>{t.library.download}</span>
          </button>
        }
        items={Object.entries(t.library.downloadAs).map(([format, label]) => ({
          label,
          onSelect: () => download(format),
        }))}
      />
      <Button look="danger" icon={<Trash2 />} onClick={() => setAsking(true)}>
        {t.library.delete}
      </Button>
      <IconButton label={t.library.clearSelection} icon={<X />} onClick={clear} />
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t.library.deleteTitle(selected.size)}
        help={t.library.deleteHelp}
        action={t.library.delete}
        danger
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => {
              say(t.library.deleted(selected.size));
              setAsking(false);
              clear();
            },
            onError: sayProblem,
          })
        }
      />
    </section>
  );
}

/** Whole numbers from one to another, both included. */
function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
