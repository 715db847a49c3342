import type { ReactNode } from "react";
import { Link } from "react-router";
import { Problem } from "../api/client.ts";
import { useInstallation } from "../api/queries.ts";
import type { Installation, Process } from "../api/types.ts";
import { formatAgo, formatBytes, formatNumber, formatSeconds, formatTime } from "../format.ts";
import { t } from "../strings.ts";
import { Card, Empty, Facts, Loaded, Notice, Page } from "../ui/page.tsx";
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
  const { queue, day, storage, server, versions, running, failures, processes, generators } = installation;
  const alive = processes.filter(({ up }) => up);
  const maker = (id: string | null) => processes.find(({ processID }) => processID === id);
  const seconds = (value: number | null) => (value === null ? "–" : formatSeconds(value));
  return (
    <div className="operator">
      <Card title={text.queue}>
        <Tiles
          items={[
            [text.waiting, formatNumber(queue.queued)],
            [text.running, formatNumber(queue.running)],
            [text.slots, formatNumber(alive.reduce((sum, { places }) => sum + places, 0))],
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
                <th scope="col">{text.where}</th>
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
                  <td data-label={text.where}>{nameProcess(maker(job.processID))}</td>
                  <td data-label={text.attempt} className="number">
                    {job.attempt}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <Card title={text.processes} className="operator-wide">
        <Processes processes={processes} />
      </Card>
      {generators.length > 0 && (
        <Card title={text.generators} className="operator-wide">
          <Generators generators={generators} />
        </Card>
      )}
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
            [text.machine, formatBytes(server.machineBytes)],
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

/** All servers and workers: those that went silent first, since somebody should look at them. */
function Processes({ processes }: { processes: Process[] }) {
  const versions = new Set(processes.filter(({ up }) => up).map(({ version }) => version));
  return (
    <>
      {versions.size > 1 && <Notice kind="info">{text.mixed([...versions].join(", "))}</Notice>}
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{text.process}</th>
            <th scope="col">{text.role}</th>
            <th scope="col">{text.state}</th>
            <th scope="col">{text.doing}</th>
            <th scope="col" className="number">
              {text.memory}
            </th>
            <th scope="col" className="number">
              {t.brand}
            </th>
          </tr>
        </thead>
        <tbody>
          {processes
            .toSorted((a, b) => Number(a.up) - Number(b.up))
            .map((process) => (
              <tr key={process.processID}>
                <td data-label={text.process}>
                  <span>
                    {nameProcess(process)}
                    {process.self && <span className="soft"> ({text.self})</span>}
                  </span>
                </td>
                <td data-label={text.role}>{text.roles[process.role]}</td>
                <td data-label={text.state}>
                  {process.up ? (
                    <Health up>{text.upFor(formatSeconds(process.upSeconds))}</Health>
                  ) : (
                    <Health up={false}>{text.silent(formatSeconds(process.seenSeconds))}</Health>
                  )}
                </td>
                <td data-label={text.doing}>
                  {process.places === 0 ? text.requests : text.places(process.running, process.places)}
                </td>
                <td data-label={text.memory} className="number">
                  {formatBytes(process.memoryBytes)}
                </td>
                <td data-label={t.brand} className="number">
                  {process.version}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}

function Generators({ generators }: Pick<Installation, "generators">) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{text.generator}</th>
          <th scope="col">{text.kindOf}</th>
          <th scope="col">{text.state}</th>
          <th scope="col" className="number">
            {text.running}
          </th>
          <th scope="col" className="number">
            {text.waiting}
          </th>
        </tr>
      </thead>
      <tbody>
        {generators.map((generator) => (
          <tr key={generator.name}>
            <td data-label={text.generator}>
              <span>
                {generator.name}
                {generator.default && <span className="soft"> ({text.isDefault})</span>}
              </span>
            </td>
            <td data-label={text.kindOf}>{text.generatorTypes[generator.type]}</td>
            <td data-label={text.state}>
              <Health up={generator.up}>{generator.up ? text.ready : `${text.down}: ${generator.detail}`}</Health>
            </td>
            <td data-label={text.running} className="number">
              {formatNumber(generator.running)}
            </td>
            <td data-label={text.waiting} className="number">
              {formatNumber(generator.waiting)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A state in words with a mark; the colour only helps. */
function Health({ up, children }: { up: boolean; children: ReactNode }) {
  return (
    <span className={`badge badge-${up ? "approved" : "dismissed"}`}>
      <span className="badge-mark" aria-hidden="true" />
      <span>{children}</span>
    </span>
  );
}

/** A machine's name and the process's number on it. */
function nameProcess(process: Process | undefined): string {
  return process ? `${process.host}, ${process.pid}` : "–";
}
