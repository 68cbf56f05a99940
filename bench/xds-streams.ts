// What thousands of proxies cost a control plane, and how long they are without one: the real process, a stand-in for the API server,
// and proxies in a process of their own. `npm run bench:xds -- [proxies] [scenario…]`; figures go to standard output as JSON.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../testbed/process/free-port.ts";
import { type ControlPlaneProcess, controlPlane, PROGRAM } from "./xds-control-plane.ts";
import { type KubeStandIn, kubeStandIn, podAt, publishedTrust } from "./xds-kube.ts";
import { putFilter, putMesh } from "./xds-mesh.ts";
import type { PodsTold } from "./xds-pods.ts";
import type { ProxiesTold } from "./xds-proxies.ts";
import { ProxiesProcess } from "./xds-proxies-process.ts";
import { tokenIssuer } from "./xds-tokens.ts";

/** About what Envoy's list of extensions has in a first request, some 60 KB. */
const EXTENSIONS = 1_000;
/** Proxies that come at the same time where they come as after a restart: Envoys wait a random time first. */
const LANES = 50;
/** How long after SIGTERM a node's kube-proxy goes on leading new connections to a pod that stops. */
const KUBE_PROXY = 1_000;
const SCENARIOS = ["memory", "burst", "pages", "refresh", "kill", "rolling", "pods"] as const;
type Scenario = (typeof SCENARIOS)[number];

const issuer = tokenIssuer();

async function lead(proxies: ProxiesProcess, ports: readonly number[], kube: KubeStandIn): Promise<void> {
  const serverName = "outrigger.appmesh-system.svc";
  await proxies.order({ kind: "ports", ports, ca: await publishedTrust(kube), serverName });
}

/** To be made before anything is measured: a thousand take a second, in which this process does not see the answers that it waits for. */
function tokensOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => issuer.tokenOf(index));
}

function come(proxies: ProxiesProcess, count: number, lanes: number, extensions = EXTENSIONS): Promise<ProxiesTold> {
  return proxies.order({ kind: "come", tokens: tokensOf(count), lanes, extensions });
}

/** Asks for a page over and over until it is told to stop; the longest time that it took. */
function asking(server: ControlPlaneProcess): () => Promise<number> {
  let stopped = false;
  let longest = 0;
  const ended = (async () => {
    while (!stopped) {
      for (const path of ["/healthz", "/readyz"] as const) {
        longest = Math.max(longest, (await server.page(path)).milliseconds);
      }
      await wait(5);
    }
  })();
  return async () => {
    stopped = true;
    await ended;
    return longest;
  };
}

interface Stage {
  readonly kube: KubeStandIn;
  readonly server: ControlPlaneProcess;
  readonly proxies: ProxiesProcess;
}

async function onStage<T>(count: number, play: (stage: Stage) => Promise<T>): Promise<T> {
  const kube = await kubeStandIn(count, issuer);
  const server = await controlPlane({ kubePort: kube.port, port: await freePort() });
  const proxies = new ProxiesProcess();
  try {
    await lead(proxies, [server.port], kube);
    return await play({ kube, server, proxies });
  } finally {
    proxies.end();
    await server.kill("SIGKILL");
    kube.close();
  }
}

const play: Record<Scenario, (count: number) => Promise<object>> = {
  /** What an idle proxy keeps, with Envoy's first request and without its list of extensions. */
  async memory(count) {
    const figures: Record<string, object> = {};
    for (const extensions of [EXTENSIONS, 0]) {
      figures[`extensions${extensions}`] = await onStage(count, async ({ server, proxies }) => {
        const before = await server.collected();
        await come(proxies, count, LANES, extensions);
        const busy = await server.inside();
        await wait(3000);
        const after = await server.collected();
        return {
          kilobytesPerProxy: Math.round((after.rss - before.rss) / count),
          kilobytesOfHeapPerProxy: Math.round((after.heapUsed - before.heapUsed) / count),
          cpuMillisecondsPerProxy: round((busy.cpu - before.cpu) / count),
          megabytesBefore: Math.round(before.rss / 1024),
          megabytesAfter: Math.round(after.rss / 1024),
        };
      });
    }
    return figures;
  },

  /** All at once, with nothing between them. */
  burst: (count) =>
    onStage(count, async ({ server, proxies }) => {
      const tokens = tokensOf(count);
      const before = await server.inside();
      const stop = asking(server);
      const begun = performance.now();
      const { failures } = await proxies.order({ kind: "come", tokens, lanes: count, extensions: EXTENSIONS });
      const milliseconds = performance.now() - begun;
      const healthMilliseconds = await stop();
      const after = await server.inside();
      return {
        allAcknowledgedMilliseconds: Math.round(milliseconds),
        cpuMillisecondsPerProxy: round((after.cpu - before.cpu) / count),
        stallMilliseconds: round(after.stall),
        ownStallMilliseconds: round(after.ownStall),
        healthMilliseconds: round(healthMilliseconds),
        failures,
      };
    }),

  /** The page of all streams. */
  pages: (count) =>
    onStage(count, async ({ server, proxies }) => {
      await come(proxies, count, LANES, 0);
      await wait(1000);
      await server.inside();
      const { bytes, milliseconds } = await server.page("/streams");
      const after = await server.inside();
      return {
        bytes,
        milliseconds: Math.round(milliseconds),
        stallMilliseconds: round(after.stall),
        ownStallMilliseconds: round(after.ownStall),
      };
    }),

  /** A change that concerns every proxy of a mesh of 200 nodes. */
  async refresh(count) {
    const kube = await kubeStandIn(count, issuer);
    putMesh(kube);
    const server = await controlPlane({ kubePort: kube.port, port: await freePort(), mesh: "serve" });
    const proxies = new ProxiesProcess();
    try {
      await lead(proxies, [server.port], kube);
      await come(proxies, count, LANES, 0);
      // the first configuration is more than one response
      await wait(2000);
      await proxies.order({ kind: "forget" });
      const before = await server.inside();
      const begun = performance.now();
      putFilter(kube, "ALLOW_ALL");
      await proxies.heard(count);
      const milliseconds = performance.now() - begun;
      await wait(1000);
      const after = await server.inside();
      return {
        allHeardMilliseconds: Math.round(milliseconds),
        cpuMillisecondsPerProxy: round((after.cpu - before.cpu) / count),
        stallMilliseconds: round(after.stall),
        ownStallMilliseconds: round(after.ownStall),
      };
    } finally {
      proxies.end();
      await server.kill("SIGKILL");
      kube.close();
    }
  },

  /** Killed, and started again at once: how long proxies are without a stream. */
  kill: (count) =>
    onStage(count, async ({ kube, server, proxies }) => {
      await come(proxies, count, LANES);
      await proxies.order({ kind: "forget" });
      const begun = performance.now();
      await server.kill("SIGKILL");
      const again = await controlPlane({ kubePort: kube.port, port: server.port });
      const { gaps, failures } = await proxies.until(count);
      const allBackMilliseconds = Math.round(performance.now() - begun);
      const { stall, ownStall } = await again.inside();
      await again.kill("SIGKILL");
      return {
        startMilliseconds: Math.round(again.startMilliseconds),
        allBackMilliseconds,
        ...spread(gaps),
        failures,
        stallMilliseconds: round(stall),
        ownStallMilliseconds: round(ownStall),
      };
    }),

  /** As many pods as proxies: what the API server sends of them, what it takes to read, and what is kept. */
  async pods(count) {
    const kube = await kubeStandIn(count, issuer);
    const child = fork(join(import.meta.dirname, "xds-pods.ts"), [String(kube.port)]);
    const [told] = (await once(child, "message")) as [PodsTold];
    kube.close();
    return {
      bytesEach: JSON.stringify(podAt(0)).length,
      bytesKeptEach: Math.round((told.kilobytesKept * 1024) / told.pods),
      cpuMicrosecondsEach: Math.round((told.cpuMilliseconds * 1000) / told.pods),
    };
  },

  /** A rolling update: another replica is ready, this one gets SIGTERM, and kube-proxy learns of it a moment later. */
  rolling: (count) =>
    onStage(count, async ({ kube, server, proxies }) => {
      await come(proxies, count, LANES);
      await proxies.order({ kind: "forget" });
      const next = await controlPlane({ kubePort: kube.port, port: await freePort() });
      await lead(proxies, [server.port, next.port], kube);
      const begun = performance.now();
      const ended = server.kill("SIGTERM");
      await wait(KUBE_PROXY);
      await lead(proxies, [next.port], kube);
      await ended;
      const endedMilliseconds = Math.round(performance.now() - begun);
      const { gaps, failures } = await proxies.until(count);
      const allBackMilliseconds = Math.round(performance.now() - begun);
      const { stall, ownStall } = await next.inside();
      await next.kill("SIGKILL");
      return {
        endedMilliseconds,
        allBackMilliseconds,
        ...spread(gaps),
        failures,
        stallMilliseconds: round(stall),
        ownStallMilliseconds: round(ownStall),
      };
    }),
};

/** Of the times that proxies were without a stream. */
function spread(gaps: readonly number[]): object {
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return {
    proxiesBack: sorted.length,
    gapMedianMilliseconds: at(0.5),
    gapP99Milliseconds: at(0.99),
    gapLongestMilliseconds: at(1),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const [count = "1000", ...chosen] = process.argv.slice(2);
for (const scenario of SCENARIOS) {
  if (chosen.length > 0 && !chosen.includes(scenario)) continue;
  const figures = await play[scenario](Number(count));
  process.stdout.write(`${JSON.stringify({ scenario, proxies: Number(count), program: PROGRAM, ...figures })}\n`);
}
process.exit();
