import { runEngine } from "@maquette/engine/host";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSignInLink } from "../../packages/server/src/auth/accounts.ts";
import { type Client, onBothModes, type TestServer } from "../support/api.ts";
import { launch, openPage } from "../support/browser.ts";
import { send } from "../support/raw-http.ts";
import { type RouteEntry, withRouteTable } from "../support/route-table.ts";

const OWN = "/api/maquette/v1";
const NOBODY = "01900000-0000-7000-8000-000000000000";
/** What would run if a page took it for markup, in the ways that pages get wrong. */
const MARKUP = [
  `<img src=x onerror="window.hacked=1">`,
  `"><script>window.hacked=2</script>`,
  `<svg/onload=window.hacked=3>`,
  `javascript:window.hacked=4`,
  `{{constructor.constructor('window.hacked=5')()}}`,
];

/** How text that looks like the first of them stands in a page that takes it for text. */
const ESCAPED = "&lt;img src=x onerror=";

onBothModes("the web app", (start, mode) => {
  let server: TestServer;
  let routes: RouteEntry[];
  let client: Client;
  beforeAll(async () => {
    const started = await withRouteTable(() => start({ runEngine, env: { MAQUETTE_RATE_LIMIT: "1000000" } }));
    ({ started: server, routes } = started);
    client = await server.account();
  });

  async function signInByLink(): Promise<Response> {
    const token = await createSignInLink(server.server.context, client.devID);
    return fetch(`${server.url}/sign-in?token=${token}&next=https://evil.example/`, { redirect: "manual" });
  }

  describe("a session of the web app", () => {
    it("is a cookie that scripts cannot read and other sites' forms do not send", async () => {
      expect((await signInByLink()).headers.get("set-cookie")).toMatch(
        /^maquette_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
      );
      const behindTls = await start({ env: { PUBLIC_URL: "https://models.example.com" } });
      const owner = await behindTls.account();
      const token = await createSignInLink(behindTls.server.context, owner.devID);
      const answer = await fetch(`${behindTls.url}/sign-in?token=${token}`, { redirect: "manual" });
      expect(answer.headers.get("set-cookie")).toMatch(/; Secure$/);
    });

    it("changes nothing for a page of another origin, on any route", async () => {
      const cookie = (await signInByLink()).headers.get("set-cookie")!.split(";")[0]!;
      const changing = routes.filter(
        ({ method, url }) => url.startsWith(OWN) && !url.includes("/admin/") && !/^(GET|HEAD|OPTIONS)$/.test(method),
      );
      expect(changing.length).toBeGreaterThan(20);
      const elsewhere: Record<string, string>[] = [
        {},
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: `${server.url}.evil.example` },
        { origin: server.url, "sec-fetch-site": "cross-site" },
        { origin: server.url, "sec-fetch-site": "same-site" },
      ];
      for (const { method, url } of changing) {
        const path = url.replace(/:\w+/g, NOBODY);
        for (const headers of elsewhere) {
          // As a form sends it, which needs no preflight.
          const answer = await send(Number(new URL(server.url).port), {
            method,
            path,
            headers: { Cookie: cookie, "Content-Type": "text/plain", ...headers },
            body: "{}",
          });
          expect([method, url, headers, answer.status, answer.json.code]).toEqual([
            method,
            url,
            headers,
            403,
            "origin_forbidden",
          ]);
        }
      }
    });

    it("is never asked for by CORS: no answer lets another origin send it", async () => {
      for (const path of [`${OWN}/me`, "/api/v1/fetchProjects", "/files/image/x/y", "/"]) {
        const answer = await fetch(server.url + path, { headers: { origin: "https://evil.example" } });
        expect(answer.headers.get("access-control-allow-credentials")).toBe(null);
        expect(["*", null]).toContain(answer.headers.get("access-control-allow-origin"));
      }
    });
  });

  describe("pages", () => {
    it("run no script but our own and show in no frame, whichever page it is", async () => {
      const pages = routes.filter(
        ({ method, url }) => method === "GET" && !/^\/(api|openapi|files|healthz|readyz|metrics)/.test(url),
      );
      let html = 0;
      for (const { url } of [...pages, { url: "/api/docs/" }]) {
        if (url.includes("*")) continue;
        const answer = await fetch(server.url + url.replace(/:\w+/g, "x"), { redirect: "manual" });
        expect([url, answer.headers.get("x-content-type-options")]).toEqual([url, "nosniff"]);
        if (!answer.headers.get("content-type")?.startsWith("text/html")) continue;
        html++;
        const policy = new Map(
          answer.headers
            .get("content-security-policy")!
            .split(";")
            .map((rule) => rule.trim().split(/\s+/))
            .map(([name, ...values]) => [name!, values.join(" ")]),
        );
        expect([url, policy.get("default-src"), policy.get("script-src")]).toEqual([url, "'none'", "'self'"]);
        expect([policy.get("frame-ancestors"), policy.get("base-uri")]).toEqual(["'none'", "'none'"]);
        // The policy would stop them; there are none to be stopped.
        const text = await answer.text();
        expect(text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|\son\w+\s*=/i);
      }
      expect(html).toBeGreaterThan(8);
    });

    it("lead nowhere else, whatever a link says", async () => {
      expect((await signInByLink()).headers.get("location")).toBe("/");
      const port = Number(new URL(server.url).port);
      for (const path of [
        "/sign-in?next=https://evil.example/",
        "/sign-in?token=wrong&next=//evil.example",
        "/sign-in?token=wrong&redirect=https:evil.example",
        "//evil.example/%2e%2e",
        "/\\evil.example",
        "/%2f%2fevil.example/",
        "/api/docs?url=https://evil.example",
        "/api/docs//evil.example",
      ]) {
        const answer = await send(port, { path, headers: { Accept: "text/html", "X-Forwarded-Host": "evil.example" } });
        const location = answer.headers.get("location") ?? "/";
        expect([path, new URL(location, "http://own.example").host]).toEqual([path, "own.example"]);
      }
    });
  });

  // Pages are the same files in both modes.
  if (mode === "embedded")
    describe("in a browser", () => {
      let browser: Browser;
      beforeAll(async () => {
        browser = await launch();
      });
      afterAll(() => browser.close());

      it("names, tags, styles, teams and destinations are text, also if they look like markup", {
        timeout: 120_000,
      }, async () => {
        const ids: string[] = [];
        for (const name of MARKUP) {
          await client.post(`${OWN}/projects`, { name });
          await client.post(`${OWN}/studios`, { name });
          ids.push(await client.process({ name, tags: [name, ...MARKUP] }));
        }
        for (const id of ids) await client.finished(id, 60_000);
        await client.post("/api/v1/registerHook", { devID: client.devID, destination: MARKUP[3]! }).then(({ body }) => {
          client.headers.authorization = body.jwt;
        });
        await client.post("/api/v1/registerHook", { devID: client.devID, destination: MARKUP[0]! }).then(({ body }) => {
          client.headers.authorization = body.jwt;
        });
        const watched = await openPage(browser, server.url);
        const { page } = watched;
        try {
          const token = await createSignInLink(server.server.context, client.devID);
          await page.goto(`/sign-in?token=${token}`);
          await page.getByLabel("New password").fill("correct horse battery");
          await page.getByRole("button", { name: "Set password" }).click();
          await page.getByRole("button", { name: "Make the sample" }).waitFor();
          for (const path of [
            "/",
            `/assets/${ids[0]}`,
            `/assets/${ids[2]}`,
            "/projects",
            "/settings/studios",
            "/settings/webhooks",
          ]) {
            await page.goto(path);
            await page.getByRole("main").waitFor();
            // The name comes with what the page fetches; an injected element would act at once.
            await page.waitForFunction((markup) => document.body.innerHTML.includes(markup), ESCAPED, {
              timeout: 15_000,
            });
            const { hacked, links, scripts } = await page.evaluate(() => ({
              hacked: (window as unknown as { hacked?: number }).hacked,
              links: [...document.querySelectorAll("a[href]")].filter(
                (a) => (a as HTMLAnchorElement).protocol === "javascript:",
              ).length,
              scripts: [...document.scripts].filter((script) => script.src === "").length,
            }));
            expect([path, hacked, links, scripts]).toEqual([path, undefined, 0, 0]);
          }
          expect(watched.complaints).toEqual([]);
        } finally {
          await watched.close();
        }
      });
    });
});
