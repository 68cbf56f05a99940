import { hash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { credentials, Client as GrpcClient, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { encodeResource } from "../../src/xds/encode/encode-resource.ts";
import { resourceOf } from "../../src/xds/encode/resource.ts";
import type { ClusterLoadAssignment } from "../../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import type { EncodedResource } from "../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../src/xds/serve/snapshot.ts";
import { endpointsOfView, loadAssignment } from "../../src/xds/translate/endpoints.ts";
import { httpManager } from "../../src/xds/translate/http-manager.ts";
import { EGRESS_LISTENER, routesOf } from "../../src/xds/translate/names.ts";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { appMeshObject, backends, documents, listening, routedService, SHOP } from "../shop-manifest.ts";
import { resourcesOf, viewNamed } from "../translated-manifest.ts";
import { type TestXds, testXds } from "../xds-harness.ts";
import { type TokenBearer, tokenBearer } from "./token-bearer.ts";

/*
 * The client of gRPC that needs no proxy, as a second judge of what proxies get, beside Envoy: it reads routes, clusters and endpoints with
 * rules of its own, and asks for each by its name. It is not served: what it lacks is added here, and the tests say what that is.
 */

const NODES = ["blue", "green"] as const;
/** Of services: each has routes of its own, as one that is refused takes others of its port with it. */
const PORTS = { colour: 9090, dns: 9091, nobody: 9092, unweighted: 9093 } as const;
type Service = keyof typeof PORTS;

let xds: TestXds;
let bearer: TokenBearer;
/** Kept: whoever unsubscribes its last name and subscribes again leaves a stream behind with this client's release 1.14.1. */
const clients = new Map<string, GrpcClient>();
const apps = new Map<string, { readonly server: Server; readonly port: number }>();

beforeAll(async () => {
  for (const name of NODES) apps.set(name, await app(name));
  xds = await testXds();
  bearer = await tokenBearer({ port: xds.server.address.port, authority: xds.authority.pem, token: "front" });
  // read once, when the first name is looked up
  vi.stubEnv(
    "GRPC_XDS_BOOTSTRAP_CONFIG",
    JSON.stringify({
      xds_servers: [{ server_uri: `127.0.0.1:${bearer.port}`, channel_creds: [{ type: "insecure" }] }],
      node: { id: "front", locality: {} },
    }),
  );
  register();
});

beforeEach(() => serve({ blue: 1, green: 0 }));

afterAll(async () => {
  vi.unstubAllEnvs();
  for (const client of clients.values()) client.close();
  bearer?.stop();
  await xds?.stop();
  for (const { server } of apps.values()) server.forceShutdown();
});

/** It answers any method of `shop.Colour` with its name. */
async function app(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  const methods = ["Any", "Green"].map((method) => [
    method,
    {
      path: `/shop.Colour/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  ]);
  const answer = (_: unknown, done: (error: null, bytes: Buffer) => void): void => done(null, Buffer.from(name));
  server.addService(Object.fromEntries(methods), { Any: answer, Green: answer });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { server, port };
}

type Weights = Readonly<Record<(typeof NODES)[number], number>>;

function manifest(weights: Weights): string {
  const target = (name: string, weight: number) => `{ virtualNodeRef: { name: ${name} }, weight: ${weight} }`;
  const listener = (port: number) => `{ portMapping: { port: ${port}, protocol: grpc } }`;
  const node = (name: string, port: number, discovery: string) =>
    documents(
      appMeshObject(
        "VirtualNode",
        name,
        listening([listener(port)], `${name}.shop.svc.cluster.local`),
        `, annotations: { outrigger.dev/discovery: ${discovery} }`,
      ),
      `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { clusterIP: 10.9.0.1, ports: [{ port: ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [{ addresses: [10.1.0.7] }]
ports: [{ port: ${port} }]
`,
    );
  const service = (name: Service, routes: readonly string[]) => routedService(name, [listener(PORTS[name])], routes);
  const route = (name: string, match: string, targets: readonly string[]) =>
    `{ name: ${name}, grpcRoute: { match: { ${match} }, action: { weightedTargets: [${targets.join(", ")}] } } }`;
  return documents(
    SHOP,
    ...NODES.map((name) => node(name, PORTS.colour, "endpoints")),
    node("by-dns", PORTS.dns, "dns"),
    service("colour", [
      route("any", "serviceName: shop.Colour", [target("blue", weights.blue), target("green", weights.green)]),
      route("green", "serviceName: shop.Colour, methodName: Green", [target("green", 1)]),
    ]),
    node("grey", PORTS.unweighted, "endpoints"),
    service("unweighted", [route("any", "serviceName: shop.Colour", [target("grey", 1)])]),
    service("dns", [route("any", "serviceName: shop.Colour", [target("by-dns", 1)])]),
    service("nobody", [route("any", "serviceName: shop.Colour", [target("by-dns", 0)])]),
    appMeshObject("VirtualNode", "front", [backends(...Object.keys(PORTS))]),
  );
}

/** What the proxies of `front` get, and what this client lacks there: a listener for each name, and weights of localities but that of `grey`. */
async function serve(weights: Weights): Promise<void> {
  const view = viewNamed(manifest(weights), "front");
  const endpoints = endpointsOfView(view).map((name) => {
    const port = NODES.filter((node) => name.includes(node)).map((node) => apps.get(node)?.port ?? 0)[0] ?? 0;
    // what is on loopback is nobody's endpoint
    const member = { address: "10.1.0.7", port, family: "IPv4", health: "healthy", zone: undefined } as const;
    return encodeResource(resourceOf(onLoopback(loadAssignment(name, [member]))));
  });
  const listeners = (Object.keys(PORTS) as Service[]).map(apiListener);
  await xds.serve(snapshotOf([...resourcesOf(view).map(encodeResource), ...endpoints, ...listeners]));
}

function onLoopback(assignment: ClusterLoadAssignment): ClusterLoadAssignment {
  for (const locality of assignment.endpoints) {
    if (!assignment.clusterName.includes("grey")) locality.loadBalancingWeight = 1;
    for (const { hostIdentifier } of locality.lbEndpoints) {
      const address = hostIdentifier.case === "endpoint" ? hostIdentifier.value.address?.address : undefined;
      if (address?.case === "socketAddress") address.value.address = "127.0.0.1";
    }
  }
  return assignment;
}

/** A listener for the name that is dialled, with the connection manager that Envoys have; written by hand, as they get none. */
function apiListener(service: Service): EncodedResource {
  const name = `${service}.shop`;
  const routes = routesOf("egress", PORTS[service]);
  const { configType } = httpManager({ statPrefix: "egress", routes, accessLog: [], tracing: undefined });
  // envoy.config.listener.v3: ApiListener.api_listener = 1, Listener.name = 1, Listener.api_listener = 19
  const manager = toBinary(AnySchema, configType.value as Any);
  const inner = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(manager).finish();
  const outer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  const value = outer.tag(19, WireType.LengthDelimited).bytes(inner).finish();
  const any = toBinary(AnySchema, create(AnySchema, { typeUrl: TYPES.listener, value }));
  return { type: TYPES.listener, name, version: hash("sha256", any, "hex"), any, origins: [] };
}

/** The answer, else the status and what the client says of it. */
function call(name: string, method = "shop.Colour/Any"): Promise<string> {
  const client = clients.get(name) ?? new GrpcClient(`xds:///${name}`, credentials.createInsecure());
  clients.set(name, client);
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/${method}`, same, same, Buffer.alloc(0), (error, answer) => {
      resolve(error === null ? String(answer) : `${status[error.code]}: ${error.details}`);
    });
  });
}

function refused(name: string): string {
  return xds.rejections.findLast(({ resource }) => resource.name === name)?.problem ?? "nothing is said yet";
}

describe("what proxies get is enough for it to", () => {
  test("find a node by the name of a service, and another one by a method", async () => {
    await comesTrue(async () => expect(await call("colour.shop")).toBe("blue"));
    expect(await call("colour.shop", "shop.Colour/Green")).toBe("green");
    expect(await call("colour.shop", "shop.Other/Any")).toBe(
      "UNAVAILABLE: Failed to route call to method /shop.Other/Any",
    );
  });

  test("follow weights", async () => {
    await comesTrue(async () => expect(await call("colour.shop")).toBe("blue"));
    await serve({ blue: 0, green: 1 });
    await comesTrue(async () => expect(await call("colour.shop")).toBe("green"));
  });

  test("accept every route, cluster and endpoint on its way", async () => {
    expect(NODES).toContain(await call("colour.shop"));
    const onItsWay = [routesOf("egress", PORTS.colour), ...NODES.flatMap((name) => [`shop/${name}/`, `_${name}_`])];
    const names = xds.rejections.map(({ resource }) => resource.name);
    expect(names.filter((name) => onItsWay.some((part) => name.includes(part)))).toEqual([]);
  });
});

describe("it cannot use", () => {
  test("endpoints whose locality has no weight", async () => {
    expect(await call("unweighted.shop")).toBe("UNAVAILABLE: priority policy has empty priority list");
  });

  test("the listener of captured connections, which is no listener for a name", async () => {
    void call(EGRESS_LISTENER);
    await comesTrue(() => expect(refused(EGRESS_LISTENER)).toContain("listener_filters populated"));
  });

  test("a cluster that is looked up by DNS", async () => {
    void call("dns.shop");
    const type = "Unexpected cluster_type.typed_config.type_url: type.googleapis.com/envoy.extensions.clusters.dns.v3";
    await comesTrue(() => expect(refused("cds_egress_shop_by-dns_shop_grpc_9091")).toContain(type));
  });

  test("a route that answers by itself, as one does whose weights are all 0", async () => {
    void call("nobody.shop");
    const action = "unsupported action: direct_response";
    await comesTrue(() => expect(refused(routesOf("egress", PORTS.nobody))).toContain(action));
  });
});
