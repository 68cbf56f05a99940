import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configuration } from "../../src/config/schema.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { member, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { INJECT_KEY, INJECTOR_NAMESPACE, RECORD_KEY } from "../../src/model/names.ts";
import { createAuthority } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { RELEASE } from "../../src/release.ts";
import { processLog } from "../../src/serving/log.ts";
import { type RunningWebhook, startWebhook } from "../../src/webhook/start-webhook.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { stateOf } from "./authorities.ts";
import { outrigger } from "./command-line.ts";
import { createNamespace, nginx, podsOf, withServiceAccount } from "./namespaces.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";
import { handshake } from "./tls-handshake.ts";
import { until } from "./until.ts";

/* The webhook's certificate and its authority, rotated while an API server calls two replicas of it. */

const SECRET = `/api/v1/namespaces/${INJECTOR_NAMESPACE}/secrets/aws-app-mesh-inject-authority`;
const REGISTRATION = `${REGISTRATIONS}/aws-app-mesh-inject`;
/** Leaves are renewed every eight seconds; an API server on a busy machine has six to take up a registration. */
const CERTIFICATES = { leafSeconds: 16, settleSeconds: 6 };
/** Milliseconds between two pods. */
const PACE = 100;

let cluster: Cluster;
let api: ApiConnection;
let folder: string;
let replicas: readonly RunningWebhook[];
let balancer: Server;

beforeAll(async () => {
  // Of its own, because names and namespace are the ones of an installation.
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  await api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: INJECTOR_NAMESPACE },
  });
  folder = await mkdtemp(join(tmpdir(), "outrigger-rotation-"));
  const trust = join(folder, "trust.pem");
  await writeFile(trust, (await createAuthority("mesh", validFor(1, new Date()))).certificate);
  const settings = configuration({
    meshName: "mynewmesh",
    webhook: {
      certificate: "cluster",
      certificates: CERTIFICATES,
      listen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      kubeconfig,
      trust,
      shutdownSeconds: 1,
    },
  });
  const log = processLog("silent", { write: () => {} });
  const { signal } = new AbortController();
  replicas = await Promise.all(
    [1, 2].map(() => startWebhook({ configuration: settings, release: RELEASE, log }, signal)),
  );
  balancer = await balance(replicas.map(({ address }) => address.port));
});

afterAll(async () => {
  balancer?.close();
  await Promise.all((replicas ?? []).map((replica) => replica.close("drain")));
  await api?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Hands connections to the ports in turn, as a Service does. */
async function balance(ports: readonly number[]): Promise<Server> {
  let turn = 0;
  const server = createServer((incoming: Socket) => {
    const outgoing = connect(ports[turn++ % ports.length] ?? 0, "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function publishedBundle(): Promise<string> {
  const [entry] = objectsOf((await api.send("GET", REGISTRATION)).body.webhooks);
  return Buffer.from(text(member(member(entry, "clientConfig"), "caBundle")), "base64").toString();
}

async function readyz(replica: RunningWebhook): Promise<string> {
  return (await fetch(`http://127.0.0.1:${replica.metricsAddress?.port}/readyz`)).text();
}

test("before there is a registration both replicas are ready; a new one gets their common authority", async () => {
  for (const replica of replicas) {
    await until(async () => ((await readyz(replica)).includes("[-]") ? readyz(replica) : undefined));
  }
  const { port } = balancer.address() as AddressInfo;
  await api.apply(REGISTRATION, registration({ url: `https://127.0.0.1:${port}/`, failurePolicy: "Fail" }));
  await until(async () => ((await publishedBundle()) === "" ? "no caBundle" : undefined));
  const fingerprints = await Promise.all(
    replicas.map(async ({ address }) => handshake(address.port, await publishedBundle(), "localhost")),
  );
  expect(new Set(fingerprints).size).toBe(2);
  expect(replicas[0]?.authority).toBeUndefined();
});

test("leaves and the root are rotated while pods are created: every pod gets its sidecar", async () => {
  const namespace = await createNamespace(api, "rotation", { [INJECT_KEY]: "enabled" });
  const before = await stateOf(api, SECRET);
  const failures: string[] = [];
  const leaves = new Set<string>();
  let isDone = false;
  let created = 0;

  // the first calls come before the API server knows of the registration
  await until(async () => {
    const { status, body } = await api.send("POST", `${podsOf(namespace)}?dryRun=All`, aPod());
    const isInjected = RECORD_KEY in stringMapOf(member(body.metadata, "annotations"));
    return status === 201 && isInjected ? undefined : `${status} ${text(body.message)}`;
  });

  function aPod() {
    return withServiceAccount(nginx({ generateName: "web-" }));
  }
  async function createPod(): Promise<void> {
    const { status, body } = await api.send("POST", podsOf(namespace), aPod());
    if (status !== 201) failures.push(`${status} ${text(body.message)}`);
    else if (!(RECORD_KEY in stringMapOf(member(body.metadata, "annotations")))) failures.push("a pod slipped through");
    created++;
  }
  async function createPods(): Promise<void> {
    const calls: Promise<void>[] = [];
    while (!isDone) {
      calls.push(createPod());
      await wait(PACE);
    }
    await Promise.all(calls);
  }
  /** Stricter than an API server, which keeps connections: a new one each time, by what is published at this moment. */
  async function shakeHands(): Promise<void> {
    while (!isDone) {
      const bundle = await publishedBundle();
      for (const { address } of replicas) {
        await handshake(address.port, bundle, "localhost").then(
          (fingerprint) => leaves.add(fingerprint),
          (error: Error) => failures.push(`handshake: ${error.message}`),
        );
      }
      await wait(PACE / 2);
    }
  }

  const load = Promise.all([createPods(), shakeHands()]);
  try {
    const rotated = await outrigger([
      "trust",
      "rotate",
      "--webhook",
      "--kubeconfig",
      cluster.kubeconfig,
      "--timeout",
      "60",
      "--output",
      "json",
    ]);
    expect([rotated.code, rotated.stderr]).toEqual([0, expect.stringContaining("published in caBundle")]);
    const [rotation] = objectsOf(JSON.parse(rotated.stdout).rotations);
    const state = await stateOf(api, SECRET);
    expect(rotation?.["active"]).toBe(state.active.id);
    expect(state.previous.map(({ id }) => id)).toEqual([before.active.id]);
    await until(async () => {
      const isOld = (await publishedBundle()).includes(before.active.certificate);
      return isOld ? "the former root is still published" : undefined;
    });
  } finally {
    isDone = true;
    await load;
  }
  expect(failures).toEqual([]);
  expect(created).toBeGreaterThan(50);
  // two replicas: the leaves at the beginning, renewed ones, and those of the new root
  expect(leaves.size).toBeGreaterThan(5);
});

test("while it runs, its metrics and readiness tell of the certificate", async () => {
  const [replica] = replicas;
  expect(await (await fetch(`http://127.0.0.1:${replica?.metricsAddress?.port}/metrics`)).text()).toMatch(
    /outrigger_certificate_reloads_total\{result="loaded"\} [1-9]/,
  );
  if (replica) expect(await readyz(replica)).toContain("[+] certificate");
});

test("once the registration is deleted nothing makes it again, and pods are created as before", async () => {
  await api.send("DELETE", REGISTRATION);
  const namespace = await createNamespace(api, "afterwards", { [INJECT_KEY]: "enabled" });
  const rotated = await outrigger([
    "trust",
    "rotate",
    "--webhook",
    "--kubeconfig",
    cluster.kubeconfig,
    "--timeout",
    "60",
  ]);
  expect(rotated.code).toBe(0);
  expect((await api.send("GET", REGISTRATION)).status).toBe(404);
  await until(async () => {
    const { body } = await api.send("POST", podsOf(namespace), withServiceAccount(nginx({ generateName: "web-" })));
    return RECORD_KEY in stringMapOf(member(body.metadata, "annotations")) ? "still injected" : undefined;
  });
});
