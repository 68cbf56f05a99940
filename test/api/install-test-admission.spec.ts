import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL_LIMITS } from "../../src/install/limits.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { removeTestNamespaces, testInjection } from "../../src/install/run/test-injection.ts";
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import type { Writer } from "../../src/kube/writes.ts";
import { listOf, member, objectsOf } from "../../src/model/json.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { REGISTRATIONS, registerWebhook } from "./registered-webhook.ts";
import { until } from "./until.ts";

const START_MS = 120_000;
const PATIENCE_MS = 20_000;
const NAMESPACES = `/api/v1/namespaces?labelSelector=${encodeURIComponent("outrigger.dev/test-admission")}`;

let cluster: OwnCluster;
let writer: Writer;

beforeAll(async () => {
  cluster = await startOwnCluster();
  const client = kubeClient(await kubeEndpoint(cluster.kubeconfig, {}));
  writer = { client, fieldManager: "outrigger", signal: new AbortController().signal };
}, START_MS);

afterAll(() => cluster.stop());

/** Namespaces of test admissions that are not on their way out. */
async function standing(): Promise<number> {
  const { body } = await cluster.api.send("GET", NAMESPACES);
  return objectsOf(body.items).filter(({ metadata }) => member(metadata, "deletionTimestamp") === undefined).length;
}

test("a test admission comes back injected and leaves no namespace and no pod", async () => {
  const webhook = await registerWebhook(cluster.api, cluster.provided);
  try {
    expect(await testInjection(writer, performance.now() + PATIENCE_MS)).toEqual({ kind: "injected" });
  } finally {
    await webhook.stop();
  }
  expect(await standing()).toBe(0);
  expect(listOf((await cluster.api.send("GET", "/api/v1/pods")).body.items)).toEqual([]);
});

test("without a registration it says what came back, after the deadline, and leaves nothing either", async () => {
  const outcome = await testInjection(writer, performance.now());
  expect(outcome).toEqual({ kind: "not-injected", problem: "the pod came back without a sidecar" });
  expect(await standing()).toBe(0);
});

test("what a refusing webhook says is handed on", async () => {
  await cluster.api.create(REGISTRATIONS, registration({ url: "https://127.0.0.1:9/", failurePolicy: "Fail" }));
  try {
    // an API server takes up a registration within a second or two
    await until(async () => {
      const outcome = await testInjection(writer, performance.now());
      return outcome.kind === "not-injected" && /failed calling webhook/.test(outcome.problem)
        ? undefined
        : outcome.kind;
    });
  } finally {
    await cluster.api.send("DELETE", `${REGISTRATIONS}/aws-app-mesh-inject`);
  }
});

test("whoever gives up leaves no namespace", async () => {
  const stopped = new AbortController();
  const waiting = testInjection({ ...writer, signal: stopped.signal }, performance.now() + PATIENCE_MS);
  await until(async () => ((await standing()) === 1 ? undefined : "no namespace yet"));
  stopped.abort(new Error("given up"));
  await expect(waiting).rejects.toThrow();
  expect(await standing()).toBe(0);
});

test("what a killed run left is removed when it is old; another run's, and what only has the label, stay", async () => {
  await cluster.finishDeletions();
  for (const name of ["outrigger-test-left", "labelled-by-somebody"]) {
    await cluster.api.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "outrigger.dev/test-admission": "" } },
    });
  }
  expect(await removeTestNamespaces(writer)).toEqual([]);
  const later = Date.now() + 2 * INSTALL_LIMITS.testNamespace;
  expect(await removeTestNamespaces(writer, later)).toEqual(["outrigger-test-left"]);
  expect(await standing()).toBe(1);
});
