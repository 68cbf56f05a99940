import { type JsonObject, member } from "../../model/json.ts";
import { parseQuantity } from "../../model/quantity.ts";
import type { SidecarSettings } from "../decision.ts";
import type { PodView } from "../pod.ts";
import { captureProgram } from "../rules/capture-program.ts";
import { quantityOf, RESOURCE_NAMES, type ResourceKind, type ResourceName } from "./resource-values.ts";

/**
 * Which of our two init containers starts first, and why the redirection does where Envoy could. With Envoy first,
 * `proxyinit` waits until it is ready and redirects then; with the redirection first, a start-up probe of Envoy's holds the
 * app back. The first is 0.6 s to a second quicker (docs/decisions/0046).
 */
export type StartOrder = { readonly first: "envoy" } | { readonly first: "capture"; readonly because: string };

/**
 * App Mesh's wait before the first readiness probe, in seconds. Behind a start-up probe it has passed when the app starts, and
 * with Envoy first it is left out: the kubelet asks when something happens to the pod, else once a period, so that a pod whose app
 * starts within that second would get ready a whole period later.
 */
const STANDARD_DELAY = 1;

/** What the settings allow: only our own program of this very release is known to understand that it is to wait. */
export function wantedOrder(settings: SidecarSettings, release: string): StartOrder {
  const { capture, proxy } = settings.configuration;
  if (settings.capture.mode !== "init") return captureFirst("there is no proxyinit");
  if (proxy.mode === "ordinary") return captureFirst("Envoy is an ordinary container");
  if (settings.flavor === "aws") return captureFirst("the aws flavor keeps App Mesh's order");
  if (proxy.readinessInitialDelaySeconds > STANDARD_DELAY)
    return captureFirst(`Envoy is asked whether it is ready after ${proxy.readinessInitialDelaySeconds} s only`);
  if (captureProgram(capture) === "aws") return captureFirst("AWS's capture program cannot wait for Envoy");
  if (capture.image !== "" && tagOf(capture.image) !== release)
    return captureFirst(`capture.image has not the tag ${release}, so that its program may not know how to wait`);
  return { first: "envoy" };
}

export function captureFirst(because: string): StartOrder {
  return { first: "capture", because };
}

/**
 * Requests of a `proxyinit` that runs beside Envoy: no more than those of the pod's own containers, which take its place.
 * Kubernetes counts the larger of the two (`PodRequests` of k8s.io/component-helpers/resource), so that the pod stays as large as it would be.
 */
export function requestsBesideEnvoy(pod: PodView, settings: SidecarSettings): { cpu: string; memory: string } {
  const { requests, limits } = settings.configuration.proxy;
  const least = (name: ResourceName): string => {
    const own = ownSum(pod, "requests", name);
    if (requests[name] === "" || parseQuantity(requests[name]).nanos <= own.nanos) return requests[name];
    if (own.nanos > 0n) return own.largest;
    // with a limit and no request the API server takes the limit for the request
    return limits[name] === "" ? "" : requests[name];
  };
  return { cpu: least("cpu"), memory: least("memory") };
}

/** Whether a `proxyinit` with these resources beside Envoy leaves the pod as large as its own containers make it. */
export function fitsBesideEnvoy(pod: PodView, capture: JsonObject): boolean {
  return RESOURCE_NAMES.every((name) => {
    const limit = quantityOf(capture, "limits", name);
    const request = quantityOf(capture, "requests", name) ?? limit;
    if (nanosOf(request) > ownSum(pod, "requests", name).nanos) return false;
    return limit === undefined || isUnlimited(pod, name) || nanosOf(limit) <= ownSum(pod, "limits", name).nanos;
  });
}

function isUnlimited(pod: PodView, name: ResourceName): boolean {
  return pod.containers.some(({ raw }) => nanosOf(quantityOf(member(raw, "resources"), "limits", name)) === 0n);
}

/** What the pod's own containers have in all, and the largest single amount as it was written. */
function ownSum(pod: PodView, kind: ResourceKind, name: ResourceName): { nanos: bigint; largest: string } {
  let [nanos, most, largest] = [0n, 0n, "0"];
  for (const { raw } of pod.containers) {
    const resources = member(raw, "resources");
    // without a request the API server takes the limit for it
    const text = quantityOf(resources, kind, name) ?? quantityOf(resources, "limits", name) ?? "0";
    const amount = nanosOf(text);
    nanos += amount;
    if (amount > most) [most, largest] = [amount, text];
  }
  return { nanos, largest };
}

function nanosOf(text: string | undefined): bigint {
  return text === undefined || text === "" ? 0n : parseQuantity(text).nanos;
}

/** Of `registry:5000/name:tag@sha256:…` the tag; empty where there is none. */
function tagOf(image: string): string {
  const name = image.split("@")[0] ?? "";
  return /:([^:/]+)$/.exec(name)?.[1] ?? "";
}
