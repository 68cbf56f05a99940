import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type JsonObject, member, stringMapOf } from "../../src/model/json.ts";
import { INJECT_KEY, RECORD_KEY } from "../../src/model/names.ts";
import { RELEASE } from "../../src/release.ts";
import { connectApi } from "./api-connection.ts";
import { createNamespace, NGINX, nginx, stored } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { containerOf, namesIn, type Sidecar, sidecarOf } from "./sidecar.ts";

// The claims of the walkthrough by their numbers, each held against the pod that the API server stored.

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;

beforeAll(async () => {
  webhook = await registerWebhook(api, inject("cluster"));
  await api.apply("/api/v1/namespaces/appmesh-inject-test", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "appmesh-inject-test", labels: { [INJECT_KEY]: "enabled" } },
  });
});

afterAll(async () => {
  await webhook?.stop();
  await api.close();
});

/** The stored nginx pod with these annotations instead of the walkthrough's. */
function nginxWith(annotations: Readonly<Record<string, string>>, namespace = "appmesh-inject-test") {
  return stored(api, namespace, nginx({ name: "nginx", labels: { name: "nginx" }, annotations }));
}

async function sidecarWith(annotations: Readonly<Record<string, string>>): Promise<Sidecar | undefined> {
  return sidecarOf(await nginxWith(annotations));
}

describe("the walkthrough's nginx pod, as it was stored", () => {
  let pod: JsonObject;
  beforeAll(async () => {
    pod = await stored(api, "appmesh-inject-test", NGINX);
  });

  test("C2, C5: has its sidecar, started before the app", () => {
    expect(namesIn(pod, "initContainers")).toEqual(["envoy", "proxyinit"]);
    expect(namesIn(pod, "containers")).toEqual(["nginx"]);
    expect(containerOf(pod, "envoy")).toMatchObject({
      image: "docker.io/envoyproxy/envoy:distroless-v1.40.0",
      restartPolicy: "Always",
    });
  });

  test("C2: has its own container as it was written", () => {
    expect(containerOf(pod, "nginx")).toMatchObject(NGINX.spec.containers[0]);
    expect(pod.metadata).toMatchObject({ labels: { name: "nginx" }, annotations: NGINX.metadata.annotations });
  });

  test("C2: carries the mesh's trust, and the record of what was done", () => {
    const annotations = stringMapOf(member(pod.metadata, "annotations"));
    expect(annotations["outrigger.dev/trust"]).toBe(webhook?.trust);
    expect(JSON.parse(annotations[RECORD_KEY] ?? "")).toMatchObject({
      release: RELEASE,
      resource: "mesh/mynewmesh/virtualNode/test",
    });
  });

  test("C7, C10: is virtual node test of the mesh in MESH_NAME, for its annotation says so", () => {
    expect(sidecarOf(pod)?.nodeId).toBe("mesh/mynewmesh/virtualNode/test");
  });

  test("C9: sends all its declared TCP ports through Envoy", () => {
    expect(sidecarOf(pod)?.capture.APPMESH_APP_PORTS).toBe("80");
  });
});

describe("one thing changed", () => {
  test("C7: without the annotation its node is appmesh-inject-test-nginx", async () => {
    expect((await sidecarWith({}))?.nodeId).toBe("mesh/mynewmesh/virtualNode/appmesh-inject-test-nginx");
  });

  test("C8: the annotation mesh sets the mesh", async () => {
    const sidecar = await sidecarWith({ "appmesh.k8s.aws/mesh": "my-mesh" });
    expect(sidecar?.nodeId).toBe("mesh/my-mesh/virtualNode/appmesh-inject-test-nginx");
  });

  test("C8: as a label it sets nothing, for only annotations count", async () => {
    const pod = nginx({ name: "nginx", labels: { "appmesh.k8s.aws/mesh": "my-mesh" } });
    const sidecar = sidecarOf(await stored(api, "appmesh-inject-test", pod));
    expect(sidecar?.nodeId).toBe("mesh/mynewmesh/virtualNode/appmesh-inject-test-nginx");
  });

  test("C9: the annotation ports takes the place of the declared ports", async () => {
    const sidecar = await sidecarWith({ "appmesh.k8s.aws/ports": "8079,8080" });
    expect(sidecar?.capture.APPMESH_APP_PORTS).toBe("8079,8080");
  });

  test("C9: ports that are none are refused, and nothing is stored", async () => {
    const attempt = sidecarWith({ "appmesh.k8s.aws/ports": "8079,http" });
    await expect(attempt).rejects.toThrow(/403 .*appmesh\.k8s\.aws\/ports.*\(bad-annotation\)/);
  });

  test("C10: the annotation virtualNode is used verbatim", async () => {
    const sidecar = await sidecarWith({ "appmesh.k8s.aws/virtualNode": "my-app" });
    expect(sidecar?.nodeId).toBe("mesh/mynewmesh/virtualNode/my-app");
  });

  test("C11: an opted-out pod is stored as it came", async () => {
    const pod = await nginxWith({ [INJECT_KEY]: "disabled" });
    expect(pod.spec).not.toHaveProperty("initContainers");
    expect(member(pod.metadata, "annotations")).toEqual({ [INJECT_KEY]: "disabled" });
  });

  test("C12: egressIgnoredPorts are kept away from Envoy; 22 is, without being named", async () => {
    const ignored = async (annotations: Readonly<Record<string, string>>) =>
      (await sidecarWith(annotations))?.capture.APPMESH_EGRESS_IGNORED_PORTS;
    expect(await ignored({ "appmesh.k8s.aws/egressIgnoredPorts": "22" })).toBe("22");
    expect(await ignored({ "appmesh.k8s.aws/egressIgnoredPorts": "22,3306" })).toBe("22,3306");
    expect(await ignored({})).toBe("22");
  });
});

describe("C5: a namespace", () => {
  const NODE = { "appmesh.k8s.aws/virtualNode": "test" };

  test("without the label gets no sidecars, not even for a pod that asks", async () => {
    const namespace = await createNamespace(api, "unlabelled");
    expect(sidecarOf(await nginxWith(NODE, namespace))).toBeUndefined();
    expect(sidecarOf(await nginxWith({ [INJECT_KEY]: "enabled" }, namespace))).toBeUndefined();
  });

  test("labelled disabled gets them for the pods that ask alone", async () => {
    const namespace = await createNamespace(api, "opt-in", { [INJECT_KEY]: "disabled" });
    expect(sidecarOf(await nginxWith(NODE, namespace))).toBeUndefined();
    const asking = sidecarOf(await nginxWith({ [INJECT_KEY]: "enabled" }, namespace));
    expect(asking?.nodeId).toBe(`mesh/mynewmesh/virtualNode/${namespace}-nginx`);
  });

  test("with another word in the label gets none", async () => {
    const namespace = await createNamespace(api, "odd-label", { [INJECT_KEY]: "true" });
    expect(sidecarOf(await nginxWith(NODE, namespace))).toBeUndefined();
  });
});
