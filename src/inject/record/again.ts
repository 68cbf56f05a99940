import { type JsonObject, listOf, member, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { ENVOY_CONTAINER, RECORD_KEY, TRUST_KEY, TRUST_SDS_KEY } from "../../model/names.ts";
import { readAnnotations } from "../annotations.ts";
import type { InjectionInput } from "../input.ts";
import { applyPatch, type PatchOperation, pointer } from "../json-patch.ts";
import type { ProbeRewrite } from "../plan/probes.ts";
import { planPod } from "../plan-pod.ts";
import { type ContainerView, findContainer, type PodView, podView } from "../pod.ts";
import { containerPath, PodEditor } from "../pod-editor.ts";
import { rewriteProbe } from "../pod-patch.ts";
import { wantedPlace } from "../rules/init-containers.ts";
import { OTHER_MESH_ADVICE, otherMesh } from "../rules/other-mesh.ts";
import { tooManyAnnotations } from "../sizes.ts";
import { type Ended, Trace } from "../trace.ts";
import { configurationHash } from "./configuration-hash.ts";
import { movesIntoOrder } from "./container-order.ts";
import { type InjectionRecord, recordText } from "./record.ts";
import { uninject } from "./uninject.ts";

/**
 * A pod that has its sidecar: another webhook made the API server ask again, or a saved manifest is injected twice. The
 * answer is nothing, or what has become necessary since: the trust, probes of captured ports that a later webhook brought, and
 * the order of our init containers where it put its own between them.
 * A sidecar of another release or configuration stays as it is; `refresh` renews it.
 */
export function again(
  input: InjectionInput,
  record: InjectionRecord,
  trace: Trace,
): { readonly ended: Ended; readonly patch: readonly PatchOperation[] } {
  const pod = podView(input.pod);
  const sign = otherMesh(pod, input.namespace);
  if (sign?.present && input.configuration.otherMesh === "skip") {
    const found = `the pod has the sidecar of ${record.resource}, and ${sign.saw} (${sign.mesh})`;
    return { ended: trace.deny("other-mesh", "two-meshes", `${found}: ${OTHER_MESH_ADVICE}`), patch: [] };
  }
  const editor = new PodEditor(input.pod);
  const done = [
    ...(addTrust(input, pod, record, editor) ? ["its trust is added"] : []),
    ...(addProbes(input, pod, record, editor, trace) ? ["its new probes are asked through the sidecar"] : []),
  ];
  if (editor.created.length > 0 || Object.keys(editor.replaced).length > 0) {
    const updated: InjectionRecord = {
      ...record,
      created: [...record.created, ...editor.created],
      replaced: { ...record.replaced, ...editor.replaced },
    };
    editor.operations.push({
      op: "replace",
      path: pointer("metadata", "annotations", RECORD_KEY),
      value: recordText(updated),
    });
    const full = tooManyAnnotations(pod, editor.operations, trace);
    if (full !== undefined) return { ended: full, patch: [] };
  }
  // last, for the edits before go by positions; and so that what is moved has them
  const moves = moved(input, record, editor.operations);
  if (moves.length > 0) done.push("its init containers are put in order, for another webhook's would have no network");
  const message = `the pod already has the sidecar of ${record.resource} (release ${record.release})`;
  const ended = trace.end("record", "inject", "already-injected", [message, ...done].join("; "));
  return { ended, patch: [...editor.operations, ...moves] };
}

/** As the pod, its namespace or the configuration wants it, in silence: at the first call all was said. */
function moved(
  input: InjectionInput,
  record: InjectionRecord,
  before: readonly PatchOperation[],
): readonly PatchOperation[] {
  const { initContainers } = readAnnotations(input.pod).values;
  const place = wantedPlace(input, initContainers, new Trace()) ?? input.configuration.capture.initContainers;
  const moves = movesIntoOrder(input.pod, record, place);
  return moves.length > 0 && before.length > 0 ? movesIntoOrder(applyPatch(input.pod, before), record, place) : moves;
}

/** Pods injected offline wait for the mesh's trust: whoever knows it adds it. */
function addTrust(input: InjectionInput, pod: PodView, record: InjectionRecord, editor: PodEditor): boolean {
  const identity = record.created.includes(pointer("metadata", "annotations", TRUST_SDS_KEY));
  if (!identity || input.trust.kind !== "known" || Object.hasOwn(pod.annotations, TRUST_KEY)) return false;
  editor.addMembers(["metadata", "annotations"], { [TRUST_KEY]: input.trust.pem });
  return true;
}

/** Probes that are not yet rewritten, where the sidecar is of this very release and configuration. */
function addProbes(
  input: InjectionInput,
  pod: PodView,
  record: InjectionRecord,
  editor: PodEditor,
  trace: Trace,
): boolean {
  if (record.release !== input.release || record.configuration !== configurationHash(input.configuration)) return false;
  const before = applyPatch(input.pod, uninject(input.pod).patch);
  const planned = planPod({ ...input, pod: before }, new Trace());
  if ("ending" in planned) {
    const { outcome, message } = planned.ending;
    if (outcome === "deny") trace.warn("record", `what came to the pod after its sidecar does not fit it: ${message}`);
    return false;
  }
  const missing = planned.found.plan.probes.flatMap((rewrite) => notYetRewritten(pod, rewrite));
  const wanted = [...planned.found.plan.initContainers, ...planned.found.plan.containers].find(
    (container) => container["name"] === ENVOY_CONTAINER,
  );
  const envoy = findContainer([...pod.initContainers, ...pod.containers], ENVOY_CONTAINER);
  if (missing.length === 0 || wanted === undefined || envoy === undefined) return false;
  for (const rewrite of missing) rewriteProbe(editor, rewrite);
  renewBootstrap(envoy, wanted, editor);
  return true;
}

function notYetRewritten(pod: PodView, rewrite: ProbeRewrite): readonly ProbeRewrite[] {
  const container = findContainer(pod[rewrite.container.list], rewrite.container.name);
  const action = member(member(container?.raw, rewrite.probe), "httpGet");
  if (container === undefined || member(action, "path") === rewrite.route.path) return [];
  return [{ ...rewrite, container }];
}

/** Envoy's own arguments are ours: the one with the bootstrap is replaced, and what it newly refers to is added. */
function renewBootstrap(envoy: ContainerView, wanted: JsonObject, editor: PodEditor): void {
  const path = `/spec/${envoy.list}/${envoy.index}/args`;
  const args = listOf(member(envoy.raw, "args"));
  for (const [index, argument] of listOf(wanted["args"]).entries()) {
    if (args[index] !== argument) editor.operations.push({ op: "replace", path: `${path}/${index}`, value: argument });
  }
  const present = objectsOf(member(envoy.raw, "env"));
  const missing = objectsOf(wanted["env"]).filter((entry) => !present.some((other) => sameJson(other, entry)));
  const names = missing.filter((entry) => !present.some((other) => stringOf(other["name"]) === entry["name"]));
  // these lie inside a container that the record names as a whole
  const inside = new PodEditor(editor.pod);
  inside.addElements([...containerPath(envoy), "env"], names, "name", "end");
  editor.operations.push(...inside.operations);
}
