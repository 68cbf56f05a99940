import type { JsonObject } from "../../model/json.ts";
import { createdAt } from "../../model/object-metadata.ts";
import type { NamespaceState } from "./namespace-state.ts";
import type { PodState } from "./pod-state.ts";
import type { Reading } from "./reading.ts";

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
  /** It has none, and nobody can say whether it should, because the registration could not be read. */
  "unknown",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Since when the API server calls the injector, as {@link verdictOf} takes it. */
export function registeredSince(registration: Reading<JsonObject>): string | undefined {
  if (registration.kind === "read") return createdAt(registration.value) ?? "";
  return registration.kind === "absent" ? "" : undefined;
}

/** `registeredAt`: since when the API server calls the injector; empty when it does not, undefined where that could not be read. Times as the API server writes them. */
export function verdictOf(pod: PodState, namespace: NamespaceState, registeredAt: string | undefined): Verdict {
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

function withoutSidecar(
  { now, created }: PodState,
  { labelledAt }: NamespaceState,
  registeredAt: string | undefined,
): Verdict {
  if (now.outcome === "skip") return "skipped";
  if (registeredAt === "" || created < (registeredAt ?? "") || created < labelledAt) return "created-before";
  if (registeredAt === undefined) return now.outcome === "deny" ? "refused-now" : "unknown";
  return now.outcome === "deny" ? "refused-now" : "slipped-through";
}
