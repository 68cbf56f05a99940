// What a mesh costs: a change on its way to the last proxy, bytes, memory, and the graph alone. The real process with a stand-in for the
// API server, and proxies in a process of their own, each with its connection and token. `npm run bench:mesh -- [proxies…]`; figures go
// to standard output as JSON. Beside each push stands one of the same size by a server that knows nothing, in the same run.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { routesOf } from "../src/xds/translate/names.ts";
import { TYPES } from "../src/xds/types.ts";
import { freePort } from "../testbed/process/free-port.ts";
import { median } from "./median.ts";
import { computing } from "./mesh-computing.ts";
import type { PushOrder, PushTold } from "./mesh-pushes.ts";
import { endpointsOf, MOVED, meshObjects, putMembers, putObject, putObjects, routerOf } from "./mesh-world.ts";
import { type ControlPlaneProcess, controlPlane, PROGRAM } from "./xds-control-plane.ts";
import { type KubeStandIn, kubeStandIn, publishedTrust } from "./xds-kube.ts";
import { ProxiesProcess } from "./xds-proxies-process.ts";
import { tokenIssuer } from "./xds-tokens.ts";

const NODES = 200;
const SIZES = [10, 100, 1_000];
/** Proxies that come at the same time. */
const LANES = 50;
const ROUNDS = 11;
/** What follows a first configuration, and what a process does after a change, is over by then. */
const SETTLED = 2_000;
const PAUSE = 300;

/** One kind of change, to all proxies or to the few that have it. Medians of the rounds. */
interface PushFigures {
  /** From the change to the last acknowledgement. */
  readonly milliseconds: number;
  /** The same number of bytes, by a server that knows nothing. */
  readonly constantMilliseconds: number;
  readonly ratio: number;
  readonly bytesPerProxy: number;
  /** CPU of the process that pushes, for each proxy that has the change. */
  readonly cpuMillisecondsPerProxy: number;
}

const issuer = tokenIssuer();

class Pushes {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, "mesh-pushes.ts"));
  readonly started: Promise<PushTold> = once(this.#child, "message").then(([told]) => told as PushTold);

  async order(order: PushOrder): Promise<PushTold> {
    this.#child.send(order);
    const [told] = (await once(this.#child, "message")) as [PushTold];
    return told;
  }

  end(): void {
    this.#child.kill();
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function tokens(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => issuer.tokenOf(index));
}

/** Changes something over and over, and looks how long it takes until so many have it. `cpu` asks for the CPU time so far. */
async function pushed(
  proxies: ProxiesProcess,
  count: number,
  change: () => Promise<void> | void,
  cpu: () => Promise<number>,
): Promise<Omit<PushFigures, "constantMilliseconds" | "ratio">> {
  const times: number[] = [];
  const costs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await wait(PAUSE);
    await proxies.order({ kind: "forget" });
    const before = await cpu();
    const begun = now();
    await change();
    const told = await proxies.heard(count);
    times.push(told.heardAt - begun);
    costs.push(((await cpu()) - before) / count);
    ({ bytes } = told);
  }
  return {
    milliseconds: round(median(times)),
    bytesPerProxy: Math.round(bytes / count),
    cpuMillisecondsPerProxy: round(median(costs)),
  };
}

/** Weights move and members come in the real control plane. */
async function changes(count: number) {
  const kube = await kubeStandIn(count, issuer);
  putObjects(kube, meshObjects(NODES, "moved"));
  for (const name of Object.values(MOVED)) putMembers(kube, name, 1);
  const server = await controlPlane({ kubePort: kube.port, port: await freePort(), mesh: "serve" });
  const proxies = new ProxiesProcess();
  try {
    const before = await server.collected();
    const serverName = "outrigger.appmesh-system.svc";
    await proxies.order({ kind: "ports", ports: [server.port], ca: await publishedTrust(kube), serverName });
    const subscribe = {
      [TYPES.route]: [routesOf("egress", 8080)],
      [TYPES.endpoints]: Object.values(MOVED).map((name) => endpointsOf(name)),
    };
    await proxies.order({ kind: "come", tokens: tokens(count), lanes: LANES, extensions: 0, subscribe });
    await wait(SETTLED);
    const connected = await server.collected();
    const cpu = async (): Promise<number> => (await server.inside()).cpu;
    let first = 1;
    const move = (name: string) => () => putObject(kube, routerOf(name, { first: ++first, second: 1 }));
    let members = 1;
    const member = (name: string) => () => putMembers(kube, name, ++members);
    const few = fewOf(count);
    return {
      weight: {
        all: await pushed(proxies, count, move(MOVED.everywhere), cpu),
        few: await pushed(proxies, few, move(MOVED.rarely), cpu),
      },
      endpoint: {
        all: await pushed(proxies, count, member(MOVED.everywhere), cpu),
        few: await pushed(proxies, few, member(MOVED.rarely), cpu),
      },
      kilobytesPerProxy: Math.round((connected.rss - before.rss) / count),
      ...(await restarted(kube, server, proxies, count)),
    };
  } finally {
    proxies.end();
    await server.kill("SIGKILL");
    kube.close();
  }
}

/** Killed and started again: until all are back, with the back-off of Envoy's. */
async function restarted(kube: KubeStandIn, server: ControlPlaneProcess, proxies: ProxiesProcess, count: number) {
  await proxies.order({ kind: "forget" });
  const begun = performance.now();
  await server.kill("SIGKILL");
  const again = await controlPlane({ kubePort: kube.port, port: server.port, mesh: "serve" });
  let highest = 0;
  const watching = setInterval(() => {
    void again.inside().then(({ rss }) => {
      highest = Math.max(highest, rss);
    });
  }, 100);
  await proxies.until(count);
  const allBackMilliseconds = Math.round(performance.now() - begun);
  clearInterval(watching);
  await again.kill("SIGKILL");
  return { restart: { allBackMilliseconds, highestMegabytes: Math.round(highest / 1024) } };
}

/** The same bytes to as many proxies, by a server that does nothing but write them. */
async function constant(count: number, bytes: number, to: number): Promise<number> {
  const pushes = new Pushes();
  const proxies = new ProxiesProcess();
  try {
    const { port, ca } = await pushes.started;
    await proxies.order({ kind: "ports", ports: [port], ca, serverName: "localhost" });
    await proxies.order({ kind: "come", tokens: tokens(count), lanes: 1, extensions: 0 });
    await wait(PAUSE);
    const change = async (): Promise<void> => void (await pushes.order({ kind: "constant", bytes, proxies: to }));
    const cpu = async (): Promise<number> => (await pushes.order({ kind: "cpu" })).cpu;
    return (await pushed(proxies, to, change, cpu)).milliseconds;
  } finally {
    proxies.end();
    pushes.end();
  }
}

async function beside(
  count: number,
  to: number,
  figures: Omit<PushFigures, "constantMilliseconds" | "ratio">,
): Promise<PushFigures> {
  const constantMilliseconds = await constant(count, figures.bytesPerProxy, to);
  return { ...figures, constantMilliseconds, ratio: round(figures.milliseconds / constantMilliseconds) };
}

/** Two of 200 nodes have the service that few have: ten of 1,000 proxies, and two of 100. */
function fewOf(count: number): number {
  return Math.ceil(count / NODES) * 2;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const counts = process.argv.slice(2).map(Number);
const results: object[] = [];
for (const nodes of SIZES) results.push({ what: "graph, views and translation", ...computing(nodes) });
for (const count of counts.length > 0 ? counts : [100, 1_000]) {
  const { weight, endpoint, ...rest } = await changes(count);
  const few = fewOf(count);
  results.push({
    what: "pushes",
    proxies: count,
    nodes: NODES,
    weight: { all: await beside(count, count, weight.all), few: await beside(count, few, weight.few) },
    endpoint: { all: await beside(count, count, endpoint.all), few: await beside(count, few, endpoint.few) },
    ...rest,
  });
}
process.stdout.write(`${JSON.stringify({ program: PROGRAM, results }, null, 2)}\n`);
process.exit();
