import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { objectPath } from "../../kube/object-path.ts";
import type { Watched } from "../../kube/watched.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { CLOUD_MAP_GATE } from "../../model/names.ts";
import type { Log } from "../../serving/log.ts";
import { WRITE_LIMITS } from "./limits.ts";
import { timeInSeconds } from "./wanted-status.ts";

export interface CloudMapGateParts {
  readonly client: KubeClient;
  readonly pods: Pick<Watched<PodSummary>, "cache" | "onChange">;
  /** Whether App Mesh's own controller runs, which then sets the condition. */
  readonly isControllerRunning: (signal: AbortSignal) => Promise<boolean>;
  /** Whether proxies that call the pod have acknowledged its endpoint. False where nobody calls it. */
  readonly isCallable: (pod: PodSummary) => boolean;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Sets the condition of App Mesh's readiness gate for Cloud Map on pods that have the gate, until the signal: once the proxies that call
 * a pod have acknowledged its endpoint, or {@link WRITE_LIMITS.gate} after its containers became ready. Nobody else does, and a pod that
 * waits for it is never Ready. For every replica, as one that only starts must not be waited for; all write the same. Never rejects.
 */
export async function openCloudMapGates(parts: CloudMapGateParts, signal: AbortSignal): Promise<void> {
  const { client, pods, isControllerRunning, isCallable, log, now } = parts;
  const waiting = new Map<string, Waiting>();
  const queue = new WorkQueue({
    workers: WRITE_LIMITS.workers,
    async handle(key) {
      const known = waiting.get(key);
      const pod = known && pods.cache.get(known.namespace, known.name);
      if (known === undefined || pod?.gateSince === undefined) {
        waiting.delete(key);
        return undefined;
      }
      const wait = known.until - now();
      const sinceSeen = now() - known.seen;
      const because = wait <= 0 ? ELAPSED : ACKNOWLEDGED;
      if (because === ACKNOWLEDGED && (sinceSeen < WRITE_LIMITS.gateLook || !isCallable(pod)))
        return Math.min(wait, WRITE_LIMITS.gateLook);
      if (await isControllerRunning(signal)) return WRITE_LIMITS.controllerAge;
      await open(client, pod, because, now(), signal);
      // a new pod of that name may have come meanwhile
      if (waiting.get(key) === known) waiting.delete(key);
      log.info({ pod: key }, "the readiness gate of Cloud Map was set");
      return undefined;
    },
    failed: (key, error) => {
      log.warn({ pod: key, problem: String(error) }, "the readiness gate of Cloud Map could not be set");
    },
  });
  const see = (pod: PodSummary | undefined): void => {
    if (pod?.gateSince === undefined) return;
    const { namespace, name, gateSince } = pod;
    const key = `${namespace}/${name}`;
    // of a node whose clock is ahead the time counts at which it was seen here
    const until = Math.min(gateSince, now()) + WRITE_LIMITS.gate;
    const known = waiting.get(key);
    waiting.set(key, known?.gateSince === gateSince ? known : { namespace, name, gateSince, until, seen: now() });
    queue.add(key);
  };
  pods.onChange(({ after }) => see(after), signal);
  for (const pod of pods.cache.all()) see(pod);
  await queue.start(signal);
}

/** A pod that waits, since when as its node says, since when it was seen here, and until when: all in milliseconds since 1970. */
interface Waiting {
  readonly namespace: string;
  readonly name: string;
  readonly gateSince: number;
  readonly seen: number;
  readonly until: number;
}

const ACKNOWLEDGED = {
  reason: "Acknowledged",
  message: "set by Outrigger: the sidecars that call the pod have acknowledged its endpoint",
} as const;
const ELAPSED = {
  reason: "Elapsed",
  message: `set by Outrigger: the pod's containers are ready for ${WRITE_LIMITS.gate / 1_000} s; not every sidecar that calls it has acknowledged its endpoint, or none calls it`,
} as const;

/** Rejects with KubeError; a pod that is gone, or another one, is none. */
async function open(
  client: KubeClient,
  { namespace, name, uid }: PodSummary,
  because: typeof ACKNOWLEDGED | typeof ELAPSED,
  now: number,
  signal: AbortSignal,
) {
  const lastTransitionTime = timeInSeconds(new Date(now));
  const condition = { type: CLOUD_MAP_GATE, status: "True", lastTransitionTime, ...because };
  const path = objectPath({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name } });
  const body = { metadata: { uid }, status: { conditions: [condition] } };
  const call = { method: "PATCH", patch: "strategic", body, signal, timeout: KUBE_LIMITS.write } as const;
  try {
    await client.send({ ...call, path: `${path}/status?fieldManager=outrigger-control-plane` });
  } catch (error) {
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}
