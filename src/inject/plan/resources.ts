import { isObject, type Json, type JsonObject, member } from "../../model/json.ts";
import { APPMESH_PREFIX } from "../../model/names.ts";
import { compareQuantities, formatQuantity, isQuantity, parseQuantity, type Quantity } from "../../model/quantity.ts";
import type { ComputeResources } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { type ContainerView, type PodView, runningContainers } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";

export const RESOURCES = ["cpu", "memory"] as const;
export type ResourceName = (typeof RESOURCES)[number];
export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** What our containers of a Guaranteed pod, or under a quota on limits, get at least. */
const GUARANTEED_MINIMUM: Readonly<Record<ResourceName, string>> = { cpu: "100m", memory: "128Mi" };
/** What a quota on requests makes necessary when the user asked for none. */
const REQUEST_MINIMUM: Readonly<Record<ResourceName, string>> = { cpu: "10m", memory: "32Mi" };

/** What surrounds our containers, read once a pod. */
export interface ResourceSetting {
  readonly qos: QosClass;
  /** Resources that the pod level sets; our containers then carry none of their own. */
  readonly podLevel: ReadonlySet<ResourceName>;
  readonly limitRanges: InjectionInput["limitRanges"];
  readonly quotas: InjectionInput["quotas"];
}

/** The Kubernetes QoS class of the pod as it came (pkg/apis/core/v1/helper/qos). */
export function qosClass(pod: PodView): QosClass {
  const all = [...pod.initContainers, ...pod.containers];
  const podLevel = member(pod.spec, "resources");
  if (isObject(podLevel) && (hasResources(podLevel, "requests") || hasResources(podLevel, "limits"))) {
    return RESOURCES.every((name) => guaranteed(podLevel, name)) ? "Guaranteed" : "Burstable";
  }
  const resources = all.map((container) => member(container.raw, "resources") ?? null);
  if (resources.length > 0 && resources.every((entry) => RESOURCES.every((name) => guaranteed(entry, name))))
    return "Guaranteed";
  return resources.some((entry) => hasResources(entry, "requests") || hasResources(entry, "limits"))
    ? "Burstable"
    : "BestEffort";
}

export function resourceSetting(input: InjectionInput, pod: PodView, trace: Trace): ResourceSetting {
  const qos = qosClass(pod);
  const podLevel = new Set(
    RESOURCES.filter(
      (name) =>
        resourceOf(member(pod.spec, "resources"), "requests", name) ??
        resourceOf(member(pod.spec, "resources"), "limits", name),
    ),
  );
  if (podLevel.size > 0) {
    const numbers = JSON.stringify(member(pod.spec, "resources"));
    trace.warn(
      "resources",
      `the sidecar shares the pod's own resources ${numbers}: make sure that they leave room for it`,
    );
  } else if (qos === "BestEffort") {
    trace.warn("resources", "the pod was BestEffort and becomes Burstable, because the sidecar requests resources");
  } else {
    trace.set(
      "resources",
      `the pod is ${qos}${qos === "Guaranteed" ? " and stays so: the sidecar's limits equal its requests" : ""}`,
    );
  }
  return { qos, podLevel, limitRanges: input.limitRanges, quotas: input.quotas };
}

export type Fitted = { readonly found: JsonObject } | { readonly ending: Ending };

/**
 * Requests and limits of one of our containers, fitted to what the namespace demands. Denies where a demand cannot be met,
 * naming both numbers, instead of letting the API server refuse the pod with less to go by.
 */
export function fitResources(
  container: string,
  wanted: { readonly requests: ComputeResources; readonly limits: ComputeResources },
  setting: ResourceSetting,
  trace: Trace,
): Fitted {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const name of RESOURCES) {
    if (setting.podLevel.has(name)) continue;
    const fitted = fitOne(container, name, wanted.requests[name], wanted.limits[name], setting, trace);
    if ("ending" in fitted) return fitted;
    if (fitted.request !== "") requests[name] = fitted.request;
    if (fitted.limit !== "") limits[name] = fitted.limit;
  }
  return {
    found: {
      ...(Object.keys(requests).length > 0 && { requests }),
      ...(Object.keys(limits).length > 0 && { limits }),
    },
  };
}

function fitOne(
  container: string,
  name: ResourceName,
  wantedRequest: string,
  wantedLimit: string,
  setting: ResourceSetting,
  trace: Trace,
): { readonly request: string; readonly limit: string } | { readonly ending: Ending } {
  let request = wantedRequest;
  let limit = wantedLimit;
  const annotation = `${APPMESH_PREFIX}${name}Limit`;
  if (limit !== "" && request !== "" && less(limit, request)) {
    return deny(
      trace,
      `${container}: its ${name} limit ${limit} is below its request ${request}; raise ${annotation} or lower ${APPMESH_PREFIX}${name}Request`,
    );
  }
  if (
    request === "" &&
    setting.quotas.some((quota) => Object.hasOwn(quota.hard, `requests.${name}`) || Object.hasOwn(quota.hard, name))
  ) {
    request = limit === "" ? REQUEST_MINIMUM[name] : limit;
  }
  const bounds = containerBounds(name, setting);
  if (bounds.min !== undefined && (request === "" || less(request, bounds.min))) request = bounds.min;
  if (setting.qos === "Guaranteed") {
    limit = largest(limit, request, limit === "" ? GUARANTEED_MINIMUM[name] : "");
    request = limit;
  } else if (limit === "" && setting.quotas.some((quota) => Object.hasOwn(quota.hard, `limits.${name}`))) {
    limit = largest(GUARANTEED_MINIMUM[name], request, "");
  }
  limit = againstDefaults(request, limit, bounds);
  if (limit !== "" && bounds.min !== undefined && less(limit, bounds.min)) limit = bounds.min;
  const highest = limit !== "" ? limit : request;
  if (bounds.max !== undefined && highest !== "" && less(bounds.max.value, highest)) {
    return deny(
      trace,
      `${container} needs ${highest} of ${name}, but LimitRange ${bounds.max.from} allows at most ${bounds.max.value} a container; raise it or lower the sidecar's ${name} by annotation (${APPMESH_PREFIX}${name}Request, ${annotation})`,
    );
  }
  return { request, limit };
}

/** LimitRange defaults fill in a missing limit after us; one below our request would make the pod invalid. */
function againstDefaults(request: string, limit: string, bounds: ContainerBounds): string {
  if (limit !== "") return limit;
  const filledIn = bounds.default ?? bounds.max?.value;
  let result = limit;
  if (filledIn !== undefined && request !== "" && less(filledIn, request)) result = request;
  if (bounds.ratio !== undefined && request !== "") {
    const most = formatQuantity(times(parseQuantity(request), parseQuantity(bounds.ratio)));
    if (result === "" && (filledIn === undefined || less(most, filledIn))) result = most;
  }
  return result;
}

interface ContainerBounds {
  readonly min: string | undefined;
  readonly max: { readonly value: string; readonly from: string } | undefined;
  readonly default: string | undefined;
  readonly ratio: string | undefined;
}

function containerBounds(name: ResourceName, setting: ResourceSetting): ContainerBounds {
  let min: string | undefined;
  let max: { value: string; from: string } | undefined;
  let filledIn: string | undefined;
  let ratio: string | undefined;
  for (const range of setting.limitRanges) {
    for (const limit of range.limits) {
      if (limit.type !== "Container") continue;
      const { [name]: lower } = limit.min;
      const { [name]: upper } = limit.max;
      const { [name]: most } = limit.maxLimitRequestRatio;
      if (isSet(lower) && (min === undefined || less(min, lower))) min = lower;
      if (isSet(upper) && (max === undefined || less(upper, max.value))) max = { value: upper, from: range.name };
      if (isSet(most) && (ratio === undefined || less(most, ratio))) ratio = most;
      filledIn ??= limit.default[name];
    }
  }
  return { min, max, default: filledIn, ratio };
}

/** A LimitRange of type Pod counts the whole pod: whether there is room left for a sidecar of these resources. */
export function fitsPodLimit(
  pod: PodView,
  ours: JsonObject,
  setting: ResourceSetting,
  trace: Trace,
): Ending | undefined {
  for (const range of setting.limitRanges) {
    for (const limit of range.limits) {
      if (limit.type !== "Pod") continue;
      for (const name of RESOURCES) {
        const max = limit.max[name];
        if (!isSet(max)) continue;
        const own = resourceOf(ours, "limits", name) ?? resourceOf(ours, "requests", name);
        const sum = runningContainers(pod).reduce(
          (total, container) => total + nanos(container, name),
          own === undefined ? 0n : parseQuantity(own).nanos,
        );
        if (sum > parseQuantity(max).nanos) {
          const total = formatQuantity({ nanos: sum, format: parseQuantity(max).format });
          return deny(
            trace,
            `with its sidecar the pod needs ${total} of ${name}, but LimitRange ${range.name} allows at most ${max} a pod; raise it or lower the containers' ${name}`,
          );
        }
      }
    }
  }
  return undefined;
}

function nanos(container: ContainerView, name: ResourceName): bigint {
  const resources = member(container.raw, "resources");
  const value = resourceOf(resources, "limits", name) ?? resourceOf(resources, "requests", name);
  return value === undefined ? 0n : parseQuantity(value).nanos;
}

function resourceOf(resources: Json | undefined, kind: "requests" | "limits", name: ResourceName): string | undefined {
  const value = member(member(resources, kind), name);
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && isQuantity(text) ? text : undefined;
}

function hasResources(resources: Json | undefined, kind: "requests" | "limits"): boolean {
  return RESOURCES.some((name) => resourceOf(resources, kind, name) !== undefined);
}

function guaranteed(resources: Json, name: ResourceName): boolean {
  const limit = resourceOf(resources, "limits", name);
  const request = resourceOf(resources, "requests", name);
  if (limit === undefined || parseQuantity(limit).nanos === 0n) return false;
  return request === undefined || compareQuantities(parseQuantity(limit), parseQuantity(request)) === 0;
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && isQuantity(text);
}

function less(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) < 0;
}

function largest(...texts: readonly string[]): string {
  return texts
    .filter((text) => text !== "")
    .reduce((most, text) => (most === "" || less(most, text) ? text : most), "");
}

function times(quantity: Quantity, factor: Quantity): Quantity {
  return { nanos: (quantity.nanos * factor.nanos) / 1_000_000_000n, format: quantity.format };
}

function deny(trace: Trace, message: string): { readonly ending: Ending } & Ending {
  const ending = trace.deny("resources", "limits-cannot-be-met", message);
  return { ...ending, ending };
}
