import { mkdtemp, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeClient } from "../../src/kube/client.ts";
import { type JsonObject, member, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { CONTROL_PLANE_NAMESPACE, RECORD_KEY, TRUST_KEY } from "../../src/model/names.ts";
import type { CertificateSource } from "../../src/pki/certificate-source.ts";
import { giveTrust, injectedPods } from "../../src/pki/injected-pods.ts";
import { meshAuthority, publishMeshTrust } from "../../src/pki/mesh-authority.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { freePort } from "../../testbed/process/free-port.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { nameOf, text } from "./api-object.ts";
import { stateOf } from "./authorities.ts";
import { outrigger } from "./command-line.ts";
import { adminClient } from "./limited-client.ts";
import { createNamespace, nginx, podsOf, withServiceAccount } from "./namespaces.ts";
import { handshake } from "./tls-handshake.ts";
import { until } from "./until.ts";

/* The mesh's authority, rotated under pods that know the control plane by their annotation. Proxies are stood in for by handshakes. */

const SECRET = `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/secrets/outrigger-authority`;
const TRUST = `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps/outrigger-trust`;
/** A busy machine has as long as a leaf is still good after its renewal, or a root waits, to do what is due. */
const POLICY = { rootLifetime: 3_600_000, leafLifetime: 16_000, settle: 6_000 };
const NAME = "outrigger.appmesh-system.svc";
const PACE = 100;

let cluster: Cluster;
let api: ApiConnection;
let client: KubeClient;
let namespace: string;
let publishing: Promise<void>;
let replicas: readonly Replica[];
const ending = new AbortController();
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A control plane as far as its certificate is concerned. */
interface Replica {
  readonly port: number;
  readonly server: Server;
  readonly ended: Promise<void>;
}

beforeAll(async () => {
  // Of its own, because names and namespace are the ones of an installation.
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  const provided = { server, kubeconfig, kubectl: binaries.kubectl, ...credentials };
  api = connectApi(provided);
  client = adminClient(provided);
  await api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: CONTROL_PLANE_NAMESPACE },
  });
  replicas = await Promise.all([replica(), replica()]);
  namespace = await createNamespace(api, "mesh-rotation");
});

afterAll(async () => {
  ending.abort();
  await publishing;
  for (const one of replicas ?? []) {
    one.server.close();
    await one.ended;
  }
  await api?.close();
  await cluster?.stop();
});

async function replica(): Promise<Replica> {
  const parts = { client, policy: POLICY, log: silent, now: () => new Date() };
  const { certificate, ended } = meshAuthority(parts, ending.signal);
  const source: CertificateSource = await certificate;
  const context = ({ certificate: cert, key }: { certificate: string; key: string }) => ({ cert, key });
  const server = createServer(context(source.current()), (socket) => socket.end());
  server.on("tlsClientError", () => {});
  source.onChange((credentials) => server.setSecureContext(context(credentials)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, server, ended };
}

const published = async (): Promise<string> => text(member((await api.send("GET", TRUST)).body.data, "trust.pem"));

/** A pod as the injector makes it: with the trust that is published now. */
async function createPod(labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const annotations = { [RECORD_KEY]: "{}", [TRUST_KEY]: await published() };
  const pod = withServiceAccount(nginx({ generateName: "web-", labels, annotations }));
  return nameOf(await api.create(podsOf(namespace), pod));
}

/** The trust of every pod that is there. */
async function trusts(): Promise<readonly string[]> {
  const { body } = await api.send("GET", podsOf(namespace));
  return objectsOf(body.items).map((pod) => stringMapOf(member(pod.metadata, "annotations"))[TRUST_KEY] ?? "");
}

const trust = (...words: readonly string[]) =>
  outrigger(["trust", ...words, "--kubeconfig", cluster.kubeconfig, "--output", "json"]);

test("without anybody who publishes, a rotation begins, waits, and says what is missing", async () => {
  const { code, stderr } = await trust("rotate", "--mesh", "--timeout", "5");
  expect(code).toBe(1);
  expect(stderr).toContain("did not appear in key trust.pem of ConfigMap outrigger-trust in namespace appmesh-system");
  const { next } = await stateOf(api, SECRET);
  expect(next?.delivered).toBeUndefined();
  publishing = publishMeshTrust({ client, log: silent }, ending.signal);
  await until(async () => ((await published()).includes(next?.certificate ?? "-") ? undefined : "not published"));
});

test("a dry run says what is left to do, and does nothing", async () => {
  const before = await stateOf(api, SECRET);
  const { code, stdout } = await trust("rotate", "--mesh", "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toContain(`go on with root ${before.next?.id}`);
  expect(await stateOf(api, SECRET)).toEqual(before);
});

test("run again it goes on, brings the root to all pods, and no pod ever loses its control plane", async () => {
  const { active: former, next } = await stateOf(api, SECRET);
  const onlyFormer = { [RECORD_KEY]: "{}", [TRUST_KEY]: former.certificate };
  for (let count = 0; count < 30; count++) {
    await api.create(podsOf(namespace), withServiceAccount(nginx({ generateName: "old-", annotations: onlyFormer })));
  }
  // one that nobody needs to tell any more
  const finalizers = { name: "ending", finalizers: ["example.com/held"], annotations: onlyFormer };
  await api.create(podsOf(namespace), withServiceAccount(nginx(finalizers)));
  await api.send("DELETE", `${podsOf(namespace)}/ending?gracePeriodSeconds=0`);
  const failures: string[] = [];
  let isDone = false;
  let handshakes = 0;
  async function come(): Promise<void> {
    while (!isDone) {
      const name = await createPod();
      await wait(PACE);
      await api.send("DELETE", `${podsOf(namespace)}/${name}?gracePeriodSeconds=0`);
    }
  }
  async function connect(): Promise<void> {
    while (!isDone) {
      for (const pem of new Set(await trusts())) {
        // the pod that is ending keeps what it had, and is not asked for
        if (isEnding(pem)) continue;
        for (const { port } of replicas) {
          await handshake(port, pem, NAME).catch((error: Error) => failures.push(error.message));
          handshakes++;
        }
      }
      await wait(PACE);
    }
  }
  let isDelivered = false;
  const isEnding = (pem: string): boolean => isDelivered && pem === former.certificate;
  const load = Promise.all([come(), connect()]);
  try {
    const running = trust("rotate", "--mesh", "--timeout", "60");
    await until(async () => {
      const lacking = (await trusts()).filter((pem) => !pem.includes(next?.certificate ?? "-"));
      return lacking.length <= 1 ? undefined : `${lacking.length} pods lack it`;
    });
    isDelivered = true;
    const { code, stdout, stderr } = await running;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`going on with root ${next?.id}`)]);
    const [rotation] = objectsOf(JSON.parse(stdout).rotations);
    expect(rotation).toMatchObject({ authority: "mesh", active: next?.id, previous: [{ id: former.id }] });
    await until(async () => ((await published()).includes(former.certificate) ? "still published" : undefined));
  } finally {
    isDone = true;
    await load;
  }
  expect(failures).toEqual([]);
  expect(handshakes).toBeGreaterThan(50);
  expect((await trusts()).filter((pem) => pem === former.certificate)).toHaveLength(1);
});

test("status shows each root and who knows it", async () => {
  const { active } = await stateOf(api, SECRET);
  const { code, stdout } = await trust("status");
  expect(code).toBe(0);
  const [webhook, mesh] = objectsOf(JSON.parse(stdout).authorities);
  expect(webhook).toMatchObject({ authority: "webhook", found: "absent", roots: [] });
  expect(mesh).toMatchObject({
    authority: "mesh",
    found: "held",
    pods: 30,
    roots: [{ id: active.id, state: "active", published: true, pods: 30 }],
  });
});

test("pods that refuse the annotation stop a rotation, which --force goes on with", async () => {
  await forbidUpdates({ immutable: "yes" });
  const name = await createPod({ immutable: "yes" });
  const path = `${podsOf(namespace)}/${name}`;
  await until(async () => {
    const { body } = await api.send("GET", path);
    const metadata = { ...(body.metadata as JsonObject), labels: { immutable: "yes", changed: "yes" } };
    return (await api.send("PUT", `${path}?dryRun=All`, { ...body, metadata })).status === 422
      ? undefined
      : "not denied";
  });
  const before = await stateOf(api, SECRET);
  const { code, stderr } = await trust("rotate", "--timeout", "60");
  expect(code).toBe(1);
  expect(stderr).toContain(`1 pods did not take the new root, the first of them ${namespace}/${name}`);
  expect(stderr).toContain("webhook: there is no authority");
  const refused = await stateOf(api, SECRET);
  expect([refused.active.id, refused.next?.delivered]).toEqual([before.active.id, undefined]);

  const forced = await trust("rotate", "--mesh", "--force", "--timeout", "60");
  expect(forced.code).toBe(0);
  expect((await stateOf(api, SECRET)).active.id).toBe(refused.next?.id);
});

test("a pod that is gone, or was created again under its name, is left alone", async () => {
  const annotations = { [RECORD_KEY]: "{}", [TRUST_KEY]: "its own" };
  const create = () => api.create(podsOf(namespace), withServiceAccount(nginx({ name: "twice", annotations })));
  const path = `${podsOf(namespace)}/twice`;
  const writer = { client, fieldManager: "outrigger", signal: ending.signal } as const;
  await create();
  const before = (await injectedPods(writer)).find(({ name }) => name === "twice");
  if (before === undefined) throw new Error("the pod was not found");
  await api.send("DELETE", `${path}?gracePeriodSeconds=0`);
  expect(await giveTrust(writer, before, "of the pod before")).toBe("gone");
  await create();
  expect(await giveTrust(writer, before, "of the pod before")).toBe("gone");
  const { body } = await api.send("GET", path);
  expect(stringMapOf(member(body.metadata, "annotations"))[TRUST_KEY]).toBe("its own");
});

test("what cannot be rotated is said with its exit code", async () => {
  const webhook = await trust("rotate", "--webhook");
  expect([webhook.code, webhook.stderr]).toEqual([
    1,
    expect.stringContaining("there is no webhook authority in Secret"),
  ]);
  const usage = await trust("rotate", "--timeout", "soon");
  expect(usage.code).toBe(2);
  const missing = await outrigger(["trust", "status", "--kubeconfig", "/nonexistent"]);
  expect(missing.code).toBe(2);
  const away = await outrigger(["trust", "status", "--kubeconfig", await kubeconfigOfNobody()]);
  expect(away.code).toBe(3);
});

/** Of a cluster at a port where nobody listens. */
async function kubeconfigOfNobody(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "outrigger-nobody-")), "kubeconfig");
  const named = { name: "nobody" };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "nobody",
    contexts: [{ ...named, context: { cluster: "nobody", user: "nobody" } }],
    clusters: [{ ...named, cluster: { server: `https://127.0.0.1:${await freePort()}` } }],
    users: [{ ...named, user: {} }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** A policy of the cluster's that lets nobody change pods with these labels. */
async function forbidUpdates(labels: Readonly<Record<string, string>>): Promise<void> {
  const group = "/apis/admissionregistration.k8s.io/v1";
  const pods = { apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["pods"] };
  await api.create(`${group}/validatingadmissionpolicies`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "immutable-pods" },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { objectSelector: { matchLabels: labels }, resourceRules: [pods] },
      validations: [{ expression: "false", message: "this pod is immutable" }],
    },
  });
  await api.create(`${group}/validatingadmissionpolicybindings`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "immutable-pods" },
    spec: { policyName: "immutable-pods", validationActions: ["Deny"] },
  });
}
