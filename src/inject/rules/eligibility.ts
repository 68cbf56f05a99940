import { EXCLUDED_NAMESPACES, INJECT_KEY } from "../../model/names.ts";
import type { InjectionInput } from "../input.ts";
import type { Ended, Trace } from "../trace.ts";
import { OTHER_MESH_ADVICE, otherMesh } from "./other-mesh.ts";
import { POD_RULES } from "./pod-rules.ts";
import type { Seen } from "./seen.ts";

/** Rules that need neither annotations nor look-ups: what is never injected, whatever it asks for. */
export function neverInjected(input: InjectionInput, trace: Trace): Ended | undefined {
  const { operation } = input.request;
  if (operation !== "CREATE") {
    return trace.skip(
      "operation",
      "not-a-create",
      `the operation is ${operation}; only CREATE injects, everything else is allowed unchanged`,
    );
  }
  trace.pass("operation", "the operation is CREATE");
  if ([...EXCLUDED_NAMESPACES, ...input.configuration.excludedNamespaces].includes(input.namespace.name)) {
    return trace.skip(
      "excluded-namespace",
      "namespace-excluded",
      `namespace ${input.namespace.name} is never injected: it is the cluster's own or ours, or named in the setting excludedNamespaces`,
    );
  }
  trace.pass("excluded-namespace", `namespace ${input.namespace.name} is not excluded`);
  for (const rule of POD_RULES) {
    if (rule.holds(input.pod)) return trace.skip(rule.name, rule.name, `${rule.saw}: ${rule.advice}`);
    trace.pass(rule.name, rule.otherwise);
  }
  return undefined;
}

/** Whether the pod wants a sidecar: its own annotation, else its namespace's mode. */
export function optedIn({ input, annotations }: Pick<Seen, "input" | "annotations">, trace: Trace): Ended | undefined {
  const label = input.namespace.labels[INJECT_KEY];
  const rule = "namespace-mode";
  if (label !== "enabled" && label !== "disabled") {
    return trace.skip(
      rule,
      "namespace-not-enabled",
      `namespace ${input.namespace.name} ${label === undefined ? "has no label" : `has an unknown value in its label`} ${INJECT_KEY}: label it enabled (every pod) or disabled (pods with the annotation ${INJECT_KEY}: enabled)`,
    );
  }
  if (annotations.values.injection === "enabled")
    return trace.set(rule, `the pod's annotation ${INJECT_KEY} is enabled`);
  if (label === "disabled") {
    return trace.skip(
      rule,
      "not-opted-in",
      `namespace ${input.namespace.name} is labelled disabled and the pod is not annotated ${INJECT_KEY}: enabled`,
    );
  }
  if (!input.configuration.injectDefault) {
    return trace.skip(rule, "not-opted-in", `injectDefault is off and the pod is not annotated ${INJECT_KEY}: enabled`);
  }
  return trace.set(rule, `namespace ${input.namespace.name} is labelled enabled`);
}

/** Pods of another mesh are left alone, unless the configuration insists. */
export function inOtherMesh({ input, pod }: Pick<Seen, "input" | "pod">, trace: Trace): Ended | undefined {
  const rule = "other-mesh";
  const sign = otherMesh(pod, input.namespace);
  if (sign === undefined) return trace.pass(rule, "no sign of another mesh");
  if (input.configuration.otherMesh === "insist") {
    return trace.warn(rule, `${sign.saw} (${sign.mesh}), but the configuration insists on injecting`);
  }
  return trace.skip(rule, "other-mesh", `${sign.saw}, so the pod belongs to ${sign.mesh}: ${OTHER_MESH_ADVICE}`);
}
