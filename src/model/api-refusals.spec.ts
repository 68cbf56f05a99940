import { describe, expect, test } from "vitest";
import { apiRefusals } from "./api-refusals.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Kind } from "./kinds.ts";

function refusals(kind: Kind, spec: Json, metadata: JsonObject = {}): readonly string[] {
  const head = { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata: { name: "web", ...metadata } };
  return apiRefusals({ ...head, spec }).map(({ path, message }) => `${path}: ${message}`);
}

const listener = { portMapping: { port: 80, protocol: "http" } };
const action = { weightedTargets: [{ weight: 1, virtualNodeRef: { name: "app" } }] };
const route = (more: JsonObject): JsonObject => ({ routes: [{ name: "r", ...more }] });
const target = { virtualService: { virtualServiceRef: { name: "app" } } };
const gatewayRoute = (match: JsonObject, rewrite?: JsonObject): JsonObject => ({
  httpRoute: { match, action: { target, ...(rewrite && { rewrite }) } },
});

describe("the rules of the CRDs refuse", () => {
  test.each<[string, Kind, JsonObject, readonly string[]]>([
    [
      "a node that nobody finds",
      "VirtualNode",
      { listeners: [listener] },
      ["spec: a node with listeners needs serviceDiscovery, or nobody finds it"],
    ],
    [
      "two connection pools",
      "VirtualNode",
      {
        listeners: [
          listener,
          { ...listener, connectionPool: { http: { maxConnections: 1 }, tcp: { maxConnections: 1 } } },
        ],
        serviceDiscovery: { dns: { hostname: "a" } },
      },
      ["spec.listeners[1].connectionPool: at most one of grpc, http, http2, tcp may be given"],
    ],
    [
      "two connection pools of a gateway",
      "VirtualGateway",
      { listeners: [{ ...listener, connectionPool: { http: { maxConnections: 1 }, http2: { maxRequests: 1 } } }] },
      ["spec.listeners[0].connectionPool: at most one of grpc, http, http2 may be given"],
    ],
    [
      "a route without a path",
      "VirtualRouter",
      route({ httpRoute: { match: {}, action } }),
      ["spec.routes[0]: exactly one of httpRoute.match.prefix and httpRoute.match.path must be given"],
    ],
    [
      "a route with two",
      "VirtualRouter",
      route({ http2Route: { match: { prefix: "/", path: { exact: "/x" } }, action } }),
      ["spec.routes[0]: exactly one of http2Route.match.prefix and http2Route.match.path must be given"],
    ],
    [
      "a path that is neither",
      "VirtualRouter",
      route({ httpRoute: { match: { path: {} }, action } }),
      ["spec.routes[0]: exactly one of httpRoute.match.path.exact and httpRoute.match.path.regex must be given"],
    ],
    [
      "a route of two types",
      "GatewayRoute",
      { ...gatewayRoute({ prefix: "/" }), grpcRoute: { match: { serviceName: "a" }, action: { target } } },
      ["spec: exactly one of httpRoute, http2Route and grpcRoute must be given"],
    ],
    [
      "a route that matches nothing",
      "GatewayRoute",
      gatewayRoute({}),
      ["spec.httpRoute.match: one of prefix, path and hostname must be given"],
    ],
    [
      "half a path and half a host",
      "GatewayRoute",
      gatewayRoute({ prefix: "/", path: { exact: "/a", regex: "b" }, hostname: {} }),
      [
        "spec.httpRoute.match: at most one of prefix and path may be given",
        "spec.httpRoute.match.hostname: exactly one of exact and suffix must be given",
        "spec.httpRoute.match.path: exactly one of exact and regex must be given",
      ],
    ],
    [
      "an empty rewrite",
      "GatewayRoute",
      gatewayRoute({ prefix: "/" }, {}),
      ["spec.httpRoute.action.rewrite: one of prefix, path and hostname must be given"],
    ],
    [
      "a prefix without slashes",
      "GatewayRoute",
      gatewayRoute({ prefix: "a" }, { path: {}, prefix: { value: "a", defaultPrefix: "DISABLED" } }),
      [
        "spec.httpRoute: match.prefix must begin with / where a prefix is rewritten",
        "spec.httpRoute.action.rewrite: at most one of prefix and path may be given",
        "spec.httpRoute.action.rewrite.prefix: at most one of defaultPrefix and value may be given",
        "spec.httpRoute.action.rewrite.prefix: value must begin and end with /",
      ],
    ],
    [
      "calls of no service and no host",
      "GatewayRoute",
      { grpcRoute: { match: { hostname: { exact: "a", suffix: "b" } }, action: { target } } },
      ["spec.grpcRoute.match: serviceName, or exactly one of hostname.exact and hostname.suffix, must be given"],
    ],
  ])("%s", (_, kind, spec, expected) => {
    expect(refusals(kind, spec)).toEqual(expected);
  });

  test.each<[string, Kind, Json]>([
    ["a spec that is not there", "GatewayRoute", null],
    ["a node without listeners", "VirtualNode", { listeners: [] }],
    ["null, which is absent", "VirtualNode", { listeners: null, serviceDiscovery: null }],
    [
      "an HTTP/2 route beside an HTTP route",
      "VirtualRouter",
      route({ httpRoute: { match: { prefix: "/" }, action }, http2Route: { match: {}, action } }),
    ],
    [
      "a whole path that is rewritten",
      "GatewayRoute",
      gatewayRoute({ path: { exact: "/a" } }, { path: { exact: "/b" } }),
    ],
    ["a spec that does not fit its schema, which is another problem", "VirtualNode", { listeners: [{}] }],
  ])("but not %s", (_, kind, spec) => {
    expect(refusals(kind, spec)).toEqual([]);
  });
});

describe("Kubernetes refuses", () => {
  test.each<[JsonObject, string]>([
    [
      { name: "Web_1" },
      'metadata.name: expected small letters and digits with - and . between them, at most 253, found "Web_1"',
    ],
    [
      { namespace: "my.shop" },
      'metadata.namespace: expected small letters and digits with - between them, at most 63, found "my.shop"',
    ],
    [{ labels: { "a b": "c" } }, 'metadata.labels: no label can have the key "a b"'],
    [{ labels: { app: "a b!" } }, 'metadata.labels: the label "app" cannot have the value "a b!"'],
    [{ annotations: { "a/b/c": "" } }, 'metadata.annotations: no annotation can have the key "a/b/c"'],
    [
      { annotations: { a: "é".repeat(131_072) } },
      "metadata.annotations: expected at most 262144 bytes in all, found more",
    ],
  ])("%j", (metadata, expected) => {
    expect(refusals("VirtualNode", {}, metadata).map((text) => text.slice(0, 200))).toEqual([expected]);
  });

  test("no dots in names, no large letters in keys of annotations, and no namespace of a Mesh", () => {
    const annotations = { "Example.COM/Some_Key": "any thing" };
    expect(refusals("VirtualNode", {}, { name: "web.v1-2", annotations, labels: { "a.b/C_d": "", e: "F.g" } })).toEqual(
      [],
    );
    expect(refusals("Mesh", {}, { namespace: "not.one" })).toEqual([]);
  });

  test("a name also of an object that cannot be read, but nothing of what is no App Mesh object", () => {
    expect(refusals("VirtualNode", [], { name: "Web" })).toHaveLength(1);
    expect(apiRefusals({ apiVersion: "v1", kind: "Pod", metadata: { name: "Web" } })).toEqual([]);
    expect(apiRefusals({})).toEqual([]);
  });
});
