import { createHmac } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { asClient, type Client, onBothModes, portOf, type TestServer, until } from "../support/api.ts";
import { send } from "../support/raw-http.ts";

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

onBothModes("contract 2, credentials", (start) => {
  let server: TestServer;
  let port: number;
  let address = 0;

  beforeAll(async () => {
    server = await start();
    port = portOf(server);
  });

  const me = (client: Client, headers: Record<string, string>) =>
    send(port, { path: `/api/v1/fetchProjects?devID=${client.devID}`, headers });
  const refresh = (headers: Record<string, string>, body: unknown) =>
    send(port, {
      method: "POST",
      path: "/api/v1/refreshJWT",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const register = (headers: Record<string, string>, body: unknown) =>
    send(port, {
      method: "POST",
      path: "/api/v1/registerHook",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const newDestination = () => `https://hooks.example/${++address}`;

  it("are a uuid, an API key with prefix and 256 bits, a secret and a refresh token", async () => {
    const client = await server.account();
    expect(client.devID).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(client.apiKey).toMatch(/^mq_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(client.secret.replace("whsec_", ""), "base64")).toHaveLength(32);
    expect(client.refreshToken).toMatch(/^mqr_[A-Za-z0-9_-]{43}$/);
  });

  it("are stored as hashes, the secret sealed", async () => {
    const client = await server.account();
    const { db } = server.server.context;
    const dump = JSON.stringify([
      await db.selectFrom("credential").selectAll().execute(),
      await db.selectFrom("refresh_token").selectAll().execute(),
      await db.selectFrom("audit_event").selectAll().execute(),
    ]);
    for (const value of [client.apiKey, client.secret, client.refreshToken]) expect(dump).not.toContain(value.slice(6));
  });

  it("a wrong or missing API key is a 401", async () => {
    const client = await server.account();
    const other = await server.account();
    const jwt = client.headers.authorization!;
    const cases: [Record<string, string>, string][] = [
      [{ Authorization: jwt }, "api_key_missing"],
      [{ "X-API-Key": "", Authorization: jwt }, "api_key_missing"],
      [{ "X-API-Key": "mq_wrong", Authorization: jwt }, "api_key_wrong"],
      [{ "X-API-Key": other.apiKey, Authorization: jwt }, "api_key_wrong"],
    ];
    for (const [headers, code] of cases) {
      const answer = await me(client, headers);
      expect([answer.status, answer.json.code]).toEqual([401, code]);
    }
    // Never from the query, where proxies would log it.
    expect(
      (await send(port, { path: `/api/v1/fetchProjects?x-api-key=${client.apiKey}&authorization=${jwt}` })).status,
    ).toBe(401);
  });

  it("a JWT that is missing, malformed, unsigned, foreign or expired is a 401", async () => {
    const client = await server.account();
    const jwt = client.headers.authorization!;
    const [head, body, signature] = jwt.split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    const sign = (header: object, payload: object, key: string | Buffer) => {
      const text = `${base64(header)}.${base64(payload)}`;
      return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
    };
    const bad = [
      "",
      "Bearer",
      "nonsense",
      `${head}.${body}.`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      `${head}.${base64({ ...claims, sub: (await server.account()).devID })}.${signature}`,
      `${base64({ alg: "none", typ: "JWT" })}.${body}.`,
      `${base64({ alg: "none" })}.${body}.${signature}`,
      sign({ alg: "HS256", typ: "JWT" }, claims, ""),
      sign({ alg: "HS256", typ: "JWT" }, claims, client.apiKey),
      sign({ alg: "HS256", kid: "../../dev/null" }, claims, Buffer.alloc(0)),
      sign({ alg: "HS512" }, claims, server.server.context.keys.jwt),
      sign({ alg: "HS256" }, { sub: claims.sub }, server.server.context.keys.jwt),
      sign({ alg: "HS256" }, { ...claims, exp: Math.floor(Date.now() / 1000) - 10 }, server.server.context.keys.jwt),
    ];
    for (const token of bad) {
      const answer = await me(client, { "X-API-Key": client.apiKey, Authorization: token });
      expect([token.slice(0, 30), answer.status]).toEqual([token.slice(0, 30), 401]);
    }
    expect((await me(client, { "X-API-Key": client.apiKey, Authorization: jwt })).status).toBe(200);
    server.ahead.ms += 12 * 3600 * 1000 + 1000;
    const expired = await me(client, { "X-API-Key": client.apiKey, Authorization: jwt });
    server.ahead.ms = 0;
    expect([expired.status, expired.json.code]).toEqual([401, "jwt_expired"]);
  });

  it("a JWT is HS256, for 12 hours, with sub and jti, and a new one voids it at once", async () => {
    const client = await server.account();
    const old = client.headers.authorization!;
    const [head, body] = old
      .split(".")
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
    expect(head.alg).toBe("HS256");
    expect(body).toMatchObject({ sub: client.devID, jti: expect.any(String) });
    expect(body.exp - body.iat).toBe(12 * 3600);
    const fresh = await client.login();
    const superseded = await me(client, { "X-API-Key": client.apiKey, Authorization: old });
    expect([superseded.status, superseded.json.code]).toEqual([401, "jwt_superseded"]);
    expect((await me(client, { "X-API-Key": client.apiKey, Authorization: fresh })).status).toBe(200);
    const { json } = await register(
      { "X-API-Key": client.apiKey },
      { devID: client.devID, destination: newDestination() },
    );
    expect((await me(client, { "X-API-Key": client.apiKey, Authorization: fresh })).status).toBe(401);
    expect((await me(client, { "X-API-Key": client.apiKey, Authorization: json.jwt })).status).toBe(200);
  });

  it("a server may let all unexpired JWTs live", async () => {
    const relaxed = await start({ env: { MAQUETTE_JWT: "all" } });
    const client = await relaxed.account();
    const first = client.headers.authorization!;
    await client.login();
    for (const jwt of [first, client.headers.authorization!]) {
      const answer = await send(portOf(relaxed), {
        path: `/api/v1/fetchProjects?devID=${client.devID}`,
        headers: { "X-API-Key": client.apiKey, Authorization: jwt },
      });
      expect(answer.status).toBe(200);
    }
  });

  it("a replaced value is void at once, and the change is on record", async () => {
    const client = await server.account();
    const old = { ...client.headers };
    const { json } = await asClient(server, client)({ method: "POST", path: "/api/maquette/v1/credentials/api-key" });
    const void_ = await me(client, { "X-API-Key": old["x-api-key"]!, Authorization: old.authorization! });
    expect([void_.status, void_.json.code]).toEqual([401, "api_key_wrong"]);
    client.apiKey = json.value;
    await client.login();
    expect(
      (await me(client, { "X-API-Key": client.apiKey, Authorization: client.headers.authorization! })).status,
    ).toBe(200);

    const { json: hook } = await register(
      { "X-API-Key": client.apiKey },
      { devID: client.devID, destination: newDestination() },
    );
    client.headers.authorization = hook.jwt;
    const rotated = await asClient(
      server,
      client,
    )({ method: "POST", path: "/api/maquette/v1/credentials/refresh-token" });
    for (const token of [client.refreshToken, hook.refreshToken]) {
      expect(
        (await refresh({ "X-API-Key": client.apiKey, "refresh-token": token }, { devID: client.devID })).status,
      ).toBe(400);
    }
    expect(
      (await refresh({ "X-API-Key": client.apiKey, "refresh-token": rotated.json.value }, { devID: client.devID }))
        .status,
    ).toBe(200);
    client.refreshToken = rotated.json.value;
    await client.login();
    const { body } = await client.get("/api/maquette/v1/audit-events");
    expect(body.events.map((event: { kind: string }) => event.kind)).toEqual([
      "refresh_token.rotated",
      "webhook.registered",
      "api_key.rotated",
      "account.created",
    ]);
  });

  it("failed attempts are limited for an address and for an account, and lock nobody out", async () => {
    const limited = await start();
    const client = await limited.account();
    const attempt = (headers: Record<string, string>) =>
      send(portOf(limited), { path: `/api/v1/fetchProjects?devID=${client.devID}`, headers });
    const wrong = { "X-API-Key": "mq_guess", Authorization: client.headers.authorization! };
    const statuses: number[] = [];
    for (let i = 0; i < 62; i++) statuses.push((await attempt(wrong)).status);
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(401));
    const refused = await attempt(wrong);
    expect([refused.status, refused.json.code]).toEqual([429, "too_many_failures"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await attempt({ "X-API-Key": client.apiKey, Authorization: client.headers.authorization! })).status).toBe(
      200,
    );
    limited.ahead.ms += 61_000;
    expect((await attempt(wrong)).status).toBe(401);
  });

  it("registerHook answers a new destination with 201, a JWT and a refresh token that works", async () => {
    const client = await server.account();
    const answer = await register(
      { "X-API-Key": client.apiKey },
      { devID: client.devID, destination: newDestination() },
    );
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      status: "success",
      message: "Webhook registered successfully",
      jwt: expect.stringMatching(/^eyJ/),
      refreshToken: expect.stringMatching(/^mqr_/),
      devID: client.devID,
    });
    for (const token of [answer.json.refreshToken, client.refreshToken]) {
      expect(
        (await refresh({ "X-API-Key": client.apiKey, "refresh-token": token }, { devID: client.devID })).status,
      ).toBe(200);
    }
  });

  it("registerHook answers the same destination again with 201 and a JWT", async () => {
    const client = await server.account();
    const body = { devID: client.devID, destination: newDestination() };
    await register({ "X-API-Key": client.apiKey }, body);
    const answer = await register({ "X-API-Key": client.apiKey }, body);
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      status: "success",
      message: "Webhook already registered",
      jwt: expect.any(String),
      devID: client.devID,
    });
  });

  it("registerHook takes any text up to 2,048 characters and contacts nobody", async () => {
    const client = await server.account();
    for (const destination of ["www.example.com/test3", "test", "http://169.254.169.254/", "x".repeat(2048), "日本"]) {
      expect((await register({ "X-API-Key": client.apiKey }, { devID: client.devID, destination })).status).toBe(201);
    }
    for (const destination of [undefined, "", "  ", "x".repeat(2049), { url: "x" }]) {
      const answer = await register({ "X-API-Key": client.apiKey }, { devID: client.devID, destination });
      expect([answer.status, answer.json.status]).toEqual([400, "error"]);
    }
  });

  it("registerHook with an unknown devID is a 404, with a wrong key a 401", async () => {
    const client = await server.account();
    for (const devID of ["00000000-0000-4000-8000-000000000000", "your_dev_id"]) {
      const unknown = await register({ "X-API-Key": client.apiKey }, { devID, destination: "x" });
      expect(unknown.status).toBe(404);
      expect(unknown.json).toMatchObject({ status: "error", message: "User does not exist" });
    }
    expect((await register({ "X-API-Key": "mq_wrong" }, { devID: client.devID, destination: "x" })).status).toBe(401);
    expect((await register({}, { devID: client.devID, destination: "x" })).status).toBe(401);
  });

  it("registerHook keeps the newest 20 refresh tokens alive", async () => {
    const client = await server.account();
    const tokens = [client.refreshToken];
    for (let i = 0; i < 20; i++) {
      server.ahead.ms += 10;
      const { json } = await register(
        { "X-API-Key": client.apiKey },
        { devID: client.devID, destination: newDestination() },
      );
      tokens.push(json.refreshToken);
    }
    const works = async (token: string) =>
      (await refresh({ "X-API-Key": client.apiKey, "refresh-token": token }, { devID: client.devID })).status === 200;
    expect(await works(tokens[0]!)).toBe(false);
    expect(await works(tokens[1]!)).toBe(true);
    expect(await works(tokens[20]!)).toBe(true);
  });

  it("refreshJWT works before any hook is registered", async () => {
    const client = await server.account();
    const answer = await refresh(
      { "X-API-Key": client.apiKey, "refresh-token": client.refreshToken },
      { devID: client.devID },
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      status: "success",
      message: "JWT refreshed successfully. Please use the new JWT and devID to authenticate your future requests",
      jwt: expect.any(String),
      devID: client.devID,
    });
  });

  it("refreshJWT refuses everything else with a clean 400 that says why", async () => {
    const client = await server.account();
    const good = { "X-API-Key": client.apiKey, "refresh-token": client.refreshToken };
    const cases: [Record<string, string>, unknown, string][] = [
      [{ "refresh-token": client.refreshToken }, { devID: client.devID }, "X-API-Key"],
      [{ "X-API-Key": client.apiKey }, { devID: client.devID }, "refresh-token"],
      [{ ...good, "refresh-token": "" }, { devID: client.devID }, "refresh-token"],
      [good, {}, "devID"],
      [good, { devID: "" }, "devID"],
      [good, { devID: "your_dev_id" }, "devID"],
      [good, { devID: (await server.account()).devID }, "API key"],
      [{ ...good, "X-API-Key": "mq_wrong" }, { devID: client.devID }, "API key"],
      [{ ...good, "refresh-token": "mqr_wrong" }, { devID: client.devID }, "refresh token"],
    ];
    for (const [headers, body, why] of cases) {
      const answer = await refresh(headers, body);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({
        status: "error",
        message: "Request failed, please check your api-key and refresh-token and try again",
        cause: expect.stringContaining(why),
      });
    }
  });

  it("no secret is ever logged", async () => {
    const logged: Record<string, unknown>[] = [];
    const watched = await start({ logged });
    const client = await watched.account();
    await send(portOf(watched), { path: "/sign-in?token=sign-in-secret" });
    await client.post("/api/v1/registerHook", { devID: client.devID, destination: "https://u:pw@hooks.example/x" });
    await client.login();
    const asset = await client.finished(await client.process());
    await fetch(asset.iterations[0].results.glb);
    await until(() => logged.some((line) => line.route === "/files/:kind/:id/:name"));
    const text = JSON.stringify(logged);
    const signature = new URL(asset.iterations[0].results.glb).searchParams.get("signature")!;
    for (const secret of [
      client.apiKey,
      client.secret,
      client.refreshToken,
      client.headers.authorization!,
      "sign-in-secret",
      signature,
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(logged.filter((line) => line.requestID === asset.requestID).length).toBeGreaterThan(2);
  });
});
