import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import type { Watched } from "../../kube/watched.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS, type Kind } from "../../model/kinds.ts";
import { keyOf } from "../../model/mesh-object.ts";
import type { Leaving } from "../../model/old-finalizers.ts";
import type { Log } from "../../serving/log.ts";
import { WRITE_LIMITS } from "./limits.ts";

type Held = Leaving & { readonly kind: "held" };

export interface ReleaseParts {
  readonly client: KubeClient;
  readonly leaving: Readonly<Record<Kind, Watched<Leaving>>>;
  /** Whether App Mesh's own controller runs, whose finalizers these are. */
  readonly isControllerRunning: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Log;
}

/**
 * Takes the finalizers of App Mesh's own controller from objects that are being deleted, in whatever order that is, until the signal; for
 * the one replica that leads. Nothing is left at AWS that they could wait for. Finalizers of others stay. Never rejects.
 */
export async function releaseObjects(parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { leaving, isControllerRunning, log } = parts;
  const places = new Map<string, { readonly kind: Kind; readonly namespace: string; readonly name: string }>();
  const queue = new WorkQueue({
    workers: WRITE_LIMITS.workers,
    async handle(key) {
      const place = places.get(key);
      const object = place && leaving[place.kind].cache.get(place.namespace, place.name);
      if (place === undefined || object?.kind !== "held") {
        places.delete(key);
        return undefined;
      }
      if (await isControllerRunning(signal)) return WRITE_LIMITS.controllerAge;
      if (!(await release(parts.client, place.kind, object, signal))) return WRITE_LIMITS.quiet;
      log.info({ object: key, others: object.others }, "a deleted App Mesh object was let go");
      return undefined;
    },
    failed: (key, error) => {
      log.warn({ object: key, problem: String(error) }, "a deleted App Mesh object could not be let go");
    },
  });
  const see = (kind: Kind, object: Leaving | undefined): void => {
    if (object?.kind !== "held") return;
    const place = { kind, namespace: object.namespace, name: object.name };
    places.set(keyOf(place), place);
    queue.add(keyOf(place));
  };
  for (const kind of KINDS) {
    leaving[kind].onChange(({ after }) => see(kind, after), signal);
    for (const object of leaving[kind].cache.all()) see(kind, object);
  }
  await queue.start(signal);
}

/** Whether it was done; not where the object has changed since. Rejects with KubeError. */
async function release(client: KubeClient, kind: Kind, object: Held, signal: AbortSignal): Promise<boolean> {
  const { namespace, name, uid, resourceVersion, others } = object;
  const { plural, scope } = KIND_FACTS[kind];
  const place = scope === "Cluster" ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  const path = `/apis/${APPMESH_API_VERSION}/${place}${plural}/${encodeURIComponent(name)}?fieldManager=outrigger-control-plane`;
  const body = { metadata: { uid, resourceVersion, finalizers: [...others] } };
  try {
    await client.send({ method: "PATCH", patch: "merge", path, body, signal, timeout: KUBE_LIMITS.write });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return true;
    if (error instanceof KubeError && error.status === 409) return false;
    throw error;
  }
}
