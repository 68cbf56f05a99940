import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { collectionPath } from "../../src/kube/object-path.ts";
import { type JsonObject, member, objectsOf } from "../../src/model/json.ts";
import { KINDS } from "../../src/model/kinds.ts";
import { oldDefinitions, oldObject } from "../aws-left.ts";
import { nameOf, text } from "./api-object.ts";
import { AWS_CONTROLLER, AWS_DEPLOYMENT, AWS_VALIDATION } from "./aws-controller.ts";
import { type Finished, outrigger } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

/* Installing in a cluster where App Mesh's own controller is, or what is left of it. */

const START_MS = 120_000;
const REGISTRATIONS = [AWS_CONTROLLER, AWS_VALIDATION];
const [MUTATING = "", VALIDATING = ""] = REGISTRATIONS.map((object) => `${collectionPath(object)}/${nameOf(object)}`);
const DEPLOYMENT = `${collectionPath(AWS_DEPLOYMENT)}/appmesh-controller`;
const NAMESPACE = "/api/v1/namespaces/appmesh-system";
const ALL = [MUTATING, VALIDATING, DEPLOYMENT];

let cluster: OwnCluster;

beforeAll(async () => {
  cluster = await startOwnCluster();
}, START_MS);

beforeEach(async () => {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "appmesh-system" } };
  await cluster.api.apply(NAMESPACE, namespace);
  for (const object of [...REGISTRATIONS, AWS_DEPLOYMENT]) await cluster.api.create(collectionPath(object), object);
});

afterEach(async () => {
  await uninstall();
  for (const path of ALL) await cluster.api.send("DELETE", path);
  await cluster.finishDeletions();
});

afterAll(() => cluster.stop());

function install(...options: readonly string[]): Promise<Finished> {
  return outrigger(["install", "--mesh-name", "m", "--kubeconfig", cluster.kubeconfig, "--no-wait", ...options]);
}

function uninstall(...options: readonly string[]): Promise<Finished> {
  return outrigger(["uninstall", "--kubeconfig", cluster.kubeconfig, "--no-wait", ...options]);
}

async function stored(path: string): Promise<JsonObject> {
  const { status, body } = await cluster.api.send("GET", path);
  expect(status).toBe(200);
  return body;
}

function hasReady(readyReplicas: number): Promise<unknown> {
  return cluster.api.patch(`${DEPLOYMENT}/status`, { status: { replicas: readyReplicas, readyReplicas } });
}

function expectRefused({ code, stderr }: Finished, ...said: readonly string[]): void {
  for (const one of said) expect(stderr).toContain(one);
  expect(code).toBe(1);
}

test("App Mesh's own controller is named whole, with both ways out", async () => {
  await hasReady(2);
  const entries = KINDS.map((kind) => `v${kind.toLowerCase()}.appmesh.k8s.aws`).join(", ");
  expectRefused(
    await install(),
    "appmesh-controller-webhook (mpod.appmesh.k8s.aws; the AWS App Mesh controller)",
    "kubectl delete mutatingwebhookconfiguration appmesh-controller-webhook",
    `ValidatingWebhookConfiguration appmesh-controller-webhook (${entries})`,
    "kubectl delete validatingwebhookconfiguration appmesh-controller-webhook",
    "Deployment appmesh-controller in namespace appmesh-system has 2 ready pods",
    "kubectl scale -n appmesh-system deployment/appmesh-controller --replicas=0",
    "outrigger install --take-over",
  );
});

test("its webhooks for App Mesh objects are in the way of the control plane alone, unless they are taken over", async () => {
  expectRefused(
    await install("--control-plane-only"),
    "registered for App Mesh objects: MutatingWebhookConfiguration appmesh-controller-webhook (mmesh.appmesh.k8s.aws",
  );
  const { code, stderr } = await install("--control-plane-only", "--take-over");
  expect(stderr).toContain("ValidatingWebhookConfiguration appmesh-controller-webhook switched off for App Mesh obj");
  expect(code).toBe(0);
  expect(member((await stored(DEPLOYMENT)).spec, "replicas")).toBe(2);
});

test("it is not stopped for the control plane alone, as it injects", async () => {
  await hasReady(1);
  expectRefused(
    await install("--control-plane-only", "--take-over"),
    "Deployment appmesh-controller in namespace appmesh-system has 1 ready pod, which",
  );
});

test("taken over, its entries are called for nothing, and it has no replicas", async () => {
  await hasReady(2);
  const { code, stderr } = await install("--take-over");
  for (const said of [
    "MutatingWebhookConfiguration appmesh-controller-webhook switched off for pods; uninstall gives it back",
    "MutatingWebhookConfiguration appmesh-controller-webhook switched off for App Mesh objects",
    "ValidatingWebhookConfiguration appmesh-controller-webhook switched off for App Mesh objects",
    "Deployment appmesh-controller in namespace appmesh-system scaled to 0; uninstall gives its replicas back",
  ]) {
    expect(stderr).toContain(said);
  }
  expect(code).toBe(0);
  const [pods] = objectsOf((await stored(MUTATING)).webhooks);
  expect(pods?.namespaceSelector).toEqual({
    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "DoesNotExist" }],
  });
  expect(member((await stored(DEPLOYMENT)).spec, "replicas")).toBe(0);
});

test("taken over, objects can be made and changed, which nobody could before", async () => {
  await install("--crds-only");
  const meshes = "/apis/appmesh.k8s.aws/v1beta2/meshes";
  const mesh = { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "Mesh", metadata: { name: "of-a-test" }, spec: {} };
  // an API server takes up kinds and registrations a moment later
  await until(async () => {
    const { body } = await cluster.api.send("POST", `${meshes}?dryRun=All`, mesh);
    const said = text(body.message);
    return said.includes('failed calling webhook "mmesh.appmesh.k8s.aws"') ? undefined : `${said} ${text(body.kind)}`;
  });
  await install("--take-over");
  await until(async () => {
    const { status, body } = await cluster.api.send("POST", meshes, mesh);
    return status === 201 ? undefined : text(body.message);
  });
  expect(await cluster.api.patch(`${meshes}/of-a-test`, { metadata: { labels: { a: "b" } } })).toMatchObject({
    status: 200,
  });
  await cluster.api.send("DELETE", `${meshes}/of-a-test`);
});

test("taken over twice and given back it is what it was", async () => {
  const before = await Promise.all(ALL.map(stored));
  await install("--take-over");
  expect(await install()).toMatchObject({ code: 0 });
  await install("--take-over");
  const { stderr } = await uninstall();
  expect(stderr).toContain("MutatingWebhookConfiguration appmesh-controller-webhook given back");
  expect(stderr).toContain("ValidatingWebhookConfiguration appmesh-controller-webhook given back");
  expect(stderr).toContain("Deployment appmesh-controller in namespace appmesh-system given back: it had 2 replicas");
  const after = await Promise.all(ALL.map(stored));
  for (const [index, object] of after.entries()) {
    expect(object.webhooks).toEqual(before[index]?.webhooks);
    expect(object.spec).toEqual(before[index]?.spec);
    expect(member(object.metadata, "annotations")).toEqual(member(before[index]?.metadata, "annotations"));
  }
});

test("a purge lets objects go that its finalizers hold, before its webhooks are given back", async () => {
  await install("--take-over");
  const meshes = "/apis/appmesh.k8s.aws/v1beta2/meshes";
  await until(async () => {
    const { status, body } = await cluster.api.send("POST", meshes, oldObject("Mesh", "old", {}));
    return status === 201 ? undefined : text(body.message);
  });
  const { code, stderr } = await uninstall("--purge", "--yes");
  expect(stderr).not.toContain("let them go yourself");
  expect(code).toBe(0);
  await until(async () => ((await cluster.api.send("GET", meshes)).status === 404 ? undefined : "still served"));
  expect(stderr).toContain("MutatingWebhookConfiguration appmesh-controller-webhook given back");
});

test("CRDs of a Helm release stay its own, which is said", async () => {
  const [meshes = {}] = oldDefinitions();
  const labels = { "app.kubernetes.io/managed-by": "Helm" };
  const annotations = { "meta.helm.sh/release-name": "mesh", "meta.helm.sh/release-namespace": "ops" };
  const path = `${collectionPath(meshes)}/${nameOf(meshes)}`;
  await cluster.api.apply(path, { ...meshes, metadata: { name: nameOf(meshes), labels, annotations } });
  const { stderr } = await outrigger(["install", "--crds-only", "--kubeconfig", cluster.kubeconfig]);
  expect(stderr.match(/it belongs to the Helm release mesh in namespace ops, so that helm uninstall/g)).toHaveLength(1);
  const { metadata } = await stored(path);
  expect(member(metadata, "labels")).toMatchObject(labels);
  expect(member(metadata, "annotations")).toMatchObject(annotations);
});

test("a dry run of taking over changes nothing", async () => {
  const before = await Promise.all(ALL.map(stored));
  const { stderr } = await install("--take-over", "--dry-run");
  expect(stderr).toContain("appmesh-controller-webhook would be switched off for pods");
  expect(stderr).toContain("appmesh-controller-webhook would be switched off for App Mesh objects");
  expect(stderr).toContain("Deployment appmesh-controller in namespace appmesh-system would be scaled to 0");
  expect(await Promise.all(ALL.map(stored))).toEqual(before);
});
