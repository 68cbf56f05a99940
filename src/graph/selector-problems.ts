import { keyOf, type MeshObject, refOf, type TypedObject } from "../model/mesh-object.ts";
import { describeSelector, selectorFlaw, selectsAllOf } from "../model/selector.ts";
import { selectorOf, type WrittenSelector } from "./label-selector.ts";
import type { MeshReader } from "./mesh-state.ts";
import type { Say } from "./report.ts";

/* What is wrong with the selectors of objects, each alone and against those of others. */

/** Says which selectors of an object are none that Kubernetes would take. */
export function flawedSelectors({ spec }: MeshObject, say: Say): void {
  for (const field of ["podSelector", "namespaceSelector", "gatewayRouteSelector"] as const) {
    const written = field in spec ? (spec as Partial<Record<typeof field, WrittenSelector>>)[field] : undefined;
    const flaw = selectorFlaw(selectorOf(written));
    if (flaw === undefined) continue;
    say("bad-selector", `spec.${field}${flaw.at}`, flaw.found, flaw.help);
  }
}

/** A pod that two of a namespace select is refused, unless its annotation names its node. */
export function selectedTwice(
  object: TypedObject<"VirtualNode"> | TypedObject<"VirtualGateway">,
  reader: MeshReader,
  say: Say,
): void {
  const own = selectorOf(object.spec.podSelector);
  if (own === undefined) return;
  const { namespace } = object.metadata;
  const selectsAll = (other: TypedObject<"VirtualNode"> | TypedObject<"VirtualGateway">): boolean => {
    const selector = selectorOf(other.spec.podSelector);
    // it itself is rare among them, and to tell it takes longer
    return selector !== undefined && selectsAllOf(selector, own) && keyOf(refOf(other)) !== keyOf(refOf(object));
  };
  const others = [
    ...reader.list("VirtualNode", namespace).filter(selectsAll),
    ...reader.list("VirtualGateway", namespace).filter(selectsAll),
  ];
  if (others.length === 0) return;
  const names = others.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(" and ");
  say(
    "ambiguous-pods",
    "spec.podSelector",
    `all pods that it selects (${describeSelector(own)}) are selected by ${names} too: new ones are refused, and those that run stay what they were`,
    "change one of the podSelectors, or name the node of each pod by the annotation appmesh.k8s.aws/virtualNode",
  );
}
