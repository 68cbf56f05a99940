import type { Caches } from "../../cluster/caches.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Configuration } from "../../config/schema.ts";
import { readAnnotations } from "../../inject/annotations.ts";
import type { Role } from "../../inject/decision.ts";
import { findMesh, findNode } from "../../inject/identity.ts";
import type { InjectionInput } from "../../inject/input.ts";
import { podView } from "../../inject/pod.ts";
import { Trace } from "../../inject/trace.ts";
import type { OwnerFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import { needsLookup, ownerFacts } from "../../model/owner.ts";

/** Which node of which mesh a pod is, or why nobody can say. */
export type PodIdentity =
  | {
      readonly kind: "resolved";
      /** With `@owner` for a mesh of another account. */
      readonly mesh: string;
      readonly role: Role;
      /** `mesh/<mesh>/virtualNode/<name>`, as the sidecar's node id should be. */
      readonly id: string;
    }
  | { readonly kind: "unresolved"; readonly problem: string };

/**
 * The virtual node of a pod: by its annotation, else by selector, else by the naming rule, from what the caches know now. The
 * rules are those of injection; a pod without a VirtualNode is a node of its own name here, whatever injection would have said.
 */
export function podIdentity(pod: PodSummary, caches: Caches, configuration: Configuration): PodIdentity {
  const raw = rawPod(pod);
  const { values } = readAnnotations(raw);
  const input = identityInput(pod, raw, caches, { ...configuration, onMissingVirtualNode: "passthrough" });
  const trace = new Trace();
  const node = findNode(input, podView(raw), values, trace);
  if ("ending" in node) return { kind: "unresolved", problem: node.ending.message };
  const mesh = findMesh(input, values, node.found, trace);
  if ("ending" in mesh) return { kind: "unresolved", problem: mesh.ending.message };
  const { role } = node.found;
  const { path } = mesh.found;
  return { kind: "resolved", mesh: path, role, id: `mesh/${path}/${role.kind}/${role.name}` };
}

/** As much of a pod as the rules of identity look at, as it was when it was injected: before a generated name was made. */
function rawPod({ name, namespace, labels, annotations, generateName }: PodSummary): JsonObject {
  return { metadata: { ...(generateName === "" ? { name } : { generateName }), namespace, labels, annotations } };
}

function identityInput(pod: PodSummary, raw: JsonObject, caches: Caches, configuration: Configuration): InjectionInput {
  const { namespace } = pod;
  const metadata = caches.namespaces.cache.get("", namespace);
  return {
    pod: raw,
    request: { operation: "CREATE", dryRun: false, user: "" },
    namespace: { name: namespace, labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} },
    owner: ownerOf(pod, caches),
    virtualNodes: caches.virtualNodes.cache.list(namespace),
    virtualGateways: caches.virtualGateways.cache.list(namespace),
    meshes: caches.meshes.cache.list(""),
    limitRanges: [],
    quotas: [],
    trust: { kind: "later" },
    configuration,
    release: "",
  };
}

function ownerOf({ controller, namespace }: PodSummary, caches: Caches): OwnerFacts {
  if (controller === undefined || !needsLookup(controller)) return ownerFacts(controller, undefined);
  const informer = controller.kind === "Job" ? caches.jobs : caches.replicaSets;
  const known = informer.cache.get(namespace, controller.name);
  if (known?.uid === controller.uid) return ownerFacts(controller, { kind: "found", controller: known.controller });
  return ownerFacts(controller, { kind: "failed", reason: "it is not known yet" });
}
