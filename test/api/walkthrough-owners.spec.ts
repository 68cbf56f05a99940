import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { connectApi } from "./api-connection.ts";
import { metadataText } from "./api-object.ts";
import { installCrds, removeCrds } from "./custom-resources.ts";
import { createNamespace, NGINX, nginx, podsOf, stored, withServiceAccount } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { sidecarOf } from "./sidecar.ts";

// Claim C7 for pods that controllers make. No controller runs in the API tier: its objects are made here by hand.

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;
let namespace = "";

beforeAll(async () => {
  await installCrds(api, [ROLLOUTS]);
  webhook = await registerWebhook(api, inject("cluster"));
  namespace = await createNamespace(api, "owners", { [INJECT_KEY]: "enabled" });
});

afterAll(async () => {
  await webhook?.stop();
  await removeCrds(api, [ROLLOUTS]);
  await api.close();
});

/** Argo's Rollout as far as it matters here: a kind that the webhook knows nothing of and that owns ReplicaSets. */
const ROLLOUTS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "rollouts.argoproj.io" },
  spec: {
    group: "argoproj.io",
    names: { kind: "Rollout", plural: "rollouts", singular: "rollout" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
} as const;

const LABELS = { app: "web" };
const TEMPLATE = { metadata: { labels: LABELS }, spec: NGINX.spec };
const SELECTED = { selector: { matchLabels: LABELS }, template: TEMPLATE };
const JOB = { template: { spec: { ...NGINX.spec, restartPolicy: "Never" } } };

const SPECS: Readonly<Record<string, { readonly path: string; readonly spec: JsonObject }>> = {
  Deployment: { path: "apps/v1/deployments", spec: SELECTED },
  ReplicaSet: { path: "apps/v1/replicasets", spec: SELECTED },
  StatefulSet: { path: "apps/v1/statefulsets", spec: { ...SELECTED, serviceName: "web" } },
  DaemonSet: { path: "apps/v1/daemonsets", spec: SELECTED },
  Job: { path: "batch/v1/jobs", spec: JOB },
  CronJob: { path: "batch/v1/cronjobs", spec: { schedule: "0 0 * * *", jobTemplate: { spec: JOB } } },
  Rollout: { path: "argoproj.io/v1alpha1/rollouts", spec: SELECTED },
};

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

/** Makes an object, owned by another one if given, and returns the reference that its children carry. */
async function made(kind: string, name: string, owner?: OwnerReference): Promise<OwnerReference> {
  const { path = "", spec = {} } = SPECS[kind] ?? {};
  const [group, version, plural] = path.split("/");
  const apiVersion = `${group}/${version}`;
  const metadata = { name, ...(owner && { ownerReferences: [{ ...owner }] }) };
  const object = await api.create(`/apis/${apiVersion}/namespaces/${namespace}/${plural}`, {
    apiVersion,
    kind,
    metadata,
    spec,
  });
  return { apiVersion, kind, name, uid: metadataText(object, "uid"), controller: true };
}

function podOwnedBy(owner: OwnerReference, labels: JsonObject = {}): JsonObject {
  return nginx({ generateName: `${owner.name}-`, labels, ownerReferences: [{ ...owner }] });
}

async function nodeOf(pod: JsonObject): Promise<string | undefined> {
  return sidecarOf(await stored(api, namespace, pod))?.nodeId;
}

test.each([
  { made: "Deployment web → ReplicaSet web-5d9c7b8f6d", node: "web" },
  { made: "StatefulSet db", node: "db" },
  { made: "DaemonSet agent", node: "agent" },
  { made: "Job once", node: "once" },
  { made: "CronJob nightly → Job nightly-29704320", node: "nightly" },
  { made: "Rollout canary → ReplicaSet canary-7f6d9b5c8", node: "canary" },
  { made: "ReplicaSet alone", node: "alone" },
])("C7: a pod of $made is virtual node <namespace>-$node", async ({ made: chain, node }) => {
  let owner: OwnerReference | undefined;
  for (const link of chain.split(" → ")) {
    const [kind = "", name = ""] = link.split(" ");
    owner = await made(kind, name, owner);
  }
  expect(await nodeOf(podOwnedBy(owner as OwnerReference))).toBe(`mesh/mynewmesh/virtualNode/${namespace}-${node}`);
});

test("C7: a bare pod with a generated name is called by it without the trailing dash", async () => {
  expect(await nodeOf(nginx({ generateName: "batch-" }))).toBe(`mesh/mynewmesh/virtualNode/${namespace}-batch`);
});

test("C7: an owner that is not the controller does not name the node", async () => {
  const owner = await made("StatefulSet", "friend");
  const pod = nginx({ name: "mine", ownerReferences: [{ ...owner, controller: false }] });
  expect(await nodeOf(pod)).toBe(`mesh/mynewmesh/virtualNode/${namespace}-mine`);
});

const GONE = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  uid: "00000000-0000-4000-8000-000000000000",
  controller: true,
};

test("C7: a ReplicaSet that is gone gives its name without the template's hash, with a warning", async () => {
  const pod = podOwnedBy({ ...GONE, name: "gone-6b474476c4" }, { "pod-template-hash": "6b474476c4" });
  const { status, body, warnings } = await api.send("POST", `${podsOf(namespace)}?dryRun=All`, withServiceAccount(pod));
  expect(status).toBe(201);
  expect(sidecarOf(body)?.nodeId).toBe(`mesh/mynewmesh/virtualNode/${namespace}-gone`);
  expect(warnings).toContainEqual(expect.stringMatching(/^ReplicaSet gone-6b474476c4 could not be read/));
});

test("C7: a ReplicaSet that was created again under the same name is not taken for the pod's own", async () => {
  const deployment = await made("Deployment", "second");
  await made("ReplicaSet", "first-589d7f", deployment);
  const pod = podOwnedBy({ ...GONE, name: "first-589d7f" }, { "pod-template-hash": "589d7f" });
  expect(await nodeOf(pod)).toBe(`mesh/mynewmesh/virtualNode/${namespace}-first`);
});
