import type { MeshGraph } from "../graph/graph.ts";
import { hasView } from "../graph/graph.ts";
import type { ObjectLink, Relation } from "../graph/links.ts";
import type { Problem } from "../graph/problem.ts";
import { objectsIn } from "../graph/rejections.ts";
import type { MeshView } from "../graph/view.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { KIND_FACTS, KINDS } from "../model/kinds.ts";
import { keyOf, type MeshObject, type ObjectRef, refOf, sameObject } from "../model/mesh-object.ts";
import type { Condition } from "../model/object-status.ts";
import type { ReplicaReport } from "../model/replica-report.ts";
import { type DescribedTls, foundBy, listenersOf, listenersWithTls } from "./described-listeners.ts";
import {
  type DescribedRoute,
  type DescribedService,
  describedService,
  gatewayRoutes,
  routerRoutes,
} from "./described-routes.ts";

/** An object that another one names, or that names it. */
export interface Neighbour {
  readonly relation: Relation;
  /** Where it is written, in whichever of the two names the other; empty: selectors decide. */
  readonly path: string;
  /** Of a target of a router. */
  readonly route: NonNullable<ObjectLink["route"]> | null;
  /** Null: what is named is not there. */
  readonly object: ObjectRef | null;
  /** What is written, where it is not there, or is no object: a name, an ARN, or `every VirtualService of namespace shop`. */
  readonly written: string;
  /** What is named is there, and cannot be read. */
  readonly isUnreadable: boolean;
}

/** A pod of a node or of a gateway. */
export interface DescribedPod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly ready: boolean;
  readonly sidecar: boolean;
}

/** Proxies that have something that comes from the object, by what replicas of the control plane report. */
export interface DescribedProxies {
  readonly connected: number;
  /** Have accepted the newest of all that they are to have. */
  readonly current: number;
  /** Reject something of it, of whatever object. */
  readonly rejecting: number;
  /** False: a report has not all that there is to say. */
  readonly isWhole: boolean;
}

/** An object with all that is to be said of it. */
export interface Description {
  readonly object: ObjectRef;
  /** Name of its Mesh; null: it is in none. */
  readonly mesh: string | null;
  /** In App Mesh; empty for a BackendGroup. */
  readonly awsName: string;
  /** Whether that name is its own, and not another object's by right. */
  readonly hasName: boolean;
  readonly mode: "serve" | "observe";
  /** Of a node or a gateway: `8080 http`. */
  readonly listeners: readonly string[];
  /** Of a node or a gateway: those of its listeners that speak TLS. */
  readonly tls: readonly DescribedTls[];
  /** Of a node: how it is found, such as `DNS web.shop.svc.cluster.local`; null: it is not, or of another object. */
  readonly foundBy: string | null;
  readonly uses: readonly Neighbour[];
  readonly usedBy: readonly Neighbour[];
  /** Of a Mesh: what becomes of traffic that no service takes; null: of another object. */
  readonly egressFilter: "ALLOW_ALL" | "DROP_ALL" | null;
  /** Of a Mesh: how many objects of each kind are in it. */
  readonly members: Readonly<Record<string, number>>;
  /** Of a node or a gateway: the services that it may call; of a service: itself; of a router: nothing. */
  readonly services: readonly DescribedService[];
  /** Of a router, a gateway or a gateway route. */
  readonly routes: readonly DescribedRoute[];
  /** Nodes and gateways whose proxies get something that comes from it, itself left out. */
  readonly reaches: readonly ObjectRef[];
  /** Null: not looked at. */
  readonly pods: readonly DescribedPod[] | null;
  /** Null: not known. */
  readonly proxies: DescribedProxies | null;
  readonly conditions: readonly Condition[];
  readonly problems: readonly Problem[];
}

/** What is known beside the graph. */
export interface BesideGraph {
  /** Undefined: nobody reports. */
  readonly reports: readonly ReplicaReport[] | undefined;
  /** Pods of the object; undefined: not looked at. */
  readonly pods: readonly DescribedPod[] | undefined;
  /** What is wrong with the object. */
  readonly problems: readonly Problem[];
}

/** What there is to say of one object; undefined: it is not there, or has never been readable. */
export function describeObject(graph: MeshGraph, ref: ObjectRef, around: BesideGraph): Description | undefined {
  const object = graph.object(ref);
  const standing = graph.standing(ref);
  if (object === undefined || standing === undefined) return undefined;
  const view = hasView(ref) ? graph.view(ref) : undefined;
  const having = graph.views().filter((one) => objectsIn(one).has(keyOf(ref)));
  return {
    object: ref,
    mesh: graph.meshOf(ref)?.name ?? null,
    awsName: standing.awsName,
    hasName: standing.hasName,
    mode: standing.mode,
    listeners: listenersOf(object),
    tls: listenersWithTls(object),
    foundBy: foundBy(object),
    uses: graph.links(ref).map(neighbour),
    usedBy: usersOf(graph, ref),
    egressFilter: object.kind === "Mesh" ? (object.spec.egressFilter?.type ?? "DROP_ALL") : null,
    members: ref.kind === "Mesh" ? membersOf(graph, ref) : {},
    services: servicesOf(ref, view, having),
    routes: routesOf(ref, view, having),
    reaches: having.map((one) => one.object).filter((one) => !sameObject(ref, one)),
    pods: around.pods ?? null,
    proxies: around.reports === undefined ? null : proxiesOf(having, around.reports),
    conditions: object.conditions,
    problems: around.problems,
  };
}

function neighbour({ relation, path, route, to, written, isUnreadable }: ObjectLink): Neighbour {
  return { relation, path, route: route ?? null, object: to ?? null, written, isUnreadable };
}

/** Every object that names this one, or is taken by it. */
function usersOf(graph: MeshGraph, ref: ObjectRef): readonly Neighbour[] {
  if (ref.kind === "Mesh") return [];
  return allRefs(graph).flatMap((from) =>
    graph
      .links(from)
      .filter(({ to }) => sameObject(ref, to))
      .map((link) => ({ ...neighbour(link), object: from })),
  );
}

function membersOf(graph: MeshGraph, mesh: ObjectRef): Readonly<Record<string, number>> {
  const members = allRefs(graph).filter((ref) => ref.kind !== "Mesh" && graph.meshOf(ref)?.name === mesh.name);
  return Object.fromEntries([...Map.groupBy(members, ({ kind }) => kind)].map(([kind, group]) => [kind, group.length]));
}

function allRefs(graph: MeshGraph): readonly ObjectRef[] {
  return KINDS.flatMap((kind) => graph.list(kind).map((object) => refOf(object as MeshObject) as ObjectRef));
}

/** Of a node what it may call; a service is looked at in the first view that has it, as all have the same but for who connects how. */
function servicesOf(ref: ObjectRef, view: MeshView | undefined, having: readonly MeshView[]): DescribedService[] {
  if (ref.kind === "VirtualService") {
    const seen = having.flatMap((one) => {
      const service = one.services.find(({ object }) => sameObject(ref, object));
      return service === undefined ? [] : [describedService(service, one)];
    });
    return seen.slice(0, 1);
  }
  return view?.kind === "virtualNode" ? view.services.map((service) => describedService(service, view)) : [];
}

/** Routes of a router are the same for all who call it. */
function routesOf(ref: ObjectRef, view: MeshView | undefined, having: readonly MeshView[]): readonly DescribedRoute[] {
  if (ref.kind === "VirtualRouter") {
    const providers = having.flatMap(({ services }) => services.map(({ provider }) => provider));
    const own = providers.flatMap((one) => (one.kind === "router" && sameObject(ref, one.router.object) ? [one] : []));
    return own[0] === undefined ? [] : routerRoutes(own[0].router.listeners);
  }
  const gateways = view === undefined ? having : [view];
  if (ref.kind !== "VirtualGateway" && ref.kind !== "GatewayRoute") return [];
  return gateways.flatMap((gateway) =>
    gateway.kind === "virtualGateway"
      ? gatewayRoutes(gateway, (object) => ref.kind === "VirtualGateway" || sameObject(ref, object))
      : [],
  );
}

/** Of all nodes and gateways that have something of the object; in what it is served or observed makes no difference here: who observes reports nothing. */
function proxiesOf(having: readonly MeshView[], reports: readonly ReplicaReport[]): DescribedProxies {
  const keys = new Set(having.map(({ object }) => keyOf(object)));
  const nodes = reports.flatMap((report) => report.nodes).filter(({ node }) => keys.has(keyOf(node)));
  const sum = (of: (one: (typeof nodes)[number]) => number): number => nodes.reduce((total, one) => total + of(one), 0);
  return {
    connected: sum(({ proxies }) => proxies),
    current: sum(({ current }) => current),
    rejecting: sum(({ rejecting }) => rejecting),
    isWhole: reports.every(({ isWhole }) => isWhole),
  };
}

/** The objects of a kind with a name, in whatever namespace: for a message where the one that was asked for is not there. */
export function namesOf(graph: MeshGraph, kind: ObjectRef["kind"]): readonly string[] {
  const isCluster = KIND_FACTS[kind].scope === "Cluster";
  return graph
    .list(kind)
    .map(({ metadata: { namespace, name } }) => (isCluster ? name : `${namespace}/${name}`))
    .toSorted(compareTexts);
}
