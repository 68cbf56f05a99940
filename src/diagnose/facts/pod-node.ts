import { readAnnotations } from "../../inject/annotations.ts";
import type { InjectionInput } from "../../inject/input.ts";
import { describeNear } from "../../inject/rules/identity-texts.ts";
import { type ServedObject, servedIdentity } from "../../inject/served-identity.ts";
import { member, objectOf, stringMapOf } from "../../model/json.ts";
import { nameByOwner, nearlySelecting } from "../../model/membership.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { metadataAsSent, workloadName } from "../../model/owner.ts";

/** What a pod is in its mesh. */
export type PodNode =
  | { readonly kind: "node"; readonly object: ServedObject }
  /** No VirtualNode, or gateway, has the name that it goes by: its traffic passes through. */
  | {
      readonly kind: "nobody";
      readonly name: string;
      readonly by: "annotation" | "owner";
      /** Who all but selects it, a sentence for each. */
      readonly near: readonly string[];
    }
  /** Nobody can say which node it is, and why. */
  | { readonly kind: "unresolved"; readonly problem: string }
  /** What decides it could not be read, and why. */
  | { readonly kind: "unknown"; readonly why: string };

/** What of all that decides which node a pod is could not be read, and why; empty: it was. */
export interface Unread {
  /** Meshes, or the nodes and gateways of the namespace: of no pod can it be told. */
  readonly nodes: string;
  /** What other namespaces share, or who owns a pod: only of a pod that is a node by what was read can it be told. */
  readonly others: string;
}

export const ALL_READ: Unread = { nodes: "", others: "" };

/** The node of a running pod, by what a control plane goes by. */
export function podNode(input: InjectionInput, { nodes, others }: Unread): PodNode {
  if (nodes !== "") return { kind: "unknown", why: nodes };
  const node = nodeByFacts(input);
  return node.kind === "nobody" && others !== "" ? { kind: "unknown", why: others } : node;
}

function nodeByFacts({ pod, namespace, owner, configuration, ...looked }: InjectionInput): PodNode {
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
  if (by === "annotation") return { kind: "nobody", name: role.name, by, near: [] };
  const labels = stringMapOf(member(pod.metadata, "labels"));
  const near = nearlySelecting(labels, looked.virtualNodes, looked.virtualGateways).map(describeNear);
  return { kind: "nobody", name: role.name, by: "owner", near };
}
