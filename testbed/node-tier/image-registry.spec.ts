import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../process/free-port.ts";
import { ImageRegistry, pathAndTag } from "./image-registry.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
let folder: string;
let registry: ImageRegistry;
let origin: string;
let layer: string;
let manifest: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-registry-"));
  registry = new ImageRegistry(join(folder, "store"));
  const port = await freePort();
  origin = `http://127.0.0.1:${port}/v2`;
  await registry.start(port);
  ({ layer, manifest } = await addImage("library/nginx:latest", "layer"));
});

afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Has the registry serve an image with this one layer. The layout is gone by then. */
async function addImage(reference: string, content: string) {
  const layout = mkdtempSync(join(folder, "layout-"));
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const write = (text: string) => {
    const hash = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(blobs, hash), text);
    return `sha256:${hash}`;
  };
  const layer = write(content);
  const manifest = write(JSON.stringify({ schemaVersion: 2, layers: [{ digest: layer }] }));
  const index = { schemaVersion: 2, manifests: [{ mediaType: MANIFEST_TYPE, digest: manifest }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  await registry.add({ reference, layout });
  rmSync(layout, { recursive: true });
  return { layer, manifest };
}

test("a tag leads to the manifest, and HEAD tells its digest without it", async () => {
  const got = await fetch(`${origin}/library/nginx/manifests/latest?ns=docker.io`);
  expect(got.headers.get("content-type")).toBe(MANIFEST_TYPE);
  expect(await got.json()).toEqual({ schemaVersion: 2, layers: [{ digest: layer }] });
  const head = await fetch(`${origin}/library/nginx/manifests/latest`, { method: "HEAD" });
  expect(head.headers.get("docker-content-digest")).toBe(manifest);
  expect(await head.text()).toBe("");
});

test("manifests and layers are found by digest", async () => {
  expect((await fetch(`${origin}/library/nginx/manifests/${manifest}`)).status).toBe(200);
  expect(await (await fetch(`${origin}/library/nginx/blobs/${layer}`)).text()).toBe("layer");
});

test("a second image under the same name takes its place", async () => {
  const first = await addImage("testbed/app:1", "one");
  const second = await addImage("registry.example/testbed/app:1", "two");
  const head = await fetch(`${origin}/testbed/app/manifests/1`, { method: "HEAD" });
  expect(head.headers.get("docker-content-digest")).toBe(second.manifest);
  expect((await fetch(`${origin}/testbed/app/blobs/${first.layer}`)).status).toBe(404);
});

test.each([
  "library/nginx/manifests/1.27",
  "library/other/manifests/latest",
  "library/nginx/blobs/latest",
  `library/nginx/blobs/sha256:${"0".repeat(64)}`,
  "library/nginx/blobs/sha256:..%2f..%2findex.json",
  "library/nginx/tags/list",
  "nonsense",
])("%s is not found, and the answer says so as registries do", async (path) => {
  const answer = await fetch(`${origin}/${path}`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ errors: [{ code: "NOT_FOUND" }] });
});

test("nothing can be pushed", async () => {
  expect((await fetch(`${origin}/library/nginx/blobs/uploads/`, { method: "POST" })).status).toBe(404);
});

test("a folder without an index is no layout", async () => {
  await expect(registry.add({ reference: "a/b:1", layout: folder })).rejects.toMatchObject({ code: "usage" });
});

test.each([
  ["nginx", "library/nginx:latest"],
  ["docker.io/nginx:1.27", "library/nginx:1.27"],
  ["library/nginx", "library/nginx:latest"],
  ["public.ecr.aws/library/nginx:latest", "library/nginx:latest"],
  ["localhost:5000/testbed/app:1", "testbed/app:1"],
  ["localhost/app", "app:latest"],
  ["envoyproxy/envoy:distroless-v1.40.0", "envoyproxy/envoy:distroless-v1.40.0"],
])("%s is asked of the mirror as %s", (reference, wanted) => {
  expect(pathAndTag(reference)).toBe(wanted);
});

test.each(["", "Upper/case:1", "a b", "nginx:", "nginx@sha256:0"])("%j is no name with a tag", (reference) => {
  expect(() => pathAndTag(reference)).toThrow(expect.objectContaining({ code: "usage" }));
});
