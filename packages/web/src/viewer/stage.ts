import {
  AmbientLight,
  Box3,
  Box3Helper,
  BufferGeometry,
  CanvasTexture,
  Color,
  DirectionalLight,
  DoubleSide,
  Float32BufferAttribute,
  GridHelper,
  Group,
  HemisphereLight,
  Line,
  LineBasicMaterial,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  type Object3D,
  PerspectiveCamera,
  PlaneGeometry,
  PMREMGenerator,
  RepeatWrapping,
  Scene,
  Spherical,
  SRGBColorSpace,
  type Texture,
  TextureLoader,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { RoomEnvironment } from "three/addons/environments/RoomEnvironment.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

export type Mode = "textured" | "clay" | "wire" | "uv";
export type Light = "studio" | "sun" | "flat";

/** From where one looks, so that two stages can look alike. Distances are in radii of the model. */
export interface Pose {
  azimuth: number;
  polar: number;
  distance: number;
}

/** A picture and where its camera stood, degrees (see the engine's frames: 0 is the front, 90 the object's left). */
export interface InputCamera {
  azimuth: number;
  elevation: number;
  /** A picture from this server. */
  thumbnail: string | null;
}

const FIELD_OF_VIEW = 32;
const START: Pose = { azimuth: 0.6, polar: 1.28, distance: 3.7 };
/** Turn of one press of an arrow key, radians. */
const KEY_TURN = Math.PI / 24;

/** A model on a stage: what is drawn, and nothing of React. It draws when something changed, not all the time. */
export class Stage {
  /** Called when the person turned the view. */
  onTurn: (() => void) | null = null;
  /** Called with where the labels of the dimensions stand, pixels, after each frame. */
  onLabels: ((places: { x: number; y: number }[]) => void) | null = null;

  readonly #canvas: HTMLCanvasElement;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 1000);
  readonly #controls: OrbitControls;
  readonly #lights = new Group();
  readonly #helpers = new Group();
  readonly #observer: ResizeObserver;
  readonly #studio: Texture;
  readonly #box = new Box3();
  readonly #own: Map<Mesh, Material | Material[]> = new Map();
  readonly #overlays: Mesh[] = [];
  #model: Object3D | null = null;
  #radius = 1;
  #cameras: Group | null = null;
  #grid: Object3D | null = null;
  #dimensions: Object3D | null = null;
  #frame = 0;
  #checker: Texture | null = null;

  /** @throws Error when the browser has no WebGL */
  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    const generator = new PMREMGenerator(this.#renderer);
    this.#studio = generator.fromScene(new RoomEnvironment(), 0.04).texture;
    generator.dispose();
    this.#scene.add(this.#lights, this.#helpers);
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.enableDamping = true;
    this.#controls.dampingFactor = 0.12;
    this.#controls.addEventListener("change", () => this.#draw());
    this.#controls.addEventListener("start", () => this.#draw());
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    this.setLight("studio");
    this.#place(START);
    this.#resize();
  }

  /** Loads a GLB in place of what is there. */
  async load(data: ArrayBuffer): Promise<void> {
    const loader = new GLTFLoader();
    if (isPacked(data)) loader.setMeshoptDecoder((await import("meshopt-decoder")).MeshoptDecoder);
    const { scene } = await loader.parseAsync(data, "");
    const pose = this.#model ? this.pose : START;
    this.#clearModel();
    this.#model = scene;
    this.#scene.add(scene);
    this.#box.setFromObject(scene);
    this.#radius = Math.max(this.#box.getSize(new Vector3()).length() / 2, 1e-6);
    scene.traverse((node) => {
      if (node instanceof Mesh) this.#own.set(node, node.material);
    });
    const centre = this.#box.getCenter(new Vector3());
    this.#controls.target.copy(centre);
    this.#controls.minDistance = this.#radius * 0.4;
    this.#controls.maxDistance = this.#radius * 14;
    this.#camera.near = this.#radius / 100;
    this.#camera.far = this.#radius * 40;
    this.#place(pose);
  }

  setMode(mode: Mode): void {
    for (const overlay of this.#overlays.splice(0)) {
      overlay.removeFromParent();
      (overlay.material as Material).dispose();
    }
    for (const [mesh, own] of this.#own) {
      if (mode === "textured") mesh.material = own;
      else if (mode === "uv") mesh.material = new MeshStandardMaterial({ map: this.#uvChecker(), roughness: 1 });
      else mesh.material = new MeshStandardMaterial({ color: 0xb9b6b0, roughness: 0.85, flatShading: mode === "wire" });
      if (mode === "wire") {
        (mesh.material as MeshStandardMaterial).polygonOffset = true;
        (mesh.material as MeshStandardMaterial).polygonOffsetFactor = 1;
        const lines = new Mesh(
          mesh.geometry,
          new MeshBasicMaterial({ color: 0x17352b, wireframe: true, transparent: true, opacity: 0.55 }),
        );
        mesh.add(lines);
        this.#overlays.push(lines);
      }
    }
    this.#draw();
  }

  setLight(light: Light): void {
    this.#lights.clear();
    this.#scene.environment = light === "studio" ? this.#studio : null;
    this.#scene.environmentIntensity = 0.72;
    if (light === "sun") {
      const sun = new DirectionalLight(0xfff1dc, 2.4);
      sun.position.set(2, 3, 2.5);
      this.#lights.add(sun, new HemisphereLight(0xcfe2ff, 0x8a7f70, 1.2));
    }
    if (light === "flat") this.#lights.add(new AmbientLight(0xffffff, 3.1));
    this.#draw();
  }

  /** Draws the bounding box, whose labels stand where `onLabels` says: height, width, depth. */
  setDimensions(shown: boolean): void {
    this.#dimensions?.removeFromParent();
    this.#dimensions = null;
    if (shown && this.#model) {
      const helper = new Box3Helper(this.#box, new Color(0x2f7d67));
      this.#dimensions = helper;
      this.#helpers.add(helper);
    }
    this.#draw();
  }

  setFloor(shown: boolean): void {
    this.#grid?.removeFromParent();
    this.#grid = null;
    if (shown && this.#model) {
      // One square is 10 cm, or more where that would be too fine to see.
      const step = 10 ** Math.max(-1, Math.ceil(Math.log10(this.#radius / 8)));
      const cells = Math.ceil((this.#radius * 4) / step / 2) * 2;
      const grid = new GridHelper(cells * step, cells, 0x6f7f78, 0xaab5b0);
      const centre = this.#box.getCenter(new Vector3());
      grid.position.set(centre.x, this.#box.min.y, centre.z);
      this.#grid = grid;
      this.#helpers.add(grid);
    }
    this.#draw();
  }

  /** Stands the pictures around the model, where their cameras were. */
  setCameras(cameras: readonly InputCamera[] | null): void {
    this.#cameras?.removeFromParent();
    this.#cameras = null;
    if (cameras && this.#model) {
      const group = new Group();
      const centre = this.#box.getCenter(new Vector3());
      for (const camera of cameras) group.add(this.#inputCamera(camera, centre));
      this.#cameras = group;
      this.#helpers.add(group);
    }
    this.#draw();
  }

  /** Looks from where a picture was taken. */
  lookFrom({ azimuth, elevation }: { azimuth: number; elevation: number }): void {
    const polar = ((90 - elevation) * Math.PI) / 180;
    this.#place({
      azimuth: (azimuth * Math.PI) / 180,
      polar: Math.min(Math.max(polar, 0.001), Math.PI - 0.001),
      distance: START.distance,
    });
    this.onTurn?.();
  }

  reset(): void {
    if (this.#model) this.#controls.target.copy(this.#box.getCenter(new Vector3()));
    this.#place(START);
    this.onTurn?.();
  }

  /** Arrow keys turn, plus and minus zoom, 0 goes back. @returns whether the key meant something */
  press(key: string): boolean {
    const pose = this.pose;
    const turns: Record<string, Partial<Pose>> = {
      ArrowLeft: { azimuth: pose.azimuth - KEY_TURN },
      ArrowRight: { azimuth: pose.azimuth + KEY_TURN },
      ArrowUp: { polar: Math.max(pose.polar - KEY_TURN, 0.001) },
      ArrowDown: { polar: Math.min(pose.polar + KEY_TURN, Math.PI - 0.001) },
      "+": { distance: Math.max(pose.distance * 0.88, 0.5) },
      "=": { distance: Math.max(pose.distance * 0.88, 0.5) },
      "-": { distance: Math.min(pose.distance / 0.88, 13) },
    };
    if (key === "0") this.reset();
    else if (turns[key]) {
      this.#place({ ...pose, ...turns[key] });
      this.onTurn?.();
    } else return false;
    return true;
  }

  get pose(): Pose {
    const spherical = new Spherical().setFromVector3(this.#camera.position.clone().sub(this.#controls.target));
    return { azimuth: spherical.theta, polar: spherical.phi, distance: spherical.radius / this.#radius };
  }

  set pose(pose: Pose) {
    this.#place(pose);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#controls.dispose();
    this.#clearModel();
    this.#checker?.dispose();
    this.#studio.dispose();
    this.#renderer.dispose();
    // A browser keeps some sixteen contexts; one that is only dropped counts until it is collected.
    this.#renderer.forceContextLoss();
  }

  #place({ azimuth, polar, distance }: Pose): void {
    const offset = new Vector3().setFromSpherical(new Spherical(distance * this.#radius, polar, azimuth));
    this.#camera.position.copy(this.#controls.target).add(offset);
    this.#camera.lookAt(this.#controls.target);
    this.#controls.update();
    this.#draw();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#camera.aspect = clientWidth / clientHeight;
    // The narrower side has the field of view, so that the model fits a phone held upright.
    const wide = Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
    this.#camera.fov = (Math.atan(wide / Math.min(1, this.#camera.aspect)) * 360) / Math.PI;
    this.#camera.updateProjectionMatrix();
    this.#draw();
  }

  #draw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const before = this.#camera.position.clone();
      // Damping goes on after the hand has let go.
      this.#controls.update();
      this.#renderer.render(this.#scene, this.#camera);
      if (!before.equals(this.#camera.position)) this.onTurn?.();
      if (this.#dimensions) this.onLabels?.(this.#labels());
    });
  }

  #labels(): { x: number; y: number }[] {
    const { min, max } = this.#box;
    const { x, z } = this.#camera.position;
    // The edges towards the person: those are in front of the model.
    const side = x > (min.x + max.x) / 2 ? max.x : min.x;
    const front = z > (min.z + max.z) / 2 ? max.z : min.z;
    const middle = this.#box.getCenter(new Vector3());
    const away = front === max.z ? min.z : max.z;
    const points = [
      new Vector3(side, middle.y, away),
      new Vector3(middle.x, min.y, front),
      new Vector3(side, min.y, middle.z),
    ];
    return points.map((point) => {
      const { x: right, y: up } = point.project(this.#camera);
      return {
        x: ((right + 1) / 2) * this.#canvas.clientWidth,
        y: ((1 - up) / 2) * this.#canvas.clientHeight,
      };
    });
  }

  #inputCamera({ azimuth, elevation, thumbnail }: InputCamera, centre: Vector3): Object3D {
    const phi = ((90 - elevation) * Math.PI) / 180;
    const theta = (azimuth * Math.PI) / 180;
    const direction = new Vector3().setFromSpherical(new Spherical(1, phi, theta));
    const group = new Group();
    const side = this.#radius * 0.6;
    const plane = new Mesh(
      new PlaneGeometry(side, side),
      new MeshBasicMaterial({ color: 0xffffff, side: DoubleSide, transparent: true, opacity: 0.92 }),
    );
    plane.position.copy(centre).addScaledVector(direction, this.#radius * 2);
    plane.up.set(0, Math.abs(elevation) > 80 ? 0 : 1, Math.abs(elevation) > 80 ? -Math.sign(elevation) : 0);
    plane.lookAt(plane.position.clone().add(direction));
    if (thumbnail) {
      new TextureLoader().load(thumbnail, (texture) => {
        texture.colorSpace = SRGBColorSpace;
        (plane.material as MeshBasicMaterial).map = texture;
        (plane.material as MeshBasicMaterial).needsUpdate = true;
        this.#draw();
      });
    }
    const line = new BufferGeometry();
    line.setAttribute(
      "position",
      new Float32BufferAttribute(
        [...plane.position.toArray(), ...centre.clone().addScaledVector(direction, this.#radius).toArray()],
        3,
      ),
    );
    group.add(plane, new Line(line, new LineBasicMaterial({ color: 0x2f7d67 })));
    return group;
  }

  /** Squares with numbers: stretch, seams and mirrored charts show at once. */
  #uvChecker(): Texture {
    if (this.#checker) return this.#checker;
    const cells = 16;
    const side = 1024;
    const canvas = document.createElement("canvas");
    canvas.width = side;
    canvas.height = side;
    const draw = canvas.getContext("2d")!;
    const size = side / cells;
    draw.font = `600 ${size * 0.34}px system-ui, sans-serif`;
    draw.textAlign = "center";
    draw.textBaseline = "middle";
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        const odd = (x + y) % 2 === 1;
        draw.fillStyle = `hsl(${(x / cells) * 320} ${odd ? 62 : 48}% ${odd ? 46 : 76}%)`;
        draw.fillRect(x * size, y * size, size, size);
        draw.fillStyle = odd ? "#ffffff" : "#1c2421";
        draw.fillText(`${String.fromCharCode(65 + y)}${x + 1}`, (x + 0.5) * size, (y + 0.5) * size);
      }
    }
    const texture = new CanvasTexture(canvas);
    texture.colorSpace = SRGBColorSpace;
    texture.wrapS = RepeatWrapping;
    texture.wrapT = RepeatWrapping;
    texture.flipY = false;
    texture.anisotropy = 8;
    this.#checker = texture;
    return texture;
  }

  #clearModel(): void {
    this.setMode("textured");
    this.#own.clear();
    this.#model?.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      node.geometry.dispose();
      for (const material of [node.material].flat() as MeshStandardMaterial[]) {
        material.map?.dispose();
        material.dispose();
      }
    });
    this.#model?.removeFromParent();
    this.#model = null;
  }
}

/** Whether a GLB needs meshopt's decoder, which nobody shall load for nothing. */
function isPacked(data: ArrayBuffer): boolean {
  const length = new DataView(data).getUint32(12, true);
  const json = new TextDecoder().decode(new Uint8Array(data, 20, length));
  return json.includes("EXT_meshopt_compression");
}
