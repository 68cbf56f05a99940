import { isIP } from "node:net";
import { inOrder } from "../../graph/route-order.ts";
import type { NodeView, ServiceView } from "../../graph/view.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { mayDialHost } from "../../model/dialable.ts";
import { hostPort } from "../../model/host-port.ts";
import { PORTS } from "../../model/names.ts";
import type { TcpProxy } from "../../xds/generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { allowAllCluster, amazonCluster, EGRESS_LISTENER } from "../../xds/translate/names.ts";
import { ignoredAddresses, isAmong, type PastTheSidecar } from "../reachable.ts";
import { type Around, type Place, placeOfHost } from "./around.ts";
import { type ClusterShare, chosenRoute, shares } from "./chosen-route.ts";
import { millisOf } from "./durations.ts";
import { type EnvoyConfig, envoyConfig, filterOf } from "./envoy-config.ts";
import { received, SIDECAR } from "./envoy-request.ts";
import type { RoutesStep } from "./explanation.ts";
import { chainNameOf } from "./filter-chain.ts";
import { forwarded, outcomeOfTargets, serviceStep } from "./forwarded.ts";
import { type Found, NOTHING_FOUND } from "./found.ts";
import { missingTargets, type Reason } from "./missing-targets.ts";
import type { HttpSent, SentRequest } from "./sent-request.ts";
import { targetSteps } from "./target-steps.ts";
import { passesBy, shortForm, unknownHost } from "./unknown-host.ts";
import { isMeant, untakenConnection } from "./untaken-connection.ts";
import { withoutPort } from "./virtual-host.ts";

/** What a request meets that an app sends through its sidecar. */
export function fromNode(sent: SentRequest, view: NodeView, past: PastTheSidecar, around: Around): Found {
  const place = placeOfHost(sent.host, view.object.namespace, around);
  const address = isIP(sent.host) === 0 ? place.address : sent.host;
  const way = wayPast(sent, address, past);
  if (way !== undefined) {
    return { ...NOTHING_FOUND, outcome: { kind: "passes", to: hostPort(sent), why: way } };
  }
  const found = throughSidecar(sent, view, address, around);
  return { ...found, notes: [...unresolved(sent, place, around), ...found.notes] };
}

/** Why a connection is not redirected to the sidecar; undefined: it is. */
function wayPast(
  { host, port }: SentRequest,
  address: string | undefined,
  { ignoredPorts, ignoredIps }: PastTheSidecar,
): string | undefined {
  if (isLoopback(host)) return "what a pod calls on its own loopback never goes through its sidecar";
  if (isAmong(port, ignoredPorts))
    return `port ${port} is one of those that leave past the sidecar (egressIgnoredPorts)`;
  if (address !== undefined && isIP(address) !== 0 && ignoredAddresses(ignoredIps)(address)) {
    return `${address} is one of the addresses that leave past the sidecar (egressIgnoredIPs)`;
  }
  return undefined;
}

function isLoopback(host: string): boolean {
  return /^(?:127\.|::1$)/.test(host) || (!mayDialHost(host) && isIP(host) === 0);
}

/** What the cluster's DNS does not know is not called at all, unless somebody else answers for it. */
function unresolved({ host }: SentRequest, { service }: Place, { knows, clusterDomain }: Around): readonly string[] {
  const isOfCluster = host.replace(/\.$/, "").endsWith(`.svc.${clusterDomain}`) || /^[^.]+\.[^.]+\.svc$/.test(host);
  if (knows === "files" || service !== undefined || !isOfCluster) return [];
  return [`the cluster has no Service ${host}: an app that cannot resolve the name does not get as far as its sidecar`];
}

function throughSidecar(sent: SentRequest, view: NodeView, address: string | undefined, around: Around): Found {
  const config = envoyConfig(view, around.clusterDomain);
  const listener = config.listeners.get(EGRESS_LISTENER);
  const isTls = sent.kind === "http" && sent.scheme === "https";
  const serverName = isTls && isIP(sent.host) === 0 ? sent.host.toLowerCase() : "";
  const named =
    listener?.filterChainMatcher && chainNameOf(listener.filterChainMatcher, { port: sent.port, address, serverName });
  const chain = listener?.filterChains.find(({ name }) => name === named);
  const filter = chain && filterOf(chain);
  if (filter === undefined) return closed(untakenConnection(sent, view, address, around));
  if (filter.kind === "tcp") return overTcp(sent, view, filter.proxy, chain?.name ?? "", address, around);
  if (sent.kind === "tcp" || isTls) {
    const what = isTls ? "the app speaks TLS by itself" : "only requests of HTTP get an answer";
    const why = `port ${sent.port} is one on which the mesh reads HTTP, and ${what}: Envoy answers 400 and closes`;
    const help = isTls
      ? "call http:// and leave TLS to the proxies (client policy), or call another port"
      : `ask about http://${sent.host}:${sent.port}/`;
    return { ...NOTHING_FOUND, connection: { kind: "http", port: sent.port }, outcome: { kind: "closed", why, help } };
  }
  return overHttp(sent, view, config, filter.routes, around);
}

function overHttp(sent: HttpSent, view: NodeView, config: EnvoyConfig, routesName: string, around: Around): Found {
  const connection = { kind: "http", port: sent.port } as const;
  const at = received(sent, SIDECAR);
  if (at.kind === "refused") return { ...NOTHING_FOUND, connection, outcome: { ...at, kind: "status" } };
  const routes = config.routes.get(routesName);
  const chosen = routes && chosenRoute(routes, at.request);
  if (chosen?.host === undefined) return { ...NOTHING_FOUND, connection, outcome: unknownHost(sent, view, around) };
  const service = view.services.find(({ name }) => name === chosen.host);
  if (service === undefined) {
    const asked = textOfBytes(sent.authority);
    const why = `no backend of virtual node ${view.name} is called ${asked}, and the mesh's egress filter is ALLOW_ALL`;
    const outcome = { kind: "passes", to: hostPort(sent), why } as const;
    const notes = [...shortForm(sent, view), ...passesBy(withoutPort(asked), sent.port, view, around)];
    return { ...NOTHING_FOUND, connection: { kind: "outside", why }, outcome, notes };
  }
  return { ...forwarded({ chosen, service, request: at.request, port: sent.port, view, around }), connection };
}

function overTcp(
  sent: SentRequest,
  view: NodeView,
  proxy: TcpProxy,
  chain: string,
  address: string | undefined,
  around: Around,
): Found {
  const clusters = clustersOf(proxy);
  const [first] = clusters;
  const to = hostPort(sent);
  if (chain === "direct") {
    return closed({
      why: `port ${PORTS.outbound} is the sidecar's own, which nobody calls`,
      help: "call another port",
    });
  }
  if (first?.name === amazonCluster(view.mesh.name)) {
    const why = "names of amazonaws.com on port 443 leave the mesh, whatever its egress filter says";
    return { ...NOTHING_FOUND, connection: { kind: "outside", why }, outcome: { kind: "passes", to, why } };
  }
  if (first?.name === allowAllCluster(view.mesh.name)) {
    const why = `no backend of virtual node ${view.name} is called at ${to}, and the mesh's egress filter is ALLOW_ALL`;
    const outcome = { kind: "passes", to, why } as const;
    return {
      ...NOTHING_FOUND,
      connection: { kind: "outside", why },
      outcome,
      notes: passesBy(sent.host, sent.port, view, around),
    };
  }
  const service = view.services.find(({ name }) => chain === `egress_tcp_${sent.port}_${name}`);
  if (service === undefined) return closed(untakenConnection(sent, view, address, around));
  const routes = tcpRoutes(service, sent.port, millisOf(proxy.idleTimeout));
  const missing = missingTargets(service, sent.port, undefined, around.graph);
  const targets = targetSteps(view, clusters, { kind: "connection", routes, missing }, around);
  return {
    ...NOTHING_FOUND,
    connection: { kind: "tcp", port: sent.port, service: service.name },
    service: serviceStep(service),
    routes,
    targets,
    outcome: outcomeOfTargets(targets, missing, "tcp"),
    notes: takesAll(service, sent, view, around),
  };
}

/** A TCP service without an address gets what nobody else on its port takes. */
function takesAll(service: ServiceView, sent: SentRequest, view: NodeView, around: Around): readonly string[] {
  if (service.addresses !== undefined || isMeant(service, sent, view, around)) return [];
  return [
    `the connection is for ${sent.host}, and goes to virtual service ${service.name}: no address of that one is known, so it takes every connection to port ${sent.port} that is for no other service's address`,
  ];
}

/** Connections cannot be told apart: the first route takes all of them. */
function tcpRoutes({ provider }: ServiceView, port: number, idle: number): RoutesStep {
  const listener =
    provider.kind === "router" ? provider.router.listeners.find((each) => each.port === port) : undefined;
  const [first, ...others] = inOrder((listener?.routes ?? []).filter((route) => route.protocol === "tcp"));
  return {
    port,
    tried: first === undefined ? [] : [{ name: first.name, asks: ["every connection"], unmet: [] }],
    untried: others.map(({ name }) => name),
    route: first?.name ?? "",
    timeouts: { perRequest: 0, idle, perTry: 0 },
    retries: null,
  };
}

function clustersOf({ clusterSpecifier }: TcpProxy): readonly ClusterShare[] {
  switch (clusterSpecifier.case) {
    case "cluster":
      return [{ name: clusterSpecifier.value, share: 1 }];
    case "weightedClusters":
      return shares(clusterSpecifier.value.clusters);
    default:
      return [];
  }
}

function closed({ why, help }: Reason): Found {
  return { ...NOTHING_FOUND, connection: { kind: "closed", why }, outcome: { kind: "closed", why, help } };
}
