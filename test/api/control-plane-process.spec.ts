import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { member, stringOf } from "../../src/model/json.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../src/model/names.ts";
import { TYPES } from "../../src/xds/types.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { freePort } from "../../testbed/process/free-port.ts";
import { createMeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { xdsClient } from "../xds-client.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";

/* The command as a Deployment runs it, from an empty cluster on: its authority, its trust, its end. */

const PATIENCE = { timeout: 90_000, interval: 100 };
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

let cluster: Cluster;
let api: ApiConnection;
let child: ChildProcess | undefined;

beforeAll(async () => {
  // of its own: an authority and a Lease are one for a cluster
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  const metadata = { name: CONTROL_PLANE_NAMESPACE };
  await api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
});

afterAll(async () => {
  child?.kill("SIGKILL");
  await api?.close();
  await cluster?.stop();
});

test("a first start makes and publishes the mesh's trust, serves, and ends its streams at SIGTERM with exit code 0", async () => {
  const [port, metrics, diagnostics] = [await freePort(), await freePort(), await freePort()];
  const settings = {
    MESH_NAME: "shop",
    OUTRIGGER_CONTROL_PLANE_LISTEN: `127.0.0.1:${port}`,
    OUTRIGGER_CONTROL_PLANE_METRICS_LISTEN: `127.0.0.1:${metrics}`,
    OUTRIGGER_CONTROL_PLANE_DIAGNOSTICS_LISTEN: `127.0.0.1:${diagnostics}`,
    OUTRIGGER_CONTROL_PLANE_KUBECONFIG: cluster.kubeconfig,
    OUTRIGGER_CONTROL_PLANE_SHUTDOWN_SECONDS: "4",
  };
  child = spawn(process.execPath, [MAIN, "control-plane"], { env: { ...process.env, ...settings }, stdio: "ignore" });
  const exited = once(child, "exit");
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${metrics}/readyz`)).status).toBe(200), PATIENCE);
  const path = `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps/outrigger-trust`;
  const trust = await vi.waitFor(async () => {
    const pem = stringOf(member((await api.send("GET", path)).body["data"], "trust.pem"));
    expect(pem).toContain("BEGIN CERTIFICATE");
    return pem as string;
  }, PATIENCE);

  const namespace = await meshNamespace(api, "process");
  const pod = await createMeshPod(api, namespace, "web");
  const client = xdsClient(port, trust, `outrigger.${CONTROL_PLANE_NAMESPACE}.svc`);
  const call = client.delta(await tokenOf(api, pod));
  call.send({ typeUrl: TYPES.listener, node: { id: `mesh/shop/virtualNode/${namespace}-web` } });
  expect((await call.next()).resources).toHaveLength(2);
  expect(await (await fetch(`http://127.0.0.1:${diagnostics}/streams`)).json()).toMatchObject({
    streams: [{ pod, agrees: true }],
  });
  expect((await fetch(`http://127.0.0.1:${diagnostics}/elsewhere`)).status).toBe(404);

  child.kill("SIGTERM");
  expect(await call.status).toMatchObject({ code: status.UNAVAILABLE, details: "the control plane is about to stop" });
  expect(await exited).toEqual([0, null]);
  client.close();
});

test("a diagnostics listener that is not on loopback is refused: exit code 2", async () => {
  const order = [MAIN, "control-plane", "--control-plane-diagnostics-listen", "0.0.0.0:9091"];
  const refused = spawn(process.execPath, order, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  refused.stderr?.on("data", (chunk: Buffer) => {
    said += String(chunk);
  });
  expect((await once(refused, "close"))[0]).toBe(2);
  expect(said).toContain("loopback");
});
