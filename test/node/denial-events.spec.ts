import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { INJECT_KEY } from "../../src/model/names.ts";
import { eventsOn, install, uninstall } from "./installation.ts";
import { apply, createNamespace, kubectl } from "./kubectl.ts";

const NAMESPACE = "denial-events";
/** Controllers try at once, and write their events with the first failure. */
const PATIENCE = { timeout: 120_000, interval: 200 };
const TEMPLATE = {
  metadata: { labels: { app: "denied" }, annotations: { "appmesh.k8s.aws/ports": "eighty" } },
  spec: { containers: [{ name: "nginx", image: "nginx" }] },
};

beforeAll(async () => {
  await install();
  await createNamespace(NAMESPACE, { [INJECT_KEY]: "enabled" });
});
afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false", "--ignore-not-found");
  await uninstall();
});

test("a Deployment whose pods are denied tells why, in an event of its ReplicaSet and in its own condition", async () => {
  await apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: NAMESPACE },
    spec: { selector: { matchLabels: { app: "denied" } }, template: TEMPLATE },
  });
  const replicaSet = await vi.waitFor(async () => {
    const name = await inNamespace(
      "get",
      "replicasets",
      "--selector=app=denied",
      "--output=jsonpath={.items[0].metadata.name}",
    );
    expect(name).not.toBe("");
    return name;
  }, PATIENCE);
  await vi.waitFor(async () => expect(told(await eventsOn(NAMESPACE, "ReplicaSet", replicaSet))).toBe(true), PATIENCE);
  const failure = "--output=jsonpath={.status.conditions[?(@.type=='ReplicaFailure')].message}";
  await vi.waitFor(async () => {
    expect(await inNamespace("get", "deployment", "web", failure)).toContain("appmesh.k8s.aws/ports");
  }, PATIENCE);
});

test("a Job whose pods are denied tells why in its own event", async () => {
  const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: "Never" } };
  await apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once", namespace: NAMESPACE },
    spec: { template },
  });
  await vi.waitFor(async () => expect(told(await eventsOn(NAMESPACE, "Job", "once"))).toBe(true), PATIENCE);
});

/** Our own words reached the event: the annotation, its value and the reason by which the page of reasons is searched. */
function told(events: readonly string[]): boolean {
  return events.some((event) =>
    ["FailedCreate: ", "appmesh.k8s.aws/ports", "eighty", "bad-annotation"].every((words) => event.includes(words)),
  );
}

function inNamespace(...args: readonly string[]): Promise<string> {
  return kubectl("--namespace", NAMESPACE, ...args);
}
