import type { Configuration } from "../config/schema.ts";
import type { OwnerFacts } from "../model/facts.ts";
import { type Candidate, type MeshChoice, type NamespaceLabels, nameByOwner, type Role } from "../model/membership.ts";
import type { MeshFacts, NodeFacts } from "../model/mesh-objects.ts";
import { metadataAsSent, workloadName } from "../model/owner.ts";
import { readAnnotations } from "./annotations.ts";
import { type ServedIdentity, type ServedObject, servedIdentity, servedObject } from "./served-identity.ts";

/** Which node of which mesh a pod is, or why nobody can say. */
export type PodIdentity =
  | {
      readonly kind: "resolved";
      /** With `@owner` for a mesh of another account. */
      readonly mesh: string;
      readonly role: Role;
      /** `mesh/<mesh>/virtualNode/<name>`, as the sidecar's node id should be. */
      readonly id: string;
      /** The object of that name; undefined while there is none. */
      readonly object: ServedObject | undefined;
    }
  | {
      readonly kind: "unresolved";
      readonly problem: string;
      /** Of several that select it, the one that it was injected as. */
      readonly injectedAs: ServedObject | undefined;
    };

/** What is looked at of a pod that is there. */
export interface IdentifiedPod {
  readonly namespace: string;
  readonly name: string;
  /** Empty unless the API server made the name out of it. */
  readonly generateName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** As what, such as `mesh/shop/virtualNode/web_shop`; empty where no record says it. */
  readonly injectedAs: string;
}

/** What a pod may be, by what is known now. */
export interface KnownMembers {
  readonly meshes: () => readonly MeshFacts[];
  readonly labelsOf: (namespace: string) => NamespaceLabels["labels"];
  /** Of the namespace. */
  readonly nodes: (namespace: string) => readonly NodeFacts[];
  readonly gateways: (namespace: string) => readonly NodeFacts[];
  /** Those of other namespaces that pods of this one may name. */
  readonly shared: (namespace: NamespaceLabels) => readonly Candidate<NodeFacts>[];
  /** Who owns the pod. */
  readonly owner: () => OwnerFacts;
}

/** The virtual node of a pod, from what is known now; {@link servedIdentity} has the rules. */
export function podIdentity(
  pod: IdentifiedPod,
  known: KnownMembers,
  configuration: Pick<Configuration, "meshName" | "accountId" | "virtualNodeNaming">,
): PodIdentity {
  const { namespace, labels, annotations } = pod;
  const { virtualNode, mesh } = readAnnotations({ metadata: { annotations } }).values;
  const choice: MeshChoice = {
    meshes: known.meshes(),
    namespace: { name: namespace, labels: known.labelsOf(namespace) },
    standard: configuration.meshName,
    accountId: configuration.accountId,
  };
  const identity = servedIdentity({
    claim: { labels, virtualNode, mesh },
    nodes: known.nodes(namespace),
    gateways: known.gateways(namespace),
    choice,
    shared: () => known.shared(choice.namespace),
    nameByOwner: () => nameByOwner(configuration.virtualNodeNaming, namespace, nameOfOwner(pod, known.owner())),
  });
  if (identity.kind === "unresolved") return unresolved(identity, pod);
  const { kind, mesh: path, role, id, object } = identity;
  return { kind, mesh: path, role, id, object };
}

function unresolved(
  { problem, candidates }: Extract<ServedIdentity, { kind: "unresolved" }>,
  { injectedAs }: IdentifiedPod,
): PodIdentity {
  const one = candidates.find(({ kind, object }) => injectedAs.endsWith(`/${kind}/${object.awsName}`));
  return { kind: "unresolved", problem, injectedAs: one && servedObject(one, one.object) };
}

/** As when the pod was injected: before a generated name was made. A pod that is there has a name. */
function nameOfOwner({ name, labels, generateName }: IdentifiedPod, owner: OwnerFacts): string {
  const metadata = { ...metadataAsSent({ name, generateName }), labels };
  return workloadName({ metadata }, owner)?.name ?? name;
}
