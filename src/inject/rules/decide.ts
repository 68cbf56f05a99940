import { isObject, member } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { readAnnotations } from "../annotations.ts";
import type { SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { podView } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";
import { findCapture } from "./capture.ts";
import { findConflicts } from "./conflicts.ts";
import { inOtherMesh, optedIn } from "./eligibility.ts";
import { findMesh, findNode } from "./identity.ts";
import { unusableName } from "./resource-names.ts";
import { misreadInPod } from "./scalars.ts";
import { settle } from "./settings.ts";

export type Verdict = { readonly settings: SidecarSettings } | { readonly ending: Ending };

/**
 * The chain of rules for a pod without a record of injection: whether, as which node of which mesh, what is captured,
 * and what stands against it. Every rule leaves a step in the trace; the first that ends the chain wins.
 */
export function decide(input: InjectionInput, trace: Trace): Verdict {
  const malformed = wellFormed(input, trace);
  if (malformed !== undefined) return { ending: malformed };
  const pod = podView(input.pod);
  const { values, warnings, problems, reserved } = readAnnotations(input.pod);

  // before the pod may be skipped: a slip in an annotation can be the very reason for that
  for (const warning of warnings) trace.warn("annotations", warning);
  const early = optedIn(input, values, trace) ?? inOtherMesh(input, pod, trace);
  if (early !== undefined) return { ending: early };
  if (problems.length > 0) return { ending: trace.deny("annotations", "bad-annotation", problems.join("; ")) };
  if (reserved.length > 0) return { ending: reservedAnnotations(reserved, trace) };
  trace.pass("annotations", "all annotations can be read");

  const node = findNode(input, pod, values, trace);
  if ("ending" in node) return node;
  const mesh = findMesh(input, pod, values, node.found, trace);
  if ("ending" in mesh) return mesh;
  const unusable = unusableName(node.found, mesh.found, trace);
  if (unusable !== undefined) return { ending: unusable };
  const capture = findCapture(input, pod, values, node.found, trace);
  if ("ending" in capture) return capture;
  const settings = settle(input, values, node.found, mesh.found, capture.found, trace);
  if ("ending" in settings) return settings;
  const conflict = findConflicts(input, pod, settings.found, trace) ?? trusted(input, settings.found, trace);
  return conflict === undefined ? { settings: settings.found } : { ending: conflict };
}

/** A pod that the API server would refuse anyway is not guessed at. */
function wellFormed(input: InjectionInput, trace: Trace): Ending | undefined {
  const rule = "well-formed";
  const { pod } = input;
  const spec = member(pod, "spec");
  const metadata = member(pod, "metadata");
  const annotations = member(metadata, "annotations");
  const say = (problem: string) => trace.deny(rule, "bad-pod", `${problem}; the API server would refuse this pod`);
  if (!isObject(spec)) return say("the pod has no spec");
  if (!Array.isArray(member(spec, "containers"))) return say("spec.containers is not a list");
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) return say("metadata is not an object");
  if (annotations !== undefined && annotations !== null && !isObject(annotations))
    return say("metadata.annotations is not an object");
  for (const list of ["initContainers", "volumes", "imagePullSecrets", "readinessGates"]) {
    const value = member(spec, list);
    if (value !== undefined && value !== null && !Array.isArray(value)) return say(`spec.${list} is not a list`);
  }
  const misread = misreadInPod(pod);
  if (misread !== undefined) return say(misread);
  return trace.pass(rule, "the pod has a spec with containers");
}

function reservedAnnotations(reserved: readonly string[], trace: Trace): Ending {
  return trace.deny(
    "annotations",
    "reserved-annotation",
    `only Outrigger writes ${reserved.join(", ")}, and without ${RECORD_KEY} they were not written by it; remove them (a manifest saved from a running pod: outrigger uninject)`,
  );
}

/** A sidecar that talks to the control plane must be able to tell it from an impostor. */
function trusted(input: InjectionInput, settings: SidecarSettings, trace: Trace): Ending | undefined {
  const rule = "trust";
  if (settings.flavor === "aws" || settings.configuration.proxy.controlPlane === "none") {
    return trace.pass(rule, "no trust is needed without our control plane");
  }
  switch (input.trust.kind) {
    case "known":
      return trace.set(rule, "the mesh's trust is known");
    case "later":
      return trace.set(rule, "the trust is added later, by a webhook or by inject --refresh");
    case "missing":
      return trace.deny(
        rule,
        "trust-missing",
        `the mesh's trust is not there yet (looked for ${input.trust.lookedFor}), so this sidecar could not verify its control plane; is the control plane running?`,
      );
  }
}
