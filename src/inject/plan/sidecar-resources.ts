import type { JsonObject } from "../../model/json.ts";
import { CAPTURE_CONTAINER, ENVOY_CONTAINER, XRAY_CONTAINER } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";
import type { Step, Trace } from "../trace.ts";
import { fitsPodLimit } from "./pod-limit.ts";
import { fitResources, resourceSetting, traceQos } from "./resources.ts";

/** Resources of Envoy and the X-Ray daemon, and of `proxyinit`. Only what is really added has to fit. */
export function sidecarResources(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  withXray: boolean,
  trace: Trace,
): Step<{ readonly sidecar: JsonObject; readonly capture: JsonObject }> {
  const setting = resourceSetting(input, pod);
  const beside = [
    ...(settings.role.kind === "virtualNode" ? [ENVOY_CONTAINER] : []),
    ...(withXray ? [XRAY_CONTAINER] : []),
  ];
  const [first] = beside;
  const sidecar = first === undefined ? { found: {} } : fitResources(first, settings, setting, trace);
  if ("ending" in sidecar) return sidecar;
  const { requests, limits } = settings.configuration.proxy;
  const init = settings.capture.mode === "init";
  const capture = init ? fitResources(CAPTURE_CONTAINER, { requests, limits }, setting, trace) : { found: {} };
  if ("ending" in capture) return capture;
  const full = fitsPodLimit(
    pod,
    {
      before: init ? [capture.found] : [],
      beside: beside.map(() => sidecar.found),
      native: settings.configuration.proxy.mode === "native",
    },
    setting,
    trace,
  );
  if (full !== undefined) return full;
  traceQos(pod, [...beside.map(() => sidecar.found), ...(init ? [capture.found] : [])], setting, trace);
  return { found: { sidecar: sidecar.found, capture: capture.found } };
}
