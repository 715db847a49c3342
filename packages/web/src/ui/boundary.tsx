import { Component, type ReactNode } from "react";
import { t } from "../strings.ts";
import { Button, LinkButton } from "./button.tsx";
import { Empty } from "./page.tsx";

/** What browsers say when a part of the app is not there any more: the server was updated since this page was opened. */
const OUTDATED = /dynamically imported module|importing a module script failed|unable to preload/i;

interface State {
  fault: Error | null;
  page: string;
}

/**
 * Keeps a fault of one page from taking the others along: says what happened and what to do, and goes when another page
 * is opened (`page` differs).
 */
export class Boundary extends Component<{ page: string; children: ReactNode }, State> {
  override state: State = { fault: null, page: this.props.page };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { fault: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: { page: string }, state: State): State | null {
    return props.page === state.page ? null : { fault: null, page: props.page };
  }

  override render() {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    const outdated = OUTDATED.test(fault.message);
    return (
      <div className="page" role="alert">
        <h1 className="hidden-label">{t.problems.page}</h1>
        <Empty
          title={outdated ? t.problems.outdated : t.problems.broken}
          help={outdated ? t.problems.outdatedHelp : t.problems.brokenHelp}
        >
          <Button look="primary" onClick={() => location.reload()}>
            {t.problems.reload}
          </Button>
          <LinkButton to="/">{t.problems.toLibrary}</LinkButton>
          {!outdated && (
            <details className="fault">
              <summary>{t.problems.details}</summary>
              <pre>{[fault.message, navigator.userAgent, location.pathname].join("\n")}</pre>
            </details>
          )}
        </Empty>
      </div>
    );
  }
}
