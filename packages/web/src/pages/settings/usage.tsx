import { useId, useState } from "react";
import { useStudios, useUsage } from "../../api/queries.ts";
import type { Quota, Usage } from "../../api/types.ts";
import { formatBytes, formatNumber, formatSeconds, formatUtcDay } from "../../format.ts";
import { t } from "../../strings.ts";
import { Select } from "../../ui/field.tsx";
import { Card, Loaded, useTitle } from "../../ui/page.tsx";
import { Tiles } from "../../ui/tiles.tsx";

const text = t.settings.usage;

export function UsageSettings() {
  useTitle(text.title);
  const [studioID, setStudio] = useState("");
  const studios = useStudios();
  const usage = useUsage(studioID || null);
  return (
    <>
      <Card
        title={text.title}
        actions={
          (studios.data?.length ?? 0) > 0 && (
            <Select
              label={text.whose}
              hideLabel
              value={studioID}
              onChange={(event) => setStudio(event.target.value)}
              choices={[
                { value: "", label: text.mine },
                ...(studios.data ?? []).map((studio) => ({ value: studio.studioID, label: studio.name })),
              ]}
            />
          )
        }
      >
        <Loaded query={usage}>
          {({ assets, bytes, months }) => (
            <Tiles
              items={[
                [text.assets, formatNumber(assets)],
                [text.storage, formatBytes(bytes)],
                [text.made, formatNumber(sum(months, "iterations"))],
                [text.time, formatSeconds(sum(months, "seconds"))],
              ]}
            />
          )}
        </Loaded>
      </Card>
      {usage.data?.quota && <Limits quota={usage.data.quota} />}
      {usage.data && <Months months={usage.data.months} />}
      {studioID && usage.data && usage.data.members.length > 0 && <Members members={usage.data.members} />}
    </>
  );
}

/** What may be used up, and how much of it is. */
function Limits({ quota: { requests, bytes } }: { quota: Quota }) {
  if (requests.limit === null && bytes.limit === null) return null;
  return (
    <Card title={text.limits}>
      <div className="limits">
        {requests.limit !== null && (
          <Limit
            label={text.requestsLimit(formatNumber(requests.used), formatNumber(requests.limit))}
            help={text.requestsHelp(formatUtcDay(requests.resetsAt))}
            share={requests.used / requests.limit}
          />
        )}
        {bytes.limit !== null && (
          <Limit
            label={text.bytesLimit(formatBytes(bytes.used), formatBytes(bytes.limit))}
            help={text.bytesHelp}
            share={bytes.used / bytes.limit}
          />
        )}
      </div>
    </Card>
  );
}

function Limit({ label, help, share }: { label: string; help: string; share: number }) {
  const id = useId();
  return (
    <div>
      <p id={id}>{label}</p>
      <meter className="limit" aria-labelledby={id} value={Math.min(1, share)} max={1} high={0.9} optimum={0} />
      <p className="field-help">{help}</p>
    </div>
  );
}

function Months({ months }: { months: Usage["months"] }) {
  const most = Math.max(1, ...months.map(({ iterations }) => iterations));
  return (
    <Card title={text.months}>
      {months.length === 0 ? (
        <p className="soft">{text.none}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{text.month}</th>
              <th scope="col" className="wide-only">
                <span className="hidden-label">{text.iterations}</span>
              </th>
              <th scope="col" className="number">
                {text.iterations}
              </th>
              <th scope="col" className="number">
                {text.completed}
              </th>
              <th scope="col" className="number">
                {text.dismissed}
              </th>
              <th scope="col" className="number">
                {text.seconds}
              </th>
            </tr>
          </thead>
          <tbody>
            {months.toReversed().map(({ month, iterations, completed, dismissed, seconds }) => (
              <tr key={month}>
                <td data-label={text.month}>{month}</td>
                <td className="usage-bar wide-only">
                  <span style={{ width: `${(iterations / most) * 100}%` }} />
                </td>
                <td data-label={text.iterations} className="number">
                  {formatNumber(iterations)}
                </td>
                <td data-label={text.completed} className="number">
                  {formatNumber(completed)}
                </td>
                <td data-label={text.dismissed} className="number">
                  {formatNumber(dismissed)}
                </td>
                <td data-label={text.seconds} className="number">
                  {formatSeconds(seconds)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Members({ members }: { members: Usage["members"] }) {
  return (
    <Card title={text.members}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{text.member}</th>
            <th scope="col" className="number">
              {text.iterations}
            </th>
            <th scope="col" className="number">
              {text.seconds}
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ userID, email, iterations, seconds }) => (
            <tr key={userID}>
              <td data-label={text.member}>{email}</td>
              <td data-label={text.iterations} className="number">
                {formatNumber(iterations)}
              </td>
              <td data-label={text.seconds} className="number">
                {formatSeconds(seconds)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function sum(months: Usage["months"], field: "iterations" | "seconds"): number {
  return months.reduce((total, month) => total + month[field], 0);
}
