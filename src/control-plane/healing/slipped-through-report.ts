import type { JsonObject } from "../../model/json.ts";
import { HEALING_LIMITS } from "./limits.ts";
import type { Finding, FindingKind } from "./slipped-through-finding.ts";

/** Whether this replica is the one that looks for pods without a sidecar, and who is. */
export interface Leadership {
  readonly leading: boolean;
  /** Identity of the leader as this replica knows it; empty: nobody. */
  readonly leader: string;
}

/**
 * What the diagnostics listener answers to `GET /slipped-through`: what this replica found, which is nothing unless it leads. Pods
 * are in the order of their namespaces and names, and at most {@link HEALING_LIMITS}`.listed`; `count` counts all of them.
 */
export function slippedThroughReport({ leading, leader }: Leadership, findings: readonly Finding[]): JsonObject {
  const place = ({ pod }: Finding): string => `${pod.namespace}/${pod.name}`;
  const sorted = findings.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  return {
    leading,
    leader,
    count: counted(findings),
    pods: sorted.slice(0, HEALING_LIMITS.listed).map((finding) => ({
      namespace: finding.pod.namespace,
      name: finding.pod.name,
      uid: finding.pod.uid,
      kind: finding.kind,
      owner: { apiVersion: finding.owner.apiVersion, kind: finding.owner.kind, name: finding.owner.name },
      decision: { outcome: finding.outcome, reason: finding.reason, message: finding.message },
      created: new Date(finding.pod.created || 0).toISOString(),
      found: finding.found.toISOString(),
    })),
  };
}

function counted(findings: readonly Finding[]): Readonly<Record<FindingKind, number>> {
  const count = { "slipped-through": 0, "created-before": 0, skipped: 0 };
  for (const { kind } of findings) count[kind] += 1;
  return count;
}
