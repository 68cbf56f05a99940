import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { changeComponent } from "../../../testbed/commands/owner.ts";
import { currentCluster } from "../../../testbed/current-cluster.ts";
import { kubectl } from "../kubectl.ts";
import { killContainer } from "../resilience/kill-container.ts";
import { installed } from "../sidecar/installed.ts";
import { addressOf, nameOf, standingPods } from "../standing-pods.ts";
import { COLORS, LOAD_NAMES, LoadedMesh, podOfLoad } from "./loaded/loaded-mesh.ts";
import type { ProxyStatistics } from "./loaded/proxy-statistics.ts";

/*
 * What configures the proxies goes away and comes back, while loads go through them over connections that are kept to the end. The
 * proxies go on with what they have, are given nothing again that did not change, and follow the next change.
 */

const MESH = new LoadedMesh("mesh-interruptions");
const PROXIES = [...COLORS, "db", "front", ...LOAD_NAMES.map(podOfLoad)];
const SYSTEM = "appmesh-system";
const CONTROL_PLANE = ["--namespace", SYSTEM, "deployment/outrigger-control-plane"];
/** A response to a stream that begins, where there is nothing to say: its type, nonce and version. */
const EMPTY_BYTES = 200;
/** What a stream gets when it begins comes within this time. */
const BEGINNING_MS = 1_000;
const AWAY_MS = 60_000;
const PREPARE_MS = 300_000;
const TEST_MS = 400_000;
const PATIENCE = { timeout: 90_000, interval: 250 };

let addresses: readonly string[];

beforeAll(async () => {
  await installed();
  await MESH.start();
  addresses = await Promise.all(PROXIES.map(async (name) => (await MESH.namespace.addressesOf(name)).ipv4));
}, PREPARE_MS);

afterAll(async () => {
  await MESH.end();
  await scaled(1);
}, PREPARE_MS);

test(
  "one of two replicas is killed",
  async () => {
    const [first = ""] = await replicas("name");
    await scaled(2);
    const before = await all();
    await killContainer(SYSTEM, first, "control-plane");
    await haveNewStreams(before);
    await sleep(BEGINNING_MS);
    await nothingWasSent();
    await MESH.routesChange(MESH.weights({ red: 1, blue: 1, green: 0 }));
    await MESH.sharesAre({ red: 0.5, blue: 0.5, green: 0 });
  },
  TEST_MS,
);

test(
  "all replicas are replaced",
  async () => {
    const before = await all();
    await kubectl("rollout", "restart", ...CONTROL_PLANE);
    await kubectl("rollout", "status", "--timeout=150s", ...CONTROL_PLANE);
    await haveNewStreams(before);
    await sleep(BEGINNING_MS);
    await nothingWasSent();
    await MESH.routesChange(MESH.weights({ red: 0, blue: 1, green: 1 }));
    await MESH.sharesAre({ red: 0, blue: 0.5, green: 0.5 });
  },
  TEST_MS,
);

test(
  "the API server is away for a minute",
  async () => {
    const { name } = await currentCluster();
    const before = taken(await all());
    // it would take the node for lost, whose heartbeats are as long away, and every pod out of its Service
    await changeComponent(name, "stop", "kube-controller-manager");
    await changeComponent(name, "stop", "kube-apiserver");
    try {
      await sleep(AWAY_MS);
      await MESH.sharesAre({ red: 0, blue: 0.5, green: 0.5 });
    } finally {
      await changeComponent(name, "start", "kube-apiserver");
      await changeComponent(name, "start", "kube-controller-manager");
    }
    expect(taken(await all())).toEqual(before);
    await MESH.routesChange(MESH.weights({ red: 1, blue: 0, green: 0 }));
    await MESH.sharesAre({ red: 1, blue: 0, green: 0 });
    expect(taken(await all())).toEqual(before);
  },
  TEST_MS,
);

test.each(LOAD_NAMES)("no exchange of the load on %s failed, and no connection ended", async (name) => {
  await MESH.nothingFailed(name);
});

function all(): Promise<readonly ProxyStatistics[]> {
  return Promise.all(addresses.map((address) => MESH.statistics(address)));
}

/** Waits until every proxy has lost the stream that it had, and has another. */
async function haveNewStreams(before: readonly ProxyStatistics[]): Promise<void> {
  await vi.waitFor(async () => {
    const now = await all();
    const waiting = PROXIES.filter((_, index) => {
      const proxy = now[index];
      return !proxy?.isConnected || proxy.streamsLost === before[index]?.streamsLost;
    });
    expect(waiting).toEqual([]);
  }, PATIENCE);
}

/**
 * All that the present replicas have sent is that there is nothing to send: each of their streams is one that came back, to a process
 * that began since then or had none.
 */
async function nothingWasSent(): Promise<void> {
  // one that was killed is about to be there again, and what a stream gets at its beginning is on its way
  const { responses, bytes } = await vi.waitFor(async () => {
    const addresses = await replicas("address");
    const asked = addresses.map(async (each) => (await fetch(`http://${each}:9090/metrics`)).text());
    const texts = await Promise.all(asked);
    const total = (metric: string): number =>
      texts.reduce((sum, text) => sum + Number(new RegExp(`^${metric} (\\d+)$`, "m").exec(text)?.[1] ?? 0), 0);
    const sent = total("outrigger_xds_responses_total");
    expect(sent).toBeGreaterThanOrEqual(2 * PROXIES.length);
    return { responses: sent, bytes: total("outrigger_xds_response_bytes_total") };
  }, PATIENCE);
  expect(bytes).toBeLessThan(responses * EMPTY_BYTES);
}

/** Responses with clusters and with listeners that each proxy took. */
function taken(all: readonly ProxyStatistics[]): Readonly<Record<string, readonly number[]>> {
  const counts = all.map(({ clustersTaken, listenersTaken }) => [clustersTaken, listenersTaken]);
  return Object.fromEntries(counts.map((each, index) => [PROXIES[index], each]));
}

/** Names or addresses of the replicas that are not on their way out. */
async function replicas(what: "name" | "address"): Promise<readonly string[]> {
  const standing = await standingPods(SYSTEM, "app.kubernetes.io/name=outrigger-control-plane");
  return standing.map(what === "name" ? nameOf : addressOf);
}

async function scaled(to: number): Promise<void> {
  await kubectl("scale", `--replicas=${to}`, ...CONTROL_PLANE);
  await kubectl("rollout", "status", "--timeout=150s", ...CONTROL_PLANE);
}
