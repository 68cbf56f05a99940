import { calledListeners } from "../../graph/called-ports.ts";
import { inOrder } from "../../graph/route-order.ts";
import type { NodeView, RouterListenerView, ServiceView, TcpRouteView } from "../../graph/view.ts";
import { clusterWeights } from "./cluster-weights.ts";
import { clusterOfTarget } from "./names.ts";
import { NOWHERE_CLUSTER } from "./pass-through.ts";
import type { TcpForward } from "./tcp-proxy.ts";

/** A TCP service on one of its ports. */
export interface TcpCall {
  readonly service: ServiceView;
  readonly port: number;
  readonly chain: string;
  /** Undefined: not known, so that it gets what nobody else on its port takes. */
  readonly addresses: readonly string[] | undefined;
  readonly clusters: TcpForward["clusters"];
  /** Milliseconds. */
  readonly idle: number;
}

/** Those of the services that a node calls. */
export function tcpCalls(view: NodeView): readonly TcpCall[] {
  return view.services.flatMap((service) =>
    tcpPorts(view, service).map(({ port, clusters, idle }) => ({
      service,
      port,
      chain: `egress_tcp_${port}_${service.name}`,
      addresses: service.addresses,
      // a share that nobody takes is closed, and so is all of it where every weight is 0
      clusters: clusters.length > 0 ? clusters : [{ name: NOWHERE_CLUSTER, weight: 1 }],
      idle,
    })),
  );
}

type TcpPort = Pick<TcpCall, "port" | "clusters" | "idle">;

function tcpPorts(view: NodeView, service: ServiceView): readonly TcpPort[] {
  const called = calledListeners(service, view.targets);
  switch (called.kind) {
    case "none":
      return [];
    case "node":
      return called.listeners
        .filter(({ protocol }) => protocol === "tcp")
        .map((listener) => {
          const name = clusterOfTarget(view.mesh.name, service, called.target.name, listener);
          return { port: listener.port, clusters: [{ name, weight: 1 }], idle: listener.timeout.idle };
        });
    case "router":
      return called.listeners
        .filter(({ protocol }) => protocol === "tcp")
        .map((listener) => ({ port: listener.port, ...firstRoute(view, service, listener) }));
  }
}

/** Connections cannot be told apart: the first route takes all of them. */
function firstRoute(
  view: NodeView,
  service: ServiceView,
  { routes }: RouterListenerView,
): Pick<TcpPort, "clusters" | "idle"> {
  const [first] = inOrder(routes.filter((route): route is TcpRouteView => route.protocol === "tcp"));
  if (first === undefined) return { clusters: [], idle: 0 };
  return { clusters: clusterWeights(view, service, first.targets), idle: first.timeout.idle };
}
