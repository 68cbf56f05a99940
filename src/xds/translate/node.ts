import type { NodeView } from "../../graph/view.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { type Resource, resourceOf } from "../encode/resource.ts";
import { egressListener } from "./egress.ts";
import { egressClusters } from "./egress-clusters.ts";
import { egressRouteOrigins, egressRoutes, httpPorts } from "./egress-routes.ts";
import { ingressClusters, ingressListener, ingressRoutes } from "./ingress.ts";
import { passThroughClusters } from "./pass-through.ts";

/** What translation needs of the cluster beside the mesh. */
export interface ClusterNames {
  /** Such as `cluster.local`: names below it are whole. */
  readonly domain: string;
}

/** The Envoy resources of a proxy of a virtual node: its listeners, what it may call, and nothing of anybody else. Pure. */
export function translateNode(view: NodeView, traits: ProxyTraits, cluster: ClusterNames): Resource[] {
  const own = (message: Resource["message"]): Resource => resourceOf(message, [view.object]);
  return [
    ...passThroughClusters(traits.directions).map((message) => resourceOf(message)),
    ...ingressClusters(view).map(own),
    ...egressClusters(view, cluster.domain),
    own(ingressListener(view, traits)),
    resourceOf(egressListener(view, traits), [view.object, view.mesh.object]),
    ...ingressRoutes(view).map(own),
    ...httpPorts(view).map((port) => resourceOf(egressRoutes(view, port), egressRouteOrigins(view, port))),
  ];
}
