import { createHash } from "node:crypto";
import type { Configuration } from "../config/schema.ts";
import { type Json, member } from "../model/json.ts";
import { RECORD_KEY, TRUST_KEY, TRUST_SDS_KEY } from "../model/names.ts";
import { decide } from "./decide.ts";
import type { InjectionResult, SidecarSettings } from "./decision.ts";
import { neverInjected } from "./eligibility.ts";
import type { InjectionInput } from "./input.ts";
import { applyPatch, type PatchOperation, pointer } from "./json-patch.ts";
import { OTHER_MESH_ADVICE, otherMesh } from "./other-mesh.ts";
import { planSidecar } from "./plan/plan.ts";
import { type PodView, podView } from "./pod.ts";
import { podPatch } from "./pod-patch.ts";
import { type InjectionRecord, readRecord, recordText } from "./record.ts";
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
    case "fits":
      return again(input, reading.record, trace);
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
  const verdict = decide(input, trace);
  if ("ending" in verdict) return ended(trace, verdict.ending);
  const { settings } = verdict;
  const pod = podView(input.pod);
  const plan = planSidecar(input, pod, settings, trace);
  if ("ending" in plan) return ended(trace, plan.ending);
  const resource = `mesh/${settings.mesh.path}/${settings.role.kind}/${settings.role.name}`;
  const patch = podPatch(pod, plan.found, {
    release: input.release,
    configuration: configurationHash(settings.configuration),
    resource,
  });
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

/** A pod that has its sidecar: other webhooks made the API server ask again, or a saved manifest is injected twice. */
function again(input: InjectionInput, record: InjectionRecord, trace: Trace): InjectionResult {
  const pod = podView(input.pod);
  const sign = otherMesh(pod, input.namespace);
  if (sign?.present && input.configuration.otherMesh === "skip") {
    return ended(
      trace,
      trace.deny(
        "other-mesh",
        "two-meshes",
        `the pod has the sidecar of ${record.resource}, and ${sign.saw} (${sign.mesh}): ${OTHER_MESH_ADVICE}`,
      ),
    );
  }
  const patch = missingTrust(input, pod, record);
  const ending = trace.end(
    "record",
    "inject",
    "already-injected",
    `the pod already has the sidecar of ${record.resource} (release ${record.release})${patch.length > 0 ? "; its trust is added" : ""}`,
  );
  return { ...trace.decision(ending, undefined), patch };
}

/** Pods injected offline wait for the mesh's trust: whoever knows it adds it, and lists it in the record. */
function missingTrust(input: InjectionInput, pod: PodView, record: InjectionRecord): readonly PatchOperation[] {
  const identity = record.created.includes(pointer("metadata", "annotations", TRUST_SDS_KEY));
  if (!identity || input.trust.kind !== "known" || Object.hasOwn(pod.annotations, TRUST_KEY)) return [];
  const created = [...record.created, pointer("metadata", "annotations", TRUST_KEY)];
  return [
    { op: "add", path: pointer("metadata", "annotations", TRUST_KEY), value: input.trust.pem },
    { op: "replace", path: pointer("metadata", "annotations", RECORD_KEY), value: recordText({ ...record, created }) },
  ];
}

function ended(trace: Trace, ending: Ending): InjectionResult {
  return { ...trace.decision(ending, undefined), patch: [] };
}

const HASHES = new WeakMap<Configuration, string>();

/** Twelve hexadecimal digits that change with whatever bears on sidecars; the webhook's own settings do not. */
export function configurationHash(configuration: Configuration): string {
  const known = HASHES.get(configuration);
  if (known !== undefined) return known;
  const { webhook: _webhook, log: _log, ...relevant } = configuration;
  const hash = createHash("sha256")
    .update(canonical(relevant as unknown as Json))
    .digest("hex")
    .slice(0, 12);
  HASHES.set(configuration, hash);
  return hash;
}

/** JSON with sorted keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(member(value, key) as Json)}`).join(",")}}`;
}
