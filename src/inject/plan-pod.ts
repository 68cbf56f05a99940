import type { SidecarSettings } from "./decision.ts";
import type { InjectionInput } from "./input.ts";
import { planSidecar, type SidecarPlan } from "./plan/plan.ts";
import { type PodView, podView } from "./pod.ts";
import { decide } from "./rules/decide.ts";
import type { Ending, Trace } from "./trace.ts";

/** A pod that is to get a sidecar, with everything that it needs. */
export interface PlannedPod {
  readonly pod: PodView;
  readonly settings: SidecarSettings;
  readonly plan: SidecarPlan;
}

/** Decides about a pod without a sidecar and plans one. */
export function planPod(input: InjectionInput, trace: Trace): PlannedPod | { readonly ending: Ending } {
  const verdict = decide(input, trace);
  if ("ending" in verdict) return verdict;
  const pod = podView(input.pod);
  const plan = planSidecar(input, pod, verdict.settings, trace);
  return "ending" in plan ? plan : { pod, settings: verdict.settings, plan: plan.found };
}
