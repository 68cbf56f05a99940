import type { SidecarSettings } from "./decision.ts";
import type { InjectionInput } from "./input.ts";
import { planSidecar, type SidecarPlan } from "./plan/plan.ts";
import type { PodView } from "./pod.ts";
import { decide } from "./rules/decide.ts";
import type { Step, Trace } from "./trace.ts";

/** A pod that is to get a sidecar, with everything that it needs. */
export interface PlannedPod {
  readonly pod: PodView;
  readonly settings: SidecarSettings;
  readonly plan: SidecarPlan;
}

/** Decides about a pod without a sidecar and plans one. */
export function planPod(input: InjectionInput, trace: Trace): Step<PlannedPod> {
  const decided = decide(input, trace);
  if ("ending" in decided) return decided;
  const { pod, settings } = decided.found;
  const plan = planSidecar(input, pod, settings, trace);
  return "ending" in plan ? plan : { found: { pod, settings, plan: plan.found } };
}
