import type { KubeClient } from "../src/kube/client.ts";
import type { JsonObject } from "../src/model/json.ts";

const CALL_MS = 30_000;
/** What takes longer than this to come has something else wrong with it. */
const PATIENCE_MS = 120_000;

/** The first event of a watch, whose path says `watch=true`, that is the one waited for. @throws Error when the watch ends. */
export async function seen(
  client: KubeClient,
  path: string,
  isIt: (event: JsonObject) => boolean,
): Promise<JsonObject> {
  const found = Promise.withResolvers<JsonObject>();
  const over = new AbortController();
  const watching = client.watch(path, {
    content: "whole",
    signal: over.signal,
    startTimeout: CALL_MS,
    silence: PATIENCE_MS,
    event: (event) => {
      if (isIt(event)) found.resolve(event);
    },
  });
  watching.then(() => found.reject(new Error(`the watch of ${path} ended`)), found.reject);
  try {
    return await found.promise;
  } finally {
    over.abort();
  }
}
