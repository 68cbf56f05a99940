import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, corpusCrds, HAS_CORPUS } from "../corpus.ts";
import { connectApi } from "./api-connection.ts";
import { applyMeshObjects, installCrds, removeCrds } from "./custom-resources.ts";
import { createNamespace, nginx, stored } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { containerOf, namesIn, sidecarOf } from "./sidecar.ts";

// The same pod beside the objects of App Mesh's controller, with the CRDs that its users have installed.

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;
let namespace = "";

const MESH_API = "appmesh.k8s.aws/v1beta2";

function meshObject(kind: "Mesh" | "VirtualNode" | "VirtualGateway", name: string, spec: JsonObject): JsonObject {
  return { apiVersion: MESH_API, kind, metadata: { name, ...(kind !== "Mesh" && { namespace }) }, spec };
}

const selecting = (app: string) => ({ podSelector: { matchLabels: { app } } });
const listeners = (...ports: readonly number[]) => ({
  listeners: ports.map((port) => ({ portMapping: { port, protocol: "http" } })),
});

beforeAll(async () => {
  if (!HAS_CORPUS) return;
  await installCrds(api, corpusCrds());
  namespace = await createNamespace(api, "nodes", { [INJECT_KEY]: "enabled", mesh: "shop" });
  const objects = [
    meshObject("Mesh", "shop", { awsName: "shop-mesh", namespaceSelector: { matchLabels: { mesh: "shop" } } }),
    meshObject("VirtualNode", "front", { ...selecting("front"), ...listeners(8080) }),
    meshObject("VirtualNode", "back", { awsName: "backend", ...selecting("back"), ...listeners(9000, 9001) }),
    meshObject("VirtualNode", "one", selecting("both")),
    meshObject("VirtualNode", "two", selecting("both")),
    meshObject("VirtualGateway", "door", {
      namespaceSelector: { matchLabels: { mesh: "shop" } },
      ...selecting("door"),
      ...listeners(8088),
    }),
  ];
  await applyMeshObjects(api, objects);
  webhook = await registerWebhook(api, inject("cluster"));
});

afterAll(async () => {
  await webhook?.stop();
  if (HAS_CORPUS) await removeCrds(api, corpusCrds());
  await api.close();
});

function pod(app: string, annotations: Readonly<Record<string, string>> = {}): JsonObject {
  return nginx({ name: "web", labels: { app }, annotations });
}

describe.skipIf(!HAS_CORPUS)(`a pod beside VirtualNodes${CORPUS_NOTE}`, () => {
  test("is the node whose podSelector matches, by the name that App Mesh knows it by", async () => {
    const sidecar = sidecarOf(await stored(api, namespace, pod("front")));
    expect(sidecar?.nodeId).toBe(`mesh/shop-mesh/virtualNode/front_${namespace}`);
  });

  test("captures the node's listener ports instead of its own", async () => {
    const sidecar = sidecarOf(await stored(api, namespace, pod("back")));
    expect(sidecar?.nodeId).toBe("mesh/shop-mesh/virtualNode/backend");
    expect(sidecar?.capture.APPMESH_APP_PORTS).toBe("9000,9001");
  });

  test("keeps to its annotation where that names another node", async () => {
    const sidecar = sidecarOf(await stored(api, namespace, pod("front", { "appmesh.k8s.aws/virtualNode": "my-app" })));
    expect(sidecar?.nodeId).toBe("mesh/mynewmesh/virtualNode/my-app");
  });

  test("that no node selects is called by its own name", async () => {
    const sidecar = sidecarOf(await stored(api, namespace, pod("nobody")));
    expect(sidecar?.nodeId).toBe(`mesh/mynewmesh/virtualNode/${namespace}-web`);
  });

  test("that two nodes select is refused, naming both", async () => {
    const attempt = stored(api, namespace, pod("both"));
    await expect(attempt).rejects.toThrow(/403 .*VirtualNode .*one.*VirtualNode .*two.*\(ambiguous-virtual-node\)/);
  });

  test("whose annotation names another mesh than its node's is refused, naming both", async () => {
    const attempt = stored(api, namespace, pod("front", { "appmesh.k8s.aws/mesh": "other" }));
    await expect(attempt).rejects.toThrow(/403 .*other.*shop-mesh.*\(mesh-mismatch\)/);
  });

  test("that a VirtualGateway selects has its container envoy filled in and nothing redirected", async () => {
    const gateway = {
      ...nginx({ name: "door", labels: { app: "door" } }),
      spec: { containers: [{ name: "envoy", image: "injected", ports: [{ containerPort: 8088 }] }] },
    };
    const result = await stored(api, namespace, gateway);
    expect(sidecarOf(result)?.nodeId).toBe(`mesh/shop-mesh/virtualGateway/door_${namespace}`);
    expect(namesIn(result, "containers")).toEqual(["envoy"]);
    expect(namesIn(result, "initContainers")).toEqual([]);
    expect(containerOf(result, "envoy")?.image).toBe("docker.io/envoyproxy/envoy:distroless-v1.40.0");
  });

  test("that a VirtualGateway selects and that has no container envoy is refused", async () => {
    await expect(stored(api, namespace, pod("door"))).rejects.toThrow(/403 .*\(gateway-without-envoy\)/);
  });
});
