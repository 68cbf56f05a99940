import type { InjectionResult } from "../../inject/decision.ts";
import type { InjectionInput } from "../../inject/input.ts";
import { applyPatch } from "../../inject/json-patch.ts";
import { findContainer, podView } from "../../inject/pod.ts";
import { configurationHash } from "../../inject/record/configuration-hash.ts";
import { readRecord } from "../../inject/record/record.ts";
import type { TrustFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import { ENVOY_CONTAINER, TRUST_KEY } from "../../model/names.ts";
import type { PodNode } from "./pod-node.ts";
import { imageOf, type Sidecar } from "./sidecar.ts";

/**
 * In what a sidecar differs from the one that the pod would get now, one sentence each: `bare` is the pod without its
 * sidecar and `result` what is decided about that. The stored pod cannot be compared field by field, because the API
 * server and others filled in what they like; what was recorded at injection can. Where nobody knows which node the pod is, nothing is said that depends on it.
 */
export function driftOf(
  sidecar: Extract<Sidecar, { kind: "ours" }>,
  input: InjectionInput,
  bare: JsonObject,
  result: InjectionResult,
  node: PodNode,
): readonly string[] {
  const isGuess = node.kind === "unknown" && isByMembership(result);
  if (result.outcome !== "inject" && !isGuess)
    return [`created now it would get no sidecar: ${result.outcome} (${result.reason})`];
  const found: string[] = [];
  if (sidecar.release !== input.release) found.push(`put in by Outrigger ${sidecar.release}, now ${input.release}`);
  const hash = configurationHash(input.configuration);
  if (sidecar.configuration !== hash) found.push(`made by configuration ${sidecar.configuration}, now ${hash}`);
  if (result.outcome !== "inject") return found;
  const wanted = applyPatch(bare, result.patch);
  const resource = resourceIn(wanted) ?? sidecar.resource;
  if (!isGuess && roleIn(sidecar.resource) !== roleIn(resource))
    found.push(`injected as ${sidecar.resource}, now ${resource}`);
  const view = podView(wanted);
  const image = imageOf(findContainer([...view.initContainers, ...view.containers], ENVOY_CONTAINER));
  if (sidecar.image !== image) found.push(`runs ${sidecar.image}, now ${image}`);
  const missing = missingRoots(podView(input.pod).annotations[TRUST_KEY], view.annotations[TRUST_KEY]);
  if (missing > 0) found.push(`does not know ${missing} of the mesh's roots: outrigger trust rotate delivers them`);
  return found;
}

/** Whether other nodes or Meshes could lead to another decision: the rules that come after that of the node go by its role. */
export function isByMembership({ trace }: InjectionResult): boolean {
  return trace.some(({ rule }) => rule === "virtual-node");
}

/**
 * What the pod would be called now, where that is another node than it was injected as; empty: the same, or it would get no sidecar. It is
 * served as what it is now; its sidecar's own name stands in traces and statistics only.
 */
export function newNameOf(sidecar: Sidecar, bare: JsonObject, result: InjectionResult): string {
  if (sidecar.kind !== "ours" || result.outcome !== "inject") return "";
  const resource = resourceIn(applyPatch(bare, result.patch)) ?? sidecar.resource;
  return sidecar.resource !== resource && roleIn(sidecar.resource) === roleIn(resource) ? resource : "";
}

/** `mesh/<mesh>/virtualNode/<node>` by the pod's record; undefined where it has none that fits. */
function resourceIn(pod: JsonObject): string | undefined {
  const reading = readRecord(pod);
  return reading.kind === "fits" ? reading.record.resource : undefined;
}

/** A gateway's sidecar is made in another way than a node's. Names hold no slash. */
function roleIn(resource: string): string | undefined {
  return resource.split("/")[2];
}

/** Whether a sidecar that goes by its pod's annotation knows none of these roots, so that it takes no control plane for one. */
export function knowsNoRoot(pod: JsonObject, trust: TrustFacts): boolean {
  const carried = podView(pod).annotations[TRUST_KEY];
  if (trust.kind !== "known" || carried === undefined) return false;
  const wanted = blocks(trust.pem).length;
  return wanted > 0 && missingRoots(carried, trust.pem) === wanted;
}

/** How many certificates of the wanted bundle the pod does not carry. */
function missingRoots(carried: string | undefined, wanted: string | undefined): number {
  if (wanted === undefined || carried === wanted) return 0;
  const known = new Set(blocks(carried ?? ""));
  return blocks(wanted).filter((block) => !known.has(block)).length;
}

function blocks(pem: string): readonly string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map((block) =>
    block.replaceAll(/\s/g, ""),
  );
}
