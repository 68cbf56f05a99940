import type { Content, KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { KUBE_LIMITS } from "../kube/limits.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { INSTALL_LIMITS } from "./limits.ts";

/** How to read, and until when. */
export interface Reader {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}

/**
 * All objects of a collection, page by page, so that a large cluster never lies in memory whole. `path` may have a query. A
 * collection that the API server does not have is empty. Rejects with KubeError.
 */
export async function* listed(
  { client, signal }: Reader,
  path: string,
  content: Content = "whole",
): AsyncGenerator<JsonObject> {
  let next = "";
  do {
    const page = `${path}${path.includes("?") ? "&" : "?"}limit=${INSTALL_LIMITS.page}${next}`;
    let list: JsonObject;
    try {
      list = await client.get(page, { content, signal, timeout: KUBE_LIMITS.write });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return;
      throw error;
    }
    yield* objectsOf(list.items);
    const token = stringOf(member(list.metadata, "continue")) ?? "";
    next = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
  } while (next !== "");
}

/** All at once, for collections that are small. */
export async function listAll(
  reader: Reader,
  path: string,
  content: Content = "whole",
): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  for await (const object of listed(reader, path, content)) all.push(object);
  return all;
}
