import { request } from "node:https";
import type { ClusterCredentials } from "./credentials.ts";

/** A request to the API server; `body` is sent as JSON. */
export interface ApiRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

/** What the API server answers. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** What the API server answers to a GET as the administrator. Rejects when the connection fails or takes over 5 s. */
export async function getFromApiServer(
  server: string,
  path: string,
  credentials: ClusterCredentials,
): Promise<ApiAnswer> {
  return await askApiServer(server, { method: "GET", path }, credentials);
}

/** What the API server answers as the administrator. Rejects when the connection fails or takes over 5 s. */
export async function askApiServer(
  server: string,
  { method, path, body }: ApiRequest,
  credentials: ClusterCredentials,
): Promise<ApiAnswer> {
  return await new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const options = { ...credentials, method, headers, agent: false, timeout: 5_000 } as const;
    const outgoing = request(new URL(path, server), options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer from ${server} within 5 s`)));
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** True when the API server says that it is ready and the namespace `default` exists. */
export async function isReady(server: string, credentials: ClusterCredentials): Promise<boolean> {
  try {
    const ready = await getFromApiServer(server, "/readyz", credentials);
    if (ready.status !== 200) return false;
    // It comes a moment after /readyz, and a test's first `create pod` would miss it.
    const namespace = await getFromApiServer(server, "/api/v1/namespaces/default", credentials);
    return namespace.status === 200;
  } catch {
    return false;
  }
}
