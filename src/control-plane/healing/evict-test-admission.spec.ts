import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeApiServer, failure, fakeApiServer } from "../../../test/unit/fake-api-server.ts";
import { kubeClient } from "../../kube/client.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { anotherPod, testAdmission } from "./evict-test-admission.ts";

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

let server: FakeApiServer;
beforeEach(async () => {
  server = await fakeApiServer();
});
afterEach(() => server.close());

function ask() {
  return testAdmission(kubeClient(server.endpoint), POD, new AbortController().signal, 5_000);
}

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

test("it is only tried, never stored, and counts as injected by the record alone", async () => {
  const asked = ask();
  const call = await server.next();
  expect([call.method, call.path, call.query.get("dryRun")]).toEqual(["POST", "/api/v1/namespaces/shop/pods", "All"]);
  call.answer(201, { metadata: { annotations: { [RECORD_KEY]: "{}" } } });
  expect(await asked).toEqual({ kind: "injected" });
  const again = ask();
  (await server.next()).answer(201, { metadata: {}, spec: { initContainers: [{ name: "envoy" }] } });
  expect(await again).toMatchObject({ kind: "not-injected" });
});

test("a refusal is an answer, with its words", async () => {
  const asked = ask();
  (await server.next()).answer(403, failure(403, "exceeded quota: compute"));
  expect(await asked).toMatchObject({ kind: "not-injected", why: expect.stringContaining("exceeded quota: compute") });
});

test("an API server that cannot say is no answer", async () => {
  for (const status of [429, 500, 503]) {
    const asked = ask();
    (await server.next()).answer(status, failure(status, "later"));
    await expect(asked).rejects.toMatchObject({ status });
  }
});
