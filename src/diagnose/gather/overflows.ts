import { PORTS } from "../../model/names.ts";
import { type Overflow, overflowsIn } from "../facts/overflows.ts";
import type { PodState } from "../facts/pod-state.ts";
import { whyNot } from "../facts/reading.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { askPod } from "./ask-pod.ts";
import { inParallel } from "./in-parallel.ts";
import type { PodDoor } from "./pod-door.ts";

export interface OverflowFacts {
  /** By the UID of the pod; pods without any are left out. */
  readonly overflows: ReadonlyMap<string, readonly Overflow[]>;
  /** Sentences for a person: of which sidecars it is not known. */
  readonly notes: readonly string[];
}

/** Only counters that count something, and only those of limits: a few lines, where all statistics are thousands. */
export const OVERFLOW_QUESTION = "/stats/prometheus?usedonly&filter=overflow";

/** AWS's image has no such listener. */
const AWS_IMAGE = /aws-appmesh-envoy/;

/** Asks the ready sidecars, through their status listener, for what their limits refused. Nothing is thrown. */
export async function readOverflows(door: PodDoor, pods: readonly PodState[]): Promise<OverflowFacts> {
  const ours = pods.filter(({ ready, sidecar }) => ready && sidecar.kind === "ours" && !AWS_IMAGE.test(sidecar.image));
  const asked = ours.slice(0, DIAGNOSE_LIMITS.overflowsAsked);
  const answers = await inParallel(asked, async ({ namespace, name, uid }) => ({
    uid,
    answer: await askPod(door, { namespace, pod: name, port: PORTS.status }, OVERFLOW_QUESTION),
  }));
  const overflows = new Map<string, readonly Overflow[]>();
  const missing: string[] = [];
  for (const { uid, answer } of answers) {
    if (answer.kind !== "read") missing.push(whyNot(answer, "answer of its status listener"));
    else if (overflowsIn(answer.value).length > 0) overflows.set(uid, overflowsIn(answer.value));
  }
  const [first] = missing;
  return {
    overflows,
    notes: [
      ...(first === undefined
        ? []
        : [`whether limits were reached is not known of ${missing.length} of ${asked.length} sidecars: ${first}`]),
      ...(ours.length > asked.length
        ? [
            `whether limits were reached was asked of ${asked.length} of ${ours.length} sidecars: name a namespace to ask others`,
          ]
        : []),
    ],
  };
}
