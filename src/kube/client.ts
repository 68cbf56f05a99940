import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isObject, type Json, type JsonObject, member, stringOf } from "../model/json.ts";
import type { KubeEndpoint } from "./endpoint.ts";
import { KubeError } from "./kube-error.ts";

/**
 * How much of an object is wanted. `metadata` asks for a PartialObjectMetadata: labels and owners without specs; `key-set` for the
 * JSON Web Key Set that tokens are verified with, which the API server gives under its own media type only.
 */
export type Content = "whole" | "metadata" | "key-set";

export interface KubeCall {
  readonly content: Content;
  readonly signal: AbortSignal;
}

/** How the body of a PATCH is meant (https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply). */
const PATCHES = {
  /** Server-side apply; the query must name `fieldManager`. */
  apply: "application/apply-patch+yaml",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

/** A call that changes something, or asks something that is created, such as a TokenReview. */
export type KubeWrite = {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Milliseconds for the whole of it. */
  readonly timeout: number;
} & (
  | { readonly method: "POST" | "PUT"; readonly body: JsonObject }
  | { readonly method: "PATCH"; readonly patch: keyof typeof PATCHES; readonly body: JsonObject | readonly Json[] }
  | { readonly method: "DELETE"; readonly body?: JsonObject }
);

/** Reads from the Kubernetes API; paths are absolute with their query, such as `/api/v1/namespaces?limit=1`. */
export interface KubeReader {
  /** One object or list. Rejects with {@link KubeError}; `timeout` in milliseconds for the whole of it. */
  get(path: string, call: KubeCall & { readonly timeout: number }): Promise<JsonObject>;
  /**
   * Hands over each JSON line of a watch until the server ends it. Rejects with {@link KubeError} when it does not begin
   * within `startTimeout`, breaks off, or is silent for `silence` milliseconds.
   */
  watch(path: string, call: WatchCall): Promise<void>;
}

/** Reads and writes. */
export interface KubeClient extends KubeReader {
  /** The answer to a write, whole. Rejects with {@link KubeError}; nothing is sent a second time. */
  send(write: KubeWrite): Promise<JsonObject>;
}

export interface WatchCall extends KubeCall {
  readonly startTimeout: number;
  readonly silence: number;
  readonly event: (event: JsonObject) => void;
}

export function kubeClient(endpoint: KubeEndpoint): KubeClient {
  return {
    async get(path, { content, signal, timeout }) {
      const watchdog = new Watchdog(signal, timeout);
      const called = `GET ${path}`;
      try {
        const response = await open(
          endpoint,
          { method: "GET", path, accept: acceptObject(content, path) },
          watchdog.signal,
        );
        const text = await readText(response);
        if (response.statusCode !== 200) throw statusError(response.statusCode ?? 0, text, called);
        return objectOf(text, called);
      } catch (error) {
        throw watchdog.explain(error, called);
      } finally {
        watchdog.stop();
      }
    },
    async watch(path, { content, signal, startTimeout, silence, event }) {
      const watchdog = new Watchdog(signal, startTimeout);
      const called = `GET ${path}`;
      try {
        const response = await open(endpoint, { method: "GET", path, accept: acceptWatch(content) }, watchdog.signal);
        if (response.statusCode !== 200) throw statusError(response.statusCode ?? 0, await readText(response), called);
        watchdog.expect(silence);
        await readLines(response, (line) => {
          watchdog.expect(silence);
          event(objectOf(line, called));
        });
      } catch (error) {
        throw watchdog.explain(error, called);
      } finally {
        watchdog.stop();
      }
    },
    async send(write) {
      const { method, path, body } = write;
      const watchdog = new Watchdog(write.signal, write.timeout);
      const called = `${method} ${path}`;
      const type = write.method === "PATCH" ? PATCHES[write.patch] : "application/json";
      const content = body === undefined ? undefined : { type, text: JSON.stringify(body) };
      try {
        const call = { method, path, accept: "application/json", ...(content && { content }) };
        const response = await open(endpoint, call, watchdog.signal);
        const text = await readText(response);
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 299) throw statusError(status, text, called);
        return objectOf(text, called);
      } catch (error) {
        throw watchdog.explain(error, called);
      } finally {
        watchdog.stop();
      }
    },
  };
}

/** Aborts a call when its owner does, or when nothing happened in time; knows which it was. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly #owner: AbortSignal;
  readonly #abort = (): void => this.#controller.abort();
  #timer: NodeJS.Timeout;
  #expired = 0;

  constructor(owner: AbortSignal, timeout: number) {
    this.#owner = owner;
    this.#timer = this.#arm(timeout);
    if (owner.aborted) this.#abort();
    owner.addEventListener("abort", this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something happened: the next thing is expected within so many milliseconds. */
  expect(timeout: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#arm(timeout);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#owner.removeEventListener("abort", this.#abort);
  }

  explain(error: unknown, called: string): unknown {
    if (this.#owner.aborted) return this.#owner.reason;
    if (this.#expired > 0) {
      return new KubeError("timeout", `${called}: nothing came from the API server for ${this.#expired} ms`);
    }
    if (error instanceof KubeError) return error;
    return new KubeError("unreachable", `${called}: ${(error as Error).message}`, { cause: error });
  }

  #arm(timeout: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#expired = timeout;
      this.#abort();
    }, timeout);
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly accept: string;
  readonly content?: { readonly type: string; readonly text: string };
}

async function open(
  { server, options }: KubeEndpoint,
  { method, path, accept, content }: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { headers, ...rest } = await options();
  // Node.js does not announce the length of a DELETE's body, which the server would then take for the next request.
  const announced = content && { "content-type": content.type, "content-length": Buffer.byteLength(content.text) };
  const ours = { accept, "user-agent": "outrigger", ...announced };
  const request = server.protocol === "http:" ? requestHttp : requestHttps;
  // A server behind a proxy may have a path of its own.
  const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server);
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { ...rest, method, headers: { ...(headers as OutgoingHttpHeaders | undefined), ...ours }, signal },
      resolve,
    );
    call.on("error", reject);
    call.end(content?.text);
  });
}

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** Lines of any length, without the copies that joining every chunk to the rest would make. */
function readLines(response: IncomingMessage, line: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest: Buffer[] = [];
    response.on("data", (chunk: Buffer) => {
      let start = 0;
      try {
        for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
          const text = Buffer.concat([...rest, chunk.subarray(start, end)]).toString();
          rest = [];
          start = end + 1;
          if (text !== "") line(text);
        }
      } catch (error) {
        response.destroy();
        reject(error as Error);
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
    });
    response.on("error", reject);
    response.on("end", resolve);
  });
}

function acceptObject(content: Content, path: string): string {
  if (content === "whole") return "application/json";
  if (content === "key-set") return "application/jwk-set+json";
  // A path whose last part is a plural without a name cannot be told from one with; lists carry a query.
  const kind = path.includes("?") ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`;
}

function acceptWatch(content: Content): string {
  return content === "metadata" ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" : "application/json";
}

function objectOf(text: string, called: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KubeError("malformed", `${called}: the answer is not JSON`, { cause: error });
  }
  if (!isObject(value)) throw new KubeError("malformed", `${called}: the answer is not a JSON object`);
  return value;
}

function statusError(status: number, text: string, called: string): KubeError {
  let message = "";
  let reason = "";
  try {
    const answer = JSON.parse(text) as Json;
    message = stringOf(member(answer, "message")) ?? "";
    reason = stringOf(member(answer, "reason")) ?? "";
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  return new KubeError("status", `${called}: status ${status}${message && `: ${message}`}`, { status, reason });
}
