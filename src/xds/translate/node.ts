import type { ListenerView, NodeView, ServiceView } from "../../graph/view.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { type Resource, resourceFrom } from "../encode/resource.ts";
import { egressListener } from "./egress.ts";
import { egressClusters } from "./egress-clusters.ts";
import { egressRouteOrigins, egressRoutes, httpPorts, servicesOn } from "./egress-routes.ts";
import { appCluster, ingressListener, ingressRoutes } from "./ingress.ts";
import { passThroughClusters } from "./pass-through.ts";
import { secrets } from "./secrets.ts";
import { tcpCalls } from "./tcp-calls.ts";

/** What translation needs of the cluster beside the mesh. */
export interface ClusterNames {
  /** Such as `cluster.local`: names below it are whole. */
  readonly domain: string;
}

/** The Envoy resources of a proxy of a virtual node: its listeners, what it may call, and nothing of anybody else. Pure. */
export function translateNode(view: NodeView, traits: ProxyTraits, cluster: ClusterNames): Resource[] {
  const own = [view.object];
  // what a function is given is what its resource hangs on: a listener does not change with routes
  const alone = { ...view, services: [], targets: [], hash: "" };
  const withoutRoutes = { ...view, services: view.services.map(withoutHttpRoutes), hash: "" };
  const withoutListeners = { ...view, listeners: [], accessLog: undefined, hash: "" };
  const connected = tcpCalls(view);
  const routesOf = (port: number): Resource => {
    const tcp = connected.filter((call) => call.port === port);
    const called = [...new Set([...servicesOn(view, port), ...tcp.map(({ service }) => service)])];
    // hosts tell HTTP services apart, not addresses
    const services = called.map((service) => ({ ...service, addresses: undefined }));
    return resourceFrom(egressRoutes, egressRouteOrigins(view, called), { ...withoutListeners, services }, port);
  };
  return [
    ...passThroughClusters(traits.directions),
    ...view.listeners.map((listener) => resourceFrom(appCluster, own, alone, listener, traits.appAddress)),
    ...secrets(view),
    ...egressClusters(view, traits, cluster.domain),
    resourceFrom(ingressListener, own, alone, traits),
    resourceFrom(egressListener, [view.object, view.mesh.object], withoutRoutes, traits),
    ...view.listeners.filter(isHttp).map((listener) => resourceFrom(ingressRoutes, own, alone, listener)),
    ...httpPorts(view).map(routesOf),
  ];
}

function isHttp({ protocol }: Pick<ListenerView, "protocol">): boolean {
  return protocol !== "tcp";
}

/** A service without what stands in routes: which ports are called is all that a listener needs of those of HTTP. */
function withoutHttpRoutes(service: ServiceView): ServiceView {
  const { provider } = service;
  if (provider.kind !== "router") return service;
  const listeners = provider.router.listeners.map((listener) =>
    isHttp(listener) ? { ...listener, routes: [] } : listener,
  );
  return { ...service, provider: { ...provider, router: { ...provider.router, listeners } } };
}
