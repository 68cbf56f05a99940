import { INIT_CONTAINERS_KEY } from "../../model/names.ts";
import { withoutBlanks } from "../../model/trim.ts";
import type { Capture, InitContainersPlace } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { ContainerView } from "../pod.ts";
import type { Trace } from "../trace.ts";
import { clip } from "../values.ts";

const RULE = "init-containers";

/**
 * Where the pod's own init containers run: annotation of the pod, else of its namespace, else configuration. The CNI plugin
 * captures from the sandbox on, so that nothing can run before; an Envoy that is an ordinary container runs after all of them.
 */
export function initContainersPlace(
  input: InjectionInput,
  ofPod: InitContainersPlace | undefined,
  capture: Capture,
  trace: Trace,
): InitContainersPlace {
  const wanted = wantedPlace(input, ofPod, trace);
  switch (capture.mode) {
    case "none":
      if (ofPod !== undefined) withoutEffect(trace, "a gateway's traffic is not captured");
      return "inside";
    case "cni":
      if (wanted === "outside") withoutEffect(trace, "the CNI plugin captures before the first container starts");
      return "inside";
    case "init":
      break;
  }
  if (input.configuration.proxy.mode === "ordinary") {
    if (wanted === "inside")
      withoutEffect(trace, "Envoy as an ordinary container (proxy.mode) starts after all init containers");
    return "outside";
  }
  const place = wanted ?? input.configuration.capture.initContainers;
  if (place === "outside") trace.set(RULE, "the pod's own init containers run before its traffic is captured");
  return place;
}

/**
 * How many init containers go before ours where the pod's own run outside: all up to the last that completes. Sidecars behind
 * that one start inside the mesh; one between those that complete stays where they may need it, and starts outside.
 */
export function behindCompleted(initContainers: readonly ContainerView[]): number {
  return 1 + (initContainers.findLast((container) => !container.restartable)?.index ?? -1);
}

/** What the pod says, else its namespace; undefined when neither does. */
export function wantedPlace(
  input: InjectionInput,
  ofPod: InitContainersPlace | undefined,
  trace: Trace,
): InitContainersPlace | undefined {
  return ofPod ?? ofNamespace(input, trace);
}

function ofNamespace({ namespace }: InjectionInput, trace: Trace): InitContainersPlace | undefined {
  const value = namespace.annotations[INIT_CONTAINERS_KEY];
  if (value === undefined) return undefined;
  const word = withoutBlanks(value).toLowerCase();
  if (word === "inside" || word === "outside") return word;
  return trace.warn(
    RULE,
    `annotation ${INIT_CONTAINERS_KEY} of namespace ${namespace.name} is "${clip(value)}", expected inside or outside: the configured order stays`,
  );
}

function withoutEffect(trace: Trace, why: string): void {
  trace.warn(RULE, `annotation ${INIT_CONTAINERS_KEY} has no effect: ${why}`);
}
