import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type Json, type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../src/model/kinds.ts";
import { resourceOf } from "../../src/xds/encode/resource.ts";
import { TYPES } from "../../src/xds/types.ts";
import { SHOP } from "../shop-manifest.ts";
import { endpointsIn, meshOf, resourcesOf, shown } from "../translated-manifest.ts";

/*
 * An attacker who may write every object of a namespace names hosts, addresses and ports wherever an object can name any. What clusters of
 * others dial then is judged by rules of its own, not by those that translation goes by.
 */

const HOSTS: readonly string[] =
  `
  127.0.0.1 127.1 0x7f000001 2130706433 0177.0.0.1 127.255.255.254. 0.0.0.0 0
  169.254.169.254 169.254.170.2 224.0.0.1 255.255.255.255
  ::1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 0:0:0:0:0:0:0:1 fe80::1 fe80::1%eth0 ff02::1 fd00:ec2::254
  localhost LOCALHOST. a.localhost localhost.localdomain localhost6 ip6-loopback
  10.0.0.7 fd00::7 web.shop.svc.cluster.local example.com
`.match(/\S+/g) ?? [];
const PORTS = [9901, 15000, 15001, 15020, 8080] as const;

const host = fc.constantFrom(...HOSTS);
const port = fc.constantFrom(...PORTS);
const attack = fc.record({
  hostname: host,
  listener: port,
  checked: fc.option(port, { nil: undefined }),
  discovery: fc.constantFrom("dns", "endpoints", "cloudMap", "annotation" as const),
  annotation: fc.array(fc.tuple(host, fc.option(port, { nil: undefined })), { maxLength: 4 }),
  slice: fc.record({ addresses: fc.array(host, { minLength: 1, maxLength: 4 }), port }),
  pods: fc.array(host, { maxLength: 4 }),
  responseType: fc.constantFrom("LOADBALANCER", "ENDPOINTS"),
});
type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;

function manifestOf({ annotation, checked, discovery, hostname, listener, pods, responseType, slice }: Attack): string {
  const written = annotation.map(([address, at]) => {
    const bracketed = address.includes(":") ? `[${address}]` : address;
    return at === undefined ? address : `${bracketed}:${at}`;
  });
  const annotations: JsonObject = {
    ...(discovery === "endpoints" && { "outrigger.dev/discovery": "endpoints" }),
    ...(discovery === "annotation" && { "outrigger.dev/endpoints": written.join(", ") }),
  };
  const times = { intervalMillis: 5_000, timeoutMillis: 2_000, healthyThreshold: 2, unhealthyThreshold: 2 };
  const healthCheck = checked === undefined ? {} : { healthCheck: { protocol: "tcp", port: checked, ...times } };
  const named = discovery === "endpoints" ? "evil.shop.svc.cluster.local" : hostname;
  const serviceDiscovery =
    discovery === "cloudMap"
      ? { awsCloudMap: { namespaceName: "evil", serviceName: "evil" } }
      : { dns: { hostname: named, responseType } };
  const object = (kind: string, name: string, spec: JsonObject, more: JsonObject = {}): JsonObject => ({
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, namespace: "shop", ...more },
    spec,
  });
  const metadata = { name: "evil", namespace: "shop" };
  const target = { virtualService: { virtualServiceRef: { name: "evil" } } };
  const objects: readonly JsonObject[] = [
    object("VirtualNode", "victim", { backends: [target] }),
    object("VirtualGateway", "door", {
      namespaceSelector: {},
      listeners: [{ portMapping: { port: 80, protocol: "http" } }],
    }),
    object("GatewayRoute", "evil", { httpRoute: { match: { prefix: "/" }, action: { target } } }),
    object("VirtualService", "evil", { provider: { virtualNode: { virtualNodeRef: { name: "evil" } } } }),
    object(
      "VirtualNode",
      "evil",
      {
        ...(discovery !== "annotation" && { podSelector: { matchLabels: { app: "evil" } } }),
        listeners: [{ portMapping: { port: listener, protocol: "http" }, ...healthCheck }],
        serviceDiscovery,
      },
      { annotations },
    ),
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: listener }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "evil" } },
      addressType: "IPv4",
      endpoints: slice.addresses.map((address) => ({ addresses: [address] })),
      ports: [{ port: slice.port }],
    },
    ...pods.map((ip, index) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `evil-${index}`, namespace: "shop", labels: { app: "evil" } },
      status: { podIPs: [{ ip }], conditions: [{ type: "ContainersReady", status: "True" }] },
    })),
  ];
  return [SHOP, ...objects.map((each) => stringify(each))].join("---\n");
}

/** `address port`, and of a health check the port alone, of everything that the victims' clusters dial by an object's word. */
function dialed(manifest: string): readonly (readonly [address: string | undefined, port: number])[] {
  const mesh = meshOf(manifest);
  return mesh.views
    .filter(({ object }) => object.name !== "evil")
    .flatMap((view) => [...resourcesOf(view), ...endpointsIn(view, mesh)])
    .flatMap(({ message }) => {
      // made once: a resource makes its message each time that it is looked at
      const resource = resourceOf(message);
      const isDialed = resource.type === TYPES.cluster || resource.type === TYPES.endpoints;
      // a gateway's way to its own second pass
      if (!isDialed || resource.name.includes("_self_redirect_")) return [];
      const json = shown(resource) as JsonObject;
      const assignment = resource.type === TYPES.cluster ? (json["load_assignment"] ?? {}) : json;
      const endpoints = objectsOf(member(assignment, "endpoints")).flatMap((zone) => objectsOf(zone["lb_endpoints"]));
      return endpoints.flatMap(({ endpoint }) => {
        const at = member(member(endpoint, "address"), "socket_address");
        const checked: Json | undefined = member(member(endpoint, "health_check_config"), "port_value");
        const address = stringOf(member(at, "address")) ?? "";
        return [
          [address, Number(member(at, "port_value"))] as const,
          ...(checked === undefined ? [] : [[undefined, Number(checked)] as const]),
        ];
      });
    });
}

/** Whether a resolver that takes all spellings of an address comes to this host, its link, a group or nobody. */
function isLocal(address: string): boolean {
  const name = address.toLowerCase().replace(/\.$/, "");
  if (/localhost|loopback/.test(name)) return true;
  const bare = name.split("%")[0] ?? "";
  const { hostname } = new URL(`http://${bare.includes(":") ? `[${bare}]` : bare}/`);
  const mapped = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(hostname);
  const [high, low] = [mapped?.[1], mapped?.[2]].map((part) => Number.parseInt(part ?? "0", 16));
  const four = mapped === null ? hostname : [high ?? 0, low ?? 0].flatMap((half) => [half >> 8, half & 255]).join(".");
  return /^(?:0|127|169\.254|22[4-9]|2[3-5]\d)\./.test(four) || /^\[(?:::1?\]|fe[89ab]|ff|fd00:ec2:)/.test(hostname);
}

test("nothing that an attacker writes makes clusters of others dial loopback, the link, or a sidecar's own ports", () => {
  fc.assert(
    fc.property(attack, (written) => {
      for (const [address, at] of dialed(manifestOf(written))) {
        expect(address === undefined || !isLocal(address), `${address} in ${JSON.stringify(written)}`).toBe(true);
        expect([9901, 15000, 15001, 15020], JSON.stringify(written)).not.toContain(at);
      }
    }),
    { numRuns: 30 },
  );
}, 120_000);

test.each([
  ["dns", ["web.shop.svc.cluster.local.", 8080]],
  ["endpoints", ["10.0.0.7", 8080]],
  ["cloudMap", ["10.0.0.8", 8080]],
  ["annotation", ["10.0.0.9", 8080]],
] as const)("what may be called by %s is", (discovery, place) => {
  const good: Attack = {
    hostname: "web.shop.svc.cluster.local",
    listener: 8080,
    checked: undefined,
    discovery,
    annotation: [["10.0.0.9", undefined]],
    slice: { addresses: ["10.0.0.7"], port: 8080 },
    pods: ["10.0.0.8"],
    responseType: "ENDPOINTS",
  };
  expect(dialed(manifestOf(good))).toContainEqual(place);
});

test.each(HOSTS.filter((each) => !/^(?:10|fd00::7|web|example)/.test(each)))(
  "%s is a local address to the judge",
  (each) => {
    expect(isLocal(each)).toBe(true);
  },
);
