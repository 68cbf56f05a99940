import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { type Overflow, overflowsIn } from "../../src/diagnose/facts/overflows.ts";
import { STATISTICS_QUESTION } from "../../src/diagnose/gather/sidecar-statistics.ts";
import { PORTS } from "../../src/model/names.ts";
import { ask, succeeds } from "./ask.ts";
import {
  configYaml,
  eventually,
  type RunningEnvoy,
  type StartOptions,
  sidecarPorts,
  startEnvoy,
} from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";
import { heldConnections, holdingServer, uncaptured } from "./uncaptured.ts";

/* What Envoy limits by default, it does not limit in a sidecar. */

const EVERYTHING: BootstrapSpec = {
  ...PLAIN_SPEC,
  probes: [
    { path: "/probe/a", timeoutSeconds: 1, check: { kind: "http", tls: true, port: 1, path: "/", ownHost: false } },
    { path: "/probe/b", timeoutSeconds: 1, check: { kind: "tcp", port: 2 } },
    { path: "/probe/c", timeoutSeconds: 1, check: { kind: "grpc", port: 3, service: "" } },
  ],
  tracing: { kind: "otel", address: "127.0.0.1", port: 4, samplingRate: 1, serviceName: "cart" },
  statsd: { kind: "address", address: "localhost", port: 5 },
  sdsSocket: "/nowhere/agent.sock",
};

/** More than the 1,024 of Envoy's own limits, and of the files that a process may have open where nobody says more. */
const MANY = 1500;

let ports: ReadonlyMap<number, number>;
let envoy: RunningEnvoy | undefined;
const cleanUp: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  ports = await sidecarPorts();
});

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
  await envoy?.stop();
  envoy = undefined;
});

test("every cluster has all four circuit breakers where no pod arrives, in Envoy's own words", async () => {
  await start(configYaml(EVERYTHING, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }));
  const { body } = await ask({ host: "127.0.0.1", port: portOf(PORTS.admin), path: "/clusters" });
  const found = [...body.matchAll(/^(.+)::default_priority::(max_\w+)::(\d+)$/gm)].map(([, ...found]) => found);
  expect(new Set(found.map(([name]) => name)).size).toBe(10);
  const kinds = ["max_connections", "max_pending_requests", "max_requests", "max_retries"];
  for (const [name, kind, value] of found) expect([name, kind, value]).toEqual([name, kind, "2147483647"]);
  expect(new Set(found.map(([, kind]) => kind))).toEqual(new Set(kinds));
});

describe("connections through a sidecar", () => {
  test(`${MANY} that others hold leave the pod's own calls alone, with a small limit of open files too`, async () => {
    const [app, elsewhere] = [await holdingServer(), await holdingServer()];
    cleanUp.push(app.close, elsewhere.close);
    await start(JSON.stringify(uncaptured(ports, { inbound: app.port, outbound: elsewhere.port })), { softFiles: 512 });
    await held(PORTS.inbound, MANY);
    const { body } = await ask({
      host: "127.0.0.1",
      port: portOf(PORTS.admin),
      path: "/stats?filter=upstream_cx_active",
    });
    expect(body).toContain(`cluster.outrigger_pass_through_inbound.upstream_cx_active: ${MANY}\n`);
    expect(body).toContain("cluster.outrigger_pass_through_outbound.upstream_cx_active: 0\n");
    await held(PORTS.outbound, 1);
    await held(PORTS.inbound, 1);
    expect(await overflows()).toEqual([]);
  });
});

test("a limit that is reached is counted where status asks", async () => {
  const app = await holdingServer();
  cleanUp.push(app.close);
  const config = uncaptured(ports, { inbound: app.port, outbound: app.port });
  for (const cluster of config.static_resources.clusters) {
    if (cluster["name"] !== "outrigger_pass_through_inbound") continue;
    cluster["circuit_breakers"] = { thresholds: [{ max_connections: 1 }] };
  }
  await start(JSON.stringify(config));
  await held(PORTS.inbound, 1);
  await held(PORTS.outbound, 1);
  expect(await reached()).toEqual([]);
  await expect(held(PORTS.inbound, 1)).rejects.toThrow("closed without a word");
  expect(await reached()).toEqual([
    { counter: "cluster_upstream_cx_overflow", of: "outrigger_pass_through_inbound", count: 1 },
  ]);
});

/** What `outrigger status` would read. */
async function reached(): Promise<readonly Overflow[]> {
  const { body } = await ask({ host: "127.0.0.1", port: portOf(PORTS.status), path: STATISTICS_QUESTION });
  return overflowsIn(body);
}

describe("an app's answer to a probe", () => {
  test.each([
    { what: "300 headers", headers: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`x-${n}`, "1"])) },
    { what: "headers of 500 KiB", headers: { "x-long": "x".repeat(500 * 1024) } },
  ])("may have $what, as without a sidecar", async ({ headers }) => {
    const app = createHttpServer((_, response) => response.writeHead(200, headers).end()).listen(0, "127.0.0.1");
    cleanUp.push(() => void app.close());
    await once(app, "listening");
    const { port } = app.address() as AddressInfo;
    const probe = { kind: "http", tls: false, port, path: "/", ownHost: false } as const;
    const spec = { ...PLAIN_SPEC, probes: [{ path: "/probe/app", timeoutSeconds: 10, check: probe }] };
    await start(configYaml(spec, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }));
    expect(await probed("/probe/app")).toBe(200);
  });
});

/** The status alone: the headers are more than Node.js reads by default. */
async function probed(path: string): Promise<number> {
  const socket = connect(portOf(PORTS.status), "127.0.0.1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(first.toString())?.[1]);
}

async function start(config: string, options: StartOptions = {}): Promise<void> {
  envoy = await startEnvoy(config, options);
  await eventually(() => ask({ host: "127.0.0.1", port: portOf(PORTS.status), path: "/ready" }), succeeds);
}

async function held(port: number, count: number): Promise<void> {
  const sockets = await heldConnections(portOf(port), count);
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
  });
}

/** Counters of refusals that are not zero. */
async function overflows(): Promise<readonly string[]> {
  const { body } = await ask({ host: "127.0.0.1", port: portOf(PORTS.admin), path: "/stats?filter=overflow" });
  return body.split("\n").filter((line) => line !== "" && !line.endsWith(": 0"));
}

function portOf(port: number): number {
  return ports.get(port) as number;
}
