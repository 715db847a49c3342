import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, listensOnLoopback, readConfig } from "../src/config/read-config.ts";

describe("configuration", () => {
  it("needs nothing: loopback, port 8080, data beside the program", () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      role: "all",
      port: 8080,
      host: "localhost",
      publicUrl: null,
      dataDir: resolve("./maquette-data"),
      databaseUrl: null,
      s3: null,
      tls: null,
      jwt: "newest",
    });
    expect(listensOnLoopback(config)).toBe(true);
    expect(config.concurrency).toBeGreaterThanOrEqual(1);
  });

  it("takes empty variables as not set, as compose files leave them", () => {
    expect(readConfig({ PORT: "", PUBLIC_URL: " ", S3_BUCKET: "" })).toMatchObject({
      port: 8080,
      publicUrl: null,
      s3: null,
    });
  });

  const bad: [Record<string, string>, string][] = [
    [{ PORT: "80800" }, 'PORT: expected a whole number from 0 to 65535, got "80800"'],
    [{ PORT: "http" }, 'PORT: expected a whole number from 0 to 65535, got "http"'],
    [{ PUBLIC_URL: "example.com" }, 'PUBLIC_URL: expected an http or https URL, got "example.com"'],
    [
      { PUBLIC_URL: "https://example.com/maquette" },
      'PUBLIC_URL: expected an origin without a path (the API lives at its root), got "https://example.com/maquette"',
    ],
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL: expected postgres://user:password@host:port/database"],
    [{ S3_BUCKET: "assets" }, "S3_ENDPOINT: must be set too, since other S3 settings are"],
    [{ TLS_CERT: "cert.pem" }, "TLS_KEY: must be set too, since TLS_CERT is"],
    [{ MAQUETTE_CONCURRENCY: "0" }, 'MAQUETTE_CONCURRENCY: expected a whole number from 1 to 256, got "0"'],
    [
      { MAQUETTE_RESERVE_MEGABYTES: "256 MB" },
      'MAQUETTE_RESERVE_MEGABYTES: expected a whole number from 0 to 999999999, got "256 MB"',
    ],
    [{ MAQUETTE_KEY: "c2hvcnQ=" }, "MAQUETTE_KEY: expected 32 bytes in base64, got 5 bytes"],
    [{ MAQUETTE_JWT: "two" }, 'MAQUETTE_JWT: expected "newest", "all", got "two"'],
    [
      { MAQUETTE_ALLOW_HOSTS: "10.0.0.0/8,300.1.2.3/40" },
      'MAQUETTE_ALLOW_HOSTS: expected hosts, addresses or CIDR ranges separated by commas, got "300.1.2.3/40"',
    ],
    [
      { MAQUETTE_TRUSTED_PROXIES: "10.0.0.1, proxy.example" },
      'MAQUETTE_TRUSTED_PROXIES: expected addresses or CIDR ranges of your proxies separated by commas, got "proxy.example"',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL, got "collector:4318"',
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: "10%" }, 'OTEL_TRACES_SAMPLER_ARG: expected a share from 0 to 1, got "10%"'],
    [
      { MAQUETTE_TRUSTED_PROXIES: "0.0.0.0/0" },
      'MAQUETTE_TRUSTED_PROXIES: expected addresses or CIDR ranges of your proxies separated by commas, got "0.0.0.0/0"',
    ],
  ];
  it.each(bad)("refuses %o with one line that says which and why", (env, message) => {
    expect(() => readConfig(env)).toThrow(
      new ConfigError(message.split(": ")[0]!, message.split(": ").slice(1).join(": ")),
    );
  });

  it("refuses a certificate that is not there", () => {
    const directory = mkdtempSync(join(tmpdir(), "maquette-tls-"));
    writeFileSync(join(directory, "key.pem"), "key");
    const env = { TLS_CERT: join(directory, "cert.pem"), TLS_KEY: join(directory, "key.pem") };
    expect(() => readConfig(env)).toThrow(/^TLS_CERT: cannot be read: .*cert\.pem/);
  });

  it("lets only a real database serve several processes", () => {
    expect(() => readConfig({}, "worker")).toThrow(/^--role: "worker" needs DATABASE_URL/);
    expect(() => readConfig({}, "both")).toThrow(/^--role: expected "all", "api" or "worker", got "both"/);
    expect(() => readConfig({ DATABASE_URL: "postgres://h/d" }, "api")).toThrow(/^PUBLIC_URL: must be set/);
  });

  it.each([
    ["localhost", true],
    ["127.0.0.1", true],
    ["127.8.9.1", true],
    ["::1", true],
    ["0.0.0.0", false],
    ["::", false],
    ["192.168.1.5", false],
  ])("knows whether %s can be reached from this machine only: %s", (host, loopback) => {
    expect(listensOnLoopback({ host })).toBe(loopback);
  });
});
