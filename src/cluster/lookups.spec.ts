import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeReader } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { KUBE_LIMITS } from "../kube/limits.ts";
import type { PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";
import { type InjectionCaches, startInjectionCaches } from "./caches.ts";
import { podLookUp } from "./lookups.ts";
import type { LookUp } from "./pod-facts.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const TIMINGS = { ...KUBE_LIMITS, directRead: 50, firstSync: 30 };

/** Answers lists and single reads out of a table of paths; everything else is not there. */
class TableClient implements KubeReader {
  readonly objects = new Map<string, JsonObject | KubeError>();
  readonly reads: string[] = [];

  async get(path: string): Promise<JsonObject> {
    const [place = ""] = path.split("?");
    if (!path.includes("?")) this.reads.push(place);
    const found = this.objects.get(place);
    if (found instanceof KubeError) throw found;
    if (found === undefined && path.includes("?")) return { metadata: { resourceVersion: "1" }, items: [] };
    if (found === undefined) throw new KubeError("status", `GET ${place}: status 404`, { status: 404 });
    return found;
  }

  watch(_path: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  }
}

let client: TableClient;
let abort: AbortController;
beforeEach(() => {
  client = new TableClient();
  abort = new AbortController();
});
afterEach(() => abort.abort());

function items(...objects: JsonObject[]): JsonObject {
  return { metadata: { resourceVersion: "1" }, items: objects };
}

function object(name: string, more: JsonObject = {}, namespace = "shop"): JsonObject {
  return { metadata: { name, namespace, ...more } };
}

const NAMESPACE: JsonObject = {
  metadata: { name: "shop", labels: { [INJECT_KEY]: "enabled" }, annotations: { a: "b" } },
};
const TRUST: JsonObject = {
  metadata: { name: "outrigger-trust", namespace: "appmesh-system" },
  data: { "trust.pem": PEM },
};

/** Look-ups over full caches of a namespace that is enabled and a trust that is known, unless the table says otherwise. */
async function ready(controlPlane: "ads" | "none" = "ads"): Promise<{ lookUp: LookUp; caches: InjectionCaches }> {
  const table = client.objects;
  if (!table.has("/api/v1/namespaces")) table.set("/api/v1/namespaces", items(NAMESPACE));
  const trust = "/api/v1/namespaces/appmesh-system/configmaps";
  if (!table.has(trust)) table.set(trust, items(TRUST));
  const caches = startInjectionCaches(client, abort.signal, TIMINGS);
  await Promise.all(Object.values(caches).map(({ synced }) => synced));
  const { signal } = abort;
  return {
    lookUp: podLookUp({ caches, client, controlPlane, fileTrust: undefined, signal, timings: TIMINGS }),
    caches,
  };
}

function podOf(owner?: JsonObject): JsonObject {
  return { metadata: { name: "web", ...(owner && { ownerReferences: [owner] }) }, spec: {} };
}

function reference(kind: string, name: string, uid: string, apiVersion = "apps/v1"): JsonObject {
  return { apiVersion, kind, name, uid, controller: true };
}

test("facts that the caches hold are there at once, without a read", async () => {
  client.objects.set(
    "/api/v1/limitranges",
    items({ ...object("limits"), spec: { limits: [{ type: "Container", max: { cpu: "1" } }] } }),
  );
  client.objects.set("/api/v1/resourcequotas", items({ ...object("quota"), spec: { hard: { "limits.cpu": "4" } } }));
  client.objects.set(
    "/apis/appmesh.k8s.aws/v1beta2/virtualnodes",
    items({ ...object("b"), spec: {} }, { ...object("a"), spec: {} }, { ...object("x", {}, "other"), spec: {} }),
  );
  client.objects.set(
    "/apis/apps/v1/replicasets",
    items(object("web-1", { uid: "rs", ownerReferences: [reference("Deployment", "web", "d")] })),
  );
  const { lookUp } = await ready();
  const facts = lookUp(podOf(reference("ReplicaSet", "web-1", "rs")), "shop");
  expect(facts).not.toBeInstanceOf(Promise);
  const { namespace, owner, virtualNodes, limitRanges, quotas, trust } = facts as PodFacts;
  expect(namespace).toEqual({ name: "shop", labels: { [INJECT_KEY]: "enabled" }, annotations: { a: "b" } });
  expect(owner).toMatchObject({ kind: "known", owner: { kind: "Deployment", name: "web" } });
  expect(virtualNodes.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(limitRanges[0]?.limits[0]?.max).toEqual({ cpu: "1" });
  expect(quotas).toEqual([{ name: "quota", hard: { "limits.cpu": "4" } }]);
  expect(trust).toEqual({ kind: "known", pem: PEM });
  expect(client.reads).toEqual([]);
});

test("of the pod nothing but its owners counts, for the webhook asks again for the siblings of one", async () => {
  const { lookUp } = await ready();
  const pod = podOf(reference("StatefulSet", "web", "1"));
  const { ownerReferences } = pod["metadata"] as JsonObject;
  const unread = new Proxy({ metadata: { ownerReferences } } as JsonObject, {
    get: (target, key) => (key === "metadata" ? target["metadata"] : expect.fail(`it reads ${String(key)}`)),
  });
  expect(await lookUp(unread, "shop")).toEqual(await lookUp(pod, "shop"));
});

test.each([
  ["StatefulSet", "apps/v1"],
  ["DaemonSet", "apps/v1"],
  ["GameServer", "agones.dev/v1"],
  ["ReplicaSet", "example.com/v1"],
])("a %s of %s is the owner itself, without a look-up", async (kind, apiVersion) => {
  const { lookUp } = await ready();
  const { owner } = lookUp(podOf(reference(kind, "web", "1", apiVersion)), "shop") as PodFacts;
  expect(owner).toMatchObject({ kind: "known", owner: { kind, name: "web" } });
});

test("a Job leads to its CronJob, a Job of nobody is the owner", async () => {
  client.objects.set(
    "/apis/batch/v1/jobs",
    items(
      object("night-1", { uid: "j1", ownerReferences: [reference("CronJob", "night", "c", "batch/v1")] }),
      object("once", { uid: "j2" }),
    ),
  );
  const { lookUp } = await ready();
  const night = lookUp(podOf(reference("Job", "night-1", "j1", "batch/v1")), "shop") as PodFacts;
  const once = lookUp(podOf(reference("Job", "once", "j2", "batch/v1")), "shop") as PodFacts;
  expect(night.owner).toMatchObject({ owner: { kind: "CronJob", name: "night" } });
  expect(once.owner).toMatchObject({ owner: { kind: "Job", name: "once" } });
});

test("a ReplicaSet that the cache does not have is read once", async () => {
  const path = "/apis/apps/v1/namespaces/shop/replicasets/web-2";
  client.objects.set(
    path,
    object("web-2", { uid: "rs2", ownerReferences: [reference("Rollout", "web", "r", "argoproj.io/v1alpha1")] }),
  );
  const { lookUp } = await ready();
  const { owner } = await lookUp(podOf(reference("ReplicaSet", "web-2", "rs2")), "shop");
  expect(owner).toMatchObject({ kind: "known", owner: { kind: "Rollout", name: "web" } });
  expect(client.reads).toEqual([path]);
});

test("a cached ReplicaSet of another UID is not the pod's owner", async () => {
  client.objects.set(
    "/apis/apps/v1/replicasets",
    items(object("web-1", { uid: "old", ownerReferences: [reference("Deployment", "old", "d")] })),
  );
  client.objects.set("/apis/apps/v1/namespaces/shop/replicasets/web-1", object("web-1", { uid: "newer" }));
  const { lookUp } = await ready();
  const { owner } = await lookUp(podOf(reference("ReplicaSet", "web-1", "new")), "shop");
  expect(owner).toMatchObject({ kind: "lookup-failed", reason: "another object has this name now" });
});

test.each([
  [new KubeError("status", "no", { status: 404 }), "it does not exist"],
  [new KubeError("status", "no", { status: 403 }), "the API server answered with status 403"],
  [new KubeError("timeout", "no"), "the API server did not answer in time"],
  [new KubeError("unreachable", "no"), "the API server could not be reached"],
])("a failed read of the owner is told (%o)", async (error, reason) => {
  client.objects.set("/apis/apps/v1/namespaces/shop/replicasets/web-1", error);
  const { lookUp } = await ready();
  const { owner } = await lookUp(podOf(reference("ReplicaSet", "web-1", "rs")), "shop");
  expect(owner).toMatchObject({ kind: "lookup-failed", direct: { name: "web-1" }, reason });
});

test("a namespace without the label is asked for again, and the cached one counts when that fails", async () => {
  client.objects.set("/api/v1/namespaces", items({ metadata: { name: "shop", labels: { team: "a" } } }));
  const { lookUp } = await ready();
  const stale = await lookUp(podOf(), "shop");
  expect(stale.namespace.labels).toEqual({ team: "a" });
  client.objects.set("/api/v1/namespaces/shop", NAMESPACE);
  const fresh = await lookUp(podOf(), "shop");
  expect(fresh.namespace.labels).toEqual({ [INJECT_KEY]: "enabled" });
});

test("a namespace that nobody knows is an error of the call", async () => {
  const { lookUp } = await ready();
  await expect(lookUp(podOf(), "nowhere")).rejects.toMatchObject({ name: "LookUpError", code: "namespace-unknown" });
});

test("a name with a slash cannot leave its path", async () => {
  const { lookUp } = await ready();
  await lookUp(podOf(reference("ReplicaSet", "../../secrets/x", "rs")), "shop");
  expect(client.reads).toEqual(["/apis/apps/v1/namespaces/shop/replicasets/..%2F..%2Fsecrets%2Fx"]);
});

test("a trust that is missing is read once, and not at all where none is needed", async () => {
  client.objects.set("/api/v1/namespaces/appmesh-system/configmaps", items());
  const { lookUp } = await ready();
  expect((await lookUp(podOf(), "shop")).trust).toMatchObject({ kind: "missing" });
  expect(client.reads).toEqual(["/api/v1/namespaces/appmesh-system/configmaps/outrigger-trust"]);
  client.objects.set("/api/v1/namespaces/appmesh-system/configmaps/outrigger-trust", TRUST);
  expect((await lookUp(podOf(), "shop")).trust).toEqual({ kind: "known", pem: PEM });
  client.reads.length = 0;
  const without = await ready("none");
  expect(without.lookUp(podOf(), "shop")).not.toBeInstanceOf(Promise);
  expect(client.reads).toEqual([]);
});

test("a ConfigMap without a certificate is no trust", async () => {
  client.objects.set(
    "/api/v1/namespaces/appmesh-system/configmaps",
    items({ ...TRUST, data: { "trust.pem": "nothing" } }),
  );
  const { lookUp } = await ready();
  expect((await lookUp(podOf(), "shop")).trust).toMatchObject({
    kind: "missing",
    lookedFor: "key trust.pem of ConfigMap outrigger-trust in namespace appmesh-system",
  });
});

test("calls before the first sync wait for it, and fail saying what is missing when it takes too long", async () => {
  client.objects.set("/apis/apps/v1/replicasets", new KubeError("status", "replicasets is forbidden", { status: 403 }));
  const caches = startInjectionCaches(client, abort.signal, TIMINGS);
  const { signal } = abort;
  const lookUp = podLookUp({ caches, client, controlPlane: "ads", fileTrust: undefined, signal, timings: TIMINGS });
  await expect(lookUp(podOf(), "shop")).rejects.toMatchObject({
    code: "not-synced",
    message: expect.stringContaining("replicasets (replicasets is forbidden)"),
  });
  client.objects.set("/api/v1/namespaces", items(NAMESPACE));
  client.objects.delete("/apis/apps/v1/replicasets");
  client.objects.set("/api/v1/namespaces/shop", NAMESPACE);
  await caches.replicaSets.synced;
  expect((await lookUp(podOf(), "shop")).namespace.name).toBe("shop");
});
