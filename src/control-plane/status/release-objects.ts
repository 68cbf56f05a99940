import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { Watched } from "../../kube/watched.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { change } from "../../kube/writes.ts";
import { KINDS, type Kind } from "../../model/kinds.ts";
import { keyOf, type ObjectRef, refIn } from "../../model/mesh-object.ts";
import type { Leaving } from "../../model/old-finalizers.ts";
import type { Log } from "../../serving/log.ts";
import { meshObjectPath } from "../../store/object-path.ts";
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
  const queue = new WorkQueue({
    workers: WRITE_LIMITS.workers,
    async handle(key) {
      const ref = refIn(key);
      const object = ref && leaving[ref.kind].cache.get(ref.namespace, ref.name);
      if (ref === undefined || object?.kind !== "held") return undefined;
      if (await isControllerRunning(signal)) return WRITE_LIMITS.controllerAge;
      if (!(await release(parts.client, ref, object, signal))) return WRITE_LIMITS.quiet;
      log.info({ object: key, others: object.others }, "a deleted App Mesh object was let go");
      return undefined;
    },
    failed: (key, error) => {
      log.warn({ object: key, problem: String(error) }, "a deleted App Mesh object could not be let go");
    },
  });
  const see = (kind: Kind, object: Leaving | undefined): void => {
    if (object?.kind === "held") queue.add(keyOf({ kind, namespace: object.namespace, name: object.name }));
  };
  for (const kind of KINDS) {
    leaving[kind].onChange(({ after }) => see(kind, after), signal);
    for (const object of leaving[kind].cache.all()) see(kind, object);
  }
  await queue.start(signal);
}

/** Whether it was done; not where the object has changed since. Rejects with KubeError. */
async function release(client: KubeClient, ref: ObjectRef, object: Held, signal: AbortSignal): Promise<boolean> {
  const { uid, resourceVersion, others } = object;
  const writer = { client, fieldManager: "outrigger-control-plane", signal } as const;
  try {
    await change(writer, meshObjectPath(ref), { metadata: { uid, resourceVersion, finalizers: [...others] } });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return true;
    if (error instanceof KubeError && error.status === 409) return false;
    throw error;
  }
}
