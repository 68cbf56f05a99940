import { once } from "node:events";
import { createReadStream } from "node:fs";
import { access, copyFile, link, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TestbedError } from "../testbed-error.ts";

/** An image: a name as manifests have it, and the folder of its OCI layout. */
export interface ServedImage {
  readonly reference: string;
  readonly layout: string;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "index.json";
const BLOBS = join("blobs", "sha256");
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/**
 * A registry for pulling, straight from OCI layouts on disk: nothing is pushed, so it is there at once. Every
 * registry name is a mirror of it, so images are kept by path and tag, without a host.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md, "Pull"
 */
export class ImageRegistry {
  readonly #store: string;
  readonly #layouts = new Map<string, string>();
  #server: Server | undefined;

  /** @param store folder for links to the layouts' files: a cache may drop a layout that a running cluster serves. */
  constructor(store: string) {
    this.#store = store;
  }

  /** Serves the image from now on, under its path and tag. @throws TestbedError `usage` for what is no layout or name. */
  async add({ reference, layout }: ServedImage): Promise<void> {
    const name = pathAndTag(reference);
    const kept = join(this.#store, await manifestOf(layout));
    await mkdir(join(kept, BLOBS), { recursive: true });
    for (const hash of await readdir(join(layout, BLOBS)))
      await keep(join(layout, BLOBS, hash), join(kept, BLOBS, hash));
    await keep(join(layout, INDEX), join(kept, INDEX));
    this.#layouts.set(name, kept);
  }

  /** Listens on loopback; does not keep this process alive. */
  async start(port: number): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    server.unref();
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://registry");
    const found = await this.#find(pathname);
    if (found === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code: "NOT_FOUND", message: `the testbed has no ${pathname}` }] }));
      return;
    }
    const { file, digest, type, length } = found;
    response.writeHead(200, {
      "content-type": type,
      "content-length": length,
      ...(digest === undefined ? {} : { "docker-content-digest": digest }),
    });
    if (request.method === "HEAD" || file === undefined) response.end();
    else await pipeline(createReadStream(file), response);
  }

  async #find(pathname: string): Promise<Found | undefined> {
    if (pathname === "/v2/") return { file: undefined, digest: undefined, type: "application/json", length: 0 };
    const [, name, kind, wanted] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (name === undefined || wanted === undefined) return undefined;
    if (!DIGEST.test(wanted)) {
      const layout = this.#layouts.get(`${name}:${wanted}`);
      return layout === undefined || kind === "blobs"
        ? undefined
        : await blob(layout, await manifestOf(layout), MANIFEST);
    }
    const type = kind === "manifests" ? MANIFEST : "application/octet-stream";
    for (const [reference, layout] of this.#layouts) {
      if (!reference.startsWith(`${name}:`)) continue;
      const found = await blob(layout, wanted, type);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

interface Found {
  readonly file: string | undefined;
  readonly digest: string | undefined;
  readonly type: string;
  readonly length: number;
}

async function blob(layout: string, digest: string, type: string): Promise<Found | undefined> {
  const file = join(layout, BLOBS, DIGEST.exec(digest)?.[1] ?? "");
  const status = await stat(file).catch(() => undefined);
  return status?.isFile() ? { file, digest, type, length: status.size } : undefined;
}

/** Links the file, or copies it to another file system. */
async function keep(file: string, kept: string): Promise<void> {
  await link(file, kept).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return;
    if (error.code !== "EXDEV") throw error;
    await copyFile(file, kept);
  });
}

/** Digest of the one manifest of a layout. */
async function manifestOf(layout: string): Promise<string> {
  const path = join(layout, INDEX);
  await access(path).catch((cause: unknown) => {
    throw new TestbedError("usage", `${layout} is no OCI image layout: there is no index.json in it`, { cause });
  });
  const index = JSON.parse(await readFile(path, "utf8")) as { manifests?: { digest?: string; mediaType?: string }[] };
  const [manifest, ...more] = index.manifests ?? [];
  if (manifest?.digest === undefined || more.length > 0 || manifest.mediaType !== MANIFEST) {
    throw new TestbedError(
      "usage",
      `${path} does not list exactly one image manifest, which is all that is served here`,
    );
  }
  return manifest.digest;
}

/**
 * What the node asks its mirror for when a pod says `reference`: `nginx` is `library/nginx:latest`, and the host is left
 * out. @throws TestbedError `usage` for what is no name of an image with a tag.
 */
export function pathAndTag(reference: string): string {
  const [, host, path, tag = "latest"] =
    /^(?:([^/]*[.:][^/]*|localhost)\/)?([a-z0-9._/-]+?)(?::([\w][\w.-]{0,127}))?$/.exec(reference) ?? [];
  if (path === undefined) {
    throw new TestbedError(
      "usage",
      `${JSON.stringify(reference)} is no name of an image, such as library/nginx:latest`,
    );
  }
  const official = !path.includes("/") && (host === undefined || host === "docker.io");
  return `${official ? `library/${path}` : path}:${tag}`;
}
