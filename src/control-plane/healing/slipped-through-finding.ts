import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { InjectionResult, Outcome, Reason } from "../../inject/decision.ts";
import type { EventSubject } from "../../kube/event-object.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { withoutBlanks } from "../../model/trim.ts";

/**
 * `slipped-through`: made while the injector was to be asked, and was not. `created-before`: made before its namespace was labelled
 * or the injector registered, as whoever labels a namespace with running pods expects. `skipped`: left alone for a reason
 * that its owner may not expect.
 */
export type FindingKind = "slipped-through" | "created-before" | "skipped";

/** A pod without a sidecar of which somebody should know. */
export interface Finding {
  readonly kind: FindingKind;
  readonly pod: PodSummary;
  /** The workload, or the pod itself. */
  readonly owner: EventSubject;
  /** What the injector would decide now. */
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly message: string;
  readonly found: Date;
}

/** Reasons to skip that a pod in a labelled namespace did not ask for itself. */
const UNEXPECTED: ReadonlySet<Reason> = new Set([
  "host-network",
  "windows",
  "mirror-pod",
  "namespace-excluded",
  "other-mesh",
  "no-virtual-node",
]);

export interface Circumstances {
  /** When the pod was made, and since when the injector has been asked about such pods; milliseconds since 1970. */
  readonly created: number;
  readonly since: number;
  /** What the same pod was found to be before, if it was. */
  readonly before: FindingKind | undefined;
}

/** What a pod without a sidecar is, by what would be decided about it now; undefined when that is as it should be. */
export function findingKind(
  { outcome, reason }: Pick<InjectionResult, "outcome" | "reason">,
  { created, since, before }: Circumstances,
): FindingKind | undefined {
  if (outcome === "skip") return UNEXPECTED.has(reason) ? "skipped" : undefined;
  // Whoever edits the namespace later may make it look as if it had been labelled later.
  if (before === "slipped-through" && since !== Number.POSITIVE_INFINITY) return before;
  // It was rightly left alone once; a VirtualNode or a setting came since.
  if (before === "skipped") return "created-before";
  // Both are exact to the second, and within one second a pod is more likely to follow its namespace.
  return created < since ? "created-before" : "slipped-through";
}

/**
 * Whether it may be that a pod should have a sidecar and has none, by what is kept of it: the others, the many, need not be read.
 * `label` is the value of the namespace's label.
 */
export function isCandidate(pod: PodSummary, label: string | undefined): boolean {
  if (pod.injected || pod.deletion !== undefined || pod.phase === "Succeeded" || pod.phase === "Failed") return false;
  const own = withoutBlanks(pod.annotations[INJECT_KEY] ?? "").toLowerCase();
  if (label === "enabled") return own !== "disabled";
  return label === "disabled" && own !== "" && own !== "disabled";
}
