import { ArrowLeft } from "lucide-react";
import { lazy, Suspense, useCallback, useRef } from "react";
import { useParams, useSearchParams } from "react-router";
import { local } from "../api/client.ts";
import { useAsset, useIteration } from "../api/queries.ts";
import { levelsOf, sizeOf } from "../api/report.ts";
import type { Asset } from "../api/types.ts";
import { formatNumber, formatSize } from "../format.ts";
import { t } from "../strings.ts";
import { LinkButton } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { Card, Empty, Facts, known, Loaded, Loading, Page } from "../ui/page.tsx";
import type { Pose } from "../viewer/stage.ts";
import type { ViewerHandle } from "../viewer/viewer.tsx";

const Viewer = lazy(() => import("../viewer/viewer.tsx"));
const NO_CAMERAS: never[] = [];

/** Two iterations side by side, turned together. */
export function Compare() {
  const { requestID } = useParams();
  const asset = useAsset(requestID!);
  return (
    <Loaded query={asset}>
      {(loaded) => (
        <Page
          title={t.compare.of(loaded.name)}
          intro={t.compare.linked}
          actions={
            <LinkButton to={`/assets/${loaded.requestID}`} icon={<ArrowLeft />}>
              {t.compare.back}
            </LinkButton>
          }
        >
          <Sides asset={loaded} />
        </Page>
      )}
    </Loaded>
  );
}

function Sides({ asset }: { asset: Asset }) {
  const [query, setQuery] = useSearchParams();
  const finished = asset.iterations
    .filter(({ results, filesRemovedAt }) => results !== null && !filesRemovedAt)
    .map(({ iterationID }) => iterationID);
  const left = useRef<ViewerHandle>(null);
  const right = useRef<ViewerHandle>(null);
  // Turning one turns the other, which must not answer.
  const following = useRef(false);
  const turn = useCallback((other: React.RefObject<ViewerHandle | null>, pose: Pose) => {
    if (following.current) return;
    following.current = true;
    other.current?.setPose(pose);
    requestAnimationFrame(() => {
      following.current = false;
    });
  }, []);
  const turnRight = useCallback((pose: Pose) => turn(right, pose), [turn]);
  const turnLeft = useCallback((pose: Pose) => turn(left, pose), [turn]);
  if (finished.length < 2) return <Empty title={t.compare.needTwo} />;
  const choose = (name: "left" | "right", fallback: string) => {
    const wanted = query.get(name);
    return wanted !== null && finished.includes(wanted) ? wanted : fallback;
  };
  const shown = { left: choose("left", finished.at(-2)!), right: choose("right", finished.at(-1)!) };
  const side = (name: "left" | "right") => ({
    asset,
    finished,
    number: shown[name],
    label: t.compare.side[name],
    onChoose: (number: string) => setQuery({ ...shown, [name]: number }, { replace: true }),
  });
  return (
    <div className="compare">
      <Side {...side("left")} handle={left} onPose={turnRight} />
      <Side {...side("right")} handle={right} onPose={turnLeft} />
    </div>
  );
}

function Side({
  asset,
  finished,
  number,
  label,
  onChoose,
  handle,
  onPose,
}: {
  asset: Asset;
  finished: string[];
  number: string;
  label: string;
  onChoose: (number: string) => void;
  handle: React.RefObject<ViewerHandle | null>;
  onPose: (pose: Pose) => void;
}) {
  const detail = useIteration(asset.requestID, number);
  const iteration = asset.iterations.find(({ iterationID }) => iterationID === number)!;
  const names = t.asset.factNames;
  return (
    <Card>
      <Select
        label={label}
        value={number}
        onChange={(event) => onChoose(event.target.value)}
        choices={finished.map((value) => ({ value, label: t.asset.iteration(value) }))}
      />
      <div className="compare-view">
        <Loaded query={detail}>
          {(loaded) => {
            const { files, report } = loaded;
            const size = sizeOf(report);
            const glb = files.find(({ format }) => format === "glb");
            const zip = files.find(({ format }) => format === "zip");
            if (!glb) return <Empty title={t.asset.noModel} />;
            return (
              <>
                <Suspense fallback={<Loading />}>
                  <Viewer
                    ref={handle}
                    name={`${asset.name}, ${t.asset.iteration(number)}`}
                    model={{ glb: local(glb.url), zip: zip ? local(zip.url) : null }}
                    size={size}
                    cameras={NO_CAMERAS}
                    levels={levelsOf(loaded)}
                    onPose={onPose}
                  />
                </Suspense>
                <Facts
                  items={[
                    [names.quality, t.quality.names[iteration.loq]],
                    ...known([
                      [names.triangles, report?.triangles !== undefined && formatNumber(report.triangles)],
                      [names.size, size && formatSize(size)],
                      [names.texture, report?.texture?.size !== undefined && `${report.texture.size} px`],
                      [t.asset.wish, iteration.editDescription],
                    ]),
                  ]}
                />
              </>
            );
          }}
        </Loaded>
      </div>
    </Card>
  );
}
