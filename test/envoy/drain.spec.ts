import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PORTS } from "../../src/model/names.ts";
import { ask, succeeds } from "./ask.ts";
import { eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { heldConnections, holdingServer, type UncapturedConfig, uncaptured } from "./uncaptured.ts";

/* What happens to an open connection when its filter chain changes, and when Envoy is to end. */

let ports: ReadonlyMap<number, number>;
let folder: string;
let envoy: RunningEnvoy | undefined;
let connection: Socket;
let closed: boolean;
const cleanUp: (() => void)[] = [];

beforeEach(async () => {
  ports = await sidecarPorts();
  folder = await mkdtemp(join(tmpdir(), "outrigger-drain-"));
});

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) clean();
  await envoy?.stop();
  envoy = undefined;
  await rm(folder, { recursive: true });
});

type Listener = UncapturedConfig["static_resources"]["listeners"][number];

/** The present listener, in the file that Envoy takes it from. */
let current: Listener;

/** A sidecar with an open connection through its outbound listener, which comes from a file here and may change. */
async function withConnection(drain?: readonly string[]): Promise<void> {
  const server = await holdingServer();
  const config = uncaptured(ports, { inbound: server.port, outbound: server.port });
  const { listeners } = config.static_resources;
  const outbound = listeners.find(({ name }) => name === "outrigger_outbound") as Listener;
  config.static_resources.listeners = listeners.filter((listener) => listener !== outbound);
  config.dynamic_resources = {
    lds_config: { resource_api_version: "V3", path_config_source: { path: join(folder, "listeners.json") } },
  };
  await write(outbound);
  envoy = await startEnvoy(JSON.stringify(config), drain === undefined ? {} : { drain });
  await eventually(() => ask({ host: "127.0.0.1", port: portOf(PORTS.status), path: "/ready" }), succeeds);
  const [held] = await heldConnections(portOf(PORTS.outbound), 1);
  connection = held as Socket;
  closed = false;
  connection.on("close", () => {
    closed = true;
  });
  cleanUp.push(server.close, () => connection.destroy());
}

async function write(listener: Listener): Promise<void> {
  current = listener;
  const type = "type.googleapis.com/envoy.config.listener.v3.Listener";
  const text = JSON.stringify({ resources: [{ "@type": type, ...listener }] });
  await writeFile(join(folder, "next.json"), text);
  // Envoy sees a file that is moved into place, not one that is written to
  await rename(join(folder, "next.json"), join(folder, "listeners.json"));
}

/** Changes the chain that the connection came by, and waits until Envoy has begun to drain the former one. */
async function changeChain(): Promise<void> {
  await write({ ...current, filter_chains: current.filter_chains.map((chain) => ({ ...chain, name: "changed" })) });
  await eventually(
    () => admin("/stats?filter=listener_in_place_updated"),
    ({ body }) => body.includes("listener_in_place_updated: 1"),
  );
}

describe("an open TCP connection whose filter chain changes", () => {
  test("is cut when the drain time is over, so the next test can fail", async () => {
    await withConnection(["--drain-time-s", "1", "--drain-strategy", "immediate"]);
    await changeChain();
    await eventually(
      () => Promise.resolve(closed),
      (is) => is,
    );
  });

  test("stays with a sidecar's own arguments, for ten minutes", async () => {
    await withConnection();
    await changeChain();
    const { command_line_options: options } = JSON.parse((await admin("/server_info")).body) as {
      command_line_options: { drain_time: string; drain_strategy: string };
    };
    expect(options).toMatchObject({ drain_time: "600s", drain_strategy: "Immediate" });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await admin("/stats?filter=total_filter_chains_draining")).body).toContain("draining: 1");
    expect(closed).toBe(false);
  });
});

test("SIGTERM ends a sidecar at once, whatever is open and draining", async () => {
  await withConnection();
  await changeChain();
  await envoy?.terminate();
  await eventually(
    () => Promise.resolve(closed),
    (is) => is,
  );
}, 20_000);

function admin(path: string): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: portOf(PORTS.admin), path });
}

function portOf(port: number): number {
  return ports.get(port) as number;
}
