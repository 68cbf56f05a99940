import { describe, expect, test } from "vitest";
import { configuration } from "../../src/config/schema.ts";
import { podState } from "../../src/diagnose/facts/pod-state.ts";
import { inject } from "../../src/inject/inject.ts";
import type { InjectionInput } from "../../src/inject/input.ts";
import { applyPatch } from "../../src/inject/json-patch.ts";
import { isObject, type JsonObject, objectOf } from "../../src/model/json.ts";
import { enabled } from "./diagnose-facts.ts";

const FIRST = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const SECOND = "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n";

const APP: JsonObject = {
  metadata: { name: "web-1", uid: "u", creationTimestamp: "2026-11-22T10:00:00Z" },
  spec: { containers: [{ name: "app", image: "app", ports: [{ containerPort: 80 }] }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

function input(pod: JsonObject, members: Partial<InjectionInput> = {}): InjectionInput {
  return {
    pod,
    request: { operation: "CREATE", dryRun: true, user: "" },
    namespace: enabled("shop"),
    owner: { kind: "known", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "d" } },
    virtualNodes: [],
    virtualGateways: [],
    sharedNodes: [],
    meshes: [],
    limitRanges: [],
    quotas: [],
    trust: { kind: "known", pem: FIRST },
    configuration: configuration({ meshName: "m" }),
    release: "0.1.0",
    ...members,
  };
}

const ALL_PODS = {
  name: "web-v2",
  namespace: "shop",
  awsName: "web-v2_shop",
  podSelector: { matchLabels: {}, matchExpressions: [] },
  listenerPorts: [],
  cloudMap: false,
};

/** The pod as it was stored with its sidecar. */
function injected(members: Partial<InjectionInput> = {}): JsonObject {
  const pod = applyPatch(APP, inject(input(APP, members)).patch);
  if (!isObject(pod)) throw new Error("a pod is an object");
  return pod;
}

const drift = (pod: JsonObject, members: Partial<InjectionInput> = {}) => podState(input(pod, members), "live")?.drift;

describe("the state of a pod with its sidecar", () => {
  test("says whose it is and that nothing drifted", () => {
    expect(podState(input(injected()), "live")).toMatchObject({
      name: "web-1",
      workload: { kind: "Deployment", name: "web" },
      ready: true,
      sidecar: { kind: "ours", release: "0.1.0", resource: "mesh/m/virtualNode/shop-web" },
      now: { outcome: "inject", reason: "injected" },
      drift: [],
    });
  });

  test.each<[string, Partial<InjectionInput>, RegExp]>([
    ["another release", { release: "0.2.0" }, /^put in by Outrigger 0\.1\.0, now 0\.2\.0$/],
    [
      "another image",
      { configuration: configuration({ meshName: "m", proxy: { image: "envoy:2" } }) },
      /^runs .*, now envoy:2$/,
    ],
    [
      "another configuration",
      { configuration: configuration({ meshName: "m", proxy: { logLevel: "debug" } }) },
      /^made by configuration [0-9a-f]{12}, now [0-9a-f]{12}$/,
    ],
    [
      "a root that it does not know",
      { trust: { kind: "known", pem: FIRST + SECOND } },
      /^does not know 1 of the mesh's roots/,
    ],
    [
      "no mesh any more",
      { configuration: configuration({}) },
      /^created now it would get no sidecar: deny \(no-mesh\)$/,
    ],
  ])("is drifted by %s", (_, now, sentence) => {
    expect(drift(injected(), now)).toContainEqual(expect.stringMatching(sentence));
  });

  test("has another name since, and has not drifted by that, where a node came after it", () => {
    const renamed = podState(input(injected(), { virtualNodes: [ALL_PODS] }), "live");
    expect(renamed?.newName).toBe("mesh/m/virtualNode/web-v2_shop");
    expect(renamed?.drift).toEqual([]);
    expect(podState(input(injected()), "live")?.newName).toBe("");
  });

  test("has no other name where its node went: it is none", () => {
    const left = podState(input(injected({ virtualNodes: [ALL_PODS] })), "live");
    expect(left?.sidecar).toMatchObject({ resource: "mesh/m/virtualNode/web-v2_shop" });
    expect(left).toMatchObject({ newName: "", node: { kind: "nobody", name: "shop-web" } });
  });

  test("waits for its trust when it was injected without", () => {
    expect(drift(injected({ trust: { kind: "later" } }))).toEqual([
      "does not know 1 of the mesh's roots: outrigger trust rotate delivers them",
    ]);
  });

  test("is a stranger to a mesh none of whose roots it knows", () => {
    const is = (pod: JsonObject, trust: InjectionInput["trust"]) => podState(input(pod, { trust }), "live")?.isStranger;
    expect(is(injected(), { kind: "known", pem: SECOND })).toBe(true);
    expect(is(injected(), { kind: "known", pem: FIRST + SECOND })).toBe(false);
    expect(is(injected(), { kind: "later" })).toBe(false);
    expect(is(injected(), { kind: "known", pem: "" })).toBe(false);
    expect(is(APP, { kind: "known", pem: SECOND })).toBe(false);
  });

  test("has not drifted by a root that went, by settings of the webhook, or by what the API server filled in", () => {
    expect(drift(injected({ trust: { kind: "known", pem: FIRST + SECOND } }))).toEqual([]);
    expect(drift(injected(), { configuration: configuration({ meshName: "m", log: { level: "debug" } }) })).toEqual([]);
    const stored = {
      ...injected(),
      spec: { ...objectOf(injected().spec), dnsPolicy: "ClusterFirst", enableServiceLinks: true },
    };
    expect(drift(stored)).toEqual([]);
  });

  test("of a generated name has not drifted by that name", () => {
    const owner = { kind: "none" } as const;
    const sent = { ...APP, metadata: { generateName: "gen-" } };
    const pod = objectOf(applyPatch(sent, inject(input(sent, { owner })).patch));
    const stored = { ...pod, metadata: { ...objectOf(pod["metadata"]), name: "gen-x2x4z", uid: "u" } };
    expect(podState(input(stored, { owner }), "live")).toMatchObject({
      name: "gen-x2x4z",
      workload: { kind: "Pod", name: "gen-x2x4z" },
      drift: [],
    });
  });

  test("is not compared with settings that are only assumed", () => {
    expect(podState(input(injected(), { release: "0.2.0" }), "assumed")?.drift).toEqual([]);
  });
});

describe("the state of other pods", () => {
  test("without a sidecar says what would be decided", () => {
    expect(podState(input(APP), "live")).toMatchObject({ sidecar: { kind: "none" }, now: { outcome: "inject" } });
    const out = {
      ...APP,
      metadata: { ...objectOf(APP.metadata), annotations: { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" } },
    };
    expect(podState(input(out), "live")).toMatchObject({ now: { outcome: "skip", reason: "opted-out" } });
  });

  test.each([
    { name: "envoy", image: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.12.3.0-prod" },
    { name: "envoy", image: "mirror/envoy:1", env: [{ name: "APPMESH_RESOURCE_ARN", value: "x" }] },
    { name: "envoy", image: "mirror/envoy:1", env: [{ name: "APPMESH_VIRTUAL_NODE_NAME", value: "x" }] },
  ])("of an AWS injector is told by image or environment: %j", (envoy) => {
    const pod = { ...APP, spec: { containers: [{ name: "app", image: "app" }, envoy] } };
    expect(podState(input(pod), "live")?.sidecar).toEqual({ kind: "aws", image: envoy.image });
  });

  test("with an Envoy of their own is none of these", () => {
    const pod = { ...APP, spec: { containers: [{ name: "envoy", image: "envoyproxy/envoy:v1.40.0" }] } };
    expect(podState(input(pod), "live")?.sidecar).toEqual({ kind: "none" });
  });

  test("changed after injection names what is missing", () => {
    const pod = injected();
    const broken = { ...pod, spec: { ...objectOf(pod.spec), initContainers: [] } };
    expect(podState(input(broken), "live")?.sidecar).toMatchObject({
      kind: "unfit",
      problem: expect.stringContaining("lists /spec/initContainers"),
    });
  });

  test.each([
    { ...APP, status: { phase: "Succeeded" } },
    { ...APP, status: { phase: "Failed" } },
    { ...APP, metadata: { ...objectOf(APP.metadata), deletionTimestamp: "2026-11-22T10:00:00Z" } },
  ])("that ended or are ending is not kept", (pod) => {
    expect(podState(input(pod), "live")).toBeUndefined();
  });

  test("with hostile content is kept small", () => {
    const annotations = { "outrigger.dev/injected": "x".repeat(200_000) };
    const state = podState(input({ ...APP, metadata: { ...objectOf(APP.metadata), annotations } }), "live");
    expect(JSON.stringify(state).length).toBeLessThan(2_000);
  });
});

describe("the node of a pod", () => {
  const selecting = (name: string, app: string) => ({
    name,
    namespace: "shop",
    awsName: `${name}_shop`,
    podSelector: { matchLabels: { app }, matchExpressions: [] },
    listenerPorts: [],
    cloudMap: false,
  });
  const labelled = { ...APP, metadata: { ...objectOf(APP.metadata), labels: { app: "web" } } };
  const nodeOf = (pod: JsonObject, members: Partial<InjectionInput> = {}) =>
    podState(input(pod, members), "live")?.node;

  test("is the one that selects it", () => {
    expect(nodeOf(labelled, { virtualNodes: [selecting("web", "web")] })).toEqual({
      kind: "node",
      object: { kind: "VirtualNode", namespace: "shop", name: "web" },
    });
  });

  test("is nobody where only its owner names one that is not there", () => {
    expect(nodeOf(APP)).toEqual({ kind: "nobody", name: "shop-web", by: "owner", near: [] });
  });

  test("is nobody where its annotation does", () => {
    const annotations = { "appmesh.k8s.aws/virtualNode": "wbe" };
    const pod = { ...APP, metadata: { ...objectOf(APP.metadata), annotations } };
    expect(nodeOf(pod)).toEqual({ kind: "nobody", name: "wbe", by: "annotation", near: [] });
  });

  test("cannot be told where two select it", () => {
    const virtualNodes = [selecting("one", "web"), selecting("two", "web")];
    expect(nodeOf(labelled, { virtualNodes })).toMatchObject({ kind: "unresolved" });
  });
});

describe("the state of a pod for somebody who may not read everything", () => {
  const nodes = { nodes: "you are not allowed to list meshes", others: "" };
  const others = { nodes: "", others: "you are not allowed to list virtualnodes" };
  const unnamed = { configuration: configuration({}) };

  test("has no node, no other name and no drift that depends on it", () => {
    const stored = injected({ virtualNodes: [ALL_PODS], virtualGateways: [] });
    expect(podState(input(stored), "live", nodes)).toMatchObject({
      node: { kind: "unknown", why: nodes.nodes },
      newName: "",
      drift: [],
      now: { outcome: "unknown", reason: "unread", message: nodes.nodes },
    });
    const refused = podState(input(stored, { ...unnamed, release: "0.2.0" }), "live", nodes);
    expect(refused?.now.outcome).toBe("unknown");
    expect(refused?.drift).toContain("put in by Outrigger 0.1.0, now 0.2.0");
    expect(refused?.drift.join()).not.toContain("no-mesh");
  });

  test("of a gateway's sidecar is not said to be a node's now", () => {
    const gateway = { ...ALL_PODS, name: "ingress", awsName: "ingress_shop" };
    const own = { ...APP, spec: { containers: [{ name: "envoy", image: "injector" }] } };
    const stored = objectOf(applyPatch(own, inject(input(own, { virtualGateways: [gateway] })).patch));
    expect(drift(stored)).toEqual(["created now it would get no sidecar: deny (container-name-taken)"]);
    expect(podState(input(stored), "live", nodes)).toMatchObject({
      sidecar: { kind: "ours", resource: "mesh/m/virtualGateway/ingress_shop" },
      now: { outcome: "unknown" },
      drift: [],
    });
  });

  test("still says what does not depend on any node", () => {
    const annotations = { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" };
    const out = { ...APP, metadata: { ...objectOf(APP.metadata), annotations } };
    expect(podState(input(out), "live", nodes)?.now).toMatchObject({ outcome: "skip", reason: "opted-out" });
  });

  test("is a node by what was read, and nobody is said to be none by what was not", () => {
    expect(podState(input(injected(), { virtualNodes: [ALL_PODS] }), "live", others)?.node.kind).toBe("node");
    expect(podState(input(injected()), "live", others)?.node).toEqual({ kind: "unknown", why: others.others });
  });
});

describe("what leaves a pod past its sidecar", () => {
  const annotated = (more: Record<string, string>): JsonObject => {
    const annotations = Object.fromEntries(
      Object.entries(more).map(([key, value]) => [`appmesh.k8s.aws/${key}`, value]),
    );
    return { ...APP, metadata: { ...objectOf(APP.metadata), annotations } };
  };
  const captureOf = (pod: JsonObject) => {
    const stored = applyPatch(pod, inject(input(pod)).patch);
    if (!isObject(stored)) throw new Error("a pod is an object");
    return podState(input(stored), "live")?.capture;
  };
  const ports = [
    { first: 3306, last: 3306 },
    { first: 5000, last: 5010 },
  ];

  test("is what its init container was told, and port 22", () => {
    expect(captureOf(annotated({ egressIgnoredPorts: "3306,5000:5010", egressIgnoredIPs: "10.0.0.0/8" }))).toEqual({
      ports: [{ first: 80, last: 80 }],
      ignoredPorts: [{ first: 22, last: 22 }, ...ports],
      ignoredIps: ["10.0.0.0/8"],
    });
  });

  test("is what the CNI plugin was told", () => {
    const pod = annotated({ appmeshCNI: "enabled", egressIgnoredPorts: "3306", egressIgnoredIPs: "10.0.0.1" });
    expect(captureOf(pod)).toEqual({
      ports: [{ first: 80, last: 80 }],
      ignoredPorts: [ports[0]],
      ignoredIps: ["10.0.0.1"],
    });
  });

  test("is not said of a pod without a sidecar", () => {
    expect(podState(input(APP), "live")?.capture).toBeUndefined();
  });
});
