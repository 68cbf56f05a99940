import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { type JsonObject, listOf, member, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../src/model/kinds.ts";
import { CONTROL_PLANE_NAMESPACE, IDENTITY_PATH, PORTS } from "../../src/model/names.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { freePort } from "../../testbed/process/free-port.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import { releaseBefore } from "../../testbed/release-before.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { ask, succeeds } from "../envoy/ask.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { eventually, sidecarPorts, startEnvoy } from "../envoy/envoy-process.ts";
import { identityFolder } from "../envoy/identity-folder.ts";
import { expandAsKubelet, LOOPBACK_POD } from "../envoy/kubelet-expansion.ts";
import { meshNamespace, tokenOf } from "../mesh-pods.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { outrigger } from "./command-line.ts";
import { applyMeshObjects, installCrds } from "./custom-resources.ts";
import { containerOf } from "./sidecar.ts";

/*
 * Pods of the release before at this control plane, and pods of this release at its control plane: whole pods as either command line
 * injects them, with their own Envoy arguments, in real Envoys. On a node, with traffic: test/node/release-before.spec.ts.
 */

const run = promisify(execFile);
const PATIENCE = { timeout: 90_000, interval: 100 };
const START_MS = 300_000;
/** How every sidecar calls its control plane, and the port. */
const SERVICE = `outrigger.${CONTROL_PLANE_NAMESPACE}.svc`;
const SERVICE_PORT = 18_000;
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

let cluster: Cluster;
let api: ApiConnection;
let namespace: string;
let authority: TestAuthority;
let folder: string;
let before: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  before = (await releaseBefore(progressOnStderr)).main;
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  await installCrds(api, customResourceDefinitions());
  namespace = await meshNamespace(api, "shop");
  const metadata = { name: namespace, labels: { mesh: "shop" } };
  await api.apply(`/api/v1/namespaces/${namespace}`, { apiVersion: "v1", kind: "Namespace", metadata });
  const system = { apiVersion: "v1", kind: "Namespace", metadata: { name: CONTROL_PLANE_NAMESPACE } };
  await api.create("/api/v1/namespaces", system);
  authority = await testAuthority();
  folder = await mkdtemp(join(tmpdir(), "outrigger-release-before-"));
}, START_MS);

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

interface Sidecar {
  readonly pod: JsonObject;
  readonly admin: (path: string) => ReturnType<typeof ask>;
  readonly log: () => string;
}

/** A pod that a command line injected, stored, and its Envoy with its token; it finds its control plane on `port` of loopback. */
async function sidecar(main: string, name: string, port: number, trust: string): Promise<Sidecar> {
  const file = join(folder, `${name}.json`);
  const roots = join(folder, "trust.pem");
  await writeFile(roots, trust);
  const metadata = { name, namespace, labels: { app: name } };
  const containers = [{ name: "app", image: "app", ports: [{ containerPort: 8080 }] }];
  const spec = { serviceAccountName: "default", terminationGracePeriodSeconds: 0, containers };
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  const args = [main, "inject", "-f", file, "--mesh-name", "shop", "--trust", roots, "--output", "json"];
  const { stdout } = await run(process.execPath, args);
  const pod = await api.create(`/api/v1/namespaces/${namespace}/pods`, JSON.parse(stdout) as JsonObject);
  const uid = stringOf(member(pod.metadata, "uid")) ?? "";
  cleanUp.push(() => api.send("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`));
  const identity = await identityFolder({ token: await tokenOf(api, { namespace, name, uid }), trust });
  cleanUp.push(() => identity.remove());
  const ports = await sidecarPorts();
  const values = {
    ...LOOPBACK_POD,
    OUTRIGGER_POD_NAME: name,
    OUTRIGGER_POD_NAMESPACE: namespace,
    OUTRIGGER_POD_UID: uid,
  };
  const given = listOf(member(containerOf(pod, "envoy"), "args")).map((arg) => stringOf(arg) ?? "");
  const argument = expandAsKubelet(given[given.indexOf("--config-yaml") + 1] ?? "", values);
  const config = JSON.stringify(
    JSON.parse(argument, (key, value: unknown) => {
      if (typeof value === "string") return value.replaceAll(IDENTITY_PATH, identity.path);
      if (key === "socket_address" && (value as { address: string }).address === SERVICE) {
        return { address: "127.0.0.1", port_value: port };
      }
      return key === "port_value" || key === "destination_port" ? (ports.get(value as number) ?? value) : value;
    }),
  );
  expect(argument).toContain(`"port_value":${SERVICE_PORT}`);
  // drained as its own release has it
  const drain = given.filter((arg, index) => arg.startsWith("--drain") || given[index - 1]?.startsWith("--drain"));
  const envoy = await startEnvoy(config, { drain });
  cleanUp.push(() => envoy.stop());
  const adminPort = ports.get(PORTS.admin) as number;
  return { pod, admin: (path) => ask({ host: "127.0.0.1", port: adminPort, path }), log: envoy.log };
}

/** Ready for the kubelet, with both listeners active, and nothing said about what it got. */
async function expectReady({ admin, log }: Sidecar): Promise<void> {
  await eventually(() => admin("/ready"), succeeds, 60);
  const { body } = await admin("/listeners");
  expect(body).toContain("lds_ingress_0.0.0.0_15000::");
  expect(body).toContain("lds_egress_0.0.0.0_15001::");
  const states = await admin("/config_dump?resource=dynamic_listeners");
  expect(states.body).not.toContain('"warming_state"');
  expect(states.body).not.toContain('"error_state"');
  const { body: stats } = await admin("/stats?filter=update_rejected");
  expect(stats.split("\n").filter((line) => line !== "" && !line.endsWith(": 0"))).toEqual([]);
  expect(log()).toBe("");
}

async function clustersOf({ admin }: Sidecar): Promise<ReadonlySet<string>> {
  const { body } = await admin("/clusters");
  return new Set(body.split("\n").map((line) => line.split("::")[0] ?? ""));
}

function mesh(): readonly JsonObject[] {
  const object = (kind: string, name: string, spec: JsonObject): JsonObject => ({
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, ...(kind !== "Mesh" && { namespace }) },
    spec,
  });
  const node = (name: string, more: JsonObject = {}): JsonObject =>
    object("VirtualNode", name, {
      podSelector: { matchLabels: { app: name } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: "localhost" } },
      ...more,
    });
  return [
    object("Mesh", "shop", { namespaceSelector: { matchLabels: { mesh: "shop" } } }),
    node("front", { backends: [{ virtualService: { virtualServiceRef: { name: "back" } } }] }),
    node("back"),
    object("VirtualService", "back", { provider: { virtualNode: { virtualNodeRef: { name: "back" } } } }),
  ];
}

describe("a pod of release 0.1.0 at this control plane", () => {
  let controlPlane: TestControlPlane;

  async function start(mode: "observe" | "serve"): Promise<void> {
    const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: SERVICE }));
    controlPlane = await testControlPlane(cluster.kubeconfig, certificate, { controlPlane: { mesh: mode } });
    cleanUp.push(() => controlPlane.close());
  }

  test("becomes ready where traffic passes through, with the one cluster that it had", async () => {
    await start("observe");
    const one = await sidecar(before, "observed", controlPlane.address.port, authority.pem);
    await expectReady(one);
    const clusters = await clustersOf(one);
    expect(clusters).toContain("outrigger_pass_through");
    expect(clusters).not.toContain("outrigger_pass_through_inbound");
    expect(await controlPlane.streams()).toEqual([expect.objectContaining({ agrees: true })]);
  });

  test("becomes ready where the mesh is served, and has its backends", async () => {
    await applyMeshObjects(api, mesh());
    await start("serve");
    const one = await sidecar(before, "front", controlPlane.address.port, authority.pem);
    await expectReady(one);
    expect(await clustersOf(one)).toContain(`cds_egress_shop_back_${namespace}_http_8080`);
    expect(await clustersOf(one)).toContain(`cds_ingress_shop_front_${namespace}_http_8080`);
  });

  test("follows while the mesh is switched on and off, by outrigger serve and observe", async () => {
    await applyMeshObjects(api, mesh());
    await start("observe");
    const one = await sidecar(before, "front", controlPlane.address.port, authority.pem);
    await expectReady(one);
    const egress = `cds_egress_shop_back_${namespace}_http_8080`;
    const target = `namespace/${namespace}`;
    const switched = (...argv: readonly string[]) => outrigger([...argv, target, "--kubeconfig", cluster.kubeconfig]);
    expect((await switched("serve", "--yes")).stdout).toContain("1 pod of 1 workload follows");
    await eventually(
      () => clustersOf(one),
      (clusters) => clusters.has(egress),
      30,
    );
    expect((await switched("observe")).stdout).toContain(`back: outrigger serve ${target}`);
    // removed ten seconds after nobody points at it any more
    await eventually(
      () => clustersOf(one),
      (clusters) => !clusters.has(egress),
      60,
    );
    await expectReady(one);
  });
});

describe("a pod of this release at the control plane of release 0.1.0", () => {
  test("becomes ready, with listeners that pass through", async () => {
    const [port, metrics, diagnostics] = [await freePort(), await freePort(), await freePort()];
    const settings = {
      MESH_NAME: "shop",
      OUTRIGGER_CONTROL_PLANE_LISTEN: `127.0.0.1:${port}`,
      OUTRIGGER_CONTROL_PLANE_METRICS_LISTEN: `127.0.0.1:${metrics}`,
      OUTRIGGER_CONTROL_PLANE_DIAGNOSTICS_LISTEN: `127.0.0.1:${diagnostics}`,
      OUTRIGGER_CONTROL_PLANE_KUBECONFIG: cluster.kubeconfig,
      OUTRIGGER_CONTROL_PLANE_SHUTDOWN_SECONDS: "2",
    };
    const env = { ...process.env, ...settings };
    const child: ChildProcess = spawn(process.execPath, [before, "control-plane"], { env, stdio: "ignore" });
    const exited = once(child, "exit");
    cleanUp.push(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    await vi.waitFor(async () => {
      expect((await fetch(`http://127.0.0.1:${metrics}/readyz`)).status).toBe(200);
    }, PATIENCE);
    const path = `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps/outrigger-trust`;
    const trust = await vi.waitFor(async () => {
      const pem = stringOf(member((await api.send("GET", path)).body["data"], "trust.pem"));
      expect(pem).toContain("BEGIN CERTIFICATE");
      return pem as string;
    }, PATIENCE);
    const one = await sidecar(MAIN, "newer", port, trust);
    await expectReady(one);
    expect(await clustersOf(one)).toContain("outrigger_pass_through");
    const streams = (await (await fetch(`http://127.0.0.1:${diagnostics}/streams`)).json()) as JsonObject;
    expect(streams["streams"]).toEqual([expect.objectContaining({ agrees: true })]);
  }, 300_000);
});
