import { Pool } from "undici";
import type { JsonObject } from "../../src/model/json.ts";
import type { ProvidedCluster } from "../../testbed/vitest-api.ts";
import { text } from "./api-object.ts";

/** Calls that are under way at once: enough to keep two cores busy, and one connection for each. */
const CONNECTIONS = 6;

export interface ApiAnswer {
  readonly status: number;
  /** An object, or a Status that says why not. */
  readonly body: JsonObject;
  /** Texts of the `Warning` headers, such as webhooks cause them. */
  readonly warnings: readonly string[];
}

/** The API server, as administrator. */
export interface ApiConnection {
  send(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: JsonObject): Promise<ApiAnswer>;
  /** Server-side apply, taking every field: makes the object or brings it to this form. */
  apply(path: string, object: JsonObject): Promise<JsonObject>;
  /** Merge patch. */
  patch(path: string, body: JsonObject): Promise<ApiAnswer>;
  /** POST that must succeed. */
  create(path: string, object: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

export function connectApi({ server, ca, cert, key }: ProvidedCluster): ApiConnection {
  const pool = new Pool(server, { connections: CONNECTIONS, connect: { ca, cert, key } });

  async function call(method: string, path: string, type: string, body: JsonObject | undefined): Promise<ApiAnswer> {
    const answer = await pool.request({
      method: method as "GET",
      path,
      headers: { accept: "application/json", ...(body && { "content-type": type }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const content = await answer.body.text();
    const json = content.startsWith("{") ? (JSON.parse(content) as JsonObject) : { message: content };
    return { status: answer.statusCode, body: json, warnings: warningTexts(answer.headers.warning) };
  }

  async function must(method: string, path: string, type: string, body: JsonObject): Promise<JsonObject> {
    const answer = await call(method, path, type, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${text(answer.body.message)}`);
  }

  return {
    send: (method, path, body) => call(method, path, "application/json", body),
    patch: (path, body) => call("PATCH", path, "application/merge-patch+json", body),
    create: (path, object) => must("POST", path, "application/json", object),
    apply: (path, object) =>
      must("PATCH", `${path}?fieldManager=outrigger-tests&force=true`, "application/apply-patch+yaml", object),
    close: () => pool.close(),
  };
}

/** `299 - "text"`, several of them in one header; quotes and backslashes in the text are escaped (RFC 7234 §5.5). */
function warningTexts(header: string | string[] | undefined): readonly string[] {
  const line = [header ?? []].flat().join(", ");
  return [...line.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = ""]) => quoted.replace(/\\(.)/g, "$1"));
}
