import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { CONTROL_PLANE_NAMESPACE, INJECT_KEY } from "../../src/model/names.ts";
import { createAuthority } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { comesTrue } from "../comes-true.ts";
import { call, parsed, type ReviewResponse, review, type TestWebhook, testWebhook } from "../webhook-harness.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";
import { nginx } from "./namespaces.ts";

/** An API server takes a restart or a new CRD up within seconds; a busy machine may need ten times as long. */
const PATIENCE = { timeout: 30_000, interval: 100 };
const MESH_GROUP = "appmesh.k8s.aws";

let cluster: Cluster;
let api: ApiConnection;
let t: TestWebhook;

beforeAll(async () => {
  // Of its own, because it is stopped and started again.
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  await api.create("/api/v1/namespaces", namespace("shop", { [INJECT_KEY]: "enabled" }));
  t = await testWebhook({ webhook: { offline: false, kubeconfig } });
});

afterAll(async () => {
  await t?.stop();
  await api?.close();
  await cluster?.stop();
});

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** A ReplicaSet as a Deployment's controller makes it; nobody runs it here. */
async function replicaSet(name: string, deployment: string): Promise<JsonObject> {
  const labels = { app: deployment };
  const owner = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name: deployment,
    uid: `uid-of-${deployment}`,
    controller: true,
  };
  const { metadata } = await api.create("/apis/apps/v1/namespaces/shop/replicasets", {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "shop", ownerReferences: [owner] },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: nginx({}).spec ?? {} },
    },
  });
  return { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: (metadata as JsonObject).uid ?? "", controller: true };
}

function podOf(owner: JsonObject, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return nginx({ generateName: "web-", namespace: "shop", labels, ownerReferences: [owner] });
}

async function ask(pod: JsonObject, inNamespace = "shop"): Promise<ReviewResponse["response"]> {
  return parsed(await call(t, JSON.stringify(review(pod, { namespace: inNamespace })))).response;
}

/** All that an answer says, but for its UID. */
function answered(response: ReviewResponse["response"]): string {
  return JSON.stringify({ ...response, uid: "" });
}

function readyz(): Promise<Response> {
  return fetch(`http://127.0.0.1:${t.webhook.metricsAddress?.port}/readyz`);
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${t.webhook.metricsAddress?.port}/metrics`)).text();
}

test("without the mesh's trust it is not ready and denies; with it, it is and does not", async () => {
  const pod = nginx({ name: "bare", namespace: "shop" });
  await vi.waitFor(async () => expect(await (await readyz()).text()).toContain("[+] cache replicasets"), PATIENCE);
  const before = await readyz();
  expect(before.status).toBe(503);
  expect(await before.text()).toContain("[-] trust: ConfigMap outrigger-trust in namespace appmesh-system");
  const denied = await ask(pod);
  expect([denied.allowed, denied.auditAnnotations?.["reason"]]).toEqual([false, "trust-missing"]);

  const { certificate } = await createAuthority("mesh", validFor(1, new Date()));
  await api.create("/api/v1/namespaces", namespace(CONTROL_PLANE_NAMESPACE));
  await api.create(`/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "outrigger-trust", namespace: CONTROL_PLANE_NAMESPACE },
    data: { "trust.pem": certificate },
  });
  // At once, although the cache may not know yet: a direct read finds it.
  expect((await ask(pod)).auditAnnotations?.["reason"]).toBe("injected");
  await vi.waitFor(async () => expect((await readyz()).status).toBe(200), PATIENCE);
});

test("a ReplicaSet made an instant ago leads to its Deployment's name", async () => {
  const owner = await replicaSet("fresh-5d4f8", "fresh");
  expect((await ask(podOf(owner))).auditAnnotations?.["virtual-node"]).toBe("shop-fresh");
});

test("a ReplicaSet that does not exist gives a warning and the name without its hash", async () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "gone-7c9b", uid: "1", controller: true };
  const answer = await ask(podOf(owner, { "pod-template-hash": "7c9b" }));
  expect(answer.auditAnnotations?.["virtual-node"]).toBe("shop-gone");
  expect(answer.warnings?.join()).toContain("it does not exist");
});

test("a namespace labelled an instant ago counts as labelled", async () => {
  await api.create("/api/v1/namespaces", namespace("late"));
  const pod = nginx({ name: "bare", namespace: "late" });
  expect((await ask(pod, "late")).auditAnnotations?.["reason"]).toBe("namespace-not-enabled");
  await api.apply("/api/v1/namespaces/late", namespace("late", { [INJECT_KEY]: "enabled" }));
  expect((await ask(pod, "late")).auditAnnotations?.["reason"]).toBe("injected");
});

test("a namespace that nobody knows fails the call, so that the failure policy decides", async () => {
  const answer = await call(t, JSON.stringify(review(nginx({ name: "bare" }), { namespace: "nowhere" })));
  expect(answer.status).toBe(503);
  expect(answer.text).toContain("namespace nowhere is not known");
});

test("App Mesh CRDs are noticed when they arrive and when they go", async () => {
  const pod = nginx({ name: "catalogue", namespace: "shop", labels: { app: "catalogue" } });
  const node = async (): Promise<string | undefined> => (await ask(pod)).auditAnnotations?.["virtual-node"];
  expect(await node()).toBe("shop-catalogue");

  const crds = [crd("meshes", "Mesh", "Cluster"), crd("virtualnodes", "VirtualNode", "Namespaced")];
  for (const object of crds) await api.create(CRDS, object);
  const virtualNode = {
    apiVersion: `${MESH_GROUP}/v1beta2`,
    kind: "VirtualNode",
    metadata: { name: "catalogue", namespace: "shop" },
    spec: { awsName: "chosen-by-selector", podSelector: { matchLabels: { app: "catalogue" } } },
  };
  const path = `/apis/${MESH_GROUP}/v1beta2/namespaces/shop/virtualnodes`;
  await vi.waitFor(() => api.create(path, virtualNode), PATIENCE);
  await vi.waitFor(async () => expect(await node()).toBe("chosen-by-selector"), PATIENCE);

  for (const object of crds) await api.send("DELETE", `${CRDS}/${nameOf(object)}`);
  await vi.waitFor(async () => expect(await node()).toBe("shop-catalogue"), PATIENCE);
});

test("while the API server is away it stays ready and answers from what it knows", async () => {
  const owner = await replicaSet("known-6f7d", "known");
  await comesTrue(async () => expect(await metrics()).toContain('outrigger_cache_age_seconds{resource="replicasets"}'));
  const before = await ask(podOf(owner));
  await cluster.stopApiServer();
  try {
    const during = await ask(podOf(owner));
    expect(during.auditAnnotations).toEqual(before.auditAnnotations);
    expect(during.patch).toBe(before.patch);
    const unknown = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "unknown-9c8b", uid: "2", controller: true };
    const guessed = await ask(podOf(unknown, { "pod-template-hash": "9c8b" }));
    expect(guessed.auditAnnotations?.["virtual-node"]).toBe("shop-unknown");
    expect(guessed.warnings?.join()).toContain("the API server could not be reached");
    expect((await readyz()).status).toBe(200);
  } finally {
    await cluster.startApiServer();
  }
});

test("an API server restarted under load: every answer is right, and changes are noticed afterwards", async () => {
  const owner = await replicaSet("loaded-5b6c", "loaded");
  const first = await ask(podOf(owner));
  expect(first.auditAnnotations?.["virtual-node"]).toBe("shop-loaded");
  const right = answered(first);
  let done = false;
  const seen = new Map<string, number>();
  const load = Array.from({ length: 4 }, async () => {
    while (!done) {
      const answer = answered(await ask(podOf(owner)));
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
  });
  await cluster.restartApiServer();
  await cluster.restartApiServer();
  done = true;
  await Promise.all(load);
  expect([...seen.keys()]).toEqual([right]);
  expect([...seen.values()][0]).toBeGreaterThan(500);

  await api.apply("/api/v1/namespaces/shop", namespace("shop", { [INJECT_KEY]: "disabled" }));
  await vi.waitFor(async () => {
    expect((await ask(podOf(owner))).auditAnnotations?.["reason"]).toBe("not-opted-in");
  }, PATIENCE);
  const ages = [...(await metrics()).matchAll(/outrigger_cache_age_seconds\{resource="(\w+)"\} (\S+)/g)];
  expect(ages.map(([, resource]) => resource)).toContain("virtualnodes");
  for (const [, , age] of ages) expect(Number(age)).toBeLessThan(120);
});

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Enough of a CRD of App Mesh: the fields are not checked. */
function crd(plural: string, kind: string, scope: "Cluster" | "Namespaced"): JsonObject {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${MESH_GROUP}` },
    spec: {
      group: MESH_GROUP,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: "v1beta2", served: true, storage: true, schema }],
    },
  };
}
