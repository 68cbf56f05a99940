import type { InjectionInput, NamespaceFacts, OwnerFacts, TrustFacts } from "../inject/input.ts";
import { ownerOf } from "../manifest/owner.ts";
import type { ManifestObject, Workload } from "../manifest/workloads.ts";
import { member, stringMapOf } from "../model/json.ts";
import { meshFacts, nodeFacts } from "../model/mesh-objects.ts";
import { INJECT_KEY } from "../model/names.ts";

/** What the command line says about pods that no cluster is asked about. */
export interface Assumptions {
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Value of the namespaces' label that switches injection; undefined: what a Namespace in the input says, else enabled. */
  readonly namespaceLabel: string | undefined;
  /** Owner of the bare pods of the input. */
  readonly owner: OwnerFacts | undefined;
  readonly trust: TrustFacts;
}

type Facts = Omit<InjectionInput, "pod" | "request" | "configuration" | "release">;

/** The facts about a workload's pods, from the objects at hand: those of the input and of `--virtual-nodes`. */
export function factsAtHand(
  workload: Workload,
  objects: readonly ManifestObject[],
  { namespace, namespaceLabel, owner, trust }: Assumptions,
): Facts {
  const name = workload.namespace ?? namespace;
  const here = objects.filter((object) => (object.namespace ?? namespace) === name);
  const meshKind = (kind: string) => (object: ManifestObject) =>
    object.kind === kind && object.apiVersion.startsWith("appmesh.k8s.aws/");
  const nodes = (kind: string) =>
    here.filter(meshKind(kind)).map(({ json }) => ({ ...nodeFacts(json), namespace: name }));
  return {
    namespace: namespaceFacts(name, objects, namespaceLabel),
    owner: workload.kind === "Pod" && owner !== undefined ? owner : ownerOf(workload, here),
    virtualNodes: nodes("VirtualNode"),
    virtualGateways: nodes("VirtualGateway"),
    meshes: objects.filter(meshKind("Mesh")).map(({ json }) => meshFacts(json)),
    limitRanges: [],
    quotas: [],
    trust,
  };
}

/** A namespace counts as enabled unless told otherwise: who names a file wants its pods injected. */
function namespaceFacts(name: string, objects: readonly ManifestObject[], label: string | undefined): NamespaceFacts {
  const object = objects.find(({ apiVersion, kind, ...rest }) => {
    return apiVersion === "v1" && kind === "Namespace" && rest.name === name;
  });
  const metadata = member(object?.json, "metadata");
  const labels = stringMapOf(member(metadata, "labels"));
  return {
    name,
    labels: { ...labels, [INJECT_KEY]: label ?? labels[INJECT_KEY] ?? "enabled" },
    annotations: stringMapOf(member(metadata, "annotations")),
  };
}
