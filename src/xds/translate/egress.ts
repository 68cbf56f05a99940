import { create } from "@bufbuild/protobuf";
import type { NodeView } from "../../graph/view.ts";
import { PORTS } from "../../model/names.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { seconds } from "../encode/typed.ts";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { accessLogs } from "./access-log.ts";
import { httpPorts, servicesOn } from "./egress-routes.ts";
import { chainMatcher, type PortChains } from "./filter-chains.ts";
import { httpManager } from "./http-manager.ts";
import { nodeOf } from "./ingress.ts";
import { allowAllCluster, amazonCluster, EGRESS_LISTENER, routesOf } from "./names.ts";
import { capturing, directChain } from "./pass-through.ts";
import { type TcpCall, tcpCalls } from "./tcp-calls.ts";
import { type TcpForward, tcpProxy } from "./tcp-proxy.ts";
import { tlsInspector } from "./tls.ts";
import { tracing } from "./tracing.ts";

const HTTPS = 443;
const AMAZON = { suffix: ".amazonaws.com", chain: "amazonaws" } as const;
const ALLOW_ALL = "mesh-allow-all";

/**
 * The listener of what the app calls. A connection is taken by the address of a service, where one is known and its port is called; else
 * by the HTTP services of the port, whose host names decide; else by the one TCP service of the port whose address is not known. What
 * nobody takes leaves the mesh, or is closed, as the egress filter says. Where it may leave, and the addresses of all HTTP services of a port
 * are known, nothing else is taken for HTTP: TLS, and what a server says first, go where they were going.
 */
export function egressListener(view: NodeView, traits: ProxyTraits): Listener {
  const accessLog = accessLogs(view.accessLog);
  const listener = capturing({ name: EGRESS_LISTENER, direction: "outbound", traits });
  const http = httpPorts(view);
  const tcp = tcpCalls(view);
  const spans = tracing(traits.tracing, nodeOf(view));
  const forwarding = (name: string, clusters: TcpForward["clusters"], idle = 0) => ({
    name,
    filters: [tcpProxy({ statPrefix: "egress", clusters, idle, accessLog })],
  });
  const { mesh, egress } = view;
  return create(ListenerSchema, {
    ...listener,
    // only where HTTPS is called: a connection whose server speaks first would wait for it
    listenerFilters: [...listener.listenerFilters, tlsInspector([HTTPS])],
    // a server behind that port which speaks first is heard after this long
    listenerFiltersTimeout: seconds(1),
    continueOnListenerFiltersTimeout: true,
    filterChains: [
      directChain("outbound", accessLog),
      ...http.map((port) => ({
        name: httpChain(port),
        filters: [httpManager({ statPrefix: "egress", routes: routesOf("egress", port), accessLog, tracing: spans })],
      })),
      ...tcp.map(({ chain, clusters, idle }) => forwarding(chain, clusters, idle)),
      forwarding(AMAZON.chain, [{ name: amazonCluster(mesh.name), weight: 1 }]),
      ...(egress === "ALLOW_ALL" ? [forwarding(ALLOW_ALL, [{ name: allowAllCluster(mesh.name), weight: 1 }])] : []),
    ],
    filterChainMatcher: chainMatcher(portChains(view, http, tcp), egress === "ALLOW_ALL" ? ALLOW_ALL : undefined),
  });
}

function httpChain(port: number): string {
  return `egress_http_${port}`;
}

/** Which chain takes a connection to a port, by its address or whatever that is. `http`: the ports that are called over HTTP. */
function portChains(view: NodeView, http: readonly number[], tcp: readonly TcpCall[]): ReadonlyMap<number, PortChains> {
  const called = [...http, ...tcp.map(({ port }) => port)];
  const ports = [...new Set([...called, HTTPS])].sort((one, other) => one - other);
  const direct = { byAddress: new Map<string, string>(), bySuffix: undefined, chain: "direct" };
  const chains = ports.map((port): readonly [number, PortChains] => {
    const onPort = tcp.filter((call) => call.port === port);
    const unknown = onPort.find(({ addresses }) => addresses === undefined);
    const services = http.includes(port) ? servicesOn(view, port) : [];
    const areKnown = services.every(({ addresses = [] }) => addresses.length > 0);
    // what is called at no service's address is taken for HTTP too
    const isAll = services.length > 0 && !(view.egress === "ALLOW_ALL" && areKnown && unknown === undefined);
    const ofTcp = onPort.flatMap(({ addresses = [], chain }) => addresses.map((address) => [address, chain] as const));
    // of two services with one address the first counts, and one of HTTP before those of TCP
    const byAddress = new Map(ofTcp.toReversed());
    if (byAddress.size > 0 || !isAll) {
      for (const address of services.flatMap(({ addresses = [] }) => addresses))
        byAddress.set(address, httpChain(port));
    }
    const chain = isAll ? httpChain(port) : unknown?.chain;
    return [port, { byAddress, bySuffix: port === HTTPS ? AMAZON : undefined, chain }];
  });
  return new Map([...chains, [PORTS.outbound, direct]]);
}
