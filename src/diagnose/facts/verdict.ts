import type { NamespaceState } from "./namespace-state.ts";
import type { PodState } from "./pod-state.ts";

/** How a pod stands, in one word: a fixed set, documented in `docs/diagnose.md`. */
export const VERDICTS = [
  /** It has the sidecar that it would get now. */
  "injected",
  /** It has one of another release, configuration, identity or image. */
  "drifted",
  /** It has none, and would get none: opted out, host network, … */
  "skipped",
  /** It has none, would get one, and is older than the registration or the namespace's label. */
  "created-before",
  /** It has none although injection was on when it was created. */
  "slipped-through",
  /** Created now it would be refused, whether it has one or not. */
  "refused-now",
  /** It has the sidecar of an AWS injector. */
  "aws-sidecar",
  /** Its record does not fit. */
  "record-mismatch",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `registeredAt`: since when the API server calls the injector; empty when it does not. Times as the API server writes them. */
export function verdictOf(pod: PodState, namespace: NamespaceState, registeredAt: string): Verdict {
  switch (pod.sidecar.kind) {
    case "ours":
      if (pod.drift.length === 0) return "injected";
      return pod.now.outcome === "deny" ? "refused-now" : "drifted";
    case "unfit":
      return "record-mismatch";
    case "aws":
      return "aws-sidecar";
    case "none":
      return withoutSidecar(pod, namespace, registeredAt);
  }
}

function withoutSidecar({ now, created }: PodState, { labelledAt }: NamespaceState, registeredAt: string): Verdict {
  if (now.outcome === "skip") return "skipped";
  const isOlder = registeredAt === "" || created < registeredAt || created < labelledAt;
  if (isOlder) return "created-before";
  return now.outcome === "deny" ? "refused-now" : "slipped-through";
}
