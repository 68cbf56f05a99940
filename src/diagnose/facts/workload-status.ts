import { compareTexts } from "../../model/compare-texts.ts";
import type { NamespaceState } from "./namespace-state.ts";
import type { Overflow } from "./overflows.ts";
import type { PodState } from "./pod-state.ts";
import { byPod, isKnown, type StreamState, type StreamsFacts } from "./streams.ts";
import type { TrafficFailure } from "./traffic-failures.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** One pod with everything that is known about its sidecar. */
export interface PodStatus extends Omit<PodState, "namespace" | "workload" | "capture" | "isStranger"> {
  readonly verdict: Verdict;
  /** Its stream to the control plane: `none`, or `unknown` where not every replica could be asked. */
  readonly stream: StreamState | "none" | "unknown";
  /** What its sidecar refused because a limit was reached. */
  readonly overflows: readonly Overflow[];
  /** What of its traffic failed, by its sidecar's statistics. */
  readonly failures: readonly TrafficFailure[];
}

/** What the statistics of one sidecar tell. */
export type SidecarStatistics = Pick<PodStatus, "overflows" | "failures">;

/** The pods of one workload. */
export interface WorkloadStatus {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly pods: readonly PodStatus[];
}

const NO_STATISTICS: SidecarStatistics = { overflows: [], failures: [] };

/** Groups pods by workload, in the order of namespace, kind and name. `registeredAt` as {@link verdictOf} takes it. */
export function workloadStatuses(
  namespaces: readonly { readonly namespace: NamespaceState; readonly pods: readonly PodState[] }[],
  streams: StreamsFacts,
  registeredAt: string | undefined,
  statistics: ReadonlyMap<string, SidecarStatistics> = new Map(),
): readonly WorkloadStatus[] {
  const connected = byPod(streams);
  const unconnected = isKnown(streams) ? "none" : "unknown";
  const workloads = namespaces.flatMap(({ namespace, pods }) => {
    const groups = Map.groupBy(pods, ({ workload }) => `${workload.kind}/${workload.name}`);
    return [...groups.values()].flatMap((group): WorkloadStatus[] => {
      const [first] = group;
      if (first === undefined) return [];
      const states = group.map((state): PodStatus => {
        const { name, uid, created, ready, sidecar, unready, now, drift, newName, node } = state;
        const verdict = verdictOf(state, namespace, registeredAt);
        const stream = connected.get(uid) ?? unconnected;
        return {
          name,
          uid,
          created,
          ready,
          sidecar,
          unready,
          now,
          drift,
          newName,
          node,
          verdict,
          stream,
          ...(statistics.get(uid) ?? NO_STATISTICS),
        };
      });
      return [{ namespace: namespace.name, ...first.workload, pods: states }];
    });
  });
  return workloads.toSorted((a, b) => compareTexts(keyOf(a), keyOf(b)));
}

function keyOf({ namespace, kind, name }: WorkloadStatus): string {
  return [namespace, kind, name].join("\u0000");
}
