import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { ask, succeeds } from "./ask.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";

const SPEC: BootstrapSpec = { ...PLAIN_SPEC, ipv6: true, statsTags: true };

/** Statistics that Envoy makes before it reads its configuration. */
const EARLIER = /^envoy_(filesystem_|server_hot_restart_generation)/;

let envoy: RunningEnvoy;
let ports: ReadonlyMap<number, number>;

beforeAll(async () => {
  ports = await sidecarPorts();
  envoy = await startEnvoy(configYaml(SPEC, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }));
  await eventually(() => status("/ready"), succeeds);
});

afterAll(() => envoy.stop());

test("a sidecar without a control plane is ready without one", async () => {
  expect((await status("/ready")).body).toContain("LIVE");
  expect(envoy.log()).toBe("");
});

test.each([
  { direction: "inbound", host: "127.0.0.1" },
  { direction: "inbound", host: "::1" },
  { direction: "outbound", host: "127.0.0.1" },
  { direction: "outbound", host: "::1" },
] as const)(
  "a connection made straight to the $direction port on $host is closed and counted, once",
  async ({ direction, host }) => {
    const before = await counters(direction);
    const socket = connect({ host, port: ports.get(PORTS[direction]) as number });
    socket.write("GET / HTTP/1.1\r\n\r\n");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
    await new Promise((closed) => socket.on("close", closed));
    expect(chunks).toEqual([]);
    expect(await counters(direction)).toEqual({ direct: before.direct + 1, passedOn: before.passedOn });
  },
);

test("every statistic of the configuration carries the tags of App Mesh", async () => {
  const { body } = await status("/stats/prometheus");
  const samples = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const tagged = samples.filter((line) => /appmesh_mesh="shop".*appmesh_virtual_node="cart-node"/.test(line));
  expect(tagged.length).toBeGreaterThan(50);
  const others = samples.filter((line) => !tagged.includes(line) && !EARLIER.test(line));
  expect(others).toEqual([]);
});

function status(path: string): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: ports.get(PORTS.status) as number, path });
}

/** Connections that were closed as direct ones, and connections that were passed on to anywhere. */
async function counters(direction: string): Promise<{ direct: number; passedOn: number }> {
  const { body } = await status("/stats/prometheus");
  const value = (metric: string, label: string): number =>
    Number(
      body
        .split("\n")
        .find((line) => line.startsWith(`${metric}{`) && line.includes(`"${label}"`))
        ?.split(" ")[1] ?? 0,
    );
  return {
    direct: value("envoy_tcp_downstream_cx_total", `${direction}_direct`),
    passedOn: value("envoy_cluster_upstream_cx_total", `outrigger_pass_through_${direction}`),
  };
}
