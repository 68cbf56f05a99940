import { describe, expect, test } from "vitest";
import { SHOP } from "../../../test/shop-manifest.ts";
import { resourcesOf, viewNamed } from "../../../test/translated-manifest.ts";
import { encodeResource } from "../encode/encode-resource.ts";
import { TYPES } from "../types.ts";

/*
 * What may change in a running pod must not alter its listeners: Envoy drains a filter chain that differs, and cuts what is open there.
 * Each change is one piece of text in a manifest that is replaced.
 */

const MANIFEST = `${SHOP}---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: web, namespace: shop }
spec:
  listeners:
    - { portMapping: { port: 8080, protocol: http }, timeout: { http: { perRequest: { unit: s, value: 20 }, idle: { unit: s, value: 30 } } }, connectionPool: { http: { maxConnections: 10 } } }
    - { portMapping: { port: 9090, protocol: grpc }, timeout: { grpc: { perRequest: { unit: s, value: 0 } } }, connectionPool: { grpc: { maxRequests: 20 } } }
    - { portMapping: { port: 5432, protocol: tcp }, connectionPool: { tcp: { maxConnections: 40 } } }
  serviceDiscovery: { dns: { hostname: web.shop.svc.cluster.local } }
  backends: [{ virtualService: { virtualServiceRef: { name: colour } } }, { virtualService: { virtualServiceRef: { name: node } } }]
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: blue, namespace: shop }
spec:
  listeners:
    - portMapping: { port: 8080, protocol: http }
      healthCheck: { protocol: http, path: /healthz, intervalMillis: 5000, timeoutMillis: 2000, healthyThreshold: 2, unhealthyThreshold: 3 }
      outlierDetection: { maxServerErrors: 5, interval: { unit: s, value: 10 }, baseEjectionDuration: { unit: s, value: 31 }, maxEjectionPercent: 50 }
      timeout: { http: { perRequest: { unit: s, value: 21 } } }
  serviceDiscovery: { dns: { hostname: blue.shop.svc.cluster.local } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: green, namespace: shop }
spec:
  listeners: [{ portMapping: { port: 8080, protocol: http2 } }]
  serviceDiscovery: { dns: { hostname: green.shop.svc.cluster.local } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: { name: colour, namespace: shop }
spec: { awsName: colour.shop.svc.cluster.local, provider: { virtualRouter: { virtualRouterRef: { name: colour } } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: { name: node, namespace: shop }
spec: { awsName: node.shop.svc.cluster.local, provider: { virtualNode: { virtualNodeRef: { name: blue } } } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualRouter
metadata: { name: colour, namespace: shop }
spec:
  listeners: [{ portMapping: { port: 8080, protocol: http } }]
  routes:
    - name: all
      httpRoute:
        match: { prefix: /api }
        action: { weightedTargets: [{ virtualNodeRef: { name: blue }, weight: 7 }, { virtualNodeRef: { name: green }, weight: 3 }] }
        timeout: { perRequest: { unit: s, value: 22 }, idle: { unit: s, value: 32 } }
        retryPolicy: { maxRetries: 4, perRetryTimeout: { unit: s, value: 3 }, httpRetryEvents: [server-error] }
`;

/** The listeners of `web`, by name with their versions, which are hashes of their bytes. */
function listenersOf(manifest: string): Readonly<Record<string, string>> {
  const listeners = resourcesOf(viewNamed(manifest, "web")).filter(({ type }) => type === TYPES.listener);
  return Object.fromEntries(listeners.map((each) => [each.name, encodeResource(each).version]));
}

function changed(text: string, becomes: string): string {
  expect(MANIFEST).toContain(text);
  return MANIFEST.replace(text, becomes);
}

const BEFORE = listenersOf(MANIFEST);

describe("a listener does not change with", () => {
  test.each([
    ["a weight", "weight: 7", "weight: 0"],
    ["a target", ", { virtualNodeRef: { name: green }, weight: 3 }", ""],
    ["a match", "prefix: /api", "prefix: /"],
    ["a route's kind", "httpRoute:", "http2Route:"],
    ["a route's time-out", "value: 22", "value: 0"],
    ["a route's idle time-out", "value: 32", "value: 0"],
    ["retries", "maxRetries: 4", "maxRetries: 0"],
    ["a time-out of the node's own listener", "value: 20", "value: 0"],
    ["an idle time-out of the node's own listener", "value: 30", "value: 0"],
    ["a time-out of its own listener of gRPC", "grpc: { perRequest: { unit: s, value: 0 } }", "{}"],
    ["a pool of HTTP", ", connectionPool: { http: { maxConnections: 10 } }", ""],
    ["a pool of gRPC", "maxRequests: 20", "maxRequests: 2"],
    ["a pool of TCP", "maxConnections: 40", "maxConnections: 4"],
    ["a target's health check", "path: /healthz", "path: /other"],
    ["a target's outlier detection", "value: 31", "value: 3"],
    ["a target's time-out", "value: 21", "value: 2"],
    ["a target's protocol", "protocol: http2", "protocol: grpc"],
    ["where a target is", "hostname: blue.shop", "hostname: blue2.shop"],
  ])("%s", (_, text, becomes) => {
    // a map without a key is none
    const manifest = changed(text, becomes).replace("timeout: { {} }", "timeout: {}");
    expect(manifest).not.toBe(MANIFEST);
    expect(listenersOf(manifest)).toEqual(BEFORE);
  });
});

test.each([
  ["its own protocol", "lds_ingress_0.0.0.0_15000", "port: 9090, protocol: grpc", "port: 9090, protocol: http2"],
  [
    "a port that it calls",
    "lds_egress_0.0.0.0_15001",
    "port: 8080, protocol: http } }]",
    "port: 81, protocol: http } }]",
  ],
])("and does with %s, so these tests can fail", (_, listener, text, becomes) => {
  const after = listenersOf(changed(text, becomes));
  expect(Object.keys(after).filter((name) => after[name] !== BEFORE[name])).toEqual([listener]);
});
