import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../kube/backoff.ts";
import type { KubeReader } from "../kube/client.ts";
import { KUBE_LIMITS } from "../kube/limits.ts";
import { collectionPath } from "../kube/object-path.ts";
import { type JsonObject, member, stringOf } from "../model/json.ts";

/** Calls back whenever what somebody is interested in may have changed, until the signal. Never throws. */
export type Follow = (changed: () => void, signal: AbortSignal) => Promise<void>;

/** Follows several objects as {@link followObject} does one. */
export function followObjects(client: KubeReader, references: readonly JsonObject[]): Follow {
  return async (changed, signal) => {
    await Promise.all(references.map((reference) => followObject(client, reference, changed, signal)));
  };
}

/**
 * Calls back whenever one object may have changed, until the signal: at each event of it, and whenever the watch begins again, for
 * what happened in between. Needs `watch` on that one name and nothing more. Never throws; while the API server is away it is
 * silent.
 */
async function followObject(
  client: KubeReader,
  reference: JsonObject,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { watchSecondsMin, watchSecondsMax, watchStart, watchSilence, backoffMin, backoffMax } = KUBE_LIMITS;
  const backoff = new Backoff(backoffMin, backoffMax);
  const name = stringOf(member(member(reference, "metadata"), "name")) ?? "";
  while (!signal.aborted) {
    const seconds = watchSecondsMin + Math.floor(Math.random() * (watchSecondsMax - watchSecondsMin));
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      fieldSelector: `metadata.name=${name}`,
      timeoutSeconds: String(seconds),
    });
    try {
      changed();
      await client.watch(`${collectionPath(reference)}?${query.toString()}`, {
        content: "metadata",
        signal,
        startTimeout: watchStart,
        silence: watchSilence,
        event: (event) => {
          backoff.reset();
          if (member(event, "type") !== "BOOKMARK") changed();
        },
      });
    } catch {
      // Whoever is told finds out by itself why the API server does not answer.
    }
    if (!signal.aborted) await wait(backoff.next(), undefined, { signal }).catch(() => {});
  }
}
