import type { Content, KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { quoted } from "../facts/quoted.ts";
import type { Reading } from "../facts/reading.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";

/** Reads of a cluster by somebody who may not be allowed everything. All are bounded in time and in what is kept. */
export interface ClusterReads {
  /** One object. */
  one(path: string): Promise<Reading<JsonObject>>;
  /** A collection, page by page; `keep` returns what is kept of each object, undefined: nothing. `path` may have a query. */
  list<T>(path: string, content: Content, keep: (object: JsonObject) => T | undefined): Promise<Reading<readonly T[]>>;
  /** Asks a question that is put by creating something that is not stored, such as a review or a dry run. */
  ask(path: string, body: JsonObject): Promise<Reading<JsonObject>>;
}

export function clusterReads(client: KubeClient, signal: AbortSignal): ClusterReads {
  const timeout = DIAGNOSE_LIMITS.read;

  async function pages<T>(path: string, content: Content, keep: (object: JsonObject) => T | undefined): Promise<T[]> {
    const kept: T[] = [];
    const sign = path.includes("?") ? "&" : "?";
    for (let token = ""; ; ) {
      const from = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
      const page = await client.get(`${path}${sign}limit=${DIAGNOSE_LIMITS.page}${from}`, { content, signal, timeout });
      for (const object of objectsOf(member(page, "items"))) {
        const projected = keep(object);
        if (projected !== undefined) kept.push(projected);
      }
      if (kept.length > DIAGNOSE_LIMITS.objects) throw new TooManyError(kept.length);
      token = stringOf(member(member(page, "metadata"), "continue")) ?? "";
      if (token === "") return kept;
    }
  }

  return {
    one: (path) => reading(`get ${plainPath(path)}`, () => client.get(path, { content: "whole", signal, timeout })),
    list: (path, content, keep) =>
      reading(`list ${plainPath(path)}`, async () => {
        for (let restarts = 0; ; restarts++) {
          try {
            return await pages(path, content, keep);
          } catch (error) {
            const isForgotten = error instanceof KubeError && error.status === 410;
            if (!isForgotten || restarts === DIAGNOSE_LIMITS.restarts) throw error;
          }
        }
      }),
    ask: (path, body) =>
      reading(`create ${plainPath(path)}`, () => client.send({ method: "POST", path, body, signal, timeout })),
  };
}

/** A collection with more objects than are kept. */
class TooManyError extends Error {
  constructor(found: number) {
    super(`there are more than ${found - 1} objects`);
  }
}

/** Nothing is thrown but the signal's reason and errors of our own making. */
async function reading<T>(what: string, read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { kind: "read", value: await read() };
  } catch (error) {
    if (error instanceof TooManyError) return { kind: "failed", why: error.message };
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 404) return { kind: "absent" };
    if (isPermission(error)) return { kind: "refused", what };
    return { kind: "failed", why: quoted(error.message) };
  }
}

/** Admission plugins and webhooks answer 403 too, when they refuse what was to be created; RBAC's text speaks of a user. */
function isPermission({ status, message }: KubeError): boolean {
  if (status === 401) return true;
  return status === 403 && (/ is forbidden: User /.test(message) || !/ is forbidden: |denied/.test(message));
}

/** `/apis/apps/v1/namespaces/shop/deployments?limit=1` → `deployments in namespace shop`. */
function plainPath(path: string): string {
  const [plain = path] = path.split("?");
  const resource = plain.replace(/^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\//, "");
  const namespaced = /^namespaces\/([^/]+)\/(.+)$/.exec(resource);
  return namespaced === null ? resource : `${namespaced[2]} in namespace ${namespaced[1]}`;
}
