import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../../testbed/process/free-port.ts";
import { type Answer, answerOf } from "./answers.ts";
import { listeningApps } from "./apps.ts";
import { type Calls, callHttp, calls, type Told } from "./calls.ts";
import { type ChaosMesh, differences } from "./chaos-mesh.ts";
import { edited, editedParts, firstShop, randomRequest, servicesEdited } from "./edits.ts";
import { MARKED, MARKER_PATH } from "./objects.ts";
import { type Chance, chance } from "./random.ts";
import { type Asked, CALLERS, type Caller, hostOf, type Ports, type Protocol, type Shop, type Tls } from "./shop.ts";

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
  readonly first: (random: Chance, ports: Ports, tls: Tls) => Shop;
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
  readonly tls: Tls;
  readonly start: (shop: Shop, ports: Ports, refused: ReadonlySet<string>) => Promise<ChaosMesh>;
}

/** The meshes that there were, each with when it came, and when all callers surely had it. */
type Meshes = { readonly at: number; everywhere: number; readonly shop: Shop }[];

const PENDING = Number.POSITIVE_INFINITY;

/** Milliseconds by which what no marker tells of may come later than what it tells of. */
const UNMARKED = 2_500;
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
/** What was replaced stays for ten seconds after its last use was taken away, and what it names for as long again. */
const LEFT = 45_000;

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
  const refused = new Set<string>();
  let shop = options.first(random, ports, tls);
  const history: Meshes = [{ at: 0, everywhere: 0, shop }];
  const apps = await listeningApps(ports);
  const mesh = await start(shop, ports, refused).catch((error: unknown) => {
    for (const app of apps) app.close();
    throw error;
  });
  const faults: string[] = [];
  const surely = new Map<string, number>(LOADS.map(([by, protocol]) => [`${by} ${protocol}`, 0]));
  const counts = { requests: 0, successes: 0, interruptions: 0 };
  const judge = (told: Told): void => {
    counts.requests += 1;
    if (told.by !== undefined) counts.successes += 1;
    const answers = answersTo(told, history);
    if (answers.every(({ mayFail }) => !mayFail)) {
      const of = `${told.asked.by} ${told.asked.protocol}`;
      surely.set(of, (surely.get(of) ?? 0) + 1);
    }
    const fault = faultOf(told, answers);
    if (fault !== undefined) faults.push(`after ${history.length - 1} edits (${lastEdits(history)}): ${fault}`);
  };
  const calling = calls(ports);
  let often: readonly string[] = [];
  const change = async (next: Shop): Promise<void> => {
    often = servicesEdited(shop, next);
    shop = next;
    refused.clear();
    for (const name of shop.refused) refused.add(hostOf(name));
    history.push({ at: performance.now(), everywhere: PENDING, shop });
    await mesh.change(shop);
  };
  const marking = startMarking(history, ports);
  const load = startLoad((by, protocol) => randomRequest(asking, by, protocol, often), calling, breath, judge);
  try {
    await settled(mesh, shop, quiet, calling, asking, faults);
    for (let edit = 1; edit <= edits; edit++) {
      await change({ ...options.edit(shop, random, edit), edit });
      await sleep(pace);
      if (edit % round === 0) await settled(mesh, shop, quiet, calling, asking, faults);
      if (edit % round === INTERRUPTED) {
        counts.interruptions += 1;
        await mesh.interrupt(random);
      }
    }
    await load.stop();
    faults.push(...(await calling.ended()));
    await change({ ...shop, refused: [] });
    await settled(mesh, shop, quiet, calling, asking, faults);
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

/**
 * What every mesh that a request can have met says about it: the newest that all had before it began, and those that came until it ended.
 * The two passes of a gateway may be of two of them; where these are one edit apart, they answer as one of the two does.
 */
function answersTo({ asked, began, ended }: Told, history: Meshes): readonly Answer[] {
  // what is not marked, gRPC and TCP, is on the way a little longer
  const margin = asked.protocol === "http" ? 0 : UNMARKED;
  const from = history.findLastIndex(({ everywhere }) => everywhere <= began - margin);
  const met = history.slice(Math.max(from, 0)).filter(({ at }) => at <= ended);
  return met.flatMap(({ shop }, index) =>
    (asked.by === "door" ? met.slice(index) : [{ shop }]).map((second) => answerOf(shop, asked, second.shop)),
  );
}

/** Finds out which mesh every caller has. */
function startMarking(history: Meshes, ports: Ports): { readonly stop: () => Promise<void> } {
  const agent = new Agent({ keepAlive: true });
  let isStopped = false;
  const isAt = async (by: Caller, edit: number): Promise<boolean> => {
    const asked = {
      by,
      protocol: "http",
      service: "marker",
      host: "marker.test",
      header: undefined,
      method: "GET",
    } as const;
    return await callHttp({ ...asked, path: `${MARKER_PATH}${edit}` }, ports, agent).then(
      (found) => found === "marker",
      () => false,
    );
  };
  let sought: Meshes[number] | undefined;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      // of a mesh that stays unknown for long, another one is asked for, as its number may be gone by then
      const last = history.at(-1);
      if (
        sought === undefined ||
        sought.everywhere < PENDING ||
        sought.shop.edit + MARKED / 2 < (last?.shop.edit ?? 0)
      ) {
        sought = last;
      }
      if (sought?.everywhere === PENDING) {
        const { edit } = sought.shop;
        if (await allOf(CALLERS, (by) => isAt(by, edit))) sought.everywhere = performance.now();
      }
      await sleep(10);
    }
  };
  const running = run();
  return {
    async stop() {
      isStopped = true;
      await running;
      agent.destroy();
    },
  };
}

async function allOf<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(all.map(holds))).every(Boolean);
}

/** The last edits, as which parts of the mesh they changed. */
function lastEdits(history: readonly { readonly shop: Shop }[]): string {
  const last = history.slice(-4);
  return last
    .slice(1)
    .map(({ shop }, index) => editedParts(last[index]?.shop ?? shop, shop).join(" and ") || "nothing")
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

/** Waits until the answers are what the mesh says, then asks once more, and tells those that are not. */
async function settled(
  mesh: ChaosMesh,
  shop: Shop,
  quiet: number,
  calling: Calls,
  random: Chance,
  faults: string[],
): Promise<void> {
  const end = performance.now() + SETTLED;
  let wrong: readonly string[];
  do {
    wrong = [];
    const asked = LOADS.flatMap(([by, protocol]) =>
      Array.from({ length: quiet }, () => randomRequest(random, by, protocol)),
    );
    const told = await Promise.all(asked.map((one) => calling.call(one)));
    wrong = told.flatMap((one) => faultOf(one, [answerOf(shop, one.asked)]) ?? []);
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
