import type { ViewRef } from "../../graph/graph.ts";
import { serverTls } from "../../graph/tls.ts";
import type { ClientTlsView, ServerTlsView } from "../../graph/tls-view.ts";
import type { DiscoveryView, MeshView, NodeView, TargetListenerView, TargetView } from "../../graph/view.ts";
import { mayDial } from "../../model/dialable.ts";
import type { Protocol } from "../../model/field-types.ts";
import type { Cluster } from "../../xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { limitsOf } from "../../xds/translate/limits.ts";
import { egressCluster, ingressCluster, routesOf } from "../../xds/translate/names.ts";
import type { Around } from "./around.ts";
import type { ClusterShare } from "./chosen-route.ts";
import { millisOf } from "./durations.ts";
import { envoyConfig } from "./envoy-config.ts";
import type { DiscoveryStep, Message, PoolLimits, RoutesStep, TargetStep } from "./explanation.ts";
import { lackingCertificate } from "./lacking-certificate.ts";
import type { MissingTarget } from "./missing-targets.ts";
import { tlsProblem } from "./tls-problem.ts";
import { unanswered, unansweredConnection } from "./unanswered.ts";

/** What comes to them, and what the caller does about it. */
export interface AskedFor {
  readonly kind: Message;
  readonly routes: RoutesStep;
  /** Of the route: the weights that nobody is there for. */
  readonly missing: readonly MissingTarget[];
}

/** The nodes behind clusters of a view, each with its share and with what its own side does. */
export function targetSteps(
  view: MeshView,
  clusters: readonly ClusterShare[],
  asked: AskedFor,
  around: Around,
): readonly TargetStep[] {
  return clusters
    .flatMap(({ name, share }) => {
      const found = targetOf(view, name);
      return found === undefined ? missing(share, asked.missing) : [step(found, share, asked, around)];
    })
    .toSorted((one, other) => other.share - one.share);
}

interface FoundTarget {
  readonly target: TargetView;
  readonly listener: TargetListenerView;
  readonly client: ClientTlsView | undefined;
}

/** The listener of a node that a cluster stands for; undefined: nobody's. */
function targetOf({ mesh, targets }: MeshView, cluster: string): FoundTarget | undefined {
  for (const target of targets) {
    for (const listener of target.listeners) {
      const { protocol, port } = listener;
      const named = { mesh: mesh.name, node: target.name, protocol, port };
      const way = listener.connections.find(({ suffix }) => egressCluster(named, suffix) === cluster);
      if (way !== undefined) return { target, listener, client: way.tls };
    }
  }
  return undefined;
}

/** All of these have one cluster, to which nobody belongs. */
function missing(share: number, targets: readonly MissingTarget[]): readonly TargetStep[] {
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  return targets.map(({ weight, why }) => ({
    share: (share * weight) / sum,
    name: null,
    object: null,
    port: null,
    protocol: null,
    discovery: { kind: "none", what: null, members: null },
    tls: { client: null, server: null },
    timeouts: null,
    limits: null,
    unanswered: null,
    problem: why,
  }));
}

function step({ target, listener, client }: FoundTarget, share: number, asked: AskedFor, around: Around): TargetStep {
  const callee = calleeOf(target.object, around);
  const server = callee?.mode === "serve" ? serverSide(callee, listener.port) : undefined;
  const discovery = discoveryStep(target, listener, around);
  const own = callee?.mode === "serve" ? calleeSide(callee, listener.port, around) : NOTHING_OWN;
  const problem =
    nobodyThere(discovery) ??
    tlsProblem(client, server, callee?.mode) ??
    (client && server && unsigned(target.object, listener.port, server, around)) ??
    null;
  return {
    share,
    name: target.name,
    object: target.object,
    port: listener.port,
    protocol: listener.protocol,
    discovery,
    tls: { client: client ?? null, server: server ?? null },
    ...own,
    unanswered: problem === null ? unansweredOf(asked, listener.protocol, own.timeouts) : null,
    problem,
  };
}

/** Why nobody can be called; undefined: as far as is known somebody can. */
function nobodyThere({ kind, members }: DiscoveryStep): string | undefined {
  if (kind === "none") return "the node has no service discovery that can be used, so that nobody is found";
  if (members === null || members.ready > 0) return undefined;
  if (members.all === 0) return "nobody is there";
  // in Cloud Map, containers count alone, and those that end are called where nobody else is there
  return kind === "cloudMap" ? undefined : `none of its pods is ready (${members.all})`;
}

/** Why a listener that wants a certificate of ACM has none to show to one who speaks TLS. */
function unsigned(
  object: TargetView["object"],
  port: number,
  { certificate }: ServerTlsView,
  { graph }: Around,
): string | undefined {
  return certificate.kind === "acm" ? lackingCertificate(object as ViewRef, port, graph)?.why : undefined;
}

function calleeOf(object: TargetView["object"], { graph }: Around): NodeView | undefined {
  const view = object.kind === "VirtualNode" ? graph.view(object as ViewRef) : undefined;
  return view?.kind === "virtualNode" ? view : undefined;
}

function serverSide({ listeners }: NodeView, port: number): ServerTlsView | undefined {
  return serverTls(listeners.find((listener) => listener.port === port)?.tls);
}

type CalleeSide = Pick<TargetStep, "timeouts" | "limits">;

const NOTHING_OWN: CalleeSide = { timeouts: null, limits: null };

/** What the callee's own sidecar is told, as it is sent there. Nulls: it passes the connection on as it comes. */
function calleeSide(callee: NodeView, port: number, { clusterDomain }: Around): CalleeSide {
  const listener = callee.listeners.find((each) => each.port === port);
  if (listener === undefined) return NOTHING_OWN;
  const { protocol } = listener;
  const { routes, clusters } = envoyConfig(callee, clusterDomain);
  const app = clusters.get(ingressCluster({ mesh: callee.mesh.name, node: callee.name, protocol, port }));
  const limits = app === undefined ? null : poolLimits(app);
  if (protocol === "tcp") return { timeouts: { perRequest: 0, idle: listener.timeout.idle }, limits };
  const [host] = routes.get(routesOf("ingress", port))?.virtualHosts ?? [];
  const action = host?.routes[0]?.action;
  if (action?.case !== "route") return { timeouts: null, limits };
  const { timeout, idleTimeout } = action.value;
  return { timeouts: { perRequest: millisOf(timeout), idle: millisOf(idleTimeout) }, limits };
}

function poolLimits(app: Cluster): PoolLimits | null {
  const { maxConnections = null, maxPendingRequests = null, maxRequests = null } = limitsOf(app);
  const limits = { connections: maxConnections, waiting: maxPendingRequests, requests: maxRequests };
  return Object.values(limits).every((each) => each === null) ? null : limits;
}

function unansweredOf({ kind, routes }: AskedFor, protocol: Protocol, callee: CalleeSide["timeouts"]) {
  const { timeouts: caller, retries } = routes;
  if (caller === null) return null;
  // what is passed on as bytes is read again where the called listener is one of HTTP
  if (kind === "connection") return unansweredConnection(caller, protocol === "tcp" ? callee : null);
  return unanswered({ caller, retries, callee, isGrpc: kind === "call of gRPC" });
}

function discoveryStep(
  { object, discovery }: TargetView,
  listener: TargetListenerView,
  { membersOf }: Around,
): DiscoveryStep {
  const members = membersOf({ object, discovery, listener }) ?? null;
  if (listener.members !== undefined) {
    const { namespace, service, port } = listener.members;
    return { kind: "endpoints", what: `${namespace}/${service}:${port}`, members };
  }
  return { ...written(discovery, listener), ...(discovery.kind !== "static" && { members }) } as DiscoveryStep;
}

function written(discovery: DiscoveryView, { port }: TargetListenerView): DiscoveryStep {
  switch (discovery.kind) {
    case "dns":
      if (mayDial(discovery.hostname, port)) return { kind: "dns", what: discovery.hostname, members: null };
      return { kind: "none", what: `${discovery.hostname}:${port}`, members: { ready: 0, all: 0, named: [] } };
    case "cloudMap": {
      const { serviceName, namespaceName } = discovery.instances;
      return { kind: "cloudMap", what: `${serviceName}.${namespaceName}`, members: null };
    }
    case "static": {
      const places = discovery.endpoints.filter((each) => mayDial(each.address, each.port ?? port));
      const named = places.map((each) => `${each.address}:${each.port ?? port}`);
      return {
        kind: "static",
        what: "annotation outrigger.dev/endpoints",
        members: { ready: places.length, all: places.length, named },
      };
    }
    case "none":
      return { kind: "none", what: null, members: null };
  }
}
