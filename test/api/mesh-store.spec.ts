import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startControlPlaneCaches } from "../../src/cluster/control-plane-caches.ts";
import { MeshGraph } from "../../src/graph/graph.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { MeshChange } from "../../src/model/mesh-change.ts";
import { keyOf } from "../../src/model/mesh-object.ts";
import { KubernetesStore } from "../../src/store/kubernetes-store.ts";
import { installCrds } from "./custom-resources.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

// the custom resources of a real API server as a store

let cluster: OwnCluster;
let store: KubernetesStore;
const abort = new AbortController();
const told: MeshChange[] = [];
const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });

const API = "appmesh.k8s.aws/v1beta2";
const MESH = { kind: "Mesh", namespace: "", name: "main" } as const;
const NODE = { kind: "VirtualNode", namespace: "shop", name: "web" } as const;
const mesh = (type: string): JsonObject => ({
  apiVersion: API,
  kind: "Mesh",
  metadata: { name: "main" },
  spec: { namespaceSelector: { matchLabels: { mesh: "main" } }, egressFilter: { type } },
});
const node: JsonObject = {
  apiVersion: API,
  kind: "VirtualNode",
  metadata: { namespace: "shop", name: "web" },
  spec: {
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: "web.shop" } },
  },
};

beforeAll(async () => {
  cluster = await startOwnCluster();
  const client = kubeClient(await kubeEndpoint(cluster.kubeconfig, {}));
  const { objects, injection } = startControlPlaneCaches(client, abort.signal);
  store = new KubernetesStore({ client, objects, namespaces: injection.namespaces }, abort.signal);
  store.onChange((changes) => {
    told.push(...changes);
    graph.apply(changes);
  }, abort.signal);
}, 300_000);

afterAll(async () => {
  abort.abort();
  await cluster?.stop();
});

describe("the store", () => {
  test("knows everything although App Mesh's kinds are not installed, and notices when they come", async () => {
    await store.synced;
    expect(told.some((change) => change.kind === "namespace" && change.name === "default")).toBe(true);
    await installCrds(cluster.api, customResourceDefinitions());
    await cluster.api.apply("/api/v1/namespaces/shop", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels: { mesh: "main" } },
    });
    await until(async () => {
      await store.apply(mesh("DROP_ALL")).catch(() => {});
      return store.get(MESH) === undefined ? "the Mesh is not told" : undefined;
    });
  });

  test("makes objects and changes them; what is made of them follows", async () => {
    await store.apply(node);
    await until(async () => (graph.view(NODE) === undefined ? "there is no view yet" : undefined));
    expect(graph.view(NODE)).toMatchObject({ kind: "virtualNode", egress: "DROP_ALL", listeners: [{ port: 8080 }] });
    await store.apply(mesh("ALLOW_ALL"));
    await until(async () => {
      const view = graph.view(NODE);
      return view?.kind === "virtualNode" && view.egress === "ALLOW_ALL" ? undefined : "the view is the old one";
    });
    const changes = told.filter((change) => change.kind === "object" && keyOf(change.ref) === keyOf(MESH));
    expect(changes.at(-1)).toMatchObject({
      before: { spec: { egressFilter: { type: "DROP_ALL" } } },
      after: { spec: { egressFilter: { type: "ALLOW_ALL" } } },
    });
  });

  test("writes a status and leaves the rest", async () => {
    const conditions = [{ type: "VirtualNodeActive", status: "True" }];
    await store.writeStatus(NODE, { conditions });
    await until(async () => (store.get(NODE)?.conditions.length === 1 ? undefined : "the status is not told"));
    expect(store.get(NODE)).toMatchObject({ conditions, spec: node.spec });
  });

  test("refuses what is no object, what the API server refuses, and a status of nothing", async () => {
    await expect(store.apply({ ...node, spec: { listeners: 1 } })).rejects.toMatchObject({
      code: "invalid",
      message: "spec.listeners: expected a list, found 1",
    });
    const nowhere = { ...node, metadata: { namespace: "nowhere", name: "web" } };
    await expect(store.apply(nowhere)).rejects.toMatchObject({ code: "gone" });
    const bare = {
      ...node,
      metadata: { namespace: "shop", name: "bare" },
      spec: { listeners: [{ portMapping: { port: 1, protocol: "http" } }] },
    };
    await expect(store.apply(bare)).rejects.toMatchObject({ code: "refused" });
    await expect(store.writeStatus({ ...NODE, name: "nobody" }, {})).rejects.toMatchObject({ code: "gone" });
  });

  test("deletes, and says when there was nothing", async () => {
    expect(await store.delete(NODE)).toBe(true);
    await until(async () => (graph.view(NODE) === undefined ? undefined : "its view is still there"));
    expect(store.get(NODE)).toBeUndefined();
    expect(await store.delete(NODE)).toBe(false);
  });
});
