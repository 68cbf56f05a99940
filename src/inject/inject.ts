import { RECORD_KEY } from "../model/names.ts";
import type { InjectionResult, SidecarSettings } from "./decision.ts";
import type { InjectionInput } from "./input.ts";
import { applyPatch } from "./json-patch.ts";
import { planPod } from "./plan-pod.ts";
import { podView } from "./pod.ts";
import { podPatch } from "./pod-patch.ts";
import { again } from "./record/again.ts";
import { configurationHash } from "./record/configuration-hash.ts";
import { findLeftovers } from "./record/leftovers.ts";
import { readRecord } from "./record/record.ts";
import { uninject } from "./record/uninject.ts";
import { neverInjected } from "./rules/eligibility.ts";
import { tooManyAnnotations } from "./sizes.ts";
import { type Ended, Trace } from "./trace.ts";

/** Decides about one pod and, where the answer is yes, plans its sidecar and returns the patch. Pure and deterministic. */
export function inject(input: InjectionInput): InjectionResult {
  const trace = new Trace();
  const never = neverInjected(input, trace);
  if (never !== undefined) return unchanged(trace, never);
  const reading = readRecord(input.pod);
  switch (reading.kind) {
    case "fits": {
      const { ended, patch } = again(input, reading.record, trace);
      return { ...trace.decision(ended, undefined), patch };
    }
    case "mismatch":
      return unchanged(
        trace,
        trace.deny(
          "record",
          "record-mismatch",
          `${reading.problem}: the record does not fit the pod; remove the annotation ${RECORD_KEY} together with the sidecar, or restore the manifest with outrigger uninject (kubectl debug --keep-annotations: keep the init containers too)`,
        ),
      );
    case "absent":
      return withoutRecord(input, trace);
  }
}

/** Whatever else is said: a copy can be made so that it keeps what its original was chosen by. */
const COPY_HINT =
  "a copy by kubectl debug keeps all of this with --keep-annotations --keep-labels --keep-liveness --keep-readiness --keep-startup";

/** A pod that was never injected, or the copy of one that was: what is left of that sidecar makes room for one of its own. */
function withoutRecord(input: InjectionInput, trace: Trace): InjectionResult {
  const leftovers = findLeftovers(podView(input.pod));
  switch (leftovers.kind) {
    case "none":
      trace.pass("record", "the pod was not injected before");
      return firstTime(input, trace);
    case "stuck": {
      const message = `the pod has a sidecar of ours without the annotation ${RECORD_KEY}: ${leftovers.problem}; ${COPY_HINT}`;
      return unchanged(trace, trace.deny("record", "record-mismatch", message));
    }
    case "removable": {
      trace.warn("record", "the pod is a copy that holds the sidecar of its original: it gets one of its own instead");
      const result = firstTime({ ...input, pod: applyPatch(input.pod, leftovers.patch) }, trace);
      if (result.outcome === "inject") return { ...result, patch: [...leftovers.patch, ...result.patch] };
      const message = `${result.message}; and the pod holds the sidecar of its original without the annotation ${RECORD_KEY}, with which it would not run: ${COPY_HINT}`;
      const reason = result.outcome === "deny" ? result.reason : "record-mismatch";
      return { ...result, ...trace.decision(trace.deny("record", reason, message), undefined), patch: [] };
    }
  }
}

/**
 * As {@link inject}, but a sidecar that is there already is removed first and created again: the way from an older release or
 * another configuration to this one.
 */
export function refresh(input: InjectionInput): InjectionResult {
  const removal = uninject(input.pod);
  if (removal.outcome !== "removed") return inject(input);
  const result = inject({ ...input, pod: applyPatch(input.pod, removal.patch) });
  return result.outcome === "inject" ? { ...result, patch: [...removal.patch, ...result.patch] } : result;
}

function firstTime(input: InjectionInput, trace: Trace): InjectionResult {
  const planned = planPod(input, trace);
  if ("ending" in planned) return unchanged(trace, planned);
  const { pod, settings, plan } = planned.found;
  const resource = `mesh/${settings.mesh.path}/${settings.role.kind}/${settings.role.name}`;
  const configuration = configurationHash(settings.configuration);
  const patch = podPatch(pod, plan, { release: input.release, configuration, resource });
  const full = tooManyAnnotations(pod, patch, trace);
  if (full !== undefined) return unchanged(trace, full);
  const ended = trace.end("inject", "inject", "injected", `the pod becomes ${resource}${describeCapture(settings)}`);
  return { ...trace.decision(ended, settings), patch };
}

function describeCapture({ capture }: SidecarSettings): string {
  switch (capture.mode) {
    case "none":
      return ", a gateway";
    case "cni":
      return "; its traffic is redirected by the CNI plugin";
    case "init":
      return "; its traffic is redirected by an init container";
  }
}

function unchanged(trace: Trace, ended: Ended): InjectionResult {
  return { ...trace.decision(ended, undefined), patch: [] };
}
