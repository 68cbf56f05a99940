import type { MeshView } from "../../graph/view.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import type { Resource } from "../encode/resource.ts";
import { translateGateway } from "./gateway.ts";
import { type ClusterNames, translateNode } from "./node.ts";

/** The Envoy resources of a proxy of a virtual node or a virtual gateway. Pure. */
export function translateView(view: MeshView, traits: ProxyTraits, cluster: ClusterNames): Resource[] {
  switch (view.kind) {
    case "virtualNode":
      return translateNode(view, traits, cluster);
    case "virtualGateway":
      return translateGateway(view, traits, cluster);
  }
}
