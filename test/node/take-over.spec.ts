import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckReport } from "../../src/diagnose/report/check.ts";
import { type JsonObject, member } from "../../src/model/json.ts";
import { AWS_CONTROLLER } from "../api/aws-controller.ts";
import { clusterObjects } from "./cluster-objects.ts";
import { apply, createNamespace, kubectl, type Outcome, outcomeOf } from "./kubectl.ts";

/* What the AWS App Mesh controller leaves when it is switched off: its namespace, its registration pointing at nothing with failure
   policy Fail, and sidecars in running pods. */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const NAMESPACE = "take-over";
const REGISTRATION = "appmesh-controller-webhook";
const INSTALL_MS = 240_000;
const READY = "--timeout=90s";

let before: ReadonlyMap<string, JsonObject>;

beforeAll(async () => {
  // another file may have left its installation for the next
  await outrigger("uninstall");
  // these stay when Outrigger goes, and are there where App Mesh's controller was
  await outrigger("install", "--crds-only");
  await createNamespace("appmesh-system", { "example.com/made-by": "helm" });
  // the pod is there before the registration, as one that the controller has injected
  await createNamespace(NAMESPACE, { "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled" });
  const env = [{ name: "APPMESH_RESOURCE_ARN", value: "mesh/old/virtualNode/app" }];
  await apply(pod("injected-by-aws", { name: "envoy", image: "nginx", env }), AWS_CONTROLLER);
  await kubectl("--namespace", NAMESPACE, "wait", "--for=condition=Ready", "pod/injected-by-aws", READY);
  before = await clusterObjects();
}, INSTALL_MS);

afterAll(async () => {
  await outrigger("uninstall");
  await kubectl("delete", "mutatingwebhookconfiguration", REGISTRATION, "--ignore-not-found");
  await kubectl("delete", "namespace", NAMESPACE, "appmesh-system", "--ignore-not-found");
}, INSTALL_MS);

function outrigger(...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(process.execPath, [MAIN, ...args]);
}

function pod(name: string, ...sidecars: readonly object[]): object {
  const containers = [{ name: "app", image: "testbed/app:1" }, ...sidecars];
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { terminationGracePeriodSeconds: 1, containers } };
}

test("before anything is done, no pod can be created in a labelled namespace", async () => {
  await expect(apply(pod("refused"))).rejects.toThrow("mpod.appmesh.k8s.aws");
});

test("check says what was left: the registration that points at nothing, and the sidecar in a running pod", async () => {
  const { code, stdout } = await outrigger("check", "--before-install", "-n", NAMESPACE, "--output", "json");
  const { checks } = JSON.parse(stdout) as CheckReport;
  const saw = (id: string) => checks.find((one) => one.id === id)?.problems.map((problem) => problem.saw) ?? [];
  expect(saw("other-injectors")).toEqual([expect.stringContaining("it points at nothing: there is no Service")]);
  expect(saw("other-injectors")[0]).toContain("no pod can be created there");
  expect(saw("app-mesh-webhooks")).toEqual([expect.stringContaining("no such object can be created or changed")]);
  expect(saw("aws-sidecars")).toEqual([
    expect.stringContaining(`1 pod of Pod injected-by-aws in namespace ${NAMESPACE}`),
  ]);
  expect(code).toBe(1);
});

test("install refuses, names the registration and both ways out, and changes nothing", async () => {
  const { code, stderr } = await outrigger("install", "--mesh-name", "m");
  expect(stderr).toContain("another injector is registered for labelled namespaces: appmesh-controller-webhook");
  expect(stderr).toContain("outrigger install --take-over");
  expect(code).toBe(1);
  expect(Object.fromEntries(await clusterObjects())).toEqual(Object.fromEntries(before));
});

test(
  "with --take-over pods are injected by Outrigger; those of the controller run on",
  async () => {
    const { code, stderr } = await outrigger("install", "--mesh-name", "m", "--take-over");
    expect(stderr).toContain("Namespace appmesh-system was there before");
    expect(stderr).toContain("a test pod came back with its sidecar");
    expect(code).toBe(0);
    await apply(pod("injected"));
    await kubectl("--namespace", NAMESPACE, "wait", "--for=condition=Ready", "pod/injected", READY);
    const pods = await kubectl("--namespace", NAMESPACE, "get", "pods");
    expect(pods).toMatch(/\ninjected +2\/2 +Running /);
    expect(pods).toMatch(/\ninjected-by-aws +2\/2 +Running +0 /);
  },
  INSTALL_MS,
);

test(
  "uninstall gives the registration back, and leaves the namespace and the cluster as they were",
  async () => {
    await kubectl("--namespace", NAMESPACE, "delete", "pod", "injected");
    const { code, stderr } = await outrigger("uninstall");
    expect(stderr).toContain(`MutatingWebhookConfiguration ${REGISTRATION} given back`);
    expect(stderr).toContain("Namespace appmesh-system stays: it was not made by install");
    expect(code).toBe(0);
    const after = await clusterObjects();
    const registration = [...after.values()].find((object) => member(object.metadata, "name") === REGISTRATION);
    expect(registration?.webhooks).toBeDefined();
    expect(Object.fromEntries(after)).toEqual(Object.fromEntries(before));
  },
  INSTALL_MS,
);
