import { PORTS } from "../../model/names.ts";
import { overflowsIn } from "../facts/overflows.ts";
import type { PodState } from "../facts/pod-state.ts";
import { whyNot } from "../facts/reading.ts";
import { FAILURE_STATISTICS, trafficFailuresIn } from "../facts/traffic-failures.ts";
import type { SidecarStatistics } from "../facts/workload-status.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { askPod } from "./ask-pod.ts";
import { inParallel } from "./in-parallel.ts";
import type { PodDoor } from "./pod-door.ts";

export interface StatisticsFacts {
  /** By the UID of the pod. */
  readonly statistics: ReadonlyMap<string, SidecarStatistics>;
  /** Sentences for a person: of which sidecars it is not known. */
  readonly notes: readonly string[];
}

/** Only counters that count something, and only those that are read: a line for each node that is called, where all statistics are thousands. */
export const STATISTICS_QUESTION = `/stats/prometheus?usedonly&filter=${encodeURIComponent(["overflow", ...FAILURE_STATISTICS].join("|"))}`;

/** AWS's image has no such listener. */
const AWS_IMAGE = /aws-appmesh-envoy/;

/** Asks the ready sidecars, through their status listener, what their limits refused and what failed. Nothing is thrown. `now` in milliseconds. */
export async function readStatistics(door: PodDoor, pods: readonly PodState[], now: number): Promise<StatisticsFacts> {
  const ours = pods.filter(({ ready, sidecar }) => ready && sidecar.kind === "ours" && !AWS_IMAGE.test(sidecar.image));
  const asked = ours.slice(0, DIAGNOSE_LIMITS.statisticsAsked);
  const answers = await inParallel(asked, async ({ namespace, name, uid }) => ({
    uid,
    answer: await askPod(door, { namespace, pod: name, port: PORTS.status }, STATISTICS_QUESTION),
  }));
  const statistics = new Map<string, SidecarStatistics>();
  const missing: string[] = [];
  for (const { uid, answer } of answers) {
    if (answer.kind !== "read") missing.push(whyNot(answer, "answer of its status listener"));
    else statistics.set(uid, { overflows: overflowsIn(answer.value), failures: trafficFailuresIn(answer.value, now) });
  }
  const [first] = missing;
  return {
    statistics,
    notes: [
      ...(first === undefined
        ? []
        : [
            `what failed, and whether limits were reached, is not known of ${missing.length} of ${asked.length} sidecars: ${first}`,
          ]),
      ...(ours.length > asked.length
        ? [
            `what failed, and whether limits were reached, was asked of ${asked.length} of ${ours.length} sidecars: name a namespace to ask others`,
          ]
        : []),
    ],
  };
}
