import { expect, test } from "vitest";
import { anotherPod } from "./another-pod.ts";

const POD = {
  metadata: {
    namespace: "shop",
    name: "web-1",
    generateName: "web-",
    uid: "p",
    resourceVersion: "7",
    creationTimestamp: "2026-11-22T10:00:00Z",
    labels: { app: "web" },
    ownerReferences: [{ kind: "ReplicaSet", name: "web", controller: true }],
    managedFields: [],
  },
  spec: { nodeName: "node-1", containers: [{ name: "web" }], ephemeralContainers: [{ name: "debug" }] },
  status: { phase: "Running" },
};

test("the like of a stored pod has nothing that the cluster gave it", () => {
  const { labels, ownerReferences } = POD.metadata;
  expect(anotherPod(POD)).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "shop", generateName: "web-", labels, ownerReferences },
    spec: { containers: [{ name: "web" }] },
  });
  expect(anotherPod({ metadata: { name: "bare", namespace: "shop" } })["metadata"]).toMatchObject({
    generateName: "bare-",
  });
});
