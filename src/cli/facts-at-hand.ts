import { limitRangeFacts, namespaceMetadata, quotaFacts } from "../cluster/resources.ts";
import type { InjectionInput } from "../inject/input.ts";
import { ownerOf } from "../manifest/owner.ts";
import type { ManifestObject, Workload } from "../manifest/workloads.ts";
import type { NamespaceFacts, OwnerFacts, TrustFacts } from "../model/facts.ts";
import { isObject } from "../model/json.ts";
import type { Candidate } from "../model/membership.ts";
import { meshFacts, type NodeFacts, nodeFacts } from "../model/mesh-objects.ts";
import { INJECT_KEY } from "../model/names.ts";
import { sharedNodes } from "../model/shared-nodes.ts";

/** What the command line says about pods that no cluster is asked about. */
export interface Assumptions {
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** The namespaces' label that switches injection. */
  readonly namespaceLabel: NamespaceLabel;
  /** Owner of the bare pods of the input. */
  readonly owner: OwnerFacts | undefined;
  readonly trust: TrustFacts;
}

export type NamespaceLabel =
  | { readonly kind: "given"; readonly value: string }
  /** What a Namespace among the objects says, else enabled: who names a file wants its pods injected. */
  | { readonly kind: "enabled-unless-found" }
  /** What the Namespace says and nothing else. */
  | { readonly kind: "as-found" };

type Facts = Omit<InjectionInput, "pod" | "request" | "configuration" | "release">;

/** The facts about a workload's pods, from the objects at hand: those of the input and of `--virtual-nodes`. */
export function factsAtHand(
  workload: Workload,
  objects: readonly ManifestObject[],
  { namespace, namespaceLabel, owner, trust }: Assumptions,
): Facts {
  const name = workload.namespace ?? namespace;
  const here = namespaceAtHand(name, objects, namespace);
  const own = namespaceFacts(name, objects, namespaceLabel);
  const labelsOf = (other: string) => namespaceFacts(other, objects, { kind: "as-found" }).labels;
  return {
    ...here.facts,
    sharedNodes: sharedNodes(own, { candidates: here.candidates, meshes: here.facts.meshes, labelsOf }),
    namespace: own,
    owner: workload.kind === "Pod" && owner !== undefined ? owner : ownerOf(workload, here.objects),
    trust,
  };
}

/** The objects of one namespace, and the facts that they are. */
interface NamespaceAtHand {
  readonly objects: readonly ManifestObject[];
  readonly facts: Pick<Facts, "virtualNodes" | "virtualGateways" | "meshes" | "limitRanges" | "quotas">;
  /** All nodes and gateways that are shared with other namespaces. */
  readonly candidates: readonly Candidate<NodeFacts>[];
}

/** What was found for the namespaces of some objects: the same for all workloads of a namespace. */
const FOUND = new WeakMap<readonly ManifestObject[], Map<string, NamespaceAtHand>>();

function namespaceAtHand(name: string, objects: readonly ManifestObject[], unnamed: string): NamespaceAtHand {
  const found = FOUND.get(objects) ?? new Map<string, NamespaceAtHand>();
  FOUND.set(objects, found);
  const key = JSON.stringify([name, unnamed]);
  const known = found.get(key) ?? collected(name, objects, unnamed);
  found.set(key, known);
  return known;
}

function collected(name: string, objects: readonly ManifestObject[], unnamed: string): NamespaceAtHand {
  const here = objects.filter((object) => (object.namespace ?? unnamed) === name);
  const meshKind = (kind: string) => (object: ManifestObject) =>
    object.kind === kind && object.apiVersion.startsWith("appmesh.k8s.aws/");
  const nodes = (kind: string) =>
    lastOfEach(here.filter(meshKind(kind))).map(({ json }) => ({ ...nodeFacts(json), namespace: name }));
  const shared = (kind: string) =>
    objects
      .filter(meshKind(kind))
      .map(({ json, namespace = unnamed }) => ({ ...nodeFacts(json), namespace }))
      .filter(({ sharedWith }) => sharedWith !== undefined);
  return {
    objects: here,
    candidates: [
      ...shared("VirtualNode").map((object) => ({ kind: "virtualNode", object }) as const),
      ...shared("VirtualGateway").map((object) => ({ kind: "virtualGateway", object }) as const),
    ],
    facts: {
      virtualNodes: nodes("VirtualNode"),
      virtualGateways: nodes("VirtualGateway"),
      meshes: lastOfEach(objects.filter(meshKind("Mesh"))).map(({ json }) => meshFacts(json)),
      limitRanges: lastOfEach(here.filter(coreKind("LimitRange"))).map(({ json }) => limitRangeFacts(json)),
      quotas: lastOfEach(here.filter(coreKind("ResourceQuota"))).map(({ json }) => quotaFacts(json)),
    },
  };
}

/**
 * Objects of one kind and namespace, each name once. An object may come twice, by `-f` and by `--virtual-nodes`; the last one
 * counts, because it is what remains when they are applied in turn. What has only a generateName is always an object of its own.
 */
function lastOfEach(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  const last = new Map<unknown, ManifestObject>();
  for (const object of objects) last.set(isNamed(object) ? object.name : object, object);
  return [...last.values()];
}

function isNamed({ json }: ManifestObject): boolean {
  return isObject(json.metadata) && typeof json.metadata.name === "string";
}

function namespaceFacts(name: string, objects: readonly ManifestObject[], label: NamespaceLabel): NamespaceFacts {
  const object = objects.filter(coreKind("Namespace")).findLast((namespace) => namespace.name === name);
  const { labels, annotations } = namespaceMetadata(object?.json ?? {});
  switch (label.kind) {
    case "given":
      return { name, annotations, labels: { ...labels, [INJECT_KEY]: label.value } };
    case "enabled-unless-found":
      return { name, annotations, labels: { [INJECT_KEY]: "enabled", ...labels } };
    case "as-found":
      return { name, annotations, labels };
  }
}

function coreKind(kind: string): (object: ManifestObject) => boolean {
  return (object) => object.kind === kind && object.apiVersion === "v1";
}
