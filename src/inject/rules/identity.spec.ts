import { describe, expect, test } from "vitest";
import { aMesh, aNode, aPod, appmesh, injected, labelled, ownedBy, type Surroundings } from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";

const EVERYTHING = { matchLabels: {}, matchExpressions: [] };
const web = labelled({ app: "web" });

function settingsOf(pod: JsonObject, surroundings: Surroundings = {}) {
  const { result } = injected(pod, surroundings);
  if (result.settings === undefined) throw new Error(result.message);
  return result.settings;
}

describe("the virtual node is", () => {
  test.each<[string, JsonObject, Surroundings, string]>([
    [
      "the annotation, verbatim, before any selector",
      aPod(web, appmesh({ virtualNode: "my-app" })),
      { virtualNodes: [aNode("web")], owner: ownedBy("Deployment", "web") },
      "my-app",
    ],
    ["the AWS name of the node that selects the pod", aPod(web), { virtualNodes: [aNode("web")] }, "web_shop"],
    [
      "that node's own AWS name",
      aPod(web),
      { virtualNodes: [aNode("web", { awsName: "custom" }), aNode("db")] },
      "custom",
    ],
    ["namespace and Deployment", aPod(), { owner: ownedBy("Deployment", "web") }, "shop-web"],
    [
      "Deployment and namespace as the 2019 injector had it",
      aPod(),
      { owner: ownedBy("Deployment", "web"), configuration: { virtualNodeNaming: "owner-namespace" } },
      "web-shop",
    ],
    [
      "in the shape of the controller's AWS names",
      aPod(),
      { owner: ownedBy("CronJob", "nightly"), configuration: { virtualNodeNaming: "owner_namespace" } },
      "nightly_shop",
    ],
    ["namespace and name of a bare pod", aPod(), {}, "shop-nginx"],
    [
      "not a node of which the selector is absent",
      aPod(web),
      { virtualNodes: [(({ podSelector: _selector, ...node }) => node)(aNode("web"))] },
      "shop-nginx",
    ],
  ])("%s", (_name, pod, surroundings, name) => {
    expect(settingsOf(pod, surroundings).role).toEqual({ kind: "virtualNode", name });
  });

  test("nobody, with a warning, where a node all but selects the pod, and without one where it has the pod's name", () => {
    const pod = aPod(labelled({ app: "Web" }));
    const near = "VirtualNode shop/web does not select this pod: it wants app=web, and the labels have app=Web";
    const owner = ownedBy("Deployment", "front");
    expect(injected(pod, { virtualNodes: [aNode("web")], owner }).result.warnings).toContain(near);
    expect(injected(pod, { virtualNodes: [aNode("db")], owner }).result.warnings).not.toContain(near);
    const named = aNode("web", { awsName: "shop-front" });
    expect(injected(pod, { virtualNodes: [named], owner }).result.warnings).not.toContain(near);
  });

  test("a node of another namespace that is shared, where the annotation names it and never where it selects the pod", () => {
    const object = aNode("web", { namespace: "bank", awsName: "web_bank", listenerPorts: [8123] });
    const sharedNodes = [{ kind: "virtualNode", object }] as const;
    const named = injected(aPod(web, appmesh({ virtualNode: "web_bank" })), { sharedNodes });
    expect(named.result.settings).toMatchObject({ role: { name: "web_bank" }, mesh: { name: "test-mesh" } });
    expect(named.result.trace.map(({ saw }) => saw)).toContain(
      "VirtualNode bank/web (podSelector app=web) lets pods of namespace shop name it",
    );
    expect(settingsOf(aPod(web), { sharedNodes }).role.name).toBe("shop-nginx");
  });

  test("a gateway where a VirtualGateway selects the pod", () => {
    const gateway = aPod(labelled({ app: "gw" }), (pod) => ({ ...pod, spec: { containers: [{ name: "envoy" }] } }));
    expect(settingsOf(gateway, { virtualGateways: [aNode("gw")] }).role).toEqual({
      kind: "virtualGateway",
      name: "gw_shop",
    });
  });

  test("named after the ReplicaSet without its hash, with a warning, when that cannot be read", () => {
    const direct = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "u" };
    const { result } = injected(aPod(labelled({ "pod-template-hash": "5d4f8" })), {
      owner: { kind: "lookup-failed", direct, reason: "forbidden" },
    });
    expect(result.settings?.role.name).toBe("shop-web");
    expect(result.warnings.join()).toContain("ReplicaSet web-5d4f8 could not be read (forbidden)");
  });
});

describe("the pod is denied", () => {
  const all = aNode("all", { podSelector: EVERYTHING });

  test.each<[string, Surroundings, string[]]>([
    [
      "two nodes",
      { virtualNodes: [aNode("web"), all] },
      ["shop/web (podSelector app=web)", "shop/all (podSelector <everything>)"],
    ],
    [
      "a node and a gateway",
      { virtualNodes: [aNode("web")], virtualGateways: [all] },
      ["VirtualNode shop/web", "VirtualGateway shop/all"],
    ],
    ["two gateways", { virtualGateways: [aNode("web"), all] }, ["VirtualGateway shop/web", "VirtualGateway shop/all"]],
  ])("when %s select it, naming both", (_name, surroundings, names) => {
    const { result } = injected(aPod(web), surroundings);
    expect(result.reason).toBe("ambiguous-virtual-node");
    for (const name of names) expect(result.message).toContain(name);
    expect(result.message).toContain("virtualNode");
  });

  test("but not when the annotation settles it", () => {
    const { result } = injected(aPod(web, appmesh({ virtualNode: "web_shop" })), { virtualNodes: [aNode("web"), all] });
    expect(result.outcome).toBe("inject");
  });

  test("without a match, when configured so, telling what was looked for", () => {
    const { result } = injected(aPod(), {
      virtualNodes: [aNode("web")],
      configuration: { onMissingVirtualNode: "deny" },
    });
    expect(result).toMatchObject({ outcome: "deny", reason: "missing-virtual-node" });
    expect(result.message).toContain(
      "none of the 1 VirtualNodes and 0 VirtualGateways in namespace shop selects this pod",
    );
  });

  test.each(["deny", "skip"] as const)("and who all but selected it: %s", (onMissingVirtualNode) => {
    const { result } = injected(aPod(labelled({ app: "Web" })), {
      virtualNodes: [aNode("web"), aNode("db")],
      configuration: { onMissingVirtualNode },
    });
    expect(result.message).toContain(
      "selects this pod; VirtualNode shop/web does not select this pod: it wants app=web, and the labels have app=Web; create one",
    );
  });

  test("when there is nothing to call its node by", () => {
    const nameless = { metadata: {}, spec: { containers: [{ name: "a" }] } };
    expect(injected(nameless).result).toMatchObject({ outcome: "deny", reason: "bad-pod" });
  });

  test("when its owner's name cannot be part of a resource path", () => {
    const { result } = injected(aPod(), { owner: ownedBy("Thing", "a/b", "example.com/v1") });
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-pod" });
    expect(result.message).toContain('"shop-a/b" contains a slash');
  });
});

test("without a match the pod is skipped, when configured so", () => {
  const { result } = injected(aPod(), { configuration: { onMissingVirtualNode: "skip" } });
  expect(result).toMatchObject({ outcome: "skip", reason: "no-virtual-node", patch: [] });
});

describe("the mesh is", () => {
  const namespace = { labels: { "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled", mesh: "blue" } };
  const blue = aMesh("blue-mesh", { namespaceSelector: { matchLabels: { mesh: "blue" }, matchExpressions: [] } });

  test.each<[string, JsonObject, Surroundings, string]>([
    ["the annotation's", aPod(appmesh({ mesh: "my-mesh" })), {}, "my-mesh"],
    [
      "the matched node's, before the configured one",
      aPod(web),
      { virtualNodes: [aNode("web", { meshRef: "other" })] },
      "other",
    ],
    ["the configured one", aPod(), {}, "test-mesh"],
    ["the configured one, though another selects the namespace", aPod(), { namespace, meshes: [blue] }, "test-mesh"],
    [
      "the one that selects the namespace",
      aPod(),
      { namespace, meshes: [blue, aMesh("x")], configuration: { meshName: "" } },
      "blue-mesh",
    ],
    [
      "with its owner, where that is another account",
      aPod(),
      { meshes: [aMesh("test-mesh", { meshOwner: "222222222222" })], configuration: { accountId: "111111111111" } },
      "test-mesh@222222222222",
    ],
  ])("%s", (_name, pod, surroundings, path) => {
    expect(settingsOf(pod, surroundings).mesh.path).toBe(path);
  });

  test("the annotation's, if the matched node agrees", () => {
    const pod = aPod(web, appmesh({ mesh: "test-mesh" }));
    expect(settingsOf(pod, { virtualNodes: [aNode("web")] }).mesh.name).toBe("test-mesh");
  });

  test("denied if the matched node disagrees, naming both", () => {
    const { result } = injected(aPod(web, appmesh({ mesh: "mine" })), { virtualNodes: [aNode("web")] });
    expect(result.reason).toBe("mesh-mismatch");
    expect(result.message).toContain("mesh is mine");
    expect(result.message).toContain("web_shop of mesh test-mesh");
  });

  test("denied if several select the namespace, naming all", () => {
    const meshes = [blue, { ...blue, name: "second", awsName: "second" }];
    const { result } = injected(aPod(), { namespace, meshes, configuration: { meshName: "" } });
    expect(result.reason).toBe("ambiguous-mesh");
    expect(result.message).toContain("blue-mesh and second");
  });

  test("denied if nobody names one, telling what was looked for", () => {
    const { result } = injected(aPod(), { meshes: [aMesh("x")], configuration: { meshName: "" } });
    expect(result.reason).toBe("no-mesh");
    for (const place of [
      "annotation appmesh.k8s.aws/mesh",
      "VirtualNode",
      "MESH_NAME",
      "1 Meshes selects namespace shop",
    ])
      expect(result.message).toContain(place);
  });
});

describe("a node that only carries the name", () => {
  const { podSelector: _podSelector, ...named } = aNode("web", { awsName: "my-app", listenerPorts: [9000] });
  const pod = (mesh: JsonObject = {}) => aPod(appmesh({ virtualNode: "my-app", ...mesh }));

  test("tells the ports and the mesh", () => {
    const settings = settingsOf(pod(), { virtualNodes: [{ ...named, meshRef: "other" }] });
    expect(settings.capture.ports).toEqual([{ first: 9000, last: 9000 }]);
    expect(settings.mesh.name).toBe("other");
  });

  test("is another one when the pod names another mesh", () => {
    const settings = settingsOf(pod({ mesh: "mine" }), { virtualNodes: [named] });
    expect(settings.capture.ports).toEqual([{ first: 80, last: 80 }]);
    expect(settings.mesh.name).toBe("mine");
  });
});
