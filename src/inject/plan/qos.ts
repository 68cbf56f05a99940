import { isObject, type Json, member } from "../../model/json.ts";
import { compareQuantities, parseQuantity } from "../../model/quantity.ts";
import type { PodView } from "../pod.ts";
import { isPositive, quantityOf, RESOURCE_NAMES, type ResourceKind, type ResourceName } from "./resource-values.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** The Kubernetes QoS class of the pod as it came (kubernetes `pkg/apis/core/v1/helper/qos`). */
export function qosClass(pod: PodView): QosClass {
  const podLevel = member(pod.spec, "resources");
  if (isObject(podLevel) && (asks(podLevel, "requests") || asks(podLevel, "limits"))) return classOf([podLevel]);
  return classOf(
    [...pod.initContainers, ...pod.containers].map((container) => member(container.raw, "resources") ?? null),
  );
}

function classOf(resources: readonly Json[]): QosClass {
  if (resources.length > 0 && resources.every((entry) => RESOURCE_NAMES.every((name) => guaranteed(entry, name)))) {
    return "Guaranteed";
  }
  return resources.some((entry) => asks(entry, "requests") || asks(entry, "limits")) ? "Burstable" : "BestEffort";
}

function asks(resources: Json, kind: ResourceKind): boolean {
  return RESOURCE_NAMES.some((name) => isPositive(quantityOf(resources, kind, name)));
}

/** A limit, and no other request than that: an absent request is set to the limit by the API server. */
function guaranteed(resources: Json, name: ResourceName): boolean {
  const limit = quantityOf(resources, "limits", name);
  const request = quantityOf(resources, "requests", name);
  return isPositive(limit) && (request === undefined || sameQuantity(request, limit));
}

function sameQuantity(a: string, b: string | undefined): boolean {
  return b !== undefined && compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
}
