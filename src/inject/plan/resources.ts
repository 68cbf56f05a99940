import { type JsonObject, member } from "../../model/json.ts";
import { APPMESH_PREFIX } from "../../model/names.ts";
import type { ComputeResources } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";
import type { Ended, Step, Trace } from "../trace.ts";
import { type QosClass, qosClass } from "./qos.ts";
import {
  dividedBy,
  isPositive,
  isSet,
  largest,
  less,
  multipliedBy,
  quantityOf,
  RESOURCE_NAMES,
  type ResourceName,
} from "./resource-values.ts";

/** What our containers of a Guaranteed pod, or under a quota on limits, get at least. */
const GUARANTEED_MINIMUM: Readonly<Record<ResourceName, string>> = { cpu: "100m", memory: "128Mi" };
/** What a quota on requests makes necessary when the user asked for none. */
const REQUEST_MINIMUM: Readonly<Record<ResourceName, string>> = { cpu: "10m", memory: "32Mi" };

export interface PodLevel {
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

/** What surrounds our containers, read once a pod. */
export interface ResourceSetting {
  readonly qos: QosClass;
  /** Resources that the pod level sets, and how; our containers then carry none of their own. */
  readonly podLevel: ReadonlyMap<ResourceName, PodLevel>;
  readonly limitRanges: InjectionInput["limitRanges"];
  readonly quotas: InjectionInput["quotas"];
}

/** What the pod and its namespace say about resources, of any container. */
export function resourceSetting(input: InjectionInput, pod: PodView): ResourceSetting {
  const ofPod = member(pod.spec, "resources");
  const podLevel = RESOURCE_NAMES.map(
    (name) =>
      [name, { request: quantityOf(ofPod, "requests", name), limit: quantityOf(ofPod, "limits", name) }] as const,
  );
  return {
    qos: qosClass(pod),
    podLevel: new Map(podLevel.filter(([, { request, limit }]) => (request ?? limit) !== undefined)),
    limitRanges: input.limitRanges,
    quotas: input.quotas,
  };
}

/** What becomes of the pod's QoS class with containers of ours that have these resources. */
export function traceQos(pod: PodView, ours: readonly JsonObject[], setting: ResourceSetting, trace: Trace): void {
  const rule = "resources";
  if (ours.length === 0) {
    trace.pass(rule, "no container is added");
  } else if (setting.podLevel.size > 0) {
    const numbers = JSON.stringify(member(pod.spec, "resources"));
    trace.warn(rule, `the sidecar shares the pod's own resources ${numbers}: make sure that they leave room for it`);
  } else if (setting.qos === "Guaranteed") {
    trace.set(rule, "the pod is Guaranteed and stays so: the sidecar's limits equal its requests");
  } else if (setting.qos === "BestEffort" && ours.some((resources) => Object.keys(resources).length > 0)) {
    trace.warn(rule, "the pod was BestEffort and becomes Burstable, because the sidecar requests resources");
  } else {
    trace.set(rule, `the pod is ${setting.qos} and stays so`);
  }
}

/**
 * Requests and limits of one of our containers, fitted to what the namespace demands. Denies where a demand cannot be met,
 * naming both numbers, instead of letting the API server refuse the pod with less to go by.
 */
export function fitResources(
  container: string,
  wanted: { readonly requests: ComputeResources; readonly limits: ComputeResources },
  setting: ResourceSetting,
  trace: Trace,
): Step<JsonObject> {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const name of RESOURCE_NAMES) {
    const podLevel = setting.podLevel.get(name);
    const fitted =
      podLevel === undefined
        ? fitOne(container, name, wanted.requests[name], wanted.limits[name], setting, trace)
        : leastShare(name, podLevel, containerBounds(name, setting));
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
): { readonly request: string; readonly limit: string } | Ended {
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
    // a limit of zero counts as none
    limit = largest(limit, request, isPositive(limit) ? "" : GUARANTEED_MINIMUM[name]);
    request = limit;
  } else if (limit === "" && setting.quotas.some((quota) => Object.hasOwn(quota.hard, `limits.${name}`))) {
    limit = largest(GUARANTEED_MINIMUM[name], request, "");
  }
  limit = againstDefaults(name, request, limit, bounds);
  if (limit !== "" && bounds.min !== undefined && less(limit, bounds.min)) limit = bounds.min;
  request = againstRatio(name, request, limit, bounds);
  const highest = limit !== "" ? limit : request;
  if (bounds.max !== undefined && highest !== "" && less(bounds.max.value, highest)) {
    return deny(
      trace,
      `${container} needs ${highest} of ${name}, but LimitRange ${bounds.max.from} allows at most ${bounds.max.value} a container; raise it or lower the sidecar's ${name} by annotation (${APPMESH_PREFIX}${name}Request, ${annotation})`,
    );
  }
  return { request, limit };
}

/**
 * Nothing where the pod level sets the resource; but where a LimitRange would fill in or demands something of each container,
 * as little as it allows, so that the containers together stay within the pod's own numbers.
 */
function leastShare(
  name: ResourceName,
  podLevel: PodLevel,
  bounds: ContainerBounds,
): { readonly request: string; readonly limit: string } {
  const { min, ratio, max } = bounds;
  const filledIn = bounds.default ?? max?.value;
  if ((filledIn ?? bounds.defaultRequest ?? min ?? ratio) === undefined) return { request: "", limit: "" };
  const request = ratio === undefined ? (min ?? "0") : largest(min ?? "", REQUEST_MINIMUM[name]);
  const highest = [filledIn, podLevel.limit, ratio && multipliedBy(name, request, ratio)].filter(isSet);
  const limit = highest.reduce((least, text) => (least === "" || less(text, least) ? text : least), "");
  // without a limit to fill in and without a ratio none is needed
  return { request, limit: filledIn === undefined && ratio === undefined ? "" : limit };
}

/** LimitRange defaults fill in a missing limit after us; one below our request would make the pod invalid. */
function againstDefaults(name: ResourceName, request: string, limit: string, bounds: ContainerBounds): string {
  if (limit !== "") return limit;
  const filledIn = bounds.default ?? bounds.max?.value;
  let result = limit;
  if (filledIn !== undefined && request !== "" && less(filledIn, request)) result = request;
  if (bounds.ratio !== undefined && request !== "") {
    const most = multipliedBy(name, request, bounds.ratio);
    if (result === "" && (filledIn === undefined || less(most, filledIn))) result = most;
  }
  return result;
}

/** A limit too many times above its request is refused: the request is raised, as for a minimum. */
function againstRatio(name: ResourceName, request: string, limit: string, { ratio }: ContainerBounds): string {
  if (ratio === undefined || limit === "" || request === "") return request;
  return largest(request, dividedBy(name, limit, ratio));
}

/** The limit that a LimitRange gives to a container without one. */
export function filledInLimit(name: ResourceName, setting: ResourceSetting): string | undefined {
  const bounds = containerBounds(name, setting);
  return bounds.default ?? bounds.max?.value;
}

interface ContainerBounds {
  readonly min: string | undefined;
  readonly max: { readonly value: string; readonly from: string } | undefined;
  readonly default: string | undefined;
  readonly defaultRequest: string | undefined;
  readonly ratio: string | undefined;
}

function containerBounds(name: ResourceName, setting: ResourceSetting): ContainerBounds {
  let min: string | undefined;
  let max: { value: string; from: string } | undefined;
  let filledIn: string | undefined;
  let request: string | undefined;
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
      request ??= limit.defaultRequest[name];
    }
  }
  return { min, max, default: filledIn, defaultRequest: request, ratio };
}

function deny(trace: Trace, message: string): Ended {
  return trace.deny("resources", "limits-cannot-be-met", message);
}
