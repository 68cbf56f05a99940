import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../../testbed/process/free-port.ts";
import type { AdsEnvoy } from "../../pushes/ads-envoy.ts";
import { type Places, type Sidecars, sidecars } from "../sidecars.ts";
import { edited, firstShop, HOSTED, randomRequest, servicesEdited } from "./edits.ts";
import { type Chance, chance } from "./random.ts";
import { type Answer, type Asked, answerOf, hostOf, manifestOf, type Shop } from "./shop.ts";

/** What a run came to. */
export interface ChaosReport {
  readonly edits: number;
  readonly restarts: number;
  readonly refusals: number;
  readonly requests: number;
  /** Those which every mesh that there was meanwhile would have answered. */
  readonly surelyAnswered: number;
  readonly successes: number;
  /** What should not have been, in words. */
  readonly faults: readonly string[];
}

/** Milliseconds between two edits. */
const PACE = 120;
/** A request may meet a mesh that was replaced this long ago: a change reaches Envoy in milliseconds, but for clusters that have to warm up. */
const LAG = 2_500;
/** Edits after which nothing happens until every answer is what the mesh says. */
const ROUND = 25;
const AT_ONCE = 6;
/** Requests of each kind in the quiet between two rounds. */
const QUIET = 150;
const SETTLED = 10_000;
/** What was replaced stays for ten seconds after its last use was taken away, and what it names for as long again. */
const LEFT = 45_000;
const CALLED = "127.0.0.9";
/** Where a second one is called. */
const ELSEWHERE = "127.0.0.8";

interface Told {
  readonly asked: Asked;
  readonly began: number;
  readonly ended: number;
  readonly status: number;
  /** Who answered. */
  readonly node: string;
}

/**
 * Edits a mesh at random, over and over, while a real Envoy with what the caller of all its services gets takes requests and keeps one TCP
 * connection open. Tells every request that failed though each mesh that it can have met would have answered it, every answer by a node
 * that none of them names, and, between two rounds, what is not as the mesh says.
 */
export async function runChaos(edits: number, seed: number): Promise<ChaosReport> {
  const random = chance(seed);
  // of its own, so that a seed makes the same edits however fast the answers are
  const asking = chance(seed + 1);
  const [port = 0, tcpPort = 0] = await freePorts(2);
  const refused = new Set<string>();
  const apps = await listening(port, tcpPort);
  const places: Places = {
    hosts: Object.fromEntries(HOSTED.map((name) => [hostOf(name), [addressOf(name)]])),
    sidecars: calledAt({ port, tcpPort }, CALLED),
    lookup: "eds",
    refused,
  };
  let shop = firstShop(random, { port, tcpPort });
  const history: { readonly at: number; readonly shop: Shop }[] = [{ at: 0, shop }];
  const mesh = await sidecars(manifestOf(shop), places);
  const faults: string[] = [];
  const counts = { requests: 0, surelyAnswered: 0, successes: 0, restarts: 0 };
  const judge = (told: Told): void => {
    counts.requests += 1;
    if (told.status === 200) counts.successes += 1;
    // one that was still there when the longest lag began counts too
    const from = history.findLastIndex(({ at }) => at <= told.began - LAG);
    const met = history.slice(Math.max(from, 0)).filter(({ at }) => at <= told.ended);
    const answers = met.map((each) => answerOf(each.shop, told.asked));
    if (answers.every(({ mayFail }) => !mayFail)) counts.surelyAnswered += 1;
    const fault = faultOf(told, answers);
    if (fault !== undefined) faults.push(`after ${history.length - 1} edits: ${fault}`);
  };
  const connection = await openConnection(tcpPort);
  let often: readonly string[] = [];
  const load = startLoad(() => randomRequest(asking, often), port, judge);
  try {
    await settled(mesh, shop, port, asking, faults);
    for (let edit = 1; edit <= edits; edit++) {
      const next = edited(shop, random);
      often = servicesEdited(shop, next);
      shop = next;
      refused.clear();
      for (const name of shop.refused) refused.add(hostOf(name));
      history.push({ at: performance.now(), shop });
      await mesh.change(manifestOf(shop));
      if (edit % 40 === 0) {
        counts.restarts += 1;
        await mesh.restart("front");
      }
      await sleep(PACE);
      if (edit % ROUND === 0) await settled(mesh, shop, port, asking, faults);
    }
    await load.stop();
    await connection.check(faults);
    shop = { ...shop, refused: [] };
    refused.clear();
    await mesh.change(manifestOf(shop));
    await settled(mesh, shop, port, asking, faults);
    await sameFromNothing(mesh, shop, places, faults);
    return { edits, ...counts, refusals: mesh.rejections().length, faults };
  } finally {
    await load.stop();
    connection.close();
    await mesh.stop();
    for (const app of apps) app.close();
  }
}

function faultOf({ asked, status, node }: Told, answers: readonly Answer[]): string | undefined {
  const what = `${asked.method} ${asked.service}${asked.path}${asked.header === undefined ? "" : ` (${asked.header})`}`;
  if (status === 200) {
    const isNamed = answers.some(({ nodes }) => nodes.includes(node));
    return isNamed ? undefined : `${what} was answered by ${node}, which none of its routes names`;
  }
  return answers.some(({ mayFail }) => mayFail) ? undefined : `${what} failed with ${status}`;
}

/** Waits until the answers are what the mesh says, then asks once more, and tells those that are not. */
async function settled(mesh: Sidecars, shop: Shop, port: number, random: Chance, faults: string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const end = performance.now() + SETTLED;
  try {
    let wrong: readonly string[];
    do {
      wrong = [];
      const asked = Array.from({ length: QUIET }, () => randomRequest(random));
      const told = await Promise.all(asked.map((one) => ask(one, port, agent)));
      wrong = told.flatMap((one) => faultOf(one, [answerOf(shop, one.asked)]) ?? []);
      if (wrong.length > 0) await sleep(100);
    } while (wrong.length > 0 && performance.now() < end);
    faults.push(...wrong.map((one) => `in the quiet: ${one}; rejected: ${mesh.rejections().slice(-3).join("; ")}`));
  } finally {
    agent.destroy();
  }
}

/** What the Envoy has in the end is what another gets that comes now; what nobody needs any more leaves it a little later. */
async function sameFromNothing(mesh: Sidecars, shop: Shop, places: Places, faults: string[]): Promise<void> {
  const fresh = await sidecars(manifestOf(shop), { ...places, sidecars: calledAt(shop, ELSEWHERE) });
  try {
    const wanted = await configurationOf(fresh.envoy("front"));
    if (wanted.size === 0) faults.push("another Envoy shows nothing that it has");
    const end = performance.now() + LEFT;
    let wrong: readonly string[];
    do {
      const found = await configurationOf(mesh.envoy("front"));
      wrong = [...new Set([...found.keys(), ...wanted.keys()])]
        .filter((name) => found.get(name) !== wanted.get(name))
        .map((name) => `${name} is not what another Envoy gets: ${found.get(name)} instead of ${wanted.get(name)}`);
      if (wrong.length > 0) await sleep(250);
    } while (wrong.length > 0 && performance.now() < end);
    faults.push(...wrong);
  } finally {
    await fresh.stop();
  }
}

function calledAt({ port, tcpPort }: Pick<Shop, "port" | "tcpPort">, address: string): NonNullable<Places["sidecars"]> {
  const calls = [port, tcpPort].map((each) => [address, each] as const);
  return { front: { calls } };
}

/** Each dynamic resource of an Envoy as JSON, by its name. */
async function configurationOf(envoy: AdsEnvoy): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [resource, field] of [
    ["dynamic_active_clusters", "cluster"],
    ["dynamic_listeners", "active_state"],
    ["dynamic_route_configs", "route_config"],
  ] as const) {
    const page = JSON.parse(await envoy.admin(`/config_dump?resource=${resource}`)) as {
      configs?: Record<string, { name?: string; listener?: { name: string } }>[];
    };
    for (const config of page.configs ?? []) {
      const one = config[field];
      const body = one?.listener ?? one;
      found.set(`${field} ${body?.name}`, JSON.stringify(body).replaceAll(ELSEWHERE, CALLED));
    }
  }
  return found;
}

function startLoad(
  next: () => Asked,
  port: number,
  judge: (told: Told) => void,
): { readonly stop: () => Promise<void> } {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      judge(await ask(next(), port, agent));
      // a core is shared with the Envoy
      await setImmediate();
    }
  };
  const running = Promise.all(Array.from({ length: AT_ONCE }, run));
  return {
    async stop() {
      isStopped = true;
      await running;
      agent.destroy();
    },
  };
}

/** Status 0: the connection failed. */
async function ask(asked: Asked, port: number, agent: Agent): Promise<Told> {
  const began = performance.now();
  const headers = { host: hostOf(asked.service), ...(asked.header !== undefined && { "x-kind": asked.header }) };
  const sent = request({ host: CALLED, port, path: asked.path, method: asked.method, agent, headers });
  sent.end();
  try {
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    let node = "";
    for await (const piece of answer) node += String(piece);
    return { asked, began, ended: performance.now(), status: answer.statusCode ?? 0, node };
  } catch {
    return { asked, began, ended: performance.now(), status: 0, node: "" };
  }
}

/** Of loopback; each node has its own. */
function addressOf(name: string): string {
  return `127.0.1.${1 + HOSTED.indexOf(name)}`;
}

async function listening(port: number, tcpPort: number): Promise<readonly Server[]> {
  const apps = HOSTED.map((name) =>
    name === "db"
      ? createTcpServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket)).listen(
          tcpPort,
          addressOf(name),
        )
      : createServer((_, answer) => answer.end(name)).listen(port, addressOf(name)),
  );
  await Promise.all(apps.map((app) => once(app, "listening")));
  return apps;
}

/** One to `db`, which says every while what comes back; nothing that is edited is on its way. */
async function openConnection(
  tcpPort: number,
): Promise<{ check: (faults: string[]) => Promise<void>; close: () => void }> {
  const socket: Socket = connect(tcpPort, CALLED);
  let end = "";
  socket.on("error", (error) => {
    end = error.message;
  });
  socket.on("close", () => {
    end ||= "it was closed";
  });
  await once(socket, "connect");
  return {
    async check(faults) {
      if (end === "") {
        socket.write("still there");
        const [said] = (await Promise.race([once(socket, "data"), sleep(2_000, ["nothing"])])) as [unknown];
        if (String(said) !== "still there") end = `it said ${String(said)}`;
      }
      if (end !== "") faults.push(`the connection to db did not last: ${end}`);
    },
    close: () => void socket.destroy(),
  };
}
