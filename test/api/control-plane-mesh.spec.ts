import { isDeepStrictEqual } from "node:util";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { type JsonObject, member, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../src/model/kinds.ts";
import { ClusterSchema } from "../../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../src/xds/generated/envoy/config/route/v3/route_pb.js";
import type { DeltaDiscoveryResponse } from "../../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { MatcherSchema } from "../../src/xds/generated/xds/type/matcher/v3/matcher_pb.js";
import { TYPES } from "../../src/xds/types.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { testAuthority } from "../envoy/authority.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { createMeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { type XdsClient, xdsClient } from "../xds-client.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { applyMeshObjects, installCrds, removeCrds } from "./custom-resources.ts";

/* Objects of a real API server become what a proxy gets, as they come, change and go. */

const PATIENCE = { timeout: 90_000, interval: 50 };
const ROUTES = { typeUrl: TYPES.route, resourceNamesSubscribe: ["rds_egress_http_8080"] };
const PASS_THROUGH = ["outrigger_nowhere", "outrigger_pass_through"];

let api: ApiConnection;
let namespace: string;
let controlPlane: TestControlPlane;
let client: XdsClient;

beforeAll(async () => {
  const cluster = inject("cluster");
  api = connectApi(cluster);
  await installCrds(api, customResourceDefinitions());
  namespace = await meshNamespace(api, "routed");
  const labels = { mesh: namespace };
  await api.apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels },
  });
  const authority = await testAuthority();
  const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  controlPlane = await testControlPlane(cluster.kubeconfig, certificate, { controlPlane: { mesh: "serve" } });
  client = xdsClient(controlPlane.address.port, authority.pem);
});

afterAll(async () => {
  client?.close();
  await controlPlane?.close();
  await removeCrds(api, customResourceDefinitions());
  await api?.close();
});

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace }, spec };
}

function mesh(): JsonObject {
  return {
    apiVersion: APPMESH_API_VERSION,
    kind: "Mesh",
    metadata: { name: namespace },
    spec: { namespaceSelector: { matchLabels: { mesh: namespace } } },
  };
}

function node(name: string, spec: JsonObject = {}): JsonObject {
  return object("VirtualNode", name, {
    podSelector: { matchLabels: { app: name } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: `${name}.${namespace}.svc.cluster.local` } },
    ...spec,
  });
}

function router(blue: number, green: number): JsonObject {
  const targets = { blue, green };
  const weightedTargets = Object.entries(targets).map(([name, weight]) => ({ virtualNodeRef: { name }, weight }));
  return object("VirtualRouter", "color", {
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    routes: [{ name: "all", httpRoute: { match: { prefix: "/" }, action: { weightedTargets } } }],
  });
}

/** The clusters of the route with their weights. */
function weightsOf({ resources }: DeltaDiscoveryResponse): unknown {
  const configuration = fromBinary(RouteConfigurationSchema, resources[0]?.resource?.value ?? Buffer.of());
  const action = configuration.virtualHosts[0]?.routes[0]?.action;
  const specifier = action?.case === "route" ? action.value.clusterSpecifier : undefined;
  if (specifier?.case === "cluster") return { [specifier.value]: "all" };
  if (specifier?.case !== "weightedClusters") return undefined;
  return Object.fromEntries(specifier.value.clusters.map((each) => [each.name, each.weight]));
}

test("a mesh routes as its objects say, follows a weight, and passes through when the node is gone", async () => {
  const pod = await createMeshPod(api, namespace, "front-1", { labels: { app: "front" } });
  const call = client.delta(await tokenOf(api, pod));
  const claim = { id: `mesh/${namespace}/virtualNode/front_${namespace}`, metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.cluster, node: claim });
  const first = await call.next();
  expect(first.resources.map(({ name }) => name).sort()).toEqual(PASS_THROUGH);
  const acknowledge = ({ typeUrl, nonce }: DeltaDiscoveryResponse) => call.send({ typeUrl, responseNonce: nonce });
  acknowledge(first);

  // in an order that nobody would choose: what refers to something comes before it
  const backends = [{ virtualService: { virtualServiceRef: { name: "color" } } }];
  await applyMeshObjects(api, [router(1, 0), node("front", { backends })]);
  const provider = { virtualRouter: { virtualRouterRef: { name: "color" } } };
  await applyMeshObjects(api, [
    object("VirtualService", "color", { awsName: `color.${namespace}.svc.cluster.local`, provider }),
    node("blue"),
    node("green"),
    mesh(),
  ]);
  const blue = `cds_egress_${namespace}_blue_${namespace}_http_8080`;
  const green = `cds_egress_${namespace}_green_${namespace}_http_8080`;
  const have = new Set<string>();
  await vi.waitFor(async () => {
    const response = await call.next();
    for (const { name } of response.resources) have.add(name);
    acknowledge(response);
    expect([...have]).toEqual(expect.arrayContaining([blue, green]));
  }, PATIENCE);

  call.send(ROUTES);
  const routes = await call.next();
  expect(weightsOf(routes)).toEqual({ [blue]: "all" });
  acknowledge(routes);

  await applyMeshObjects(api, [router(90, 10)]);
  const changed = await call.next();
  expect([changed.typeUrl, weightsOf(changed)]).toEqual([TYPES.route, { [blue]: 90, [green]: 10 }]);
  acknowledge(changed);

  await api.send("DELETE", `/apis/${APPMESH_API_VERSION}/namespaces/${namespace}/virtualnodes/front`);
  const gone = await call.next();
  expect(gone.typeUrl).toBe(TYPES.cluster);
  expect(gone.removedResources).toContain(`cds_ingress_${namespace}_front_${namespace}_http_8080`);
  call.end();
  await call.status;
});

test("a TCP service is called at the addresses of its Kubernetes Service, as they come and go", async () => {
  const listeners = [{ portMapping: { port: 5432, protocol: "tcp" } }];
  const backends = [{ virtualService: { virtualServiceRef: { name: "db" } } }];
  const provider = { virtualNode: { virtualNodeRef: { name: "db" } } };
  const db = { awsName: `db.${namespace}.svc.cluster.local`, provider };
  await applyMeshObjects(api, [
    node("caller", { backends }),
    node("db", { listeners }),
    object("VirtualService", "db", db),
    mesh(),
  ]);
  const pod = await createMeshPod(api, namespace, "caller-1", { labels: { app: "caller" } });
  const call = client.delta(await tokenOf(api, pod));
  const claim = { id: `mesh/${namespace}/virtualNode/caller_${namespace}`, metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.listener, node: claim });

  /** Waits for an egress listener that matches these addresses: one of before may come once more, as objects come one by one. */
  async function addressesBecome(...expected: readonly string[]): Promise<void> {
    for (;;) {
      const { resources, typeUrl, nonce } = await call.next();
      call.send({ typeUrl, responseNonce: nonce });
      const listener = resources.find(({ name }) => name === "lds_egress_0.0.0.0_15001")?.resource?.value;
      if (listener === undefined) continue;
      const matcher = fromBinary(ListenerSchema, listener).filterChainMatcher;
      if (matcher === undefined) continue;
      const text = JSON.stringify(toJson(MatcherSchema, matcher, { registry: ENVOY_MESSAGES }));
      const found = [...text.matchAll(/"([0-9a-f]+[.:][0-9a-f.:]+)":/g)].map(([, address]) => address);
      if (isDeepStrictEqual(found, expected)) return;
    }
  }

  await addressesBecome();
  const path = `/api/v1/namespaces/${namespace}/services`;
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "db", namespace } };
  const made = await api.create(path, { ...service, spec: { ports: [{ port: 5432 }] } });
  const clusterIP = stringOf(member(made["spec"], "clusterIP"));
  await addressesBecome(clusterIP ?? "");
  await api.send("DELETE", `${path}/db`);
  await addressesBecome();

  await api.create(path, { ...service, spec: { clusterIP: "None", ports: [{ port: 5432 }] } });
  // it is called nowhere now, and no longer takes what nobody else takes
  await addressesBecome();
  await api.create(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "db-1", namespace, labels: { "kubernetes.io/service-name": "db" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.1.0.7"] }],
    ports: [{ port: 5432 }],
  });
  await addressesBecome("10.1.0.7");
  call.end();
  await call.status;
});

test("a node that asks for endpoints has those of its EndpointSlices, from when there are any, and DNS before and after", async () => {
  const backends = [{ virtualService: { virtualServiceRef: { name: "api" } } }];
  const provider = { virtualNode: { virtualNodeRef: { name: "api" } } };
  const asking = { "outrigger.dev/discovery": "endpoints" };
  await applyMeshObjects(api, [
    node("asker", { backends }),
    { ...node("api"), metadata: { name: "api", namespace, annotations: asking } },
    object("VirtualService", "api", { provider }),
    mesh(),
  ]);
  const pod = await createMeshPod(api, namespace, "asker-1", { labels: { app: "asker" } });
  const call = client.delta(await tokenOf(api, pod));
  const claim = { id: `mesh/${namespace}/virtualNode/asker_${namespace}`, metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.cluster, node: claim });

  /** The next cluster of the node, or its next endpoints. */
  async function next(name: string): Promise<Uint8Array> {
    for (;;) {
      const { resources, typeUrl, nonce } = await call.next();
      call.send({ typeUrl, responseNonce: nonce });
      const found = resources.find((each) => each.name === name)?.resource?.value;
      if (found !== undefined) return found;
    }
  }
  const cluster = async (): Promise<unknown> =>
    fromBinary(ClusterSchema, await next(`cds_egress_${namespace}_api_${namespace}_http_8080`)).edsClusterConfig
      ?.serviceName;
  const endpoints = `${namespace}/api/8080`;
  const addresses = async (): Promise<unknown> => {
    const { endpoints: all } = fromBinary(ClusterLoadAssignmentSchema, await next(endpoints));
    return all.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier }) => {
        const at = hostIdentifier.value?.address?.address;
        return at?.case === "socketAddress" ? `${at.value.address}:${at.value.portSpecifier.value}` : "";
      }),
    );
  };

  expect(await cluster()).toBeUndefined();
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const slice = (...ready: readonly boolean[]): JsonObject => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "api-1", namespace, labels: { "kubernetes.io/service-name": "api" } },
    addressType: "IPv4",
    endpoints: ready.map((each, index) => ({ addresses: [`10.1.0.${index + 7}`], conditions: { ready: each } })),
    ports: [{ port: 9090 }],
  });
  await api.create(slices, slice(true));
  const metadata = { name: "api", namespace };
  await api.create(`/api/v1/namespaces/${namespace}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { ports: [{ port: 8080 }] },
  });
  expect(await cluster()).toBe(endpoints);
  call.send({ typeUrl: TYPES.endpoints, resourceNamesSubscribe: [endpoints] });
  expect(await addresses()).toEqual(["10.1.0.7:9090"]);
  await api.apply(`${slices}/api-1`, slice(false, true));
  await vi.waitFor(async () => expect(await addresses()).toEqual(["10.1.0.8:9090"]), PATIENCE);
  await api.send("DELETE", `${slices}/api-1`);
  expect(await cluster()).toBeUndefined();
  call.end();
  await call.status;
});

test("a proxy gets a listener at its own pod's addresses once the pod has them, and no other proxy does", async () => {
  const names = ["own-1", "own-2"];
  const pods = await Promise.all(names.map((name) => createMeshPod(api, namespace, name)));
  const calls = await Promise.all(
    pods.map(async (pod) => {
      const call = client.delta(await tokenOf(api, pod));
      const claim = { id: `mesh/${namespace}/virtualNode/${pod.name}`, metadata: { outrigger: { pod } } };
      call.send({ typeUrl: TYPES.listener, node: claim });
      const { resources, nonce } = await call.next();
      expect(resources.map(({ name }) => name)).not.toContain("outrigger_stats");
      call.send({ typeUrl: TYPES.listener, responseNonce: nonce });
      return call;
    }),
  );
  for (const [index, { name }] of pods.entries()) {
    const podIPs = [{ ip: `10.1.0.${index + 7}` }, { ip: `fd00::${index + 7}` }];
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    const { body } = await api.send("GET", path);
    const { status } = await api.send("PUT", path, { ...body, status: { podIP: podIPs[0]?.ip ?? "", podIPs } });
    expect(status).toBe(200);
  }
  for (const [index, call] of calls.entries()) {
    const { resources } = await call.next();
    expect(resources.map(({ name }) => name)).toEqual(["outrigger_stats"]);
    const { address, additionalAddresses } = fromBinary(ListenerSchema, resources[0]?.resource?.value ?? Buffer.of());
    expect([address, ...additionalAddresses.map((each) => each.address)].map((each) => each?.address.value)).toEqual(
      [`10.1.0.${index + 7}`, `fd00::${index + 7}`].map((ip) => expect.objectContaining({ address: ip })),
    );
    call.end();
    await call.status;
  }
});
