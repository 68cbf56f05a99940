import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Around } from "../../../src/answers/explain-request/around.ts";
import { explainRequest } from "../../../src/answers/explain-request/explain-request.ts";
import type { Outcome, RequestExplanation } from "../../../src/answers/explain-request/explanation.ts";
import type { HttpSent } from "../../../src/answers/explain-request/sent-request.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { graphOf } from "../../translated-manifest.ts";
import { type Chance, chance } from "./chaos/random.ts";
import { hostOfNode, type MeshPorts, randomMesh } from "./explain-request/random-mesh.ts";
import { oddPath, randomRequest } from "./explain-request/random-request.ts";
import { FAULT, ID, type RecordingApps, recordingApps, SEEN } from "./explain-request/recording-apps.ts";
import { REPEATED } from "./explain-request/words.ts";
import { type RawAnswer, rawRequest } from "./match-matrix/raw-request.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * What is explained, against what real Envoys do: random meshes, random requests that hit and nearly hit, from an app through its sidecar
 * and from outside through a gateway. EXPLAIN_SEEDS=1,2,3 runs other meshes than the standard ones, EXPLAIN_REQUESTS=1000 asks each more.
 */

const SEEDS = (process.env["EXPLAIN_SEEDS"] ?? "1,2").split(",").map(Number);
const REQUESTS = Number(process.env["EXPLAIN_REQUESTS"] ?? "150");
/** Requests at a time. */
const AT_ONCE = 16;

describe.each(SEEDS)("the mesh of seed %i", (seed) => {
  const egress = seed % 2 === 0 ? "ALLOW_ALL" : "DROP_ALL";
  const random = chance(seed);
  let ports: MeshPorts;
  let mesh: Sidecars;
  let apps: RecordingApps;
  let around: Around;

  beforeAll(async () => {
    const [first = 0, second = 0, gateway = 0, behind = 0, outside = 0, ...nodes] = await freePorts(9);
    ports = { routers: [first, second], gateway, nodes };
    const manifest = randomMesh(ports, egress, random);
    apps = await recordingApps(nodes, outside);
    mesh = await sidecars(manifest, {
      hosts: Object.fromEntries(nodes.map((_, index) => [hostOfNode(index), ["127.0.0.1"]])),
      sidecars: { front: { calls: ports.routers.map((port) => ["127.0.0.1", port] as const) } },
      gateways: { door: { at: "127.0.0.1", ports: [gateway], second: ["127.0.0.1", behind] } },
      outside,
    });
    around = {
      graph: graphOf(manifest),
      services: [],
      clusterDomain: "cluster.local",
      knows: "files",
      membersOf: () => undefined,
    };
  }, 180_000);

  afterAll(async () => {
    await mesh?.stop();
    await apps?.stop();
  });

  test("Envoys take all of it", () => {
    expect(mesh.rejections()).toEqual([]);
  });

  test("who answers, with which status, and what the app sees", async () => {
    await eachOf(REQUESTS, random, (one) => asked(one), checkAnswer);
  }, 300_000);

  test("what the app sees of paths with any character", async () => {
    const odd = (): HttpSent => ({
      ...asked(random),
      authority: "echo.shop",
      path: oddPath(random),
      port: ports.routers[0],
    });
    await eachOf(REQUESTS, random, odd, checkAnswer);
  }, 300_000);

  test("how often a failing app is tried", async () => {
    await eachOf(REQUESTS, random, (one) => asked(one), checkTries);
  }, 300_000);

  test("which time-out ends a slow request", async () => {
    await eachOf(REQUESTS, random, (one) => asked(one), checkTimeout);
  }, 300_000);

  test("of which repeated headers the lines are joined", async () => {
    const [port] = ports.routers;
    const rows = REPEATED.map((name, index) => {
      const twice = ["a", "b"].map((value) => ({ name, value }));
      const common = { kind: "http", scheme: "http", host: "called.example", port, method: "GET" } as const;
      const sent: HttpSent = { ...common, authority: "joined.shop", path: `/h${index}/`, headers: twice };
      return { name, sent };
    });
    const found = await Promise.all(
      rows.map(async ({ name, sent }) => [name, (await send(sent, name)).status === 200] as const),
    );
    const expected = rows.map(({ name, sent }) => [name, explained(sent).outcome.kind === "answered"]);
    expect(found).toEqual(expected);
  });

  function asked(one: Chance): HttpSent {
    const isGateway = one.below(3) === 0;
    return randomRequest(isGateway ? ports.gateway : one.pick(ports.routers), isGateway ? "gateway" : "service", one);
  }

  function explained(sent: HttpSent): RequestExplanation {
    const of =
      sent.port === ports.gateway
        ? ({ kind: "VirtualGateway", name: "door" } as const)
        : ({ kind: "VirtualNode", name: "front" } as const);
    const object = { ...of, namespace: "shop" };
    const past = { ignoredPorts: [], ignoredIps: [] };
    const caller = { workload: undefined, namespace: "shop", proxy: { kind: "member", object, past } } as const;
    return explainRequest(sent, caller, around);
  }

  async function checkAnswer(sent: HttpSent, id: string): Promise<void> {
    const { outcome, seen, routes } = explained(sent);
    const answer = await send(sent, id);
    // a busy machine takes longer than a short time-out allows
    if (answer.status === 504 && isShort(routes?.timeouts?.perRequest ?? 0)) return;
    expect({ ...shown(sent), by: whoAnswers(answer) }).toEqual({
      ...shown(sent),
      by: expect.toSatisfy((who) => possible(outcome).includes(who), `one of ${possible(outcome).join(", ")}`),
    });
    if (answer.status !== 200 || seen === null || sent.method === "HEAD") return;
    const saw = { path: answer.headers.get(SEEN.path), host: answer.headers.get(SEEN.host) };
    expect({ ...shown(sent), ...saw }).toEqual({ ...shown(sent), path: seen.path, host: seen.authority });
  }

  async function checkTries(sent: HttpSent, id: string): Promise<void> {
    const { outcome, routes } = explained(sent);
    if (!isSure(outcome) || routes?.timeouts == null) return;
    const status = Number(random.pick(["500", "503", "504", "409", "404"]));
    await send({ ...sent, headers: [...sent.headers, { name: FAULT, value: String(status) }] }, id);
    // a short time-out may end it before the last try
    if (isShort(routes.timeouts.perRequest)) return;
    const expected = routes.retries?.statuses.includes(status) === true ? 1 + routes.retries.times : 1;
    expect({ ...shown(sent), status, tries: apps.triesOf(id) }).toEqual({ ...shown(sent), status, tries: expected });
  }

  async function checkTimeout(sent: HttpSent, id: string): Promise<void> {
    const { outcome, routes } = explained(sent);
    const most = routes?.timeouts?.perRequest ?? 0;
    // longer ones are those that nobody asked for
    if (!isSure(outcome) || !isShort(most)) return;
    const begun = performance.now();
    const answer = await send({ ...sent, headers: [...sent.headers, { name: FAULT, value: "hang" }] }, id);
    // Envoy's clock and this one differ by some milliseconds
    const waited = performance.now() - begun > most - 20;
    expect({ ...shown(sent), most, status: answer.status, waited }).toEqual({
      ...shown(sent),
      most,
      status: 504,
      waited: true,
    });
  }
});

async function eachOf(
  times: number,
  random: Chance,
  make: (random: Chance) => HttpSent,
  check: (sent: HttpSent, id: string) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < times; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, times - done) }, () => make(random));
    await Promise.all(batch.map((sent, index) => check(sent, `${check.name}-${done + index}`)));
  }
}

function send({ method, path, authority, headers, port }: HttpSent, id: string): Promise<RawAnswer> {
  const lines = headers.map(({ name, value }) => `${name}: ${value}`);
  return rawRequest(port, [`${method} ${path} HTTP/1.1`, `host: ${authority}`, `${ID}: ${id}`, ...lines]);
}

/** A node, `outside`, or the status. */
function whoAnswers({ status, headers }: RawAnswer): string {
  return status === 200 ? (headers.get(SEEN.who) ?? "") : String(status);
}

function possible(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case "answered":
      return outcome.shares.map(({ node, why }) => (why === null ? node.replace("_shop", "") : "503"));
    case "status":
      return [String(outcome.status)];
    case "passes":
      return ["outside"];
    case "unsent":
      return [];
    case "closed":
      return ["0"];
  }
}

/** Of those that random routes have; 0 is none. */
function isShort(milliseconds: number): boolean {
  return milliseconds > 0 && milliseconds <= 1000;
}

/** Whether an app gets it, whatever the weights. */
function isSure(outcome: Outcome): boolean {
  return outcome.kind === "answered" && outcome.shares.every(({ why }) => why === null);
}

function shown({ method, port, authority, path, headers }: HttpSent) {
  return {
    asked: `${method} ${path} ${authority} ${port} ${headers.map(({ name, value }) => `${name}: ${value}`).join(" | ")}`,
  };
}
