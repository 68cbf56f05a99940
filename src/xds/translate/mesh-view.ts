import type { MeshView } from "../../graph/view.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import type { Resource } from "../encode/resource.ts";
import { translateGateway } from "./gateway.ts";
import type { LeftService } from "./gateway-second-pass.ts";
import { type ClusterNames, translateNode } from "./node.ts";

/** The Envoy resources of a proxy of a virtual node or a virtual gateway; `left`: services to which a gateway's routes led until now. Pure. */
export function translateView(
  view: MeshView,
  traits: ProxyTraits,
  cluster: ClusterNames,
  left: readonly LeftService[] = [],
): Resource[] {
  switch (view.kind) {
    case "virtualNode":
      return translateNode(view, traits, cluster);
    case "virtualGateway":
      return translateGateway(view, traits, cluster, left);
  }
}
