import { describe, expect, test } from "vitest";
import { unknownFieldsOf as found } from "../../test/unknown-fields-of.ts";
import type { JsonObject } from "./json.ts";
import type { Kind } from "./kinds.ts";

const target = (reference: JsonObject): JsonObject => ({ weightedTargets: [{ weight: 1, ...reference }] });
const httpRoute = (match: JsonObject, more: JsonObject = {}): JsonObject => ({
  routes: [{ name: "r", httpRoute: { match, action: target({ virtualNodeRef: { name: "app" } }), ...more } }],
});
const listener = { portMapping: { port: 80, protocol: "http" } };

describe("where conditions stand it is said what is meant without them", () => {
  const everyPod = "the selector is empty and selects every pod of the namespace";
  const any = "being there is enough, and the route takes every request that has it, whatever the value";
  const more = "the route takes more than is written";
  const header = (entry: JsonObject): JsonObject => httpRoute({ prefix: "/", headers: [{ name: "x", ...entry }] });
  const tls = (validation: JsonObject) => ({ tls: { mode: "STRICT", certificate: {}, ...validation } });

  test.each<[string, Kind, JsonObject, string, string]>([
    ["labels", "VirtualNode", { podSelector: { app: "web" } }, everyPod, "write matchLabels: {app: web}"],
    [
      "several labels",
      "VirtualGateway",
      { podSelector: { app: "web", version: 1, on: true } },
      everyPod,
      'write matchLabels: {app: web, version: "1", "on": "true"}',
    ],
    [
      "labels of namespaces",
      "Mesh",
      { namespaceSelector: { mesh: "m2" } },
      "the selector is empty and selects every namespace",
      "write matchLabels: {mesh: m2}",
    ],
    [
      "labels of routes",
      "VirtualGateway",
      { gatewayRouteSelector: { gateway: "a" } },
      "the selector is empty and selects every GatewayRoute",
      "write matchLabels: {gateway: a}",
    ],
    [
      "labels under another name",
      "VirtualNode",
      { podSelector: { labels: { app: "web" } } },
      everyPod,
      "write matchLabels: {app: web}",
    ],
    [
      "labels beside others",
      "VirtualNode",
      { podSelector: { matchLabels: { app: "web" }, version: "v1" } },
      "the selector selects more than is written",
      "write matchLabels: {app: web, version: v1}",
    ],
    [
      "expressions under another name",
      "VirtualNode",
      { podSelector: { matchExpression: [{ key: "app", operator: "Exists" }] } },
      everyPod,
      "perhaps matchExpressions was meant",
    ],
    [
      "something else in a selector",
      "VirtualNode",
      { podSelector: { app: ["web"] } },
      everyPod,
      "the fields that are known here are matchExpressions, matchLabels",
    ],
    ["a value of a header", "VirtualRouter", header({ exact: "a" }), any, "write match: {exact: a}"],
    [
      "a value that must not be",
      "VirtualRouter",
      header({ exact: "a", invert: true }),
      "the route takes no request that has it, whatever the value",
      "write match: {exact: a}",
    ],
    ["a misspelled value", "VirtualRouter", header({ match: { exakt: "a" } }), any, "perhaps exact was meant"],
    [
      "a second value",
      "VirtualRouter",
      header({ match: { prefix: "a" }, suffix: "b" }),
      more,
      "write match: {suffix: b}",
    ],
    [
      "a value of a query parameter",
      "VirtualRouter",
      httpRoute({ prefix: "/", queryParameters: [{ name: "q", exact: "1" }] }),
      any,
      'write match: {exact: "1"}',
    ],
    ["a condition", "VirtualRouter", httpRoute({ prefix: "/", header: [] }), more, "perhaps headers was meant"],
    [
      "a prefix of gRPC calls",
      "VirtualRouter",
      { routes: [{ name: "r", grpcRoute: { match: { prefix: "/a" }, action: target({}) } }] },
      more,
      "the fields that are known here are metadata, methodName, port, serviceName",
    ],
    [
      "a selector of a gateway's routes",
      "VirtualGateway",
      { gatewayRouteSelectors: {} },
      "every GatewayRoute may attach",
      "perhaps gatewayRouteSelector was meant",
    ],
    [
      "what clients must show",
      "VirtualNode",
      { serviceDiscovery: {}, listeners: [{ ...listener, ...tls({ validations: {} }) }] },
      "clients need no certificate",
      "perhaps validation was meant",
    ],
    [
      "names of a certificate",
      "VirtualNode",
      { backendDefaults: { clientPolicy: { tls: { validation: { trust: {}, subjectAlternativeName: {} } } } } },
      "a certificate may carry any name",
      "perhaps subjectAlternativeNames was meant",
    ],
  ])("%s", (_, kind, spec, widens, help) => {
    expect(found(kind, spec).map((field) => [field.widens, field.help])).toEqual([[widens, help]]);
  });

  test.each<[string, Kind, JsonObject]>([
    [
      "a prefix of all calls, which manifests have",
      "VirtualRouter",
      { routes: [{ name: "r", grpcRoute: { match: { prefix: "/" }, action: target({}) } }] },
    ],
    ["what is no condition and belongs above", "VirtualRouter", httpRoute({ prefix: "/", retryPolicy: {} })],
    [
      "a stray field of client TLS",
      "VirtualNode",
      { backendDefaults: { clientPolicy: { tls: { mode: "x", validation: { trust: {} } } } } },
    ],
  ])("but not with %s", (_, kind, spec) => {
    expect(found(kind, spec).map(({ widens }) => widens)).toEqual([undefined]);
  });
});
