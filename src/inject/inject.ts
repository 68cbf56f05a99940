import { RECORD_KEY } from "../model/names.ts";
import { again } from "./again.ts";
import { configurationHash } from "./configuration-hash.ts";
import type { InjectionResult, SidecarSettings } from "./decision.ts";
import { neverInjected } from "./eligibility.ts";
import type { InjectionInput } from "./input.ts";
import { applyPatch } from "./json-patch.ts";
import { planPod } from "./plan-pod.ts";
import { podPatch } from "./pod-patch.ts";
import { readRecord } from "./record.ts";
import { tooManyAnnotations } from "./sizes.ts";
import { type Ending, Trace } from "./trace.ts";
import { uninject } from "./uninject.ts";

/** Decides about one pod and, where the answer is yes, plans its sidecar and returns the patch. Pure and deterministic. */
export function inject(input: InjectionInput): InjectionResult {
  const trace = new Trace();
  const never = neverInjected(input, trace);
  if (never !== undefined) return ended(trace, never);
  const reading = readRecord(input.pod);
  switch (reading.kind) {
    case "fits": {
      const { ending, patch } = again(input, reading.record, trace);
      return { ...trace.decision(ending, undefined), patch };
    }
    case "mismatch":
      return ended(
        trace,
        trace.deny(
          "record",
          "record-mismatch",
          `${reading.problem}: the record does not fit the pod; remove the annotation ${RECORD_KEY} together with the sidecar, or restore the manifest with outrigger uninject`,
        ),
      );
    case "absent":
      trace.pass("record", "the pod was not injected before");
      return firstTime(input, trace);
  }
}

/**
 * As {@link inject}, but a sidecar that is there already is taken away first and made anew: the way from an older release or
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
  if ("ending" in planned) return ended(trace, planned.ending);
  const { pod, settings, plan } = planned;
  const resource = `mesh/${settings.mesh.path}/${settings.role.kind}/${settings.role.name}`;
  const configuration = configurationHash(settings.configuration);
  const patch = podPatch(pod, plan, { release: input.release, configuration, resource });
  const full = tooManyAnnotations(pod, patch, trace);
  if (full !== undefined) return ended(trace, full);
  const ending = trace.end("inject", "inject", "injected", `the pod becomes ${resource}${describeCapture(settings)}`);
  return { ...trace.decision(ending, settings), patch };
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

function ended(trace: Trace, ending: Ending): InjectionResult {
  return { ...trace.decision(ending, undefined), patch: [] };
}
