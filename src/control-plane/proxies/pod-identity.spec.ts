import { describe, expect, test } from "vitest";
import { cachesOf, type World } from "../../../test/caches-of.ts";
import { podSummary } from "../../cluster/pods-resource.ts";
import { type ConfigurationInput, configuration } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import { podIdentity } from "./pod-identity.ts";

function pod(metadata: JsonObject = {}): ReturnType<typeof podSummary> {
  return podSummary({ metadata: { namespace: "shop", name: "web-5d4f8-x2x4z", uid: "1", ...metadata } });
}

function identify(metadata: JsonObject, world: World = {}, settings: ConfigurationInput = { meshName: "main" }) {
  const identity = podIdentity(pod(metadata), cachesOf(world), configuration(settings));
  return identity.kind === "resolved" ? identity.id : identity.problem;
}

const OWNED = {
  generateName: "web-5d4f8-",
  labels: { app: "web", "pod-template-hash": "5d4f8" },
  ownerReferences: [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "uid-of-web-5d4f8", controller: true },
  ],
};
const NODE: NodeFacts = {
  name: "web",
  namespace: "shop",
  awsName: "chosen",
  podSelector: { matchLabels: { app: "web" }, matchExpressions: [] },
  listenerPorts: [],
  cloudMap: false,
};

describe("a pod is", () => {
  test("what its annotations say", () => {
    const annotations = { "appmesh.k8s.aws/virtualNode": "mine", "appmesh.k8s.aws/mesh": "other" };
    expect(identify({ ...OWNED, annotations }, { virtualNodes: [NODE] })).toBe("mesh/other/virtualNode/mine");
  });

  test("the node that selects it", () => {
    expect(identify(OWNED, { virtualNodes: [NODE] })).toBe("mesh/main/virtualNode/chosen");
  });

  test("not a node of another namespace", () => {
    const elsewhere = { ...NODE, namespace: "billing" };
    expect(identify(OWNED, { virtualNodes: [elsewhere], replicaSets: { "web-5d4f8": "web" } })).toBe(
      "mesh/main/virtualNode/shop-web",
    );
  });

  test("a node of another namespace that its annotation names, where that node and its mesh let it", () => {
    const annotations = { "appmesh.k8s.aws/virtualNode": "chosen" };
    const object: NodeFacts = { ...NODE, namespace: "billing", meshRef: "blue", sharedWith: ["shop"] };
    const blue = {
      name: "blue",
      awsName: "blue",
      // both namespaces
      namespaceSelector: { matchLabels: {}, matchExpressions: [] },
    };
    const found = (world: World) => podIdentity(pod({ ...OWNED, annotations }), cachesOf(world), configuration({}));
    expect(found({ virtualNodes: [object], meshes: [blue] })).toMatchObject({
      id: "mesh/blue/virtualNode/chosen",
      object: { kind: "VirtualNode", namespace: "billing", name: "web" },
    });
    const { namespaceSelector: _, ...unselective } = blue;
    expect(found({ virtualNodes: [object], meshes: [unselective] })).toMatchObject({ kind: "unresolved" });
  });

  test("called after its Deployment; after its ReplicaSet without the hash while that is not known", () => {
    expect(identify(OWNED, { replicaSets: { "web-5d4f8": "web" } })).toBe("mesh/main/virtualNode/shop-web");
    expect(identify(OWNED)).toBe("mesh/main/virtualNode/shop-web");
  });

  test("called by its own name without a controller; a generated one is called as when it was injected", () => {
    expect(identify({ name: "bare" })).toBe("mesh/main/virtualNode/shop-bare");
    expect(identify({ name: "bare-x2x4z", generateName: "bare-" })).toBe("mesh/main/virtualNode/shop-bare");
    expect(identify({ name: "mine", generateName: "bare-" })).toBe("mesh/main/virtualNode/shop-mine");
  });

  test("of the one mesh that selects its namespace, where none is configured", () => {
    const selector = { matchLabels: { team: "a" }, matchExpressions: [] };
    const meshes = [{ name: "selected", awsName: "selected", namespaceSelector: selector }];
    expect(identify({ name: "bare" }, { meshes }, {})).toBe("mesh/selected/virtualNode/shop-bare");
  });

  test("called after its owner also where injection would refuse it for want of a VirtualNode", () => {
    expect(identify({ name: "bare" }, {}, { meshName: "main", onMissingVirtualNode: "deny" })).toBe(
      "mesh/main/virtualNode/shop-bare",
    );
  });
});

describe("nobody can say what a pod is", () => {
  test("that two nodes select", () => {
    const virtualNodes = [NODE, { ...NODE, name: "web-2", awsName: "also" }];
    expect(identify(OWNED, { virtualNodes })).toContain("2 objects select this pod");
  });

  test("without a mesh", () => {
    expect(identify({ name: "bare" }, {}, {})).toContain("no mesh for this pod");
  });
});
