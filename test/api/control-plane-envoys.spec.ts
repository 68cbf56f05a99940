import { connect, createServer } from "node:net";
import { status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { member } from "../../src/model/json.ts";
import { PORTS } from "../../src/model/names.ts";
import { TYPES } from "../../src/xds/types.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import {
  type ReplaceableCertificate,
  replaceableCertificate,
  type TestControlPlane,
  testControlPlane,
} from "../control-plane-harness.ts";
import { ask, succeeds } from "../envoy/ask.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { eventually, startEnvoy } from "../envoy/envoy-process.ts";
import { createMeshPod, type MeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { serviceWay } from "../service-way.ts";
import { xdsClient } from "../xds-client.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { type PodEnvoy, podEnvoy, specAt } from "./pod-envoy.ts";

/* Real Envoys, the real control plane, and a real API server that knows the pods and issued the tokens. */

let cluster: Cluster;
let api: ApiConnection;
let namespace: string;
let authority: TestAuthority;
let certificate: ReplaceableCertificate;
let controlPlane: TestControlPlane;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  namespace = await meshNamespace(api, "shop");
  authority = await testAuthority();
  certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  controlPlane = await start(0);
});

/** Ages are short, so that one can be waited for. */
function start(port: number, change: { readonly shutdownSeconds?: number } = {}): Promise<TestControlPlane> {
  const settings = { listen: `127.0.0.1:${port}`, streamMaxAgeSeconds: 10, accessLog: "/dev/stderr", ...change };
  return testControlPlane(cluster.kubeconfig, certificate, { controlPlane: settings });
}

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

afterAll(async () => {
  await controlPlane?.close();
  await api?.close();
  await cluster?.stop();
});

interface SidecarOptions {
  readonly protocol?: "delta" | "sotw";
  readonly edit?: (config: string) => string;
}

/** An Envoy with the bootstrap of a pod of its own and that pod's token. */
async function sidecar(
  name: string,
  { protocol = "delta", edit = (config) => config }: SidecarOptions = {},
  change: Partial<BootstrapSpec> = {},
): Promise<PodEnvoy> {
  const started = await podEnvoy({
    api,
    namespace,
    name,
    spec: { ...specAt(controlPlane.address.port, { name: `${namespace}-${name}` }), ...change },
    trust: authority.pem,
    edit,
    editEnvoys: (config) => (protocol === "delta" ? config : config.replaceAll("DELTA_GRPC", "GRPC")),
  });
  cleanUp.push(started.stop);
  return started;
}

function admin({ ports }: PodEnvoy, path: string): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: ports.get(PORTS.admin) as number, path });
}

function streamOf(pod: MeshPod): Promise<Awaited<ReturnType<TestControlPlane["streams"]>>[number] | undefined> {
  return controlPlane.streams().then((all) => all.find((stream) => member(stream["pod"], "uid") === pod.uid));
}

/** The inbound and outbound ports are the product's own here: a translation knows no others. */
describe.each(["delta", "sotw"] as const)("a sidecar over %s ADS", (protocol) => {
  test("gets the two listeners under App Mesh's names, is ready, and accepts every type", async () => {
    const one = await sidecar(`ready-${protocol}`, { protocol });
    await eventually(() => admin(one, "/ready"), succeeds);
    const { body } = await admin(one, "/listeners");
    expect(body).toContain("lds_ingress_0.0.0.0_15000::");
    expect(body).toContain("lds_egress_0.0.0.0_15001::");
    const stream = await eventually(
      () => streamOf(one.pod),
      (found) => (member(member(found?.["types"], "listener"), "accepted") ?? "") !== "",
    );
    expect(stream).toMatchObject({
      protocol,
      agrees: true,
      claimed: `mesh/shop/virtualNode/${namespace}-ready-${protocol}`,
      resolved: { mesh: "shop", kind: "virtualNode", name: `${namespace}-ready-${protocol}` },
    });
    expect(one.envoy.log()).toBe("");
  });
});

describe("clusters of the two directions", () => {
  test("are two, without the limits that Envoy sets by default", async () => {
    const one = await sidecar("directions");
    await eventually(() => admin(one, "/ready"), succeeds);
    expect(await passThroughLimits(one)).toEqual({
      outrigger_pass_through_inbound: UNLIMITED,
      outrigger_pass_through_outbound: UNLIMITED,
    });
  });

  test("are one for a sidecar of release 0.1.0, which gets ready too", async () => {
    const one = await sidecar("directions-before", {
      edit: (config) => config.replace(',"directions":"separate"', ""),
    });
    expect(one.config).not.toContain('directions"');
    await eventually(() => admin(one, "/ready"), succeeds);
    expect(await passThroughLimits(one)).toEqual({ outrigger_pass_through: UNLIMITED });
  });

  const UNLIMITED = {
    max_connections: 2_147_483_647,
    max_pending_requests: 2_147_483_647,
    max_requests: 2_147_483_647,
    max_retries: 2_147_483_647,
  };

  async function passThroughLimits(one: PodEnvoy): Promise<Readonly<Record<string, object>>> {
    const { body } = await admin(one, "/clusters");
    const found: Record<string, Record<string, number>> = {};
    for (const [, name = "", kind = "", value] of body.matchAll(
      /^(outrigger_pass_through\w*)::default_priority::(max_\w+)::(\d+)$/gm,
    )) {
      found[name] = { ...found[name], [kind]: Number(value) };
    }
    return found;
  }
});

test.each([
  { direction: "inbound", host: "127.0.0.1" },
  { direction: "outbound", host: "127.0.0.1" },
  { direction: "inbound", host: "::1" },
  { direction: "outbound", host: "::1" },
] as const)(
  "a connection made straight to the $direction port on $host is closed and counted once, not looped",
  async ({ direction, host }) => {
    const one = await sidecar(`direct-${direction}-${host === "::1" ? "ipv6" : "ipv4"}`, {}, { ipv6: true });
    await eventually(() => admin(one, "/ready"), succeeds);
    const socket = connect({ host, port: PORTS[direction] });
    socket.write("GET / HTTP/1.1\r\n\r\n");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
    await new Promise((closed) => socket.on("close", closed));
    expect(chunks).toEqual([]);
    const { body } = await admin(one, "/stats?filter=downstream_cx_total|upstream_cx_total");
    expect(body).toContain(`tcp.${direction}_direct.downstream_cx_total: 1\n`);
    expect(body).toContain(`cluster.outrigger_pass_through_${direction}.upstream_cx_total: 0\n`);
  },
);

test("connections are logged where the setting says", async () => {
  const one = await sidecar("logs");
  await eventually(() => admin(one, "/ready"), succeeds);
  const socket = connect({ host: "127.0.0.1", port: PORTS.outbound });
  socket.resume().on("error", () => undefined);
  await new Promise((closed) => socket.on("close", closed));
  // Envoy writes its access logs every ten seconds
  await eventually(
    () => Promise.resolve(one.envoy.log()),
    (text) => /^\[[^\]]+\] "- - -" 0 /m.test(text),
    30,
  );
});

test("a proxy that refuses its configuration is counted and said in Envoy's own words, and not asked again", async () => {
  const occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(PORTS.inbound, "0.0.0.0", resolve));
  try {
    const one = await sidecar("refuses");
    const stream = await eventually(
      () => streamOf(one.pod),
      (found) => (member(member(found?.["types"], "listener"), "rejected") ?? "") !== "",
    );
    expect(stream).toMatchObject({ types: { listener: { problem: expect.stringContaining("15000") } } });
    expect(controlPlane.lines.filter(({ pod }) => pod === `${namespace}/refuses`)).toContainEqual(
      expect.objectContaining({ type: "listener", problem: expect.stringContaining("Address already in use") }),
    );
    expect(await controlPlane.metric('outrigger_xds_requests_total{type="listener",kind="nack"}')).toBe(1);
  } finally {
    await new Promise((closed) => occupied.close(closed));
  }
});

test("after a new certificate of a new root, and a new token, the stream comes back when its age has come", async () => {
  const one = await sidecar("rotates");
  await eventually(() => admin(one, "/ready"), succeeds);
  const before = await eventually(
    () => streamOf(one.pod),
    (found) => found !== undefined,
  );
  const next = await testAuthority();
  await one.identity.replace({ token: await tokenOf(api, one.pod), trust: `${authority.pem}\n${next.pem}\n` });
  certificate.replace(await next.issue({ type: "dns", value: "localhost" }));
  try {
    const after = await eventually(
      () => streamOf(one.pod),
      (found) => found !== undefined && found["since"] !== before?.["since"],
      30,
    );
    expect(after).toMatchObject({ agrees: true });
  } finally {
    certificate.replace(await authority.issue({ type: "dns", value: "localhost" }));
  }
});

test("while the API server is away a known pod's proxy is served, also one that is new", async () => {
  const one = await sidecar("without-api-server");
  await eventually(() => admin(one, "/ready"), succeeds);
  await cluster.stopApiServer();
  try {
    await one.envoy.stop();
    const again = await startEnvoy(one.config);
    cleanUp.push(() => again.stop());
    await eventually(() => admin(one, "/ready"), succeeds);
    const health = await fetch(`http://127.0.0.1:${controlPlane.metricsAddress?.port}/readyz`);
    expect(health.status).toBe(200);
  } finally {
    await cluster.startApiServer();
  }
});

test("a replica that is told to stop serves on while new connections come, and then every proxy has the next one", async () => {
  const leaving = await start(0, { shutdownSeconds: 20 });
  const service = await serviceWay(leaving.address.port);
  cleanUp.push(() => service.close());
  const at = { controlPlane: { kind: "ads", address: "localhost", port: service.port } } as const;
  const names = ["replaced-0", "replaced-1", "replaced-2"];
  const proxies = [];
  for (const name of names) proxies.push(await sidecar(name, {}, at));
  for (const one of proxies) await eventually(() => admin(one, "/ready"), succeeds);
  const token = await tokenOf(api, await createMeshPod(api, namespace, "replaced-late"));
  const next = await start(0);
  cleanUp.push(() => next.close());

  const stopped = leaving.close();
  // no node has heard of it yet: who starts now is led to the replica that leaves
  const client = xdsClient(service.port, authority.pem);
  const late = client.delta(token);
  late.send({ typeUrl: TYPES.listener });
  expect((await late.next()).resources).toHaveLength(2);
  service.leadTo(next.address.port);
  await stopped;
  expect((await late.status).code).toBe(status.UNAVAILABLE);
  client.close();

  const expected = names.map((name) => expect.objectContaining({ name, namespace }));
  const streams = await eventually(
    // a stream that has just come is nobody's yet
    async () => (await next.streams()).flatMap(({ pod }) => pod ?? []),
    (pods) => pods.length >= names.length,
    30,
  );
  expect(streams).toEqual(expect.arrayContaining(expected));
  for (const one of proxies) {
    expect((await admin(one, "/ready")).status).toBe(200);
    expect((await admin(one, "/listeners")).body).toContain("lds_ingress_0.0.0.0_15000::");
  }
});

test("a control plane that is restarted gets its streams back, and the proxies keep their listeners meanwhile", async () => {
  const one = await sidecar("survives");
  await eventually(() => admin(one, "/ready"), succeeds);
  const { port } = controlPlane.address;
  await controlPlane.close();
  expect((await admin(one, "/listeners")).body).toContain("lds_ingress_0.0.0.0_15000::");
  expect((await admin(one, "/ready")).status).toBe(200);
  controlPlane = await start(port);
  const stream = await eventually(
    () => streamOf(one.pod),
    (found) => (member(member(found?.["types"], "listener"), "accepted") ?? "") !== "",
    30,
  );
  expect(stream).toMatchObject({ agrees: true });
  const { body } = await admin(one, "/stats?filter=listener_manager.lds.update_(rejected|attempt)|listener_modified");
  expect(body).toContain("listener_manager.lds.update_rejected: 0");
  expect(body).toContain("listener_manager.listener_modified: 0");
});
