import type { JsonObject } from "../../model/json.ts";
import { CAPTURE_CONTAINER, ENVOY_CONTAINER, XRAY_CONTAINER } from "../../model/names.ts";
import type { ComputeResources, SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";
import { type Step, Trace } from "../trace.ts";
import { fitsPodLimit, type OurResources } from "./pod-limit.ts";
import { fitResources, type ResourceSetting, resourceSetting, traceQos } from "./resources.ts";
import { captureFirst, fitsBesideEnvoy, requestsBesideEnvoy, type StartOrder } from "./start-order.ts";

/** What our containers get, and in which order the two that start before the app do. */
export interface SidecarResources {
  /** Of Envoy and the X-Ray daemon. */
  readonly sidecar: JsonObject;
  /** Of `proxyinit`. */
  readonly capture: JsonObject;
  readonly order: StartOrder;
}

/**
 * Resources of Envoy and the X-Ray daemon, and of `proxyinit`. Only what is really added has to fit. The order that is wanted
 * becomes the other one where a `proxyinit` beside Envoy would make the pod larger.
 */
export function sidecarResources(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  plan: { readonly withXray: boolean; readonly order: StartOrder },
  trace: Trace,
): Step<SidecarResources> {
  const setting = resourceSetting(input, pod);
  const beside = [
    ...(settings.role.kind === "virtualNode" ? [ENVOY_CONTAINER] : []),
    ...(plan.withXray ? [XRAY_CONTAINER] : []),
  ];
  const [first] = beside;
  const sidecar = first === undefined ? { found: {} } : fitResources(first, settings, setting, trace);
  if ("ending" in sidecar) return sidecar;
  const { requests } = settings.configuration.proxy;
  const besides = beside.map(() => sidecar.found);
  const small = plan.order.first === "envoy" ? captureBesideEnvoy(pod, settings, setting, besides) : undefined;
  const init = settings.capture.mode === "init";
  const capture = small ?? (init ? fitCapture(requests, settings, setting, trace) : { found: {} });
  if ("ending" in capture) return capture;
  const before = init ? [capture.found] : [];
  const native = settings.configuration.proxy.mode === "native";
  const full = fitsPodLimit(pod, { before, beside: besides, native, envoyFirst: small !== undefined }, setting, trace);
  if (full !== undefined) return full;
  traceQos(pod, [...besides, ...before], setting, trace);
  const larger = captureFirst("beside Envoy it would make the pod larger");
  const order = plan.order.first === "envoy" && small === undefined ? larger : plan.order;
  return { found: { sidecar: sidecar.found, capture: capture.found, order } };
}

function fitCapture(
  requests: ComputeResources,
  settings: SidecarSettings,
  setting: ResourceSetting,
  trace: Trace,
): Step<JsonObject> {
  const { limits } = settings.configuration.proxy;
  return fitResources(CAPTURE_CONTAINER, { requests, limits }, setting, trace);
}

/** A `proxyinit` that runs beside Envoy without making the pod larger; undefined where there can be none. */
function captureBesideEnvoy(
  pod: PodView,
  settings: SidecarSettings,
  setting: ResourceSetting,
  beside: OurResources["beside"],
): { readonly found: JsonObject } | undefined {
  // a trial: what is wrong with it is no matter where the other order takes its place
  const trial = new Trace();
  const capture = fitCapture(requestsBesideEnvoy(pod, settings), settings, setting, trial);
  if ("ending" in capture || !fitsBesideEnvoy(pod, capture.found)) return undefined;
  const ours: OurResources = { before: [capture.found], beside, native: true, envoyFirst: true };
  return fitsPodLimit(pod, ours, setting, trial) === undefined ? capture : undefined;
}
