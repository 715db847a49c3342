import { Link } from "react-router";
import { Problem } from "../api/client.ts";
import { useInstallation } from "../api/queries.ts";
import type { Installation } from "../api/types.ts";
import { formatAgo, formatBytes, formatNumber, formatSeconds, formatTime } from "../format.ts";
import { t } from "../strings.ts";
import { Card, Empty, Facts, Loaded, Page } from "../ui/page.tsx";
import { Tiles } from "../ui/tiles.tsx";

const text = t.operator;

export function Operator() {
  const installation = useInstallation();
  const { error } = installation;
  return (
    <Page title={text.title} actions={<a href="/metrics">{text.metrics}</a>}>
      {error instanceof Problem && error.status === 403 ? (
        <Empty title={text.forbidden} />
      ) : (
        <Loaded query={installation}>{(loaded) => <Shown installation={loaded} />}</Loaded>
      )}
    </Page>
  );
}

function Shown({ installation }: { installation: Installation }) {
  const { queue, day, storage, server, versions, running, failures } = installation;
  const seconds = (value: number | null) => (value === null ? "–" : formatSeconds(value));
  return (
    <div className="operator">
      <Card title={text.queue}>
        <Tiles
          items={[
            [text.waiting, formatNumber(queue.queued)],
            [text.running, formatNumber(queue.running)],
            [text.slots, formatNumber(server.slots)],
            [text.oldest, seconds(queue.oldestSeconds)],
            [text.deliveries, formatNumber(queue.deliveries)],
          ]}
        />
      </Card>
      <Card title={text.day}>
        <Tiles
          items={[
            [text.completed, formatNumber(day.completed)],
            [text.refused, formatNumber(day.refused)],
            [text.failed, formatNumber(day.failed)],
            [text.median, seconds(day.medianSeconds)],
          ]}
        />
      </Card>
      <Card title={text.now} className="operator-wide">
        {running.length === 0 ? (
          <p className="soft">{text.nothingRunning}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{text.asset}</th>
                <th scope="col">{text.by}</th>
                <th scope="col">{text.stage}</th>
                <th scope="col" className="number">
                  {text.attempt}
                </th>
              </tr>
            </thead>
            <tbody>
              {running.map((job) => (
                <tr key={job.requestID}>
                  <td data-label={text.asset}>
                    <span>{job.name}</span>
                  </td>
                  <td data-label={text.by}>{job.email}</td>
                  <td data-label={text.stage}>
                    {t.stages[job.stage ?? "start"] ?? job.stage}, {Math.round(job.progress * 100)} %
                  </td>
                  <td data-label={text.attempt} className="number">
                    {job.attempt}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <Card title={text.failures} className="operator-wide">
        {failures.length === 0 ? (
          <p className="soft">{text.noFailures}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{text.when}</th>
                <th scope="col">{text.asset}</th>
                <th scope="col">{text.by}</th>
                <th scope="col">{text.why}</th>
              </tr>
            </thead>
            <tbody>
              {failures.map((failure) => (
                <tr key={`${failure.requestID}${failure.iterationID}`}>
                  <td data-label={text.when} className="nowrap">
                    <time dateTime={failure.at} title={formatTime(failure.at)}>
                      {formatAgo(failure.at)}
                    </time>
                  </td>
                  <td data-label={text.asset}>
                    <Link to={`/assets/${failure.requestID}?iteration=${failure.iterationID}`}>{failure.name}</Link>
                  </td>
                  <td data-label={text.by}>{failure.email}</td>
                  <td data-label={text.why}>{failure.cause}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <Card title={text.storage}>
        <Facts
          items={[
            [text.storage, text.kind[storage.kind]],
            [text.files, formatNumber(storage.files)],
            [text.bytes, formatBytes(storage.bytes)],
            [text.database, formatBytes(storage.databaseBytes)],
            ...(storage.freeBytes === null ? [] : [[text.free, formatBytes(storage.freeBytes)] as [string, string]]),
          ]}
        />
      </Card>
      <Card title={text.server}>
        <Facts
          items={[
            [text.role, server.role],
            [text.up, formatSeconds(server.upSeconds)],
            [text.memory, `${formatBytes(server.memoryBytes)} / ${formatBytes(server.machineBytes)}`],
            [text.accounts, formatNumber(server.accounts)],
            [text.assets, formatNumber(server.assets)],
            [t.brand, versions.maquette],
            ["Node", versions.node],
            [text.database, versions.database],
          ]}
        />
      </Card>
    </div>
  );
}
