import { type FormEvent, useState } from "react";
import { ask } from "../../api/client.ts";
import { keys, useAction, useAuditEvents, useSessions } from "../../api/queries.ts";
import type { Me } from "../../api/types.ts";
import { formatAgo, formatDay, formatTime } from "../../format.ts";
import { t } from "../../strings.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Card, Earlier, Facts, Loaded, useTitle } from "../../ui/page.tsx";
import { say, sayProblem } from "../../ui/toast.tsx";

const text = t.settings.account;

export function AccountSettings({ me }: { me: Me }) {
  useTitle(text.title);
  return (
    <>
      <Card title={text.title}>
        <Facts
          items={[
            [text.email, me.email],
            [text.since, formatDay(me.createdAt)],
          ]}
        />
      </Card>
      <Password me={me} />
      <Sessions />
      <Events />
    </>
  );
}

function Password({ me }: { me: Me }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useAction(() => ask("POST", "/password", { current, password: next }), [keys.me, keys.sessions]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(undefined, {
      onSuccess: () => {
        setCurrent("");
        setNext("");
        say(text.changed);
      },
    });
  };
  return (
    <Card title={text.passwordTitle}>
      <form className="form form-narrow" onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
        {me.password === "set" && (
          <TextField
            label={text.current}
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        <TextField
          label={text.next}
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={200}
          help={t.welcome.rule}
          value={next}
          problem={change.error?.message}
          onChange={(event) => setNext(event.target.value)}
        />
        <div className="form-actions">
          <Button look="primary" type="submit" busy={change.isPending}>
            {text.change}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Sessions() {
  const sessions = useSessions();
  const end = useAction((id: string) => ask("DELETE", `/sessions/${id}`), [keys.sessions]);
  return (
    <Card title={text.sessionsTitle}>
      <Loaded query={sessions}>
        {(list) => (
          <ul className="rows">
            {list.map((session) => {
              const agent = describeAgent(session.agent);
              return (
                <li key={session.sessionID} className="row">
                  <div className="row-text">
                    <strong>{agent}</strong>
                    <span className="soft">
                      {[session.current ? text.thisOne : text.seen(formatAgo(session.seenAt)), session.address]
                        .filter(Boolean)
                        .join(", ")}
                    </span>
                  </div>
                  {!session.current && (
                    <Button
                      small
                      aria-label={text.endLabel(agent)}
                      onClick={() =>
                        end.mutate(session.sessionID, { onSuccess: () => say(text.ended), onError: sayProblem })
                      }
                    >
                      {text.end}
                    </Button>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

/** The browser and the system of a User-Agent header, as far as they are told. */
function describeAgent(agent: string | null): string {
  if (!agent) return text.unknownAgent;
  const browsers: [RegExp, string][] = [
    [/Edg\//, "Edge"],
    [/Firefox\//, "Firefox"],
    [/Chrome\//, "Chrome"],
    [/Safari\//, "Safari"],
  ];
  const systems: [RegExp, string][] = [
    [/Windows/, "Windows"],
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Mac OS/, "macOS"],
    [/Linux/, "Linux"],
  ];
  const name = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1];
  return [name(browsers) ?? agent.split(/[ /]/)[0], name(systems)].filter(Boolean).join(", ");
}

function Events() {
  const events = useAuditEvents();
  return (
    <Card title={text.eventsTitle}>
      <Loaded query={events}>
        {({ pages }) => {
          const list = pages.flatMap(({ events: page }) => page);
          if (list.length === 0) return <p className="soft">{text.eventsEmpty}</p>;
          return (
            <ul className="rows">
              {list.map((event, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two may happen in one moment, and none ever changes.
                <li key={`${event.at} ${list.length - i}`} className="row">
                  <div className="row-text">
                    <span>{text.events[event.kind] ?? event.kind}</span>
                    <span className="soft">
                      {[formatTime(event.at), event.address, describeDetail(event.detail)].filter(Boolean).join(", ")}
                    </span>
                  </div>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <Earlier log={events} />
    </Card>
  );
}

function describeDetail(detail: Record<string, unknown>): string {
  const { url, role } = detail;
  return [url, role].filter((value): value is string => typeof value === "string").join(", ");
}
