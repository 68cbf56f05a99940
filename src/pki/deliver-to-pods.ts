import { setTimeout as wait } from "node:timers/promises";
import { KubeError } from "../kube/kube-error.ts";
import type { Writer } from "../kube/writes.ts";
import { giveTrust, type InjectedPod, injectedPods } from "./injected-pods.ts";
import { RotationError } from "./rotation-error.ts";
import { ROTATION_LIMITS } from "./rotation-limits.ts";

/** How far the delivery is. */
export interface DeliveryProgress {
  /** Pods that have the root. */
  readonly done: number;
  readonly total: number;
}

/** Pods of a pass that could not be written, with the API server's words. */
type Refusals = ReadonlyMap<string, string>;

/**
 * Brings the bundle into the annotation of every running injected pod that lacks the root, and resolves when a look at all pods that
 * began `propagation` milliseconds after `published` found none. Pods that vanish meanwhile are left out, pods that have the root
 * are left alone. Rejects with {@link RotationError} `pods-refused`, or KubeError when the API server cannot be asked.
 */
export async function deliverToPods(
  writer: Writer,
  what: { readonly root: string; readonly bundle: string; readonly published: number },
  propagation: number,
  progress: (progress: DeliveryProgress) => void,
): Promise<DeliveryProgress> {
  for (let pass = 1; ; ) {
    const isLast = performance.now() - what.published >= propagation;
    const pods = await injectedPods(writer);
    const lacking = pods.filter((pod) => !pod.trust.includes(what.root.trim()));
    let done = pods.length - lacking.length;
    progress({ done, total: pods.length });
    if (lacking.length === 0 && isLast) return { done, total: pods.length };
    const refusals = await giveAll(writer, lacking, what.bundle, () => progress({ done: ++done, total: pods.length }));
    if (refusals.size > 0 && pass++ === ROTATION_LIMITS.passes) throw refused(refusals);
    await wait(ROTATION_LIMITS.poll, undefined, { signal: writer.signal });
  }
}

async function giveAll(
  writer: Writer,
  pods: readonly InjectedPod[],
  bundle: string,
  given: () => void,
): Promise<Refusals> {
  const refusals = new Map<string, string>();
  const queue = pods.values();
  const work = async (): Promise<void> => {
    for (const pod of queue) {
      try {
        await giveTrust(writer, pod, bundle);
        given();
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== "status") throw error;
        refusals.set(`${pod.namespace}/${pod.name}`, error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: ROTATION_LIMITS.concurrency }, work));
  return refusals;
}

function refused(refusals: Refusals): RotationError {
  const [first] = refusals;
  const [pod, message] = first ?? ["", ""];
  return new RotationError(
    "pods-refused",
    `${refusals.size} pods did not take the new root, the first of them ${pod} (${message}): mend or delete them and run the command again, or go on without them with --force`,
  );
}
