import { describe, expect, test } from "vitest";
import { unknownFieldsOf as found } from "../../test/unknown-fields-of.ts";
import type { JsonObject } from "./json.ts";
import type { Kind } from "./kinds.ts";
import type { UnknownField } from "./mesh-object.ts";

const brief = (fields: readonly UnknownField[]) => fields.map(({ path, help }) => `${path}: ${help}`);
const target = (reference: JsonObject): JsonObject => ({ weightedTargets: [{ weight: 1, ...reference }] });
const httpRoute = (match: JsonObject, more: JsonObject = {}): JsonObject => ({
  routes: [{ name: "r", httpRoute: { match, action: target({ virtualNodeRef: { name: "app" } }), ...more } }],
});
const listener = { portMapping: { port: 80, protocol: "http" } };

describe("instead of a field is to be written", () => {
  test.each<[string, Kind, JsonObject, string]>([
    [
      "virtualServiceName, a host name",
      "VirtualNode",
      { backends: [{ virtualService: { virtualServiceName: "app.shop.svc.cluster.local" } }] },
      "spec.backends[0].virtualService.virtualServiceName: write virtualServiceRef: {name: app, namespace: shop}",
    ],
    [
      "virtualServiceName, any name",
      "VirtualNode",
      { backends: [{ virtualService: { virtualServiceName: "app" } }] },
      "spec.backends[0].virtualService.virtualServiceName: write virtualServiceRef: {name: app}",
    ],
    [
      "virtualNodeName",
      "VirtualService",
      { provider: { virtualNode: { virtualNodeName: "app" } } },
      "spec.provider.virtualNode.virtualNodeName: write virtualNodeRef: {name: app}",
    ],
    [
      "virtualRouterName",
      "VirtualService",
      { provider: { virtualRouter: { virtualRouterName: "app" } } },
      "spec.provider.virtualRouter.virtualRouterName: write virtualRouterRef: {name: app}",
    ],
    [
      "a name alone",
      "VirtualService",
      { provider: { virtualNode: { name: "app" } } },
      "spec.provider.virtualNode.name: write virtualNodeRef: {name: app}",
    ],
    [
      "a level that is missing",
      "VirtualNode",
      { backends: [{ virtualServiceRef: { name: "app" } }] },
      "spec.backends[0].virtualServiceRef: write virtualService: {virtualServiceRef: {name: app}}",
    ],
    [
      "two levels that are missing",
      "VirtualNode",
      { hostname: "web.shop" },
      "spec.hostname: write serviceDiscovery: {dns: {hostname: web.shop}}",
    ],
    [
      "a list that is missing",
      "VirtualNode",
      { portMapping: { port: 80, protocol: "http" } },
      "spec.portMapping: write listeners: [{portMapping: {port: 80, protocol: http}}]",
    ],
    [
      "a field of a health check",
      "VirtualNode",
      { listeners: [{ ...listener, healthyThreshold: 2 }] },
      "spec.listeners[0].healthyThreshold: write healthCheck: {healthyThreshold: 2}",
    ],
    [
      "a duration as a number",
      "VirtualRouter",
      httpRoute({ prefix: "/" }, { retryPolicy: { maxRetries: 1, perRetryTimeoutMillis: 500 } }),
      "spec.routes[0].httpRoute.retryPolicy.perRetryTimeoutMillis: write perRetryTimeout: {unit: ms, value: 500}",
    ],
    [
      "a field that stands a level too deep",
      "VirtualRouter",
      httpRoute({ prefix: "/", timeout: {} }),
      "spec.routes[0].httpRoute.match.timeout: move it to spec.routes[0].httpRoute.timeout",
    ],
    [
      "a field that stands two levels too deep",
      "VirtualGateway",
      { listeners: [{ ...listener, logging: {} }] },
      "spec.listeners[0].logging: move it to spec.logging",
    ],
    ["another case", "VirtualNode", { podselector: {} }, "spec.podselector: perhaps podSelector was meant"],
    [
      "the first half",
      "VirtualRouter",
      { routes: [{ name: "r", http: { match: {} } }] },
      "spec.routes[0].http: perhaps httpRoute was meant",
    ],
    [
      "the second half",
      "VirtualNode",
      { serviceDiscovery: { cloudMap: {} } },
      "spec.serviceDiscovery.cloudMap: perhaps awsCloudMap was meant",
    ],
    [
      "of two that are equally near the one that can have the value",
      "VirtualService",
      { provider: { virtualNode: { virtualNodeXXX: { name: "app" } } } },
      "spec.provider.virtualNode.virtualNodeXXX: perhaps virtualNodeRef was meant",
    ],
    [
      "of two that are equally near the one that is not there",
      "VirtualService",
      { provider: { virtualNode: { virtualNodeXXX: 1, virtualNodeARN: "arn" } } },
      "spec.provider.virtualNode.virtualNodeXXX: perhaps virtualNodeRef was meant",
    ],
    [
      "of two that are equally near either",
      "VirtualService",
      { provider: { virtualNode: { virtualNodeXXX: 1 } } },
      "spec.provider.virtualNode.virtualNodeXXX: perhaps virtualNodeARN or virtualNodeRef was meant",
    ],
    [
      "a level that is missing, and a letter",
      "VirtualNode",
      { listeners: [{ ...listener, healthyTreshold: 2 }] },
      "spec.listeners[0].healthyTreshold: perhaps healthCheck.healthyThreshold was meant",
    ],
    [
      "a level too deep, and another letter",
      "VirtualRouter",
      httpRoute({ prefix: "/" }, { priorty: 1 }),
      "spec.routes[0].httpRoute.priorty: perhaps spec.routes[0].priority was meant",
    ],
    [
      "a field of another kind",
      "VirtualService",
      { routes: [] },
      "spec.routes: remove it: it is a field of VirtualRouter",
    ],
    ["nothing like it", "Mesh", { tracing: 1 }, "spec.tracing: remove it"],
    [
      "nothing: the mesh of an object follows from its namespace",
      "VirtualNode",
      { meshName: "m" },
      "spec.meshName: remove it",
    ],
  ])("%s", (_, kind, spec, expected) => {
    expect(brief(found(kind, spec))).toEqual([expected]);
    expect(found(kind, spec)[0]?.widens).toBeUndefined();
  });

  test.each<[JsonObject]>([
    [{ virtualNode: "app" }],
    [{ virtualNodeName: "app" }],
    [{ virtualNode: { name: "app" } }],
    [{ virtualNode: { virtualNodeRef: { name: "app" } } }],
    [{ name: "app" }],
  ])("the target %j", (reference) => {
    const route = { match: { prefix: "/" }, action: target(reference) };
    const [field, ...others] = found("VirtualRouter", { routes: [{ name: "r", httpRoute: route }] });
    expect(others).toEqual([]);
    expect(field?.help).toBe("write virtualNodeRef: {name: app}");
  });
});

describe("beside metadata and spec", () => {
  test.each<[JsonObject, string]>([
    [
      { podSelector: { matchLabels: { app: "web" } } },
      "podSelector: write spec: {podSelector: {matchLabels: {app: web}}}",
    ],
    [{ listeners: [listener] }, "listeners: write spec: {listeners: [{portMapping: {port: 80, protocol: http}}]}"],
    [{ labels: { app: "web" } }, "labels: write metadata: {labels: {app: web}}"],
    [{ Spec: {} }, "Spec: perhaps spec was meant"],
    [{ anything: 1 }, "anything: remove it"],
  ])("%j", (beside, expected) => {
    expect(brief(found("VirtualNode", {}, beside))).toEqual([expected]);
  });

  test("and in metadata, where null is absent", () => {
    const metadata = { name: "web", lables: {}, creationTimestamp: null };
    expect(brief(found("Mesh", {}, { metadata, stray: null }))).toEqual(["metadata.lables: perhaps labels was meant"]);
  });
});

test("not more than sixteen are told, and long names and values are cut", () => {
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`stray-${index}`, index]));
  expect(found("Mesh", many)).toHaveLength(16);
  const [field] = found("Mesh", { [`\u001b${"x".repeat(1000)}`]: 1 });
  expect(field?.path).toBe(`spec. ${"x".repeat(63)}…`);
  expect(found("VirtualNode", { podSelector: { app: "x".repeat(1000) } })[0]?.help).toBe("write matchLabels: …");
});
