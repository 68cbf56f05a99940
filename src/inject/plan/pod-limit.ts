import { type Json, type JsonObject, member } from "../../model/json.ts";
import { formatQuantity, parseQuantity } from "../../model/quantity.ts";
import type { PodView } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import { isSet, quantityOf, RESOURCE_NAMES, type ResourceKind, type ResourceName } from "./resource-values.ts";
import { filledInLimit, type ResourceSetting } from "./resources.ts";

/** Resources of our containers, by the time at which they run. */
export interface OurResources {
  /** Of `proxyinit`, which runs before all others, or beside Envoy, and ends. */
  readonly before: readonly JsonObject[];
  /** Of those that run beside the app. */
  readonly beside: readonly JsonObject[];
  /** Those beside the app are restartable init containers, which start before the pod's own init containers. */
  readonly native: boolean;
  /** `proxyinit` runs beside Envoy, the first of those. */
  readonly envoyFirst: boolean;
}

/**
 * A LimitRange of type Pod counts the containers that run together, requests and limits each for itself: those of the app, or
 * one init container and the restartable ones before it, whichever is more (kubernetes `plugin/pkg/admission/limitranger`,
 * `podRequests`). Whether there is room left for ours.
 */
export function fitsPodLimit(
  pod: PodView,
  ours: OurResources,
  setting: ResourceSetting,
  trace: Trace,
): Ended | undefined {
  if (ours.beside.length === 0) return undefined;
  for (const [name, { request }] of setting.podLevel) {
    const problem = abovePodLevel(podSums(pod, ours, setting, name), request, name);
    if (problem !== undefined) return trace.deny("resources", "limits-cannot-be-met", problem);
  }
  for (const range of setting.limitRanges) {
    for (const limit of range.limits) {
      if (limit.type !== "Pod") continue;
      for (const name of RESOURCE_NAMES) {
        if (setting.podLevel.has(name)) continue;
        const sums = podSums(pod, ours, setting, name);
        const problem =
          aboveMaximum(sums, limit.max[name], name, range.name) ??
          aboveRatio(sums, limit.maxLimitRequestRatio[name], name, range.name);
        if (problem !== undefined) return trace.deny("resources", "limits-cannot-be-met", problem);
      }
    }
  }
  return undefined;
}

/** Containers may not request more than the pod itself says (kubernetes `validatePodResources`). */
function abovePodLevel({ requests }: PodSums, own: string | undefined, name: ResourceName): string | undefined {
  if (!isSet(own)) return undefined;
  const { nanos, format } = parseQuantity(own);
  if (requests <= nanos) return undefined;
  return `with its sidecar the pod's containers request ${formatQuantity({ nanos: requests, format })} of ${name}, because of a LimitRange of the namespace, but spec.resources.requests allows ${own}; raise it or lower the containers' requests`;
}

/** What a pod is limited to and what it requests, in billionths of a unit. */
interface PodSums {
  readonly limits: bigint;
  readonly requests: bigint;
}

function aboveMaximum(
  { limits, requests }: PodSums,
  max: string | undefined,
  name: ResourceName,
  range: string,
): string | undefined {
  if (!isSet(max)) return undefined;
  const { nanos, format } = parseQuantity(max);
  const sum = [limits, requests].find((total) => total > nanos);
  if (sum === undefined) return undefined;
  return `with its sidecar the pod needs ${formatQuantity({ nanos: sum, format })} of ${name}, but LimitRange ${range} allows at most ${max} a pod; raise it or lower the containers' ${name}`;
}

function aboveRatio(
  { limits, requests }: PodSums,
  ratio: string | undefined,
  name: ResourceName,
  range: string,
): string | undefined {
  if (!isSet(ratio) || limits * parseQuantity("1").nanos <= requests * parseQuantity(ratio).nanos) return undefined;
  const format = name === "memory" ? "BinarySI" : "DecimalSI";
  const shown = (nanos: bigint) => formatQuantity({ nanos, format });
  return `with its sidecar the pod may use ${shown(limits)} of ${name} and requests ${shown(requests)}, but LimitRange ${range} allows a pod at most ${ratio} times what it requests; lower the containers' limits or raise their requests`;
}

/** The sums as the API server makes them. */
function podSums(pod: PodView, ours: OurResources, setting: ResourceSetting, name: ResourceName): PodSums {
  const completed = (list: readonly JsonObject[]) => list.map((resources) => complete(resources, setting, name));
  const [before, beside] = [completed(ours.before), completed(ours.beside)];
  const sum = (kind: ResourceKind) => {
    const amount = (resources: Json | undefined) => nanosOf(quantityOf(resources, kind, name));
    const total = (list: readonly (Json | undefined)[]) => list.reduce<bigint>((all, one) => all + amount(one), 0n);
    const own = total(beside);
    // ours stand before the pod's own init containers, so a native sidecar runs beside each of them
    let running = ours.native ? own : 0n;
    let most = total(before) + (ours.envoyFirst ? amount(beside[0]) : 0n);
    for (const container of pod.initContainers) {
      const needed = amount(member(container.raw, "resources"));
      if (container.restartable) running += needed;
      else most = larger(most, running + needed);
    }
    const apps = total(pod.containers.map((container) => member(container.raw, "resources")));
    return larger(most, running + apps + (ours.native ? 0n : own));
  };
  return { limits: sum("limits"), requests: sum("requests") };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Our resources as the API server will complete them: a LimitRange's default limit, and the limit as request. */
function complete(resources: JsonObject, setting: ResourceSetting, name: ResourceName): JsonObject {
  const limit = quantityOf(resources, "limits", name) ?? filledInLimit(name, setting);
  const request = quantityOf(resources, "requests", name) ?? limit;
  return {
    ...(limit !== undefined && { limits: { [name]: limit } }),
    ...(request !== undefined && { requests: { [name]: request } }),
  };
}

function nanosOf(text: string | undefined): bigint {
  return text === undefined ? 0n : parseQuantity(text).nanos;
}
