/**
 * `npm run screenshots`: a server with some assets, and a picture of every page of the web app, wide and on a phone, light
 * and dark, into `docs/images/web`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runEngine } from "@maquette/engine/host";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { createAccount } from "../packages/server/src/auth/accounts.ts";
import { applyRetention } from "../packages/server/src/requests/retention.ts";
import { startHunyuan } from "../packages/server/test/support/hunyuan-double.ts";
import { startReceiver, startTestServer } from "./support/api.ts";
import { launch, openPage, settle } from "./support/browser.ts";

const { values } = parseArgs({
  options: { out: { type: "string", default: fileURLToPath(new URL("../docs/images/web", import.meta.url)) } },
});
/** Of the pictures in the documentation, which show half of the screen's pixels. */
const WIDTH = { wide: 900, phone: 360 };
const SIZES = {
  wide: { viewport: { width: 1360, height: 860 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};
const EXAMPLES = new URL("../examples/", import.meta.url);
const OWN = "/api/maquette/v1";

// One generator that answers, and one that does not.
const generator = await startHunyuan("2", new Uint8Array());
const generators = {
  hunyuan: { type: "hunyuan3d", url: generator.url },
  trellis: { type: "http", url: "http://127.0.0.1:1/generate" },
};
const server = await startTestServer({
  runEngine,
  env: {
    MAQUETTE_GENERATORS: JSON.stringify({ generators }),
    MAQUETTE_QUOTA_REQUESTS: "50",
    MAQUETTE_QUOTA_MEGABYTES: "200",
  },
});
const receiver = await startReceiver();
const browser = await launch();
mkdirSync(values.out, { recursive: true });
try {
  const { page, complaints } = await openPage(browser, server.url, SIZES.wide);
  const phone = await openPage(browser, server.url, SIZES.phone);
  const both = { wide: page, phone: phone.page } as const;
  const shootBoth = async (name: string, path: string, reach: (on: Page) => Promise<unknown>) => {
    for (const [size, on] of Object.entries(both) as [keyof typeof both, Page][]) {
      await on.goto(path);
      await reach(on);
      await shoot(on, name, size);
    }
  };
  await page.goto(server.server.firstStart!.signInUrl);
  await page.getByLabel("New password").waitFor();
  await phone.page.context().addCookies(await page.context().cookies());
  await shootBoth("first-run", "/welcome", (on) => on.getByLabel("New password").waitFor());
  await page.getByLabel("New password").fill("correct horse battery");
  await page.getByRole("button", { name: "Set password" }).click();
  const makeSample = { name: "Make the sample" };
  await page.getByRole("button", makeSample).waitFor();
  await shootBoth("sample", "/welcome", (on) => on.getByRole("button", makeSample).waitFor());
  const asset = await fill(page, (van) =>
    shootBoth("making", `/assets/${van}`, (on) => on.getByText(/^(Carving|Finding the s|Simpl|Unwrapping)/).waitFor()),
  );
  const files = ["front", "right", "back"].map((view) => fileURLToPath(new URL(`fox/${view}.png`, EXAMPLES)));
  await shootBoth("create", "/create", async (on) => {
    await on.locator('input[type="file"]').setInputFiles(files);
    await on.getByRole("img", { name: "What is cut out of picture 3" }).waitFor({ timeout: 120_000 });
  });

  await shootBoth("finish", "/finish", async (on) => {
    await on
      .locator('input[type="file"]')
      .setInputFiles({ name: "chair.glb", mimeType: "model/gltf-binary", buffer: Buffer.alloc(2_400_000) });
    await on.getByText("chair.glb").waitFor();
  });
  const pages: Record<string, string> = {
    library: "/",
    asset: `/assets/${asset.van}`,
    refused: `/assets/${asset.refused}`,
    compare: `/assets/${asset.van}/compare`,
    styles: "/projects",
    account: "/settings/account",
    keys: "/settings/keys",
    webhooks: "/settings/webhooks",
    studios: "/settings/studios",
    usage: "/settings/usage",
    server: "/operator",
  };
  for (const [name, path] of Object.entries(pages)) await shootBoth(name, path, settleModels);
  await shootBoth("choosing", "/?status=completed", async (on) => {
    for (const name of ["Cottage", "Robot"]) await on.getByRole("checkbox", { name: `Select ${name}` }).check();
    await on.evaluate(() => scrollTo(0, 0));
    await on.mouse.move(0, 0);
  });
  await shootBoth("style", "/projects", async (on) => {
    await on.getByRole("button", { name: "Edit Low poly" }).click();
    await on.getByRole("dialog").waitFor();
  });
  await shootBoth("revise", `/assets/${asset.van}`, async (on) => {
    await settleModels(on);
    await on.getByRole("button", { name: "Revise" }).click();
    await on.getByRole("dialog").waitFor();
  });
  const { context } = server.server;
  await applyRetention({ ...context, config: { ...context.config, keepFilesDays: 1e-9 } });
  await shootBoth("deleted", `/assets/${asset.van}`, (on) =>
    on.getByRole("button", { name: "Make it again" }).waitFor(),
  );
  for (const on of Object.values(both)) await on.context().clearCookies();
  await shootBoth("sign-in", "/sign-in", (on) => on.getByRole("heading", { name: "Sign in" }).waitFor());
  for (const complaint of [...complaints, ...phone.complaints]) console.error(complaint);
} finally {
  await browser.close();
  await receiver.close();
  await server.close();
  await generator.close();
}

/** Makes assets, a style, a studio and webhooks, so that there is something to be seen. */
async function fill(
  page: Page,
  whileMaking: (van: string) => Promise<unknown>,
): Promise<{ van: string; refused: string }> {
  const ask = (method: string, path: string, body: object) =>
    page.evaluate(
      async ([verb, url, text]) => {
        const headers = { "content-type": "application/json" };
        return (await fetch(url!, { method: verb!, headers, body: text! })).json();
      },
      [method, OWN + path, JSON.stringify(body)],
    );
  await ask("POST", "/destinations", { destination: `${receiver.url}/maquette` });
  // One that nobody listens at.
  await ask("POST", "/destinations", { destination: "http://127.0.0.1:4999/former" });
  await ask("POST", "/projects", { name: "Low poly", style: { shading: "flat", palette: 16, polycount: 1500 } });
  const { studioID } = await ask("POST", "/studios", { name: "Lighthouse Games" });
  for (const [email, role] of [
    ["mara@lighthouse.example", "admin"],
    ["jonas@lighthouse.example", "editor"],
  ] as const) {
    await createAccount(server.server.context, email);
    await ask("POST", `/studios/${studioID}/members`, { email, role });
  }
  const make = async (name: string, tags: string[], views: string[], picture?: Buffer) => {
    const images = picture
      ? [picture]
      : await Promise.all(
          views.map((view) => sharp(fileURLToPath(new URL(`${name}/${view}.png`, EXAMPLES))).toBuffer()),
        );
    const imageUrls = images.map((image) => `data:image/png;base64,${image.toString("base64")}`);
    const body = { name: name[0]!.toUpperCase() + name.slice(1), tags, imageUrls, views: picture ? [] : views };
    return (await ask("POST", "/requests", body)).requestID as string;
  };
  const sides = ["front", "right", "back", "left"];
  const van = await make("van", ["vehicle", "hero"], sides);
  const others: string[] = [];
  for (const name of ["chest", "robot", "cottage"]) others.push(await make(name, ["prop"], sides));
  const blank = await sharp({ create: { width: 512, height: 512, channels: 3, background: "#9aa7b0" } })
    .png()
    .toBuffer();
  const refused = await make("fog", ["sky"], ["front"], blank);
  await whileMaking(van);
  await ended(page, van);
  await ask("POST", `/requests/${van}/iterations`, {
    editDescription: "flat shading, at most 1500 triangles, 2 levels of detail",
  });
  for (const id of [...others, refused, van]) await ended(page, id);
  return { van, refused };
}

async function ended(page: Page, requestID: string): Promise<void> {
  const status = () =>
    page.evaluate(
      async (url) => (await (await fetch(url)).json()).iterations.at(-1).status,
      `${OWN}/requests/${requestID}`,
    );
  while ((await status()) === "new") await page.waitForTimeout(500);
}

async function settleModels(page: Page): Promise<void> {
  await settle(page);
  for (const viewer of await page.locator(".viewer-surface").all()) {
    await viewer.and(page.locator('[data-state="shown"]')).waitFor({ timeout: 60_000 });
  }
  await page.waitForTimeout(1200);
}

async function shoot(page: Page, name: string, size: keyof typeof SIZES = "wide"): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(400);
    const png = await page.screenshot();
    const webp = await sharp(png).resize({ width: WIDTH[size] }).webp({ quality: 72 }).toBuffer();
    writeFileSync(`${values.out}/${name}${size === "phone" ? "-phone" : ""}-${colorScheme}.webp`, webp);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
