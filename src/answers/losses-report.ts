import type { ObjectRef } from "../model/mesh-object.ts";
import { ANSWER_LIMITS } from "./limits.ts";
import type { ReachedService } from "./reachable.ts";
import type { ChangedWorkload, ModeChangeEffect } from "./serving-losses.ts";

/** What `outrigger diff --serve --output json` prints; the members stay, later releases may add some. */
export interface LossesReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly summary: LossesSummary;
  readonly workloads: readonly ReportedWorkload[];
  /** Workloads whose mesh is served already, with what they do not reach now; nothing changes for them. */
  readonly served: readonly ReportedWorkload[];
  /** Sentences for a person: what is missing in the picture. */
  readonly notes: readonly string[];
}

export interface LossesSummary {
  /** Workloads that would be served and lose destinations. */
  readonly losing: number;
  /** Workloads that would be served and lose none. */
  readonly keeping: number;
  /** Pods that stay as they are, or are no node. */
  readonly pods: { readonly served: number; readonly observed: number; readonly nobody: number };
}

export interface ReportedWorkload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly pods: number;
  readonly node: ObjectRef;
  /** Name of its Mesh. */
  readonly mesh: string;
  readonly outcome: ChangedWorkload["change"]["kind"];
  /** Of a workload that loses something, or does not reach it: what it reaches by its sidecar. */
  readonly reaches: readonly ReachedService[];
  /** What leaves past the sidecar: `22`, `5000:5010`. */
  readonly ignoredPorts: readonly string[];
  readonly ignoredIps: readonly string[];
  /** How many Services of the cluster it loses, and the first of them as `namespace/name`, with the ports where others stay. */
  readonly lostServices: number;
  readonly lost: readonly string[];
  /** Whether the Mesh has an egress filter at all; without one it is `DROP_ALL`. */
  readonly hasEgressFilter: boolean;
}

/** `already`: workloads that are served, where somebody wants to know of them too. */
export function lossesReport(
  effect: ModeChangeEffect,
  already: readonly ChangedWorkload[],
  notes: readonly string[],
  release: string,
  now: Date,
): LossesReport {
  const summary = lossesSummary(effect);
  const workloads = effect.served.map(reportedWorkload);
  const served = already.map(reportedWorkload);
  return { format: 1, release, time: now.toISOString(), summary, workloads, served, notes };
}

export function lossesSummary({ served, unchanged, nobody }: ModeChangeEffect): LossesSummary {
  const number = (kind: ChangedWorkload["change"]["kind"]): number =>
    served.filter(({ change }) => change.kind === kind).length;
  return {
    losing: number("loses"),
    keeping: number("keeps"),
    pods: { ...unchanged, nobody },
  };
}

export function reportedWorkload(changed: ChangedWorkload): ReportedWorkload {
  const { namespace, workload, pods, node, mesh, change, ignoredPorts, ignoredIps } = changed;
  const lost = change.kind === "loses" ? change.lost : [];
  return {
    namespace,
    ...workload,
    pods,
    node,
    mesh,
    outcome: change.kind,
    reaches: change.kind === "loses" ? change.reaches : [],
    ignoredPorts: ignoredPorts.map(({ first, last }) => (first === last ? String(first) : `${first}:${last}`)),
    ignoredIps,
    lostServices: lost.length,
    lost: lost.slice(0, ANSWER_LIMITS.listedLost),
    hasEgressFilter: change.kind !== "loses" || change.filter === "set",
  };
}
