import { type ReactNode, useEffect } from "react";
import { Problem } from "../api/client.ts";
import { t } from "../strings.ts";
import { Button, classes } from "./button.tsx";

/** A page: its heading, what can be done there, and its content. Names the browser's tab. */
export function Page({
  title,
  heading,
  intro,
  actions,
  narrow,
  children,
}: {
  title: string;
  heading?: ReactNode;
  intro?: string;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <div className={classes("page", narrow && "page-narrow")}>
      <div className="page-head">
        <div className="page-heading">
          <h1>{heading ?? title}</h1>
          {intro && <p>{intro}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = t.titles(title);
  }, [title]);
}

export function Card({
  title,
  actions,
  className,
  children,
}: {
  title?: string | undefined;
  actions?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}) {
  return (
    <section className={classes("card", className)}>
      {(title || actions) && (
        <div className="card-head">
          {title && <h2>{title}</h2>}
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

export function Empty({ title, help, children }: { title: string; help?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {help && <p>{help}</p>}
      {children}
    </div>
  );
}

interface Loadable<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  refetch: () => unknown;
}

/** What was asked for, once it is there; until then that it is coming, or why it is not. */
export function Loaded<T>({ query, children }: { query: Loadable<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <Loading />;
  return (
    <Empty title={t.problems.page} help={query.error?.message ?? ""}>
      {!(query.error instanceof Problem && query.error.status === 404) && (
        <Button onClick={() => void query.refetch()}>{t.retry}</Button>
      )}
    </Empty>
  );
}

/** Leads further back in a log, as far as it goes. */
export function Earlier({
  log,
}: {
  log: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}) {
  if (!log.hasNextPage) return null;
  return (
    <Button className="earlier" busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
      {t.earlier}
    </Button>
  );
}

export function Loading() {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <span className="hidden-label">{t.loading}</span>
    </div>
  );
}

/** The facts that there are. */
export function known(facts: [string, string | false | null | undefined][]): [string, string][] {
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

/** Names and values. */
export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Notice({
  kind,
  title,
  children,
}: {
  kind: "info" | "warn" | "bad";
  title?: string;
  children: ReactNode;
}) {
  return (
    <div className={classes("notice", `notice-${kind}`)} role={kind === "bad" ? "alert" : undefined}>
      {title && <strong>{title}</strong>}
      <div>{children}</div>
    </div>
  );
}
