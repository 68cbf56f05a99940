import { stringify } from "yaml";
import type { JsonObject } from "../../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../../src/model/kinds.ts";
import type { Behaviour, Node } from "./behaviour.ts";

/** A namespace for each egress filter, with a mesh of the same name. */
export const NAMESPACES = { DROP_ALL: "shop", ALLOW_ALL: "open" } as const;
type Filter = keyof typeof NAMESPACES;

/** Who calls every service of its namespace. */
export const CALLER = "front";

const PORTS: Readonly<Record<Node, readonly number[]>> = {
  red: [8080],
  blue: [8080],
  green: [8080],
  grey: [8080],
  two: [8080, 9090],
};
export const NODES = Object.entries(PORTS).map(([name, ports]) => ({ name, ports }));

/** A behaviour with the names of its objects. */
export interface Placed {
  readonly behaviour: Behaviour;
  readonly namespace: string;
  /** Of its VirtualService and VirtualRouter. */
  readonly name: string;
  /** In App Mesh: the host that is called. */
  readonly service: string;
}

/** Gives each behaviour its names, by its place. */
export function placed(behaviours: readonly Behaviour[]): readonly Placed[] {
  return behaviours.map((behaviour, index) => {
    const namespace = NAMESPACES[behaviour.filter ?? "DROP_ALL"];
    const name = `service-${index}`;
    return { behaviour, namespace, name, service: behaviour.service ?? `${name}.${namespace}.svc.cluster.local` };
  });
}

/** The App Mesh objects of the table, as YAML. */
export function manifestOf(all: readonly Placed[]): string {
  const filters = Object.keys(NAMESPACES) as Filter[];
  const objects = [...filters.flatMap((filter) => aroundRoutes(filter, all)), ...all.flatMap(objectsOf)];
  return objects.map((object) => stringify(object)).join("---\n");
}

function aroundRoutes(filter: Filter, all: readonly Placed[]): readonly JsonObject[] {
  const namespace = NAMESPACES[filter];
  const backends = all
    .filter((each) => each.namespace === namespace)
    .map(({ name }) => ({ virtualService: { virtualServiceRef: { name } } }));
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { mesh: namespace } } },
    {
      apiVersion: APPMESH_API_VERSION,
      kind: "Mesh",
      metadata: { name: namespace },
      spec: { namespaceSelector: { matchLabels: { mesh: namespace } }, egressFilter: { type: filter } },
    },
    object(namespace, "VirtualNode", CALLER, { ...node(namespace, CALLER, [8080]), backends }),
    ...NODES.map(({ name, ports }) => object(namespace, "VirtualNode", name, node(namespace, name, ports))),
  ];
}

function node(namespace: string, name: string, ports: readonly number[]): JsonObject {
  return {
    listeners: ports.map((port) => ({ portMapping: { port, protocol: "http" } })),
    serviceDiscovery: { dns: { hostname: `${name}.${namespace}.svc.cluster.local` } },
  };
}

function objectsOf({ behaviour: { provider }, namespace, name, service: awsName }: Placed): readonly JsonObject[] {
  if (provider === undefined) return [object(namespace, "VirtualService", name, { awsName })];
  if ("node" in provider) {
    const virtualNode = { virtualNodeRef: { name: provider.node } };
    return [object(namespace, "VirtualService", name, { awsName, provider: { virtualNode } })];
  }
  const { ports = [8080], routes } = provider;
  const listeners = ports.map((port) => ({ portMapping: { port, protocol: "http" } }));
  return [
    object(namespace, "VirtualService", name, { awsName, provider: { virtualRouter: { virtualRouterRef: { name } } } }),
    object(namespace, "VirtualRouter", name, { listeners, routes: routes as unknown as JsonObject[] }),
  ];
}

function object(namespace: string, kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace }, spec };
}
