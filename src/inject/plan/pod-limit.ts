import { type Json, type JsonObject, member } from "../../model/json.ts";
import { formatQuantity, parseQuantity } from "../../model/quantity.ts";
import type { PodView } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";
import { isSet, RESOURCES, type ResourceName, resourceOf } from "./resource-values.ts";
import { filledInLimit, type ResourceSetting } from "./resources.ts";

/** Our containers that run beside the app. */
export interface Beside {
  readonly resources: readonly JsonObject[];
  /** They are restartable init containers, which start before the pod's own init containers. */
  readonly native: boolean;
}

/**
 * A LimitRange of type Pod counts the containers that run together, requests and limits each for itself: those of the app, or
 * one init container and the restartable ones before it, whichever is more (kubernetes `plugin/pkg/admission/limitranger`,
 * `podRequests`). Whether there is room left for ours.
 */
export function fitsPodLimit(pod: PodView, ours: Beside, setting: ResourceSetting, trace: Trace): Ending | undefined {
  if (ours.resources.length === 0) return undefined;
  for (const range of setting.limitRanges) {
    for (const limit of range.limits) {
      if (limit.type !== "Pod") continue;
      for (const name of RESOURCES) {
        const max = limit.max[name];
        if (!isSet(max) || setting.podLevel.has(name)) continue;
        const { nanos, format } = parseQuantity(max);
        const sum = sums(pod, ours, setting, name).find((total) => total > nanos);
        if (sum === undefined) continue;
        return trace.deny(
          "resources",
          "limits-cannot-be-met",
          `with its sidecar the pod needs ${formatQuantity({ nanos: sum, format })} of ${name}, but LimitRange ${range.name} allows at most ${max} a pod; raise it or lower the containers' ${name}`,
        );
      }
    }
  }
  return undefined;
}

/** What the pod is limited to, and what it requests, as the API server counts it. */
function sums(pod: PodView, ours: Beside, setting: ResourceSetting, name: ResourceName): readonly bigint[] {
  const completed = ours.resources.map((resources) => complete(resources, setting, name));
  return (["limits", "requests"] as const).map((kind) => {
    const amount = (resources: Json | undefined) => nanosOf(resourceOf(resources, kind, name));
    const own = completed.reduce((sum, resources) => sum + amount(resources), 0n);
    // ours stand before the pod's own init containers, so a native sidecar runs beside each of them
    let beside = ours.native ? own : 0n;
    let most = 0n;
    for (const container of pod.initContainers) {
      const needed = amount(member(container.raw, "resources"));
      if (container.restartable) beside += needed;
      else if (beside + needed > most) most = beside + needed;
    }
    const together = pod.containers.reduce(
      (sum, container) => sum + amount(member(container.raw, "resources")),
      beside + (ours.native ? 0n : own),
    );
    return together > most ? together : most;
  });
}

/** Our resources as the API server will complete them: a LimitRange's default limit, and the limit as request. */
function complete(resources: JsonObject, setting: ResourceSetting, name: ResourceName): JsonObject {
  const limit = resourceOf(resources, "limits", name) ?? filledInLimit(name, setting);
  const request = resourceOf(resources, "requests", name) ?? limit;
  return {
    ...(limit !== undefined && { limits: { [name]: limit } }),
    ...(request !== undefined && { requests: { [name]: request } }),
  };
}

function nanosOf(text: string | undefined): bigint {
  return text === undefined ? 0n : parseQuantity(text).nanos;
}
