import type { Configuration } from "../config/schema.ts";
import type { InjectionResult } from "../inject/decision.ts";
import { inject, refresh } from "../inject/inject.ts";
import { applyPatch } from "../inject/json-patch.ts";
import { misreadInObject } from "../inject/rules/scalars.ts";
import { Trace } from "../inject/trace.ts";
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
  return refusal(workload, setting) ?? inject(injectionInput(workload, setting));
}

/** As {@link decideWorkload}, but a sidecar that is there is replaced by the present one, if that is another. */
export function refreshWorkload(workload: Workload, setting: InjectionSetting): InjectionResult {
  const refused = refusal(workload, setting);
  if (refused !== undefined) return refused;
  const result = refresh(injectionInput(workload, setting));
  const same = sameJson(applyPatch(workload.pod, result.patch), workload.pod);
  return same ? { ...result, patch: [] } : result;
}

/** Kinds whose objects say something about the pods of others. */
const SAY_SOMETHING = ["Namespace", "VirtualNode", "VirtualGateway", "Mesh"];

/** Names and labels that YAML took for something else would be read as absent, and the pod be called by what is left. */
function refusal(workload: Workload, { objects }: InjectionSetting): InjectionResult | undefined {
  for (const { kind, name, json } of [workload, ...objects.filter((object) => SAY_SOMETHING.includes(object.kind))]) {
    const misread = misreadInObject(json);
    if (misread === undefined) continue;
    const message = `${[kind, name].filter(Boolean).join(" ")}: ${misread}; the API server would refuse this object`;
    const trace = new Trace();
    return { ...trace.decision(trace.deny("well-formed", "bad-pod", message), undefined), patch: [] };
  }
  return undefined;
}

/** What the engine is given about a workload's pods. */
export function injectionInput(workload: Workload, { objects, assumptions, configuration, release }: InjectionSetting) {
  const request = { operation: "CREATE", dryRun: true, user: "" };
  return { pod: workload.pod, request, configuration, release, ...factsAtHand(workload, objects, assumptions) };
}
