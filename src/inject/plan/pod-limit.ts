import { type JsonObject, member } from "../../model/json.ts";
import { formatQuantity, parseQuantity } from "../../model/quantity.ts";
import { type PodView, runningContainers } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";
import { isSet, RESOURCES, type ResourceName, resourceOf } from "./resource-values.ts";
import { filledInLimit, type ResourceSetting } from "./resources.ts";

/**
 * A LimitRange of type Pod counts all containers together, requests and limits each for itself (kubernetes
 * `plugin/pkg/admission/limitranger`): whether there is room left for ours, which run beside the app.
 */
export function fitsPodLimit(
  pod: PodView,
  ours: readonly JsonObject[],
  setting: ResourceSetting,
  trace: Trace,
): Ending | undefined {
  if (ours.length === 0) return undefined;
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

/** What all running containers are limited to together, and what they request together. */
function sums(
  pod: PodView,
  ours: readonly JsonObject[],
  setting: ResourceSetting,
  name: ResourceName,
): readonly bigint[] {
  const completed = ours.map((resources) => complete(resources, setting, name));
  const theirs = runningContainers(pod).map((container) => member(container.raw, "resources"));
  return (["limits", "requests"] as const).map((kind) =>
    [...theirs, ...completed].reduce((sum, resources) => sum + nanosOf(resourceOf(resources, kind, name)), 0n),
  );
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
