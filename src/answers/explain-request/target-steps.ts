import type { ViewRef } from "../../graph/graph.ts";
import { serverTls } from "../../graph/tls.ts";
import type { ClientTlsView, ServerTlsView } from "../../graph/tls-view.ts";
import type { DiscoveryView, MeshView, NodeView, TargetListenerView, TargetView } from "../../graph/view.ts";
import { mayDial } from "../../model/dialable.ts";
import { egressCluster, routesOf } from "../../xds/translate/names.ts";
import type { Around } from "./around.ts";
import type { ClusterShare } from "./chosen-route.ts";
import { millisOf } from "./durations.ts";
import { envoyConfig } from "./envoy-config.ts";
import type { DiscoveryStep, TargetStep } from "./explanation.ts";
import { tlsProblem } from "./tls-problem.ts";

/** The nodes behind clusters of a view, each with its share and with what its own side does. */
export function targetSteps(view: MeshView, clusters: readonly ClusterShare[], around: Around): readonly TargetStep[] {
  return clusters
    .map(({ name, share }) => {
      const found = targetOf(view, name);
      return found === undefined ? missing(share) : step(found, share, around);
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

function missing(share: number): TargetStep {
  return {
    share,
    name: "",
    object: null,
    port: 0,
    protocol: null,
    discovery: { kind: "none", what: "", members: null },
    tls: { client: null, server: null },
    timeouts: null,
    problem: "the node of this weight, or the listener of its port, is not there",
  };
}

function step({ target, listener, client }: FoundTarget, share: number, around: Around): TargetStep {
  const callee = calleeOf(target.object, around);
  const server = callee?.mode === "serve" ? serverSide(callee, listener.port) : undefined;
  const discovery = discoveryStep(target, listener, around);
  const problem = nobodyThere(discovery) ?? tlsProblem(client, server, callee?.mode) ?? null;
  return {
    share,
    name: target.name,
    object: target.object,
    port: listener.port,
    protocol: listener.protocol,
    discovery,
    tls: { client: client ?? null, server: server ?? null },
    timeouts: callee?.mode === "serve" ? listenerTimeouts(callee, listener.port, around) : null,
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

function calleeOf(object: TargetView["object"], { graph }: Around): NodeView | undefined {
  const view = object.kind === "VirtualNode" ? graph.view(object as ViewRef) : undefined;
  return view?.kind === "virtualNode" ? view : undefined;
}

function serverSide({ listeners }: NodeView, port: number): ServerTlsView | undefined {
  return serverTls(listeners.find((listener) => listener.port === port)?.tls);
}

/** What the callee's own sidecar is told, as it is sent there. Null: it passes the connection on as it comes. */
function listenerTimeouts(callee: NodeView, port: number, { clusterDomain }: Around): TargetStep["timeouts"] {
  const listener = callee.listeners.find((each) => each.port === port);
  if (listener === undefined) return null;
  if (listener.protocol === "tcp") return { perRequest: 0, idle: listener.timeout.idle };
  const [host] = envoyConfig(callee, clusterDomain).routes.get(routesOf("ingress", port))?.virtualHosts ?? [];
  const action = host?.routes[0]?.action;
  if (action?.case !== "route") return null;
  return { perRequest: millisOf(action.value.timeout), idle: millisOf(action.value.idleTimeout) };
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
      return { kind: "none", what: "", members: null };
  }
}
