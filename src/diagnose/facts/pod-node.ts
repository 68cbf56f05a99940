import { readAnnotations } from "../../inject/annotations.ts";
import type { InjectionInput } from "../../inject/input.ts";
import { type ServedObject, servedIdentity } from "../../inject/served-identity.ts";
import { member, objectOf, stringMapOf } from "../../model/json.ts";
import { nameByOwner } from "../../model/membership.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { metadataAsSent, workloadName } from "../../model/owner.ts";

/** What a pod is in its mesh. */
export type PodNode =
  | { readonly kind: "node"; readonly object: ServedObject }
  /** No VirtualNode, or gateway, has the name that it goes by: its traffic passes through. */
  | { readonly kind: "nobody"; readonly name: string; readonly by: "annotation" | "owner" }
  /** Nobody can say which node it is, and why. */
  | { readonly kind: "unresolved"; readonly problem: string }
  /** Nodes could not be read. */
  | { readonly kind: "unknown" };

/** The node of a running pod, by what a control plane goes by. */
export function podNode({ pod, namespace, owner, configuration, ...looked }: InjectionInput): PodNode {
  const metadata = metadataAsSent(objectOf(pod["metadata"]));
  const { virtualNode, mesh } = readAnnotations(pod).values;
  const { meshName: standard, accountId, virtualNodeNaming } = configuration;
  const identity = servedIdentity({
    claim: { labels: stringMapOf(member(pod.metadata, "labels")), virtualNode, mesh },
    nodes: looked.virtualNodes,
    gateways: looked.virtualGateways,
    choice: { meshes: looked.meshes, namespace, standard, accountId },
    shared: () => looked.sharedNodes,
    nameByOwner: () =>
      nameByOwner(virtualNodeNaming, namespace.name, workloadName({ metadata }, owner)?.name ?? nameOf(pod)),
  });
  if (identity.kind === "unresolved") return { kind: "unresolved", problem: identity.problem };
  const { object, role, by } = identity;
  if (object !== undefined) return { kind: "node", object };
  return { kind: "nobody", name: role.name, by: by === "annotation" ? "annotation" : "owner" };
}
