import type { Configuration } from "../config/schema.ts";
import type { InjectionResult } from "../inject/decision.ts";
import { inject, refresh } from "../inject/inject.ts";
import { applyPatch } from "../inject/json-patch.ts";
import type { ManifestObject, Workload } from "../manifest/workloads.ts";
import { sameJson } from "../model/json.ts";
import { type Assumptions, factsAtHand } from "./facts-at-hand.ts";

/** All that a command line gives to the engine besides the pod. */
export interface InjectionSetting {
  readonly objects: readonly ManifestObject[];
  readonly assumptions: Assumptions;
  readonly configuration: Configuration;
  readonly release: string;
}

/** What the engine says about a workload's pods. */
export function decideWorkload(workload: Workload, setting: InjectionSetting): InjectionResult {
  return inject(inputOf(workload, setting));
}

/** As {@link decideWorkload}, but a sidecar that is there is replaced by the present one, if that is another. */
export function refreshWorkload(workload: Workload, setting: InjectionSetting): InjectionResult {
  const result = refresh(inputOf(workload, setting));
  const same = sameJson(applyPatch(workload.pod, result.patch), workload.pod);
  return same ? { ...result, patch: [] } : result;
}

function inputOf(workload: Workload, { objects, assumptions, configuration, release }: InjectionSetting) {
  const request = { operation: "CREATE", dryRun: true, user: "" };
  return { pod: workload.pod, request, configuration, release, ...factsAtHand(workload, objects, assumptions) };
}
