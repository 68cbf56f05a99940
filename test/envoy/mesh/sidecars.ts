import { create, type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { LeftServices } from "../../../src/control-plane/proxies/left-services.ts";
import type { TlsChanges } from "../../../src/control-plane/proxies/tls-changes.ts";
import type { MeshView } from "../../../src/graph/view.ts";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../../src/model/json.ts";
import { keyOf } from "../../../src/model/mesh-object.ts";
import { PORTS } from "../../../src/model/names.ts";
import { encodeResource } from "../../../src/xds/encode/encode-resource.ts";
import { type Resource, resourceOf } from "../../../src/xds/encode/resource.ts";
import { ClusterLoadAssignmentSchema } from "../../../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerFilterSchema } from "../../../src/xds/generated/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "../../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import { type Snapshot, snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { allowAllCluster, amazonCluster, EGRESS_LISTENER, INGRESS_LISTENER } from "../../../src/xds/translate/names.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { ENVOY_MESSAGES } from "../../envoy-messages.ts";
import {
  endpointsIn,
  type ManifestMesh,
  meshOf,
  resourcesOf,
  shown,
  TRAITS,
  viewIn,
} from "../../translated-manifest.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { type AdsEnvoy, adsEnvoy, listens } from "../pushes/ads-envoy.ts";

/*
 * Real Envoys as the sidecars of several nodes, each with what its node gets. Nothing is captured here, so that each listens on the very
 * addresses that are called: apps are at 127.0.0.1, their sidecars at other addresses of loopback with the same ports.
 */

/** Cluster of what comes in for a port that is no listener. */
const PASSED_TO_APP = "outrigger_pass_through_inbound";

/** Milliseconds for which gateways know services that their routes left: fewer than in a control plane, for tests that wait for their end. */
const KEEP_LEFT = 5_000;

/** Where things of the mesh are found on loopback. */
export interface Places {
  /** Addresses of those that take in what is for a node, by the node's host name. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Nodes that have an Envoy, by name. */
  readonly sidecars?: Readonly<Record<string, Sidecar>>;
  /** Where pods are that the mesh finds by their own addresses, by these. */
  readonly pods?: Readonly<Record<string, string>>;
  /** Gateways, by name. */
  readonly gateways?: Readonly<Record<string, Gateway>>;
  /** Port of loopback that stands for all that is outside of the mesh. */
  readonly outside?: number;
  /** Socket of the SDS server that all pods have. */
  readonly sdsSocket?: string;
  /** Clusters that are found by name get their endpoints by EDS, for which Envoy waits before it uses them. */
  readonly lookup?: "eds";
  /** In the place of how long each connection may take to be made: what is to be shown must not hang on how busy the machine is. */
  readonly connectTimeout?: string;
  /** Clusters that are found by name and are given a field that Envoy refuses. */
  readonly refuses?: (cluster: JsonObject) => boolean;
  /** Secrets of a view that the control plane itself makes. */
  readonly secretsOf?: (view: MeshView) => readonly Resource[];
  /** What of a view is in effect while TLS changes; where nothing is said, what is written. */
  readonly tlsChanges?: Pick<TlsChanges, "inEffect" | "take">;
  /** Sidecars that get what they get so many milliseconds later than others, as of a replica that is behind. */
  readonly late?: Readonly<Record<string, number>>;
  /** Milliseconds after which a rejected secret is sent again; short, where nothing is said. */
  readonly retryRejected?: number;
}

interface Sidecar {
  /** Whose it is, where several are of one node; else its own name is that of its node. */
  readonly of?: string;
  /** Address of its app, where others have the ports of 127.0.0.1. */
  readonly app?: string;
  /** Its app calls these: address and port. */
  readonly calls?: readonly Address[];
  /**
   * In the place of `calls`, for ports that a test cannot listen on: the app's connections come in here, and begin with a line of the PROXY
   * protocol, which says where they were going, as the kernel does in a pod.
   */
  readonly captured?: Address;
  /** Its app is called at these. */
  readonly takes?: readonly Address[];
}

interface Gateway {
  /** Address of its listeners, each on its own port. */
  readonly at: string;
  /** Ports of its listeners. */
  readonly ports: readonly number[];
  /** Where its second pass listens. */
  readonly second: Address;
}
type Address = readonly [address: string, port: number];

export interface Sidecars {
  readonly envoy: (node: string) => AdsEnvoy;
  /** Changes the mesh; what becomes of it is to be waited for. */
  readonly change: (manifest: string) => Promise<void>;
  /** Brings a sidecar what its node gets by now, where something else than the mesh has changed. */
  readonly refresh: (sidecar: string) => Promise<void>;
  /** Gives one sidecar a view of its node. */
  readonly show: (sidecar: string, view: MeshView) => Promise<void>;
  /** Whether a sidecar is there and has acknowledged all that it was given, and secrets of these names. */
  readonly has: (sidecar: string, secrets: readonly string[]) => boolean;
  /** Whether a sidecar is there and has taken, or rejected, all that it was given. */
  readonly hasAnswered: (sidecar: string) => boolean;
  /** Ends the streams of a node's Envoy, and has a replica take over. */
  readonly restart: (node: string) => Promise<void>;
  /** What Envoys refused. */
  readonly rejections: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts them and resolves once all listen. */
export async function sidecars(manifest: string, places: Places): Promise<Sidecars> {
  const all = new Map<string, { readonly xds: TestXds; readonly envoy: AdsEnvoy }>();
  let current = meshOf(manifest);
  takeTls(undefined, current, places);
  /** How much of what each is to have is still held back. */
  const owed = new Map<string, number>();
  const give = async (name: string): Promise<void> => {
    const xds = all.get(name)?.xds;
    const content = contentOf(name, current, places, left);
    const late = places.late?.[name];
    if (late === undefined) return await xds?.serve(content);
    owed.set(name, (owed.get(name) ?? 0) + 1);
    setTimeout(() => {
      owed.set(name, (owed.get(name) ?? 0) - 1);
      void xds?.serve(content);
    }, late);
  };
  const left = new LeftServices({
    changed: (node) => void give(node),
    now: () => performance.now(),
    later: (milliseconds, callback) => void setTimeout(callback, milliseconds).unref(),
    keep: KEEP_LEFT,
  });
  const names = Object.keys({ ...places.sidecars, ...places.gateways });
  // at once, so that no two are alike
  const adminPorts = await freePorts(names.length);
  const started = await Promise.all(
    names.map(async (name, index) => {
      const xds = await testXds({ limits: { sweep: 20, retryRejected: places.retryRejected ?? 250 } });
      await xds.serve(contentOf(name, current, places, left));
      const { server, authority } = xds;
      const { port } = server.address;
      const envoy = await adsEnvoy({
        protocol: "delta",
        port,
        trust: authority.pem,
        token: name,
        adminPort: adminPorts[index],
        sdsSocket: places.sdsSocket,
      });
      return [name, { xds, envoy }] as const;
    }),
  );
  for (const [name, each] of started) all.set(name, each);
  const stop = async (): Promise<void> => {
    for (const { xds, envoy } of all.values()) {
      await envoy.stop();
      await xds.stop();
    }
  };
  const found: Sidecars = {
    envoy: (node) => all.get(node)?.envoy as AdsEnvoy,
    async change(next) {
      const before = current;
      current = meshOf(next);
      takeTls(before, current, places);
      for (const name of all.keys()) await give(name);
    },
    refresh: give,
    show: async (name, view) => await all.get(name)?.xds.serve(contentOfView(name, view, [], places, left)),
    has(name, secrets) {
      const proxies = [...(all.get(name)?.xds.server.connected() ?? [])];
      const isAll = proxies.length > 0 && (owed.get(name) ?? 0) === 0;
      return isAll && proxies.every((proxy) => proxy.hasSecrets(secrets) && proxy.isCurrent());
    },
    hasAnswered(name) {
      const proxies = [...(all.get(name)?.xds.server.standing() ?? [])];
      return proxies.length > 0 && (owed.get(name) ?? 0) === 0 && proxies.every(({ state }) => state !== "pending");
    },
    restart: async (node) => await all.get(node)?.xds.restart(async () => undefined),
    rejections: () => [...all.values()].flatMap(({ xds }) => xds.rejections.map((each) => JSON.stringify(each))),
    stop,
  };
  try {
    for (const [name, wanted] of listenersIn(places)) {
      await listens(found.envoy(name), wanted);
    }
  } catch (cause) {
    await stop();
    throw new Error(`not all listen: ${found.rejections().join("\n")}`, { cause });
  }
  return found;
}

/** How many listeners each Envoy is to have. */
function listenersIn({ sidecars: nodes = {}, gateways = {} }: Places): readonly (readonly [string, number])[] {
  const ofNodes = Object.entries(nodes).map(
    ([name, { calls = [], takes = [], captured }]) =>
      [name, Number(calls.length > 0 || captured !== undefined) + Number(takes.length > 0)] as const,
  );
  return [...ofNodes, ...Object.entries(gateways).map(([name, { ports }]) => [name, ports.length + 1] as const)];
}

function contentOf(node: string, mesh: ManifestMesh, places: Places, left: LeftServices): Snapshot {
  const written = viewIn(mesh, places.sidecars?.[node]?.of ?? node);
  const view = places.tlsChanges?.inEffect(keyOf(written.object), written) ?? written;
  return contentOfView(node, view, endpointsIn(view, mesh), places, left);
}

/** All of what is written comes before anything that is made of it, so that nobody gets half of a change. */
function takeTls(before: ManifestMesh | undefined, { views }: ManifestMesh, { tlsChanges }: Places): void {
  const kept = new Set(views.map(({ object }) => keyOf(object)));
  for (const { object } of before?.views ?? [])
    if (!kept.has(keyOf(object))) tlsChanges?.take(keyOf(object), undefined);
  for (const view of views) tlsChanges?.take(keyOf(view.object), view);
}

function contentOfView(
  node: string,
  view: MeshView,
  endpoints: readonly Resource[],
  places: Places,
  left: LeftServices,
): Snapshot {
  const traits = { ...TRAITS, ipv6: false, sdsSocket: places.sdsSocket !== undefined };
  const resources = resourcesOf(view, traits, view.kind === "virtualGateway" ? left.of(node, view) : []);
  const placed = [...resources, ...endpoints].flatMap((resource) => {
    const { after } = resource;
    return placedMessages(resource, { node, mesh: view.mesh.name }, places).map((message) => {
      return encodeResource({ ...resourceOf(message), ...(after !== undefined && { after }) });
    });
  });
  const made = (places.secretsOf?.(view) ?? []).map(encodeResource);
  return snapshotOf([...placed, ...made]);
}

/** What becomes of a resource of a node or gateway: nothing where nobody calls it here, else itself, and its endpoints where those go apart. */
export function placedMessages(resource: Resource, of: Of, places: Places): Resource["message"][] {
  const given = shown(resource) as JsonObject;
  const isPatient = given["connect_timeout"] !== undefined && places.connectTimeout !== undefined;
  const json = isPatient ? { ...given, connect_timeout: places.connectTimeout } : given;
  const gateway = places.gateways?.[of.node];
  const found = gateway === undefined ? placedAt(resource.name, json, of, places) : ofGateway(json, gateway, places);
  if (found === undefined) return [];
  if (places.lookup === "eds" && json["cluster_type"] !== undefined) return byEds(resource, found);
  const message = messageOf(resource, found);
  const isCaptured = resource.name === EGRESS_LISTENER && places.sidecars?.[of.node]?.captured !== undefined;
  if (isCaptured) (message as Listener).listenerFilters.unshift(PROXY_PROTOCOL);
  return [message];
}

/** Whose a resource is: the names of the object and of its mesh. */
interface Of {
  readonly node: string;
  readonly mesh: string;
}

/** A cluster whose endpoints are there, and the two resources that it becomes. */
function byEds(resource: Resource, { load_assignment: assignment, ...cluster }: JsonObject): Resource["message"][] {
  const source = { eds_config: { ads: {}, resource_api_version: "V3" } };
  const apart = messageOf(resource, { ...cluster, type: "EDS", eds_cluster_config: source });
  const endpoints = fromJson(ClusterLoadAssignmentSchema, assignment as JsonValue, { registry: ENVOY_MESSAGES });
  return [apart, endpoints];
}

/** What sidecars get never has it, so that only here is anything known of its message; it is empty. */
const PROXY_PROTOCOL = create(ListenerFilterSchema, {
  name: "envoy.filters.listener.proxy_protocol",
  configType: {
    case: "typedConfig",
    value: { typeUrl: "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol" },
  },
});

function messageOf({ message }: Resource, json: JsonObject): Resource["message"] {
  const schema = ENVOY_MESSAGES.getMessage(message.$typeName) as DescMessage;
  return fromJson(schema, json as JsonValue, { registry: ENVOY_MESSAGES }) as Resource["message"];
}

/** Addresses are all that differs. Undefined: a listener that nobody calls here. */
function placedAt(name: string, resource: JsonObject, of: Of, places: Places): JsonObject | undefined {
  const { calls = [], takes = [], captured } = places.sidecars?.[of.node] ?? {};
  if (name === EGRESS_LISTENER && captured !== undefined) {
    const [, ...filters] = objectsOf(resource["listener_filters"]);
    return { ...resource, address: socket(captured), listener_filters: filters };
  }
  if (name === EGRESS_LISTENER || name === INGRESS_LISTENER) {
    const [first, ...others] = (name === EGRESS_LISTENER ? calls : takes).map(socket);
    if (first === undefined) return undefined;
    return { ...resource, address: first, additional_addresses: others.map((address) => ({ address })) };
  }
  if (name.startsWith("cds_ingress_")) return appAt(resource, places.sidecars?.[of.node]?.app);
  const { cluster_type: _, lb_policy: __, ...rest } = resource;
  // where nothing is captured, what is for no listener would come to the same listener again, without an end
  if (name === PASSED_TO_APP) return { ...rest, type: "STATIC" };
  if ([allowAllCluster, amazonCluster].some((named) => named(of.mesh) === name) && places.outside !== undefined) {
    const at = { endpoint: { address: socket(["127.0.0.1", places.outside]) } };
    return { ...rest, type: "STATIC", load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [at] }] } };
  }
  return byName(resource, places);
}

/** Of what comes in. */
function appAt(cluster: JsonObject, app: string | undefined): JsonObject {
  return app === undefined ? cluster : withAddresses(cluster, { "127.0.0.1": app });
}

/** The same with other addresses. */
function withAddresses(resource: JsonObject, others: Readonly<Record<string, string>>): JsonObject {
  const text = JSON.stringify(resource, (key, value: unknown) => {
    return key === "address" && typeof value === "string" ? (others[value] ?? value) : value;
  });
  return JSON.parse(text) as JsonObject;
}

/** Its listeners, and the address of its second pass, wherever that stands. */
function ofGateway(resource: JsonObject, { at, second }: Gateway, places: Places): JsonObject {
  const { address, load_assignment: assignment } = resource;
  const socketAddress = objectOf(member(address, "socket_address"));
  if (address !== undefined) {
    const port = Number(socketAddress["port_value"]);
    return { ...resource, address: port === PORTS.outbound ? socket(second) : socket([at, port]) };
  }
  const isPass = stringOf(resource["name"])?.startsWith("cds_ingress_") === true;
  if (!isPass || assignment === undefined) return byName(resource, places);
  const [endpoint] = objectsOf(member(objectsOf(member(assignment, "endpoints"))[0], "lb_endpoints"));
  if (endpoint === undefined) return resource;
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: socket(second) } }] }];
  return { ...resource, load_assignment: { cluster_name: resource["name"] ?? "", endpoints } };
}

/** A cluster that is found by DNS is found on loopback. */
function byName(resource: JsonObject, places: Places): JsonObject {
  const { cluster_type: dns, lb_policy: _, ...rest } = resource;
  if (dns === undefined) return withAddresses(resource, places.pods ?? {});
  const assignment = found(objectOf(resource["load_assignment"]), places.hosts);
  const timeout = places.refuses?.(resource) === true ? { connect_timeout: "-1s" } : {};
  return { ...rest, ...timeout, type: "STATIC", load_assignment: assignment };
}

/** The one endpoint of a name becomes one of each of its addresses. */
function found({ cluster_name, endpoints }: JsonObject, hosts: Places["hosts"]): JsonObject {
  const [locality] = objectsOf(endpoints);
  const [only] = objectsOf(locality?.["lb_endpoints"]);
  const endpoint = objectOf(only?.["endpoint"]);
  const { address = "", port_value } = objectOf(member(endpoint["address"], "socket_address"));
  const addresses = hosts[(stringOf(address) ?? "").replace(/\.$/, "")] ?? [];
  const at = addresses.map((each) => ({ endpoint: { ...endpoint, address: socket([each, Number(port_value)]) } }));
  return { ...(cluster_name !== undefined && { cluster_name }), endpoints: [{ lb_endpoints: at }] };
}

function socket([address, port]: Address): JsonObject {
  return { socket_address: { address, port_value: port } };
}
