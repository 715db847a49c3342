import { useQuery } from "@tanstack/react-query";
import { FileJson, Power, RotateCw, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { ask } from "../../api/client.ts";
import { keys, useAction, useDeliveries, useDestinations } from "../../api/queries.ts";
import type { Delivery, Destination } from "../../api/types.ts";
import { formatAgo, formatTime } from "../../format.ts";
import { t } from "../../strings.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { choicesOf, Select, TextField } from "../../ui/field.tsx";
import { Card, Earlier, Loaded, useTitle } from "../../ui/page.tsx";
import { say, sayProblem } from "../../ui/toast.tsx";

const text = t.settings.webhooks;

export function WebhookSettings() {
  useTitle(text.title);
  return (
    <>
      <Destinations />
      <Log />
    </>
  );
}

function Destinations() {
  const destinations = useDestinations();
  const [url, setUrl] = useState("");
  const add = useAction(() => ask("POST", "/destinations", { destination: url }), [keys.destinations]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined, {
      onSuccess: () => {
        setUrl("");
        say(text.added);
      },
    });
  };
  return (
    <Card title={text.title}>
      <p className="soft card-intro">{text.intro}</p>
      <form className="inline-form" onSubmit={submit}>
        <TextField
          label={text.url}
          placeholder="https://"
          required
          maxLength={2048}
          value={url}
          problem={add.error?.message}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Button look="primary" type="submit" busy={add.isPending}>
          {text.add}
        </Button>
      </form>
      <Loaded query={destinations}>
        {(list) =>
          list.length === 0 ? (
            <p className="soft">{text.none}</p>
          ) : (
            <ul className="rows">
              {list.map((destination) => (
                <Row key={destination.destinationID} destination={destination} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Row({ destination }: { destination: Destination }) {
  const [asking, setAsking] = useState(false);
  const path = `/destinations/${destination.destinationID}`;
  const enable = useAction(() => ask("POST", `${path}/enable`), [keys.destinations]);
  const remove = useAction(() => ask("DELETE", path), [keys.destinations]);
  const { state, failingSince, lastSuccessAt, lastError } = destination;
  const health =
    state === "disabled"
      ? text.disabled
      : failingSince
        ? text.failing(formatAgo(failingSince))
        : lastSuccessAt
          ? text.lastSuccess(formatAgo(lastSuccessAt))
          : text.never;
  return (
    <li className="row">
      <div className="row-text">
        <strong>{destination.url}</strong>
        <span className={state === "disabled" || failingSince ? "bad" : "soft"}>
          {[health, failingSince || state === "disabled" ? lastError : null].filter(Boolean).join(": ")}
        </span>
      </div>
      <span className="row-actions">
        {state === "disabled" && (
          <Button
            small
            icon={<Power />}
            onClick={() => enable.mutate(undefined, { onSuccess: () => say(text.enabled), onError: sayProblem })}
          >
            {text.enable}
          </Button>
        )}
        <IconButton label={`${t.remove} ${destination.url}`} icon={<Trash2 />} onClick={() => setAsking(true)} />
      </span>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={text.removeTitle}
        help={destination.url}
        action={t.remove}
        danger
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => {
              setAsking(false);
              say(text.removed);
            },
            onError: sayProblem,
          })
        }
      />
    </li>
  );
}

function Log() {
  const [state, setState] = useState("");
  const [shown, setShown] = useState<Delivery | null>(null);
  const deliveries = useDeliveries(state);
  const resend = useAction((id: string) => ask("POST", `/deliveries/${id}/resend`), [keys.deliveries]);
  return (
    <Card
      title={text.logTitle}
      actions={
        <Select
          label={text.stateLabel}
          hideLabel
          value={state}
          onChange={(event) => setState(event.target.value)}
          choices={[{ value: "", label: text.allStates }, ...choicesOf(text.state)]}
        />
      }
    >
      <Loaded query={deliveries}>
        {({ pages }) => {
          const list = pages.flatMap(({ deliveries: page }) => page);
          if (list.length === 0) return <p className="soft">{text.logEmpty}</p>;
          return (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{text.when}</th>
                  <th scope="col">{text.where}</th>
                  <th scope="col">{text.what}</th>
                  <th scope="col">
                    <span className="hidden-label">{t.more}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((delivery) => (
                  <tr key={delivery.deliveryID}>
                    <td data-label={text.when} className="nowrap">
                      {formatTime(delivery.createdAt)}
                    </td>
                    <td data-label={text.where}>
                      <span className="delivery-where">
                        {delivery.url}
                        <Link to={`/assets/${delivery.requestID}?iteration=${delivery.iterationID}`}>
                          {text.asset(delivery.requestID.slice(-8), delivery.iterationID)}
                        </Link>
                      </span>
                    </td>
                    <td data-label={text.what}>
                      <span>
                        <span className={`delivery-${delivery.state}`}>{text.state[delivery.state]}</span>
                        <br />
                        <span className="soft">{outcome(delivery)}</span>
                      </span>
                    </td>
                    <td className="table-actions">
                      <IconButton label={text.payload} icon={<FileJson />} onClick={() => setShown(delivery)} />
                      {delivery.state !== "pending" && (
                        <IconButton
                          label={text.resend}
                          icon={<RotateCw />}
                          onClick={() =>
                            resend.mutate(delivery.deliveryID, {
                              onSuccess: () => say(text.resent),
                              onError: sayProblem,
                            })
                          }
                        />
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
      <Earlier log={deliveries} />
      {shown && <Payload delivery={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function outcome({ attempts, lastStatus, lastError, nextAt, state }: Delivery): string {
  return [
    text.attempts(attempts),
    lastStatus !== null && text.answered(lastStatus),
    state !== "delivered" && lastError,
    state === "pending" && nextAt && text.next(formatAgo(nextAt)),
  ]
    .filter(Boolean)
    .join(", ");
}

function Payload({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const payload = useQuery({
    queryKey: [...keys.deliveries, delivery.deliveryID, "payload"],
    queryFn: () => ask<unknown>("GET", `/deliveries/${delivery.deliveryID}/payload`),
  });
  return (
    <Dialog open onClose={onClose} title={text.payloadTitle} help={text.payloadHelp} wide>
      <Loaded query={payload}>
        {(message) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
          <pre className="payload" tabIndex={0}>
            {JSON.stringify(message, null, 2)}
          </pre>
        )}
      </Loaded>
    </Dialog>
  );
}
