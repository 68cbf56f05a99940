import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../../testbed/process/free-port.ts";
import type { Answer } from "./answers.ts";
import { listeningApps } from "./apps.ts";
import { type Calls, calls, type Told } from "./calls.ts";
import { type ChaosMesh, differences } from "./chaos-mesh.ts";
import { edited, editedParts, firstShop, randomRequest, servicesEdited } from "./edits.ts";
import { History } from "./history.ts";
import { type Chance, chance } from "./random.ts";
import type { Asked, Ports, Protocol, Shop } from "./shop.ts";
import type { TlsSources } from "./tls.ts";

/** What a run came to. */
export interface ChaosReport {
  readonly edits: number;
  readonly interruptions: number;
  readonly refusals: number;
  /** Requests, calls and connections. */
  readonly requests: number;
  /** Those which every mesh that there was meanwhile would have answered, of each caller over each protocol. */
  readonly surelyAnswered: Readonly<Record<string, number>>;
  readonly successes: number;
  /** What should not have been, in words. */
  readonly faults: readonly string[];
}

export interface ChaosOptions {
  readonly first: (random: Chance, ports: Ports, tls: TlsSources) => Shop;
  /** One edit after the other; `number` begins with 1. */
  readonly edit: (shop: Shop, random: Chance, number: number) => Shop;
  readonly edits: number;
  /** Edits after which nothing happens until every answer is what the mesh says. */
  readonly round: number;
  /** Requests of each load in that quiet. */
  readonly quiet: number;
  /** Milliseconds between two requests of one who asks. */
  readonly breath: number;
  readonly seed: number;
  /** Milliseconds between two edits. */
  readonly pace: number;
  readonly tls: TlsSources;
  readonly start: (shop: Shop, ports: Ports) => Promise<ChaosMesh>;
}

/** Of random edits. */
export const RANDOM = { first: firstShop, edit: edited, round: 25, quiet: 50, breath: 1 };
/** Edits of a round after which something is interrupted. */
const INTERRUPTED = 10;
/** How many ask at once, of each caller over each protocol. */
const LOADS: readonly (readonly [Asked["by"], Protocol, number])[] = [
  ["front", "http", 4],
  ["side", "http", 2],
  ["door", "http", 3],
  ["front", "grpc", 1],
  ["side", "grpc", 1],
  ["door", "grpc", 1],
  ["front", "tcp", 1],
];
const SETTLED = 60_000;
/** Milliseconds between two connections of TCP. */
const TCP_PACE = 20;
/** A gateway knows services that its routes left for half a minute; what was replaced stays for ten seconds more, and what it names as well. */
const LEFT = 90_000;

/**
 * Edits a mesh over and over while real Envoys of two callers, of a gateway, and of some of those that are called take requests
 * over HTTP, gRPC and TCP. Tells every request that failed though each mesh that it can have met would have answered it, every answer by somebody
 * whom none of them names, every connection that ended, and, between two rounds, what is not as the mesh says.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { breath, edits, pace, quiet, round, seed, start, tls } = options;
  const random = chance(seed);
  // of its own, so that a seed makes the same edits however fast the answers are
  const asking = chance(seed + 1);
  const [http = 0, grpc = 0, tcp = 0, doorHttp = 0, doorGrpc = 0, ...streams] = await freePorts(8);
  const ports: Ports = { http, grpc, tcp, streams, door: { http: doorHttp, grpc: doorGrpc } };
  let shop = options.first(random, ports, tls);
  const apps = await listeningApps(ports);
  const mesh = await start(shop, ports).catch((error: unknown) => {
    for (const app of apps) app.close();
    throw error;
  });
  const history = new History(shop, mesh.behind);
  const faults: string[] = [];
  const surely = new Map<string, number>(LOADS.map(([by, protocol]) => [`${by} ${protocol}`, 0]));
  const counts = { requests: 0, successes: 0, interruptions: 0 };
  const judge = (told: Told): void => {
    counts.requests += 1;
    if (told.by !== undefined) counts.successes += 1;
    const answers = history.answersTo(told);
    if (answers.every(({ mayFail }) => !mayFail)) {
      const of = `${told.asked.by} ${told.asked.protocol}`;
      surely.set(of, (surely.get(of) ?? 0) + 1);
    }
    const fault = faultOf(told, answers);
    if (fault !== undefined)
      faults.push(`after ${history.shops.length - 1} edits (${lastEdits(history.shops)}): ${fault}`);
  };
  const calling = calls(ports);
  let often: readonly string[] = [];
  const change = async (next: Shop): Promise<void> => {
    often = servicesEdited(shop, next);
    shop = next;
    history.push(shop);
    await mesh.change(shop);
  };
  const marking = history.startMarking(mesh, ports);
  const load = startLoad((by, protocol) => randomRequest(asking, by, protocol, often), calling, breath, judge);
  try {
    await settled(mesh, history, quiet, calling, asking, faults);
    for (let edit = 1; edit <= edits; edit++) {
      await change({ ...options.edit(shop, random, edit), edit });
      await sleep(pace);
      if (edit % round === 0) await settled(mesh, history, quiet, calling, asking, faults);
      if (edit % round === INTERRUPTED) {
        counts.interruptions += 1;
        await mesh.interrupt(random);
      }
    }
    await load.stop();
    faults.push(...(await calling.ended()));
    await change({ ...shop, refused: [] });
    await settled(mesh, history, quiet, calling, asking, faults);
    faults.push(...(await differences(mesh, shop, LEFT)));
    return {
      edits,
      ...counts,
      surelyAnswered: Object.fromEntries(surely),
      refusals: mesh.rejections().length,
      faults,
    };
  } finally {
    await Promise.all([load.stop(), marking.stop()]);
    calling.close();
    await mesh.stop();
    for (const app of apps) app.close();
  }
}

/** The last edits, as which parts of the mesh they changed. */
function lastEdits(shops: readonly Shop[]): string {
  const last = shops.slice(-4);
  return last
    .slice(1)
    .map((shop, index) => editedParts(last[index] ?? shop, shop).join(" and ") || "nothing")
    .join(", ");
}

function faultOf({ asked, by, failure }: Told, answers: readonly Answer[]): string | undefined {
  const to = asked.by === "door" ? asked.host : asked.service;
  const header = asked.header === undefined ? "" : ` (${asked.header})`;
  const what = `${asked.by}'s ${asked.protocol} ${asked.method} ${to}${asked.path}${header}`;
  if (by === undefined) return answers.some(({ mayFail }) => mayFail) ? undefined : `${what} failed: ${failure}`;
  const isNamed = answers.some((answer) => answer.by.includes(by));
  return isNamed ? undefined : `${what} was answered by ${by}, which none of its routes names`;
}

/** Waits until the answers are what the mesh says and TLS is as it is written, then asks once more, and tells those that are not. */
async function settled(
  mesh: ChaosMesh,
  history: History,
  quiet: number,
  calling: Calls,
  random: Chance,
  faults: string[],
): Promise<void> {
  const end = performance.now() + SETTLED;
  while (!mesh.hasTls() && performance.now() < end) await sleep(50);
  let wrong: readonly string[];
  do {
    wrong = [];
    const asked = LOADS.flatMap(([by, protocol]) =>
      Array.from({ length: quiet }, () => randomRequest(random, by, protocol)),
    );
    const told = await Promise.all(asked.map((one) => calling.call(one)));
    wrong = told.flatMap((one) => faultOf(one, [history.lastAnswerTo(one)]) ?? []);
    if (wrong.length > 0) await sleep(100);
  } while (wrong.length > 0 && performance.now() < end);
  if (wrong.length === 0) return;
  faults.push(...wrong.map((one) => `in the quiet: ${one}`), `rejected: ${mesh.rejections().slice(-3).join("; ")}`);
}

function startLoad(
  next: (by: Asked["by"], protocol: Protocol) => Asked,
  calling: Calls,
  breath: number,
  judge: (told: Told) => void,
): { readonly stop: () => Promise<void> } {
  let isStopped = false;
  const run = async (by: Asked["by"], protocol: Protocol): Promise<void> => {
    while (!isStopped) {
      judge(await calling.call(next(by, protocol)));
      // a core is shared with the Envoys, and ports of connections that end are free again a minute later
      await sleep(protocol === "tcp" ? TCP_PACE : breath);
    }
  };
  const running = Promise.all(
    LOADS.flatMap(([by, protocol, times]) => Array.from({ length: times }, () => run(by, protocol))),
  );
  return {
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
