import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localStorage } from "../src/storage/local.ts";
import { s3Storage } from "../src/storage/s3.ts";
import { ObjectMissing, type Storage } from "../src/storage/storage.ts";
import { writeDurably } from "../src/storage/write-durably.ts";
import { type S3Stub, startS3Stub } from "./support/s3-stub.ts";
import { newDirectory } from "./support/start.ts";

let stub: S3Stub;
const directory = newDirectory();

beforeAll(async () => {
  stub = await startS3Stub();
});

afterAll(async () => {
  await stub.close();
  rmSync(directory, { recursive: true });
});

const kinds: [string, () => Storage][] = [
  ["on the local disk", () => localStorage(join(directory, "files"))],
  ["in an S3 bucket", () => s3Storage(stub.config)],
];

describe.each(kinds)("storage %s", (_kind, open) => {
  const data = randomBytes(5000);

  async function read(storage: Storage, key: string, start: number, end: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await storage.stream(key, start, end)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  it("gives back what was put, whole and in ranges", async () => {
    const storage = open();
    await storage.check();
    await storage.put("requests/a/one.bin", data, "application/octet-stream");
    expect(await storage.get("requests/a/one.bin")).toEqual(data);
    expect(await read(storage, "requests/a/one.bin", 0, 4999)).toEqual(data);
    expect(await read(storage, "requests/a/one.bin", 10, 19)).toEqual(data.subarray(10, 20));
    expect(await read(storage, "requests/a/one.bin", 4999, 4999)).toEqual(data.subarray(4999));
  });

  it("replaces an object", async () => {
    const storage = open();
    await storage.put("requests/b/x", Buffer.from("old"), "text/plain");
    await storage.put("requests/b/x", Buffer.from("new"), "text/plain");
    expect((await storage.get("requests/b/x")).toString()).toBe("new");
  });

  it("says that an object is missing", async () => {
    const storage = open();
    await expect(storage.get("requests/none")).rejects.toThrow(ObjectMissing);
    await expect(storage.stream("requests/none", 0, 1)).rejects.toThrow(ObjectMissing);
  });

  it("removes all below a prefix and nothing else", async () => {
    const storage = open();
    for (const key of ["requests/c/1/a", "requests/c/2/b", "requests/cc/1"]) await storage.put(key, data, "text/plain");
    await storage.removeAll("requests/c/");
    await expect(storage.get("requests/c/1/a")).rejects.toThrow(ObjectMissing);
    expect(await storage.get("requests/cc/1")).toEqual(data);
    await storage.removeAll("requests/never-was/");
  });
});

describe("the local disk", () => {
  it("holds no half-written file and no left-over of one", async () => {
    const path = join(directory, "deep", "er", "file");
    await writeDurably(path, "a".repeat(100_000));
    await Promise.all(Array.from({ length: 20 }, (_, i) => writeDurably(path, String(i).repeat(100_000))));
    expect(statSync(path).size % 100_000).toBe(0);
    expect(readdirSync(join(directory, "deep", "er"))).toEqual(["file"]);
  });

  it("does not leave its directory", async () => {
    const storage = localStorage(join(directory, "files"));
    await expect(storage.put("../escaped", Buffer.from("x"), "text/plain")).rejects.toThrow("outside the storage");
  });
});

describe("an S3 service", () => {
  it("that is busy for a moment is asked again", async () => {
    const storage = s3Storage(stub.config);
    stub.failNext = 3;
    await storage.put("requests/d/x", Buffer.from("x"), "text/plain");
    stub.failNext = 2;
    expect((await storage.get("requests/d/x")).toString()).toBe("x");
  });

  it("that refuses the key is not", async () => {
    const storage = s3Storage({ ...stub.config, secretAccessKey: "wrong" });
    await expect(storage.put("requests/d/y", Buffer.from("x"), "text/plain")).rejects.toMatchObject({ status: 403 });
  });

  it("without the bucket fails the check", async () => {
    await expect(s3Storage({ ...stub.config, bucket: "other" }).check()).rejects.toThrow("bucket other does not exist");
  });
});
