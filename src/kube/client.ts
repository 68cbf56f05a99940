import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isObject, type JsonObject, member, stringOf } from "../model/json.ts";
import type { KubeEndpoint } from "./endpoint.ts";
import { KubeError } from "./kube-error.ts";

/** How much of an object is wanted. `metadata` asks for a PartialObjectMetadata: labels and owners without specs. */
export type Content = "whole" | "metadata";

export interface KubeCall {
  readonly content: Content;
  readonly signal: AbortSignal;
}

/** Reads from the Kubernetes API; paths are absolute with their query, such as `/api/v1/namespaces?limit=1`. */
export interface KubeClient {
  /** One object or list. Rejects with {@link KubeError}; `timeout` in milliseconds for the whole of it. */
  get(path: string, call: KubeCall & { readonly timeout: number }): Promise<JsonObject>;
  /**
   * Hands over each JSON line of a watch until the server ends it. Rejects with {@link KubeError} when it does not begin
   * within `startTimeout`, breaks off, or is silent for `silence` milliseconds.
   */
  watch(path: string, call: WatchCall): Promise<void>;
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
      try {
        const response = await open(endpoint, path, acceptObject(content, path), watchdog.signal);
        const text = await readText(response);
        if (response.statusCode !== 200) throw statusError(response.statusCode ?? 0, text, path);
        return objectOf(text, path);
      } catch (error) {
        throw watchdog.explain(error, path);
      } finally {
        watchdog.stop();
      }
    },
    async watch(path, { content, signal, startTimeout, silence, event }) {
      const watchdog = new Watchdog(signal, startTimeout);
      try {
        const response = await open(endpoint, path, acceptWatch(content), watchdog.signal);
        if (response.statusCode !== 200) throw statusError(response.statusCode ?? 0, await readText(response), path);
        watchdog.expect(silence);
        await readLines(response, (line) => {
          watchdog.expect(silence);
          event(objectOf(line, path));
        });
      } catch (error) {
        throw watchdog.explain(error, path);
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

  explain(error: unknown, path: string): unknown {
    if (this.#owner.aborted) return this.#owner.reason;
    if (this.#expired > 0) {
      return new KubeError("timeout", `GET ${path}: nothing came from the API server for ${this.#expired} ms`);
    }
    if (error instanceof KubeError) return error;
    return new KubeError("unreachable", `GET ${path}: ${(error as Error).message}`, { cause: error });
  }

  #arm(timeout: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#expired = timeout;
      this.#abort();
    }, timeout);
  }
}

async function open(
  { server, options }: KubeEndpoint,
  path: string,
  accept: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { headers, ...rest } = await options();
  const ours = { accept, "user-agent": "outrigger" };
  const request = server.protocol === "http:" ? requestHttp : requestHttps;
  // A server behind a proxy may have a path of its own.
  const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server);
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { ...rest, headers: { ...(headers as OutgoingHttpHeaders | undefined), ...ours }, signal },
      resolve,
    );
    call.on("error", reject);
    call.end();
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
  // A path whose last part is a plural without a name cannot be told from one with; lists carry a query.
  const kind = path.includes("?") ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`;
}

function acceptWatch(content: Content): string {
  return content === "whole" ? "application/json" : "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
}

function objectOf(text: string, path: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KubeError("malformed", `GET ${path}: the answer is not JSON`, { cause: error });
  }
  if (!isObject(value)) throw new KubeError("malformed", `GET ${path}: the answer is not a JSON object`);
  return value;
}

function statusError(status: number, text: string, path: string): KubeError {
  let message = "";
  try {
    message = stringOf(member(JSON.parse(text), "message")) ?? "";
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  return new KubeError("status", `GET ${path}: status ${status}${message && `: ${message}`}`, { status });
}
