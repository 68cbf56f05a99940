import { podSummary } from "../../cluster/pods-resource.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { countingReports, REPORTS, type ReplicaReport, storedReport } from "../../model/replica-report.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

export interface GatheredReports {
  /** What replicas of the control plane say of their proxies. */
  readonly reports: readonly ReplicaReport[];
  /** Sentences for a person: why nothing is known of it. */
  readonly notes: readonly string[];
}

/** Reads the reports of replicas that live. What cannot be read is said: all else is known without it. */
export async function gatherReports(reads: ClusterReads): Promise<GatheredReports> {
  const selector = encodeURIComponent(REPORTS.labelSelector);
  const readings = await Promise.all([
    reads.list(`${REPORTS.path}?labelSelector=${selector}`, "whole", storedReport),
    reads.list(`/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/pods`, "whole", podSummary),
  ]);
  const [stored, pods] = [orNone(readings[0]), orNone(readings[1])];
  const unknown = (why: string) => ({ reports: [], notes: [`what proxies reject is not known: ${why}`] });
  if (stored.kind !== "read") return unknown(whyNot(stored, "list of configmaps"));
  if (pods.kind !== "read") return unknown(whyNot(pods, "list of pods"));
  const byName = new Map(pods.value.map((pod) => [pod.name, pod]));
  return { reports: countingReports(stored.value, (name) => byName.get(name)), notes: [] };
}

/** Where there is no such collection there is nothing in it. */
function orNone<T>(reading: Reading<readonly T[]>): Reading<readonly T[]> {
  return reading.kind === "absent" ? { kind: "read", value: [] } : reading;
}
