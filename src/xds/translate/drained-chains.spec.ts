import { clone, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { SHOP } from "../../../test/shop-manifest.ts";
import { resourcesOf, TRAITS, viewNamed } from "../../../test/translated-manifest.ts";
import type { Resource } from "../encode/resource.ts";
import { FilterChainSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { TYPES } from "../types.ts";
import { EGRESS_LISTENER, INGRESS_LISTENER } from "./names.ts";
import { translate } from "./translate.ts";

/*
 * What a change of a manifest does to connections that are open, as docs/semantics.md says it. Envoy lets go of those of a filter chain that
 * differs or is gone, and of all of a listener of which something else than its chains and how they are found differs. Each change is one
 * piece of text that is replaced.
 */

const MANIFEST = `${SHOP}---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: web, namespace: shop }
spec:
  listeners:
    - { portMapping: { port: 8080, protocol: http } }
    - { portMapping: { port: 9000, protocol: tcp } }
  serviceDiscovery: { dns: { hostname: web.shop.svc.cluster.local } }
  backends: [{ virtualService: { virtualServiceRef: { name: api } } }, { virtualService: { virtualServiceRef: { name: db } } }]
  logging: { accessLog: { file: { path: /dev/stdout } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: other, namespace: shop }
spec:
  listeners:
    - { portMapping: { port: 8080, protocol: http } }
    - { portMapping: { port: 9000, protocol: tcp } }
  backends: [{ virtualService: { virtualServiceRef: { name: api } } }, { virtualService: { virtualServiceRef: { name: db } } }]
  logging: { accessLog: { file: { path: /dev/stdout } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: red, namespace: shop }
spec:
  listeners: [{ portMapping: { port: 80, protocol: http } }, { portMapping: { port: 5432, protocol: tcp } }]
  serviceDiscovery: { dns: { hostname: red.shop.svc.cluster.local } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: { name: api, namespace: shop }
spec: { provider: { virtualRouter: { virtualRouterRef: { name: api } } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualRouter
metadata: { name: api, namespace: shop }
spec:
  listeners: [{ portMapping: { port: 80, protocol: http } }]
  routes: [{ name: all, httpRoute: { match: { prefix: / }, action: { weightedTargets: [{ virtualNodeRef: { name: red }, port: 80, weight: 1 }] } } }]
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: { name: db, namespace: shop }
spec: { provider: { virtualRouter: { virtualRouterRef: { name: db } } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualRouter
metadata: { name: db, namespace: shop }
spec:
  listeners: [{ portMapping: { port: 5432, protocol: tcp } }]
  routes: [{ name: all, tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: red }, port: 5432, weight: 1 }] }, timeout: { idle: { unit: s, value: 60 } } } }]
`;

type Listeners = Readonly<Record<string, Listener>>;

function listenersOf(manifest: string, node = "web", traits = TRAITS): Listeners {
  return byName(resourcesOf(viewNamed(manifest, node), traits));
}

function byName(resources: readonly Resource[]): Listeners {
  const found = resources.flatMap((each) => (each.type === TYPES.listener ? [each.message] : []));
  return Object.fromEntries(found.map((listener) => [listener.name, listener]));
}

/** Chains of whose connections Envoy lets go, by listener; `all` where the listener is another one. */
function drained(before: Listeners, after: Listeners): Readonly<Record<string, readonly string[] | "all">> {
  const found = Object.entries(before).map(([name, listener]) => {
    const next = after[name];
    if (next === undefined || restOf(listener) !== restOf(next)) return [name, "all"] as const;
    const chains = new Map(next.filterChains.map((chain) => [chain.name, bytesOf(chain)]));
    const gone = listener.filterChains.filter((chain) => chains.get(chain.name) !== bytesOf(chain));
    return [name, gone.map((chain) => chain.name)] as const;
  });
  return Object.fromEntries(found.filter(([, chains]) => chains.length > 0));
}

/** All but the chains and how they are found, which Envoy exchanges in place. */
function restOf(listener: Listener): string {
  const rest = clone(ListenerSchema, listener);
  rest.filterChains = [];
  delete rest.filterChainMatcher;
  return Buffer.from(toBinary(ListenerSchema, rest)).toString("base64");
}

function bytesOf(chain: Listener["filterChains"][number]): string {
  return Buffer.from(toBinary(FilterChainSchema, chain)).toString("base64");
}

const FILTER = ["{ mesh: shop } } }\n", "{ mesh: shop } }, egressFilter: { type: ALLOW_ALL } }\n"] as const;
const TLS =
  ", tls: { mode: STRICT, certificate: { file: { certificateChain: /tls/cert.pem, privateKey: /tls/key.pem } } }";

function changed(text: string, becomes: string, manifest = MANIFEST): string {
  expect(manifest).toContain(text);
  return manifest.replace(text, becomes);
}

describe("open connections stay with", () => {
  test.each([
    [
      "a service more, on a port that is called for the first time",
      "port: 80, protocol: http } }]\n  routes",
      "port: 80, protocol: http } }, { portMapping: { port: 81, protocol: http } }]\n  routes",
    ],
    ["a filter that opens", ...FILTER],
    ["another match of a route over HTTP", "prefix: /", "prefix: /api"],
    ["another place of a node that is called over TCP", "hostname: red.shop", "hostname: blue.shop"],
  ])("%s", (_, text, becomes) => {
    expect(drained(listenersOf(MANIFEST), listenersOf(changed(text, becomes)))).toEqual({});
  });
});

describe("those are let go that belong to", () => {
  const db = "egress_tcp_5432_db.shop";

  test.each([
    [
      "a TCP route that gets another target",
      "port: 5432, weight: 1",
      "port: 5432, weight: 0",
      { [EGRESS_LISTENER]: [db] },
    ],
    ["a TCP route that gets another idle time-out", "value: 60", "value: 61", { [EGRESS_LISTENER]: [db] }],
    [
      "a TCP service that is no backend any more",
      ", { virtualService: { virtualServiceRef: { name: db } } }]",
      "]",
      { [EGRESS_LISTENER]: [db] },
    ],
    [
      "the last HTTP service of a port that is no backend any more",
      "{ virtualService: { virtualServiceRef: { name: api } } }, ",
      "",
      { [EGRESS_LISTENER]: ["egress_http_80"] },
    ],
    [
      "a listener of the node that speaks another protocol",
      "port: 8080, protocol: http }",
      "port: 8080, protocol: http2 }",
      { [INGRESS_LISTENER]: ["ingress_http_8080"] },
    ],
    [
      "a listener of the node that gets TLS",
      "port: 8080, protocol: http }",
      `port: 8080, protocol: http }${TLS}`,
      { [INGRESS_LISTENER]: ["ingress_http_8080"] },
    ],
    [
      "all listeners of the node where one becomes PERMISSIVE",
      "port: 8080, protocol: http }",
      `port: 8080, protocol: http }${TLS.replace("STRICT", "PERMISSIVE")}`,
      { [INGRESS_LISTENER]: "all" },
    ],
  ])("%s", (_, text, becomes, chains) => {
    expect(drained(listenersOf(MANIFEST), listenersOf(changed(text, becomes)))).toEqual(chains);
  });

  test("nobody of the mesh, where the filter closes", () => {
    const open = listenersOf(changed(...FILTER));
    expect(drained(open, listenersOf(MANIFEST))).toEqual({ [EGRESS_LISTENER]: ["mesh-allow-all"] });
  });

  test("every chain, where the access log changes", () => {
    const before = listenersOf(MANIFEST);
    const chains = Object.entries(before).map(([name, { filterChains }]) => [
      name,
      filterChains.map((each) => each.name),
    ]);
    expect(drained(before, listenersOf(changed("/dev/stdout", "/dev/stderr")))).toEqual(Object.fromEntries(chains));
  });

  test("listeners over TCP of a pod that becomes another node", () => {
    expect(drained(listenersOf(MANIFEST), listenersOf(MANIFEST, "other"))).toEqual({
      [INGRESS_LISTENER]: ["ingress_tcp_9000"],
    });
  });

  test("and what is traced by the name of its node", () => {
    const traced = { ...TRAITS, tracing: { kind: "datadog", percent: 100, host: "agent" } } as const;
    expect(drained(listenersOf(MANIFEST, "web", traced), listenersOf(MANIFEST, "other", traced))).toEqual({
      [INGRESS_LISTENER]: ["ingress_http_8080", "ingress_tcp_9000"],
      [EGRESS_LISTENER]: ["egress_http_80"],
    });
  });

  test("all that an app called, where its mesh begins or ends to be served; what came in only where it ends", () => {
    const [served, observed] = [listenersOf(MANIFEST), byName(translate({ traits: TRAITS, accessLog: "/dev/stdout" }))];
    expect(drained(observed, served)).toEqual({ [EGRESS_LISTENER]: "all" });
    const own = ["ingress_http_8080", "ingress_tcp_9000"];
    expect(drained(served, observed)).toEqual({ [INGRESS_LISTENER]: own, [EGRESS_LISTENER]: "all" });
  });
});
