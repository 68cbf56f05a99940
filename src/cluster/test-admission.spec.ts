import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeApiServer, failure, fakeApiServer } from "../../test/unit/fake-api-server.ts";
import { kubeClient } from "../kube/client.ts";
import { RECORD_KEY } from "../model/names.ts";
import { testAdmission } from "./test-admission.ts";

const POD = { metadata: { namespace: "shop", generateName: "web-" }, spec: { containers: [{ name: "web" }] } };

let server: FakeApiServer;
beforeEach(async () => {
  server = await fakeApiServer();
});
afterEach(() => server.close());

function ask() {
  const { signal } = new AbortController();
  return testAdmission({ client: kubeClient(server.endpoint), fieldManager: "outrigger", signal }, POD, 60_000);
}

test("a pod is only tried, never stored, and counts as injected by the record alone", async () => {
  const asked = ask();
  const call = await server.next();
  expect([call.method, call.path, call.query.get("dryRun")]).toEqual(["POST", "/api/v1/namespaces/shop/pods", "All"]);
  expect(JSON.parse(await call.body())).toEqual(POD);
  call.answer(201, { metadata: { annotations: { [RECORD_KEY]: "{}" } } });
  expect(await asked).toEqual({ kind: "injected" });
  const again = ask();
  (await server.next()).answer(201, { metadata: {}, spec: { initContainers: [{ name: "envoy" }] } });
  expect(await again).toEqual({ kind: "bare" });
});

test("a refusal is an answer, with its words", async () => {
  const asked = ask();
  (await server.next()).answer(403, failure(403, "exceeded quota: compute"));
  expect(await asked).toMatchObject({ kind: "refused", why: expect.stringContaining("exceeded quota: compute") });
});

test("an API server that cannot say is no answer", async () => {
  for (const status of [429, 500, 503]) {
    const asked = ask();
    (await server.next()).answer(status, failure(status, "later"));
    await expect(asked).rejects.toMatchObject({ status });
  }
});
