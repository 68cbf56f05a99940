import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { podSummary } from "./pods-resource.ts";

const RECORD = '{"version":1,"resource":"mesh/m/virtualNode/web"}';

test("a pod is cut down to who it is, whose it is and how far it has come", () => {
  const summary = podSummary({
    metadata: {
      namespace: "shop",
      name: "web-5d4f8-x2x4z",
      generateName: "web-5d4f8-",
      uid: "1-2-3",
      creationTimestamp: "2026-11-22T10:00:00Z",
      labels: { app: "web" },
      annotations: { "appmesh.k8s.aws/mesh": "m", "outrigger.dev/injected": RECORD, "other.example/large": "x" },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "9", controller: true }],
    },
    spec: {
      nodeName: "node-1",
      serviceAccountName: "web",
      initContainers: [{ name: "first" }],
      containers: [{ name: "web", image: "nginx" }],
      readinessGates: [{ conditionType: "other.example/gate" }],
    },
    status: {
      phase: "Running",
      podIP: "10.0.0.7",
      podIPs: [{ ip: "10.0.0.7" }, { ip: "fd00::7" }],
      conditions: [
        { type: "Ready", status: "False" },
        { type: "ContainersReady", status: "True" },
      ],
    },
  });
  expect(summary).toEqual({
    namespace: "shop",
    name: "web-5d4f8-x2x4z",
    uid: "1-2-3",
    generateName: "web-5d4f8-",
    labels: { app: "web" },
    annotations: { "appmesh.k8s.aws/mesh": "m" },
    injected: true,
    injectedAs: "mesh/m/virtualNode/web",
    controller: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "9" },
    phase: "Running",
    ready: false,
    containersReady: true,
    lost: false,
    created: Date.UTC(2026, 10, 22, 10),
    deletion: undefined,
    containers: ["first", "web"],
    addresses: ["10.0.0.7", "fd00::7"],
    nodeName: "node-1",
    serviceAccountName: "web",
    hostNetwork: false,
    traits: {
      ipv6: false,
      directions: "shared",
      tracing: { kind: "none" },
      appAddress: "loopback",
      leaving: false,
      sdsSocket: false,
    },
  });
});

test("a pod that is not yet scheduled, or malformed, has empty texts and is not ready", () => {
  const summary = podSummary({ metadata: { name: "web", deletionTimestamp: "2026-11-22T10:00:00Z" }, spec: "odd" });
  expect(summary).toMatchObject({
    addresses: [],
    nodeName: "",
    phase: "",
    ready: false,
    containersReady: false,
    containers: [],
    deletion: Date.UTC(2026, 10, 22, 10),
  });
  expect(summary.controller).toBeUndefined();
});

test.each<[string, readonly string[], readonly string[], boolean, string?]>([
  ["waits for a gate", ["a", "b"], ["ContainersReady", "a"], false],
  ["has passed its gates", ["a"], ["ContainersReady", "a", "Ready"], false],
  ["has just passed its gates", ["a"], ["ContainersReady", "a"], false, "ReadinessGatesNotReady"],
  ["is of a node that does not answer", [], ["ContainersReady"], true],
  ["is of such a node, and has passed its gates", ["a"], ["ContainersReady", "a"], true],
  ["has containers that are not ready", ["a"], ["a"], false],
])("whether a pod is lost that %s", (_, gates, held, lost, reason) => {
  const summary = podSummary({
    metadata: { name: "web" },
    spec: { readinessGates: gates.map((conditionType) => ({ conditionType })) },
    status: {
      conditions: ["ContainersReady", "Ready", ...gates].map((type) => ({
        type,
        status: held.includes(type) ? "True" : "False",
        ...(type === "Ready" && reason !== undefined && { reason }),
      })),
    },
  });
  expect(summary.lost).toBe(lost);
});

test.each(["{}", "[", '{"resource":7}'])("a pod whose record is %j was injected as nobody knows what", (record) => {
  const annotations = { "outrigger.dev/injected": record };
  expect(podSummary({ metadata: { annotations } })).toMatchObject({ injected: true, injectedAs: "" });
});

test("a pod of which only one address is told has that one", () => {
  expect(podSummary({ status: { podIP: "10.0.0.7" } }).addresses).toEqual(["10.0.0.7"]);
});

describe("a pod with the readiness gate for Cloud Map", () => {
  const GATE = "conditions.appmesh.k8s.aws/aws-cloudmap-healthy";
  const ready = { type: "ContainersReady", status: "True", lastTransitionTime: "2026-11-22T10:00:00Z" };
  const since = (conditions: readonly JsonObject[], metadata: JsonObject = {}, gate = GATE) =>
    podSummary({
      metadata: { name: "web", ...metadata },
      spec: { readinessGates: [{ conditionType: "other.example/gate" }, { conditionType: gate }] },
      status: { conditions: [...conditions] },
    }).gateSince;

  test("waits for it since its containers are ready", () => {
    expect(since([ready])).toBe(Date.UTC(2026, 10, 22, 10));
    expect(since([ready, { type: GATE, status: "False" }])).toBe(Date.UTC(2026, 10, 22, 10));
  });

  test("waits at once where nobody says since when", () => {
    expect(since([{ type: "ContainersReady", status: "True" }])).toBe(0);
  });

  test.each<[string, readonly JsonObject[], JsonObject, string]>([
    ["before its containers are ready", [{ ...ready, status: "False" }], {}, GATE],
    ["once the gate is open", [ready, { type: GATE, status: "True" }], {}, GATE],
    ["when it is being deleted", [ready], { deletionTimestamp: "2026-11-22T10:00:00Z" }, GATE],
    ["without the gate", [ready], {}, "conditions.example/another"],
  ])("does not wait for it %s", (_, conditions, metadata, gate) => {
    expect(since(conditions, metadata, gate)).toBeUndefined();
  });
});
