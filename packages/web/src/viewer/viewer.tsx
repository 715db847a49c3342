import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { Camera, Grid3x3, Maximize, RotateCcw, Ruler } from "lucide-react";
import { type Ref, useEffect, useId, useImperativeHandle, useRef, useState } from "react";
import type { Size } from "../api/report.ts";
import { formatCentimetres, formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { IconButton } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { type InputCamera, type Light, type Mode, type Pose, Stage } from "./stage.ts";

export interface ViewerHandle {
  lookFrom(direction: { azimuth: number; elevation: number }): void;
  setPose(pose: Pose): void;
}

const NO_WEBGL = "no-webgl";

/** The model, and how it is shown. Loaded when it is first needed, three.js with it. */
export default function Viewer({
  name,
  model,
  size,
  cameras,
  levels,
  onPose,
  ref,
}: {
  name: string;
  /** Links of the GLB, and of the zip that holds its coarser levels. */
  model: { glb: string; zip: string | null };
  size: Size | null;
  cameras: readonly InputCamera[];
  /** Triangles of each level of detail, the full model first; null where nobody knows. */
  levels: readonly (number | null)[];
  onPose?: (pose: Pose) => void;
  ref?: Ref<ViewerHandle>;
}) {
  const frame = useRef<HTMLElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const labels = useRef<HTMLDivElement>(null);
  const help = useId();
  const [state, setState] = useState<"loading" | "shown" | { problem: string }>("loading");
  const [mode, setMode] = useState<Mode>("textured");
  const [light, setLight] = useState<Light>("studio");
  const [dimensions, setDimensions] = useState(false);
  const [floor, setFloor] = useState(false);
  const [showCameras, setShowCameras] = useState(false);
  const [level, setLevel] = useState(0);
  const { glb, zip } = model;
  // The link is signed anew from time to time; the file behind it is the same.
  const file = glb.split("?")[0];

  useEffect(() => {
    // A canvas for each stage: the context of one that was given up cannot be had again.
    const canvas = document.createElement("canvas");
    canvas.className = "viewer-canvas";
    surface.current!.append(canvas);
    try {
      stage.current = new Stage(canvas);
    } catch {
      setState({ problem: NO_WEBGL });
    }
    return () => {
      stage.current?.dispose();
      stage.current = null;
      canvas.remove();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `file` stands for both links.
  useEffect(() => {
    if (!stage.current) return;
    let stale = false;
    setState("loading");
    loadLevel(glb, zip, level)
      .then(async (data) => {
        if (stale) return;
        await stage.current?.load(data);
        if (!stale) setState("shown");
      })
      .catch((error) => {
        if (!stale) setState({ problem: (error as Error).message });
      });
    return () => {
      stale = true;
    };
  }, [file, level]);

  const shown = state === "shown";
  useEffect(() => {
    if (shown) stage.current?.setMode(mode);
  }, [mode, shown]);
  useEffect(() => stage.current?.setLight(light), [light]);
  useEffect(() => {
    if (shown) stage.current?.setFloor(floor);
  }, [floor, shown]);
  useEffect(() => {
    if (shown) stage.current?.setCameras(showCameras ? cameras : null);
  }, [showCameras, cameras, shown]);
  useEffect(() => {
    const at = stage.current;
    if (!at || !shown) return;
    at.onLabels = (places) => {
      places.forEach(({ x, y }, i) => {
        const label = labels.current?.children[i] as HTMLElement | undefined;
        if (label) label.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
      });
    };
    at.setDimensions(dimensions);
  }, [dimensions, shown]);
  useEffect(() => {
    if (stage.current) stage.current.onTurn = () => onPose?.(stage.current!.pose);
  }, [onPose]);
  useImperativeHandle(ref, () => ({
    lookFrom: (direction) => stage.current?.lookFrom(direction),
    setPose: (pose) => {
      if (stage.current) stage.current.pose = pose;
    },
  }));

  return (
    <section className="viewer" ref={frame} aria-label={name}>
      <div
        ref={surface}
        className="viewer-surface"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys turn the model, which is what the role says.
        tabIndex={0}
        role="application"
        aria-label={t.viewer.label(name)}
        aria-describedby={help}
        data-state={typeof state === "string" ? state : "failed"}
        onKeyDown={(event) => {
          if (!event.ctrlKey && !event.metaKey && stage.current?.press(event.key)) event.preventDefault();
        }}
      />
      <p id={help} className="hidden-label">
        {t.viewer.help}
      </p>
      {state === "loading" && (
        <p className="viewer-message" role="status">
          <span className="spinner" aria-hidden="true" />
          {t.viewer.loading}
        </p>
      )}
      {typeof state === "object" && (
        <p className="viewer-message" role="alert">
          {state.problem === NO_WEBGL ? t.viewer.noWebgl : `${t.viewer.failed}: ${state.problem}`}
        </p>
      )}
      {dimensions && size && (
        <div className="viewer-labels" ref={labels}>
          <span>{formatCentimetres(size.height)}</span>
          <span>{formatCentimetres(size.width)}</span>
          <span>{formatCentimetres(size.depth)}</span>
        </div>
      )}
      <div className="viewer-tools" role="toolbar" aria-label={t.viewer.options}>
        <ToggleGroup
          className="segments"
          aria-label={t.viewer.mode}
          value={[mode]}
          onValueChange={(value) => value[0] && setMode(value[0] as Mode)}
        >
          {(Object.keys(t.viewer.modes) as Mode[]).map((choice) => (
            <Toggle key={choice} value={choice} className="segment">
              {t.viewer.modes[choice]}
            </Toggle>
          ))}
        </ToggleGroup>
        <Select
          label={t.viewer.light}
          hideLabel
          className="viewer-select"
          value={light}
          onChange={(event) => setLight(event.target.value as Light)}
          choices={Object.entries(t.viewer.lights).map(([value, label]) => ({
            value,
            label: `${t.viewer.light}: ${label}`,
          }))}
        />
        {levels.length > 1 && (
          <Select
            label={t.viewer.level}
            hideLabel
            className="viewer-select viewer-levels"
            value={String(level)}
            onChange={(event) => setLevel(Number(event.target.value))}
            choices={levels.map((triangles, n) => ({
              value: String(n),
              label: t.viewer.levels(n, triangles === null ? null : formatNumber(triangles)),
            }))}
          />
        )}
        <span className="viewer-icons">
          {size && (
            <IconButton
              label={t.viewer.dimensions}
              icon={<Ruler />}
              aria-pressed={dimensions}
              onClick={() => setDimensions(!dimensions)}
            />
          )}
          <IconButton label={t.viewer.grid} icon={<Grid3x3 />} aria-pressed={floor} onClick={() => setFloor(!floor)} />
          {cameras.length > 0 && (
            <IconButton
              label={t.viewer.cameras}
              icon={<Camera />}
              aria-pressed={showCameras}
              onClick={() => setShowCameras(!showCameras)}
            />
          )}
          <IconButton label={t.viewer.reset} icon={<RotateCcw />} onClick={() => stage.current?.reset()} />
          {document.fullscreenEnabled && (
            <IconButton
              label={t.viewer.full}
              icon={<Maximize />}
              onClick={() =>
                void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen())
              }
            />
          )}
        </span>
      </div>
    </section>
  );
}

/** The bytes of the full model, or of a coarser level, which only the zip has. */
async function loadLevel(glb: string, zip: string | null, level: number): Promise<ArrayBuffer> {
  const response = await fetch(level === 0 || !zip ? glb : zip);
  if (!response.ok) throw new Error((await response.json().catch(() => null))?.message ?? String(response.status));
  const data = await response.arrayBuffer();
  if (level === 0) return data;
  const { unzipSync } = await import("fflate");
  const entries = unzipSync(new Uint8Array(data), { filter: ({ name }) => name.endsWith(`_lod${level}.glb`) });
  const [entry] = Object.values(entries);
  if (!entry) throw new Error(t.asset.noModel);
  return entry.buffer.slice(entry.byteOffset, entry.byteOffset + entry.byteLength) as ArrayBuffer;
}
