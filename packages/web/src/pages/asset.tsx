import { Columns2, Download, ImagePlus, Pencil, Repeat, ThumbsDown, ThumbsUp, Trash2, X } from "lucide-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { ask, imageThumbnail, iterationThumbnail, local } from "../api/client.ts";
import { keys, useAction, useAsset, useIteration, useProjects } from "../api/queries.ts";
import { directionOf, levelsOf, nameView, sizeOf } from "../api/report.ts";
import type { Asset, Iteration, IterationDetail, Report } from "../api/types.ts";
import {
  formatBytes,
  formatDay,
  formatNumber,
  formatPercent,
  formatSeconds,
  formatSize,
  formatTime,
} from "../format.ts";
import { t } from "../strings.ts";
import { Button, classes, IconButton, LinkButton } from "../ui/button.tsx";
import { CopyValue } from "../ui/copy.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { TextArea } from "../ui/field.tsx";
import { Card, Empty, Facts, known, Loaded, Loading, Notice, Page } from "../ui/page.tsx";
import { RenameDialog } from "../ui/rename.tsx";
import { ReviseDialog } from "../ui/revise.tsx";
import { ProgressBar, StatusBadge, statusOf } from "../ui/status.tsx";
import { say, sayProblem } from "../ui/toast.tsx";
import type { ViewerHandle } from "../viewer/viewer.tsx";

const Viewer = lazy(() => import("../viewer/viewer.tsx"));

/** Dismissals that neither pictures nor options caused, so that the same may be asked for again. */
const WORTH_REPEATING = ["cancelled", "internal", "image_unreachable"];
/** What people load first, first. */
const FORMATS = ["glb", "fbx", "obj", "mtl", "gltf", "usdz", "stl", "zip", "texture", "preview"];

export function AssetPage() {
  const { requestID } = useParams();
  const asset = useAsset(requestID!);
  return <Loaded query={asset}>{(loaded) => <Shown asset={loaded} />}</Loaded>;
}

function Shown({ asset }: { asset: Asset }) {
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const [dialog, setDialog] = useState<"rename" | "revise" | "pictures" | "delete" | null>(null);
  const newest = asset.iterations.at(-1)!;
  const wanted = query.get("iteration");
  const iteration = asset.iterations.find(({ iterationID }) => iterationID === wanted) ?? newest;
  const detail = useIteration(asset.requestID, iteration.iterationID);
  const viewer = useRef<ViewerHandle>(null);
  const finished = asset.iterations.filter(hasFiles);
  const remove = useAction(() => ask("DELETE", `/requests/${asset.requestID}`), [keys.library, keys.tags]);

  return (
    <Page
      title={asset.name}
      heading={
        <span className="asset-heading">
          {asset.name}
          <IconButton label={t.library.rename} icon={<Pencil />} onClick={() => setDialog("rename")} />
        </span>
      }
      actions={
        <>
          {newest.status !== "new" && (
            <Button look="primary" icon={<Repeat />} onClick={() => setDialog("revise")}>
              {t.asset.revise}
            </Button>
          )}
          {finished.length > 1 && (
            <LinkButton to={`/assets/${asset.requestID}/compare`} icon={<Columns2 />}>
              {t.asset.compare}
            </LinkButton>
          )}
          <IconButton label={t.library.delete} icon={<Trash2 />} onClick={() => setDialog("delete")} />
        </>
      }
    >
      {asset.tags.length > 0 && (
        <p className="asset-tags-row">
          {asset.tags.map((tag) => (
            <Link key={tag} to={`/?tag=${encodeURIComponent(tag)}`} className="tag">
              {tag}
            </Link>
          ))}
        </p>
      )}
      <div className="asset">
        <div className="asset-main">
          <Stagebox
            asset={asset}
            iteration={iteration}
            detail={detail.data}
            viewer={viewer}
            onPictures={() => setDialog("pictures")}
          />
          {detail.data && <Inputs asset={asset} iteration={iteration} detail={detail.data} viewer={viewer} />}
        </div>
        <div className="asset-side">
          <Verdict asset={asset} iteration={iteration} />
          {detail.data && hasFiles(iteration) && <Downloads detail={detail.data} />}
          <FactCard asset={asset} iteration={iteration} detail={detail.data} />
          <History
            asset={asset}
            shown={iteration.iterationID}
            onShow={(id) => setQuery(id === newest.iterationID ? {} : { iteration: id }, { replace: true })}
          />
        </div>
      </div>
      {dialog === "rename" && <RenameDialog asset={asset} onClose={() => setDialog(null)} />}
      {(dialog === "revise" || dialog === "pictures") && (
        <ReviseDialog
          asset={asset}
          pictures={dialog === "pictures" ? "replace" : "keep"}
          onClose={() => setDialog(null)}
          onMade={() => {
            setDialog(null);
            setQuery({}, { replace: true });
          }}
        />
      )}
      <Confirm
        open={dialog === "delete"}
        onClose={() => setDialog(null)}
        title={t.library.deleteTitle(1)}
        help={t.library.deleteHelp}
        action={t.library.delete}
        danger
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => {
              say(t.library.deleted(1));
              navigate("/");
            },
            onError: sayProblem,
          })
        }
      />
    </Page>
  );
}

/** Whether there is something to be shown and downloaded: files may have been deleted to save room. */
function hasFiles({ results, filesRemovedAt }: Iteration): boolean {
  return results !== null && !filesRemovedAt;
}

/** The model; while it is made, how far that is; if there is none, why. */
function Stagebox({
  asset,
  iteration,
  detail,
  viewer,
  onPictures,
}: {
  asset: Asset;
  iteration: Iteration;
  detail: IterationDetail | undefined;
  viewer: React.RefObject<ViewerHandle | null>;
  onPictures: () => void;
}) {
  const glb = detail?.files.find(({ format }) => format === "glb")?.url;
  const zip = detail?.files.find(({ format }) => format === "zip")?.url;
  const pictures = detail?.report?.pictures;
  const inputs = detail?.inputs;
  const { requestID } = asset;
  const cameras = useMemo(
    () =>
      (pictures ?? []).flatMap((picture, i) => {
        const input = inputs?.[i];
        const thumbnail = input?.stored ? imageThumbnail(requestID, input.imageID) : null;
        return (picture.views ?? []).flatMap((view) => directionOf(view) ?? []).map((view) => ({ ...view, thumbnail }));
      }),
    [pictures, inputs, requestID],
  );
  if (iteration.status === "new") return <Making asset={asset} iteration={iteration} />;
  if (iteration.filesRemovedAt) {
    return detail ? (
      <Removed asset={asset} iteration={iteration} detail={detail} onPictures={onPictures} />
    ) : (
      <Loading />
    );
  }
  if (glb) {
    return (
      <Suspense fallback={<div className="viewer viewer-wait" />}>
        <Viewer
          ref={viewer}
          name={asset.name}
          model={{ glb: local(glb), zip: zip ? local(zip) : null }}
          size={sizeOf(detail?.report)}
          cameras={cameras}
          levels={levelsOf(detail!)}
        />
      </Suspense>
    );
  }
  if (!detail) return <Loading />;
  if (iteration.status === "dismissed") {
    return <Refusal asset={asset} iteration={iteration} detail={detail} onPictures={onPictures} />;
  }
  return <Empty title={t.asset.noModel} />;
}

function Making({ asset, iteration }: { asset: Asset; iteration: Iteration }) {
  const cancel = useAction(
    () => ask("POST", `/requests/${asset.requestID}/iterations/${iteration.iterationID}/cancel`),
    [keys.asset(asset.requestID), keys.library],
  );
  const stage = t.stages[iteration.stage ?? "queued"] ?? iteration.stage ?? "";
  const waits = iteration.queuePosition !== null && iteration.queuePosition > 0;
  return (
    <section className="making" aria-label={t.asset.progress}>
      <div className="making-inner">
        <p className="making-percent" aria-hidden="true">
          {waits ? "…" : `${Math.round(iteration.progress * 100)} %`}
        </p>
        <ProgressBar value={iteration.progress} label={t.asset.progress} />
        <p role="status" className="making-stage">
          {waits ? t.asset.queue(iteration.queuePosition!) : stage}
        </p>
        <Button icon={<X />} busy={cancel.isPending} onClick={() => cancel.mutate(undefined, { onError: sayProblem })}>
          {t.asset.cancel}
        </Button>
      </div>
    </section>
  );
}

interface WithoutModel {
  asset: Asset;
  iteration: Iteration;
  detail: IterationDetail;
  /** Asks for other pictures. */
  onPictures: () => void;
}

/** Asks for the same once more. */
function Again({ asset }: { asset: Asset }) {
  const again = useAction(
    () => ask("POST", `/requests/${asset.requestID}/iterations`, {}),
    [keys.asset(asset.requestID), keys.library],
  );
  return (
    <Button
      look="primary"
      icon={<Repeat />}
      busy={again.isPending}
      onClick={() => again.mutate(undefined, { onError: sayProblem })}
    >
      {t.asset.again}
    </Button>
  );
}

/** The files' time is over: what that means, and how to get them again. */
function Removed({ asset, iteration, detail, onPictures }: WithoutModel) {
  const isNewest = asset.iterations.at(-1)?.iterationID === iteration.iterationID;
  // What came by an address is fetched again.
  const isThere = ({ stored, url }: { stored: boolean; url: string | null }) => stored || url !== null;
  const modelGone = !asset.test && detail.model && !isThere(detail.model);
  const picturesGone = !asset.test && !detail.inputs.every(isThere);
  const text = t.asset.removed;
  return (
    <section className="making">
      <div className="making-inner">
        <h2>{text.title}</h2>
        <p>{text.help(formatDay(iteration.filesRemovedAt!))}</p>
        {!isNewest ? (
          <p className="soft">{text.older}</p>
        ) : modelGone ? (
          <p className="soft">{text.model}</p>
        ) : picturesGone ? (
          <>
            <p className="soft">{text.pictures}</p>
            <Button look="primary" icon={<ImagePlus />} onClick={onPictures}>
              {text.send}
            </Button>
          </>
        ) : (
          <Again asset={asset} />
        )}
      </div>
    </section>
  );
}

function Refusal({ asset, iteration, detail, onPictures }: WithoutModel) {
  const concerned = detail.causeImage === null ? null : detail.inputs[detail.causeImage];
  const isNewest = asset.iterations.at(-1)?.iterationID === iteration.iterationID;
  return (
    <section className="making">
      <div className="making-inner refusal">
        <StatusBadge status="dismissed" />
        <h2>{t.asset.dismissedTitle}</h2>
        <p>{iteration.dismissedReason}</p>
        {concerned?.stored && (
          <figure>
            <img src={imageThumbnail(asset.requestID, concerned.imageID)} alt="" />
            <figcaption className="soft">{t.asset.dismissedPicture(detail.causeImage! + 1)}</figcaption>
          </figure>
        )}
        {isNewest && WORTH_REPEATING.includes(detail.causeCode ?? "") ? (
          <Again asset={asset} />
        ) : (
          isNewest &&
          !detail.model && (
            <Button look="primary" icon={<ImagePlus />} onClick={onPictures}>
              {t.asset.retryPictures}
            </Button>
          )
        )}
      </div>
    </section>
  );
}

/** What its maker thinks of an iteration. */
function Verdict({ asset, iteration }: { asset: Asset; iteration: Iteration }) {
  const [rejecting, setRejecting] = useState(false);
  const path = `/requests/${asset.requestID}/iterations/${iteration.iterationID}`;
  const changed = [keys.asset(asset.requestID), keys.library];
  const approve = useAction(() => ask("POST", `${path}/approve`), changed);
  const judged = iteration.results !== null;
  const reviewable = judged && !iteration.filesRemovedAt;
  return (
    <Card className="verdict">
      <div className="verdict-line">
        <h2>{t.asset.iteration(iteration.iterationID)}</h2>
        <StatusBadge status={statusOf(iteration)} />
      </div>
      {iteration.editDescription && (
        <p>
          <span className="soft">{t.asset.wish}: </span>
          {iteration.editDescription}
        </p>
      )}
      {iteration.applied.length > 0 && (
        <p>
          <span className="soft">{t.asset.understood}: </span>
          {iteration.applied.join(", ")}
        </p>
      )}
      {iteration.dismissedReason && judged && <Notice kind="bad">{iteration.dismissedReason}</Notice>}
      {iteration.warnings.length > 0 && (
        <Notice kind="warn" title={t.asset.warnings}>
          {iteration.warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Notice>
      )}
      {reviewable && (
        <div className="form-actions">
          {iteration.status === "completed" && (
            <Button
              look="primary"
              icon={<ThumbsUp />}
              busy={approve.isPending}
              onClick={() =>
                approve.mutate(undefined, { onSuccess: () => say(t.asset.outcome.approve), onError: sayProblem })
              }
            >
              {t.asset.approve}
            </Button>
          )}
          {iteration.status !== "dismissed" && (
            <Button icon={<ThumbsDown />} onClick={() => setRejecting(true)}>
              {t.asset.reject}
            </Button>
          )}
        </div>
      )}
      {rejecting && <RejectDialog path={path} changed={changed} onClose={() => setRejecting(false)} />}
    </Card>
  );
}

function RejectDialog({
  path,
  changed,
  onClose,
}: {
  path: string;
  changed: readonly (readonly unknown[])[];
  onClose: () => void;
}) {
  const [reason, setReason] = useState("");
  const reject = useAction(() => ask("POST", `${path}/dismiss`, { reason }), changed);
  return (
    <Dialog open onClose={onClose} title={t.asset.rejectTitle} help={t.asset.rejectHelp}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          reject.mutate(undefined, {
            onSuccess: () => {
              say(t.asset.outcome.reject);
              onClose();
            },
          });
        }}
      >
        <TextArea
          label={t.asset.rejectReason}
          required
          maxLength={500}
          value={reason}
          problem={reject.error?.message}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button look="danger" type="submit" busy={reject.isPending}>
            {t.asset.reject}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Downloads({ detail }: { detail: IterationDetail }) {
  const place = (format: string) => (FORMATS.indexOf(format) + 99) % 99;
  const files = detail.files.toSorted((a, b) => place(a.format) - place(b.format));
  return (
    <Card title={t.asset.downloads}>
      <ul className="downloads">
        {files.map((file) => (
          <li key={file.name}>
            <a href={local(file.url)} download={file.name} className="download">
              <Download aria-hidden="true" />
              <span className="download-text">
                <strong>{file.name}</strong>
                <span className="soft">{t.asset.formats[file.format] ?? file.format}</span>
              </span>
              <span className="soft download-size">{formatBytes(file.bytes)}</span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function FactCard({
  asset,
  iteration,
  detail,
}: {
  asset: Asset;
  iteration: Iteration;
  detail: IterationDetail | undefined;
}) {
  const projects = useProjects();
  const names = t.asset.factNames;
  const report = detail?.report;
  const style = projects.data?.find(({ projectID }) => projectID === asset.projectID)?.name;
  const took =
    detail?.startedAt && iteration.completedAt
      ? (new Date(iteration.completedAt).getTime() - new Date(detail.startedAt).getTime()) / 1000
      : null;
  const items: [string, React.ReactNode][] = [
    ...(report ? reportFacts(report) : []),
    [names.quality, t.quality.names[iteration.loq]],
    ...(style ? [[t.create.project, style] as [string, string]] : []),
    [names.made, formatTime(iteration.createdAt)],
    ...(took !== null ? [[names.took, formatSeconds(took)] as [string, string]] : []),
    [names.by, iteration.email],
    [names.id, <CopyValue key="id" value={asset.requestID} label={names.id} />],
  ];
  return (
    <Card title={t.asset.facts}>
      <Facts items={items} />
    </Card>
  );
}

/** What a report says; one of an older version may say less. */
function reportFacts(report: Report): [string, string][] {
  const { triangles, lods, vertices, quadShare, texture, layout, checks, generator } = report;
  const names = t.asset.factNames;
  const size = sizeOf(report);
  const faults = checks && [checks.openEdges, checks.nonManifoldEdges, checks.nonManifoldVertices];
  return known([
    [names.triangles, triangles !== undefined && formatNumber(triangles)],
    [names.lods, lods && lods.length > 0 && lods.map(formatNumber).join(", ")],
    [names.vertices, vertices !== undefined && formatNumber(vertices)],
    [names.quads, quadShare !== undefined && formatPercent(quadShare)],
    [names.size, size && formatSize(size)],
    [
      names.texture,
      texture?.size !== undefined &&
        [`${texture.size} px`, texture.coverage !== undefined && names.textureUse(formatPercent(texture.coverage))]
          .filter(Boolean)
          .join(", "),
    ],
    [names.charts, layout?.charts !== undefined && formatNumber(layout.charts)],
    [
      names.closed,
      faults?.every((count) => count !== undefined) &&
        (faults.every((count) => count === 0) ? names.closedYes : names.closedNo),
    ],
    [names.parts, checks?.components !== undefined && formatNumber(checks.components)],
    [
      names.generator,
      generator?.name !== undefined &&
        [generator.name, generator.agreement !== undefined && names.agreement(formatPercent(generator.agreement))]
          .filter(Boolean)
          .join(", "),
    ],
  ]);
}

function Inputs({
  asset,
  iteration,
  detail,
  viewer,
}: {
  asset: Asset;
  iteration: Iteration;
  detail: IterationDetail;
  viewer: React.RefObject<ViewerHandle | null>;
}) {
  const shown = hasFiles(iteration) && detail.files.some(({ format }) => format === "glb");
  if (detail.model) {
    return (
      <Card title={t.asset.model}>
        {detail.model.url === null ? t.asset.modelSource : <a href={detail.model.url}>{t.asset.modelSource}</a>}
      </Card>
    );
  }
  return (
    <Card title={t.asset.inputs}>
      <ul className="inputs">
        {detail.inputs.map(({ imageID, view, stored }, i) => {
          const seen = detail.report?.pictures?.[i]?.pose;
          const pose = directionOf(seen);
          const label = nameView(pose ?? view, seen?.label);
          const refused = detail.causeImage === i;
          const picture = (
            <>
              {stored ? (
                <img src={imageThumbnail(asset.requestID, imageID)} alt="" loading="lazy" />
              ) : (
                <span className="asset-blank input-blank" />
              )}
              <span>{label}</span>
            </>
          );
          return (
            <li key={imageID} className={classes("input-picture", refused && "input-refused")}>
              {pose && shown ? (
                <button
                  type="button"
                  aria-label={t.asset.lookFrom(label)}
                  title={t.asset.lookFrom(label)}
                  onClick={() => viewer.current?.lookFrom(pose)}
                >
                  {picture}
                </button>
              ) : (
                picture
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function History({ asset, shown, onShow }: { asset: Asset; shown: string; onShow: (iterationID: string) => void }) {
  return (
    <Card title={t.asset.history}>
      <ol className="history">
        {asset.iterations.toReversed().map((iteration) => (
          <li key={iteration.iterationID}>
            <button
              type="button"
              className={classes("history-entry", iteration.iterationID === shown && "history-shown")}
              aria-current={iteration.iterationID === shown ? "true" : undefined}
              onClick={() => onShow(iteration.iterationID)}
            >
              {hasFiles(iteration) ? (
                <img src={iterationThumbnail(asset.requestID, iteration.iterationID)} alt="" width="56" height="56" />
              ) : (
                <span className="history-blank" aria-hidden="true" />
              )}
              <span className="history-text">
                <strong>{t.asset.iteration(iteration.iterationID)}</strong>
                <span className="soft">
                  {iteration.editDescription ??
                    [
                      t.quality.names[iteration.loq],
                      iteration.triangles && t.viewer.triangles(formatNumber(iteration.triangles)),
                    ]
                      .filter(Boolean)
                      .join(", ")}
                </span>
              </span>
              <StatusBadge status={statusOf(iteration)} />
            </button>
          </li>
        ))}
      </ol>
    </Card>
  );
}
