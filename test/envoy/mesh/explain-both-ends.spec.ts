import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Around } from "../../../src/answers/explain-request/around.ts";
import { explainRequest } from "../../../src/answers/explain-request/explain-request.ts";
import type { RequestExplanation } from "../../../src/answers/explain-request/explanation.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { meshOf } from "../../translated-manifest.ts";
import { eventually } from "../envoy-process.ts";
import { chance } from "./chaos/random.ts";
import { type BothEndsApps, bothEndsApps } from "./explain-request/both-ends-apps.ts";
import { bothEndsMesh, type NodePorts, SHORT } from "./explain-request/both-ends-mesh.ts";
import { type CallAnswer, capturedCall } from "./explain-request/captured-calls.ts";
import { type Call, randomCall } from "./explain-request/random-call.ts";
import { hostOfNode } from "./explain-request/random-mesh.ts";
import { FAULT, ID } from "./explain-request/recording-apps.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * What is explained of gRPC, TCP and HTTP, against what real Envoys of both ends do: the sidecar of the caller, and those of the nodes that are called.
 * EXPLAIN_SEEDS=1,2,3 runs other meshes than the standard ones, EXPLAIN_REQUESTS=1000 asks each more.
 */

const SEEDS = (process.env["EXPLAIN_SEEDS"] ?? "1,5").split(",").map(Number);
const REQUESTS = Number(process.env["EXPLAIN_REQUESTS"] ?? "400");
/** Calls at a time. */
const AT_ONCE = 16;
const NODES = 3;
/** Milliseconds: the longest time that is waited for. */
const LONGEST = 5000;
/** Names of the status codes of gRPC that a policy can have tried again. */
const RETRIED = { 1: "cancelled", 4: "deadline-exceeded", 8: "resource-exhausted", 13: "internal", 14: "unavailable" };

describe.each(SEEDS)("the mesh of seed %i", (seed) => {
  const random = chance(seed);
  const egress = random.below(2) === 0 ? "ALLOW_ALL" : "DROP_ALL";
  let captured: number;
  let nodePorts: readonly number[];
  let mesh: Sidecars;
  let apps: BothEndsApps;
  let around: Around;
  let calls: readonly Asked[];

  beforeAll(async () => {
    const [first = 0, outside = 0, ...others] = await freePorts(2 + 4 * NODES);
    captured = first;
    nodePorts = others;
    const nodes = Array.from({ length: NODES }, (_, index): NodePorts => {
      const [http = 0, http2 = 0, grpc = 0, tcp = 0] = others.slice(4 * index);
      return { http, http2, grpc, tcp };
    });
    const manifest = bothEndsMesh(nodes, egress, random);
    apps = await bothEndsApps(nodes, outside);
    const ofNodes = nodes.map((ports, index) => {
      const takes = Object.values(ports).map((port) => [addressOf(index), port] as const);
      return [`n${index}`, { takes }] as const;
    });
    mesh = await sidecars(manifest, {
      hosts: Object.fromEntries(nodes.map((_, index) => [hostOfNode(index), [addressOf(index)]])),
      sidecars: { front: { captured: ["127.0.0.1", captured] }, ...Object.fromEntries(ofNodes) },
      outside,
    });
    const { graph, registry } = meshOf(manifest);
    const services = registry.services();
    around = { graph, services, clusterDomain: "cluster.local", knows: "files", membersOf: () => undefined };
    calls = Array.from({ length: REQUESTS }, () => {
      const call = randomCall(nodePorts, random);
      return { call, explanation: explained(call) };
    });
  }, 180_000);

  afterAll(async () => {
    await mesh?.stop();
    await apps?.stop();
  });

  test("Envoys take all of it", () => {
    expect(mesh.rejections()).toEqual([]);
  });

  test("who answers, and with which status", async () => {
    await eachOf("answer", checkAnswer);
  }, 300_000);

  test("how often a failing app is tried", async () => {
    const wanted = (found: RequestExplanation) => isSure(found) && !hasShort(found);
    await eachOf("tries", checkTries, { wanted });
  }, 300_000);

  test("when a request ends that no app answers, and how often it was tried", async () => {
    // whom of several targets it comes to is not seen
    const wanted = (found: RequestExplanation) =>
      isSure(found) &&
      endOf(found) > 0 &&
      new Set(found.targets.map(({ unanswered }) => JSON.stringify(unanswered))).size === 1;
    // most of it is waiting
    await eachOf("unanswered", checkUnanswered, { wanted, atOnce: 5 * AT_ONCE });
  }, 300_000);

  function explained({ sent }: Call): RequestExplanation {
    const object = { kind: "VirtualNode", namespace: "shop", name: "front" } as const;
    const past = { ignoredPorts: [], ignoredIps: [] };
    const caller = { workload: undefined, namespace: "shop", proxy: { kind: "member", object, past } } as const;
    return explainRequest(sent, caller, around);
  }

  /** Checks those of the calls that it has something to say to, so many at a time. */
  async function eachOf(
    name: string,
    check: (asked: Asked, id: string) => Promise<void>,
    { wanted = () => true, atOnce = AT_ONCE }: Asking = {},
  ): Promise<void> {
    const all = calls.filter(({ explanation }) => wanted(explanation));
    expect(all.length).toBeGreaterThan(0);
    for (let done = 0; done < all.length; done += atOnce) {
      const batch = all.slice(done, done + atOnce);
      await Promise.all(batch.map((asked, index) => check(asked, `${name}-${done + index}`)));
    }
  }

  function send({ sent, address, spoken }: Call, id: string, more: Readonly<Record<string, string>> = {}) {
    return capturedCall(captured, { address, port: sent.port }, sent, spoken, { [ID]: id, ...more });
  }

  async function checkAnswer({ call, explanation }: Asked, id: string): Promise<void> {
    const { seen } = explanation;
    const spoken = spokenTo(call, explanation);
    const answer = await send({ ...call, spoken }, id);
    // a busy machine takes longer than a short time-out allows
    if (hasShort(explanation) && isLate(answer)) return;
    const expected = possible(explanation, { ...call, spoken });
    expect({ ...shown(call), by: whoAnswers(answer) }).toEqual({
      ...shown(call),
      by: expect.toSatisfy((who) => expected.includes(who), `one of ${expected.join(", ")}`),
    });
    if (answer.path === undefined || seen === null) return;
    expect({ ...shown(call), path: answer.path }).toEqual({ ...shown(call), path: seen.path });
  }

  async function checkTries({ call, explanation: { routes, targets } }: Asked, id: string): Promise<void> {
    // apps of HTTP/1.1 know nothing of gRPC
    const isCall = isGrpc(call) && targets.every(({ protocol }) => protocol === "grpc" || protocol === "http2");
    const code = random.pick([1, 2, 4, 8, 13, 14] as const);
    const status = random.pick([500, 503, 504, 409, 404]);
    const fault = isCall ? random.pick([`grpc ${code}`, `grpc ${code}`, `trailers ${code}`, `${status}`]) : `${status}`;
    await send(call, id, { [FAULT]: fault });
    const { times = 0, on = [], statuses = [] } = routes?.retries ?? {};
    const isTried = fault.startsWith("grpc ")
      ? on.includes((RETRIED as Record<number, string>)[code] ?? "")
      : statuses.includes(Number(fault));
    const expected = { ...shown(call), fault, tries: isTried ? 1 + times : 1 };
    expect({ ...shown(call), fault, tries: apps.triesOf(id) }).toEqual(expected);
  }

  async function checkUnanswered({ call, explanation: { routes, targets } }: Asked, id: string): Promise<void> {
    const { after, tries } = targets[0]?.unanswered ?? { after: 0, tries: 0 };
    const begun = performance.now();
    const answer = await send(call, id, { [FAULT]: "hang" });
    // Envoy's clock and this one differ by some milliseconds
    const waited = performance.now() - begun > after - 20;
    const expected = { ...shown(call), after, by: isGrpc(call) ? "grpc 14" : "504", waited: true };
    expect({ ...shown(call), after, by: whoAnswers(answer), waited }).toEqual(expected);
    const { perRequest = 0, idle = 0 } = routes?.timeouts ?? {};
    // what ends in the midst of a try may end before it
    const isCut = after === perRequest || after === idle;
    const found = await eventually(
      () => Promise.resolve(apps.triesOf(id)),
      (count) => count === tries || (isCut && count > 0),
    );
    expect({ ...shown(call), tries: found }).toEqual({
      ...shown(call),
      tries: isCut ? expect.toSatisfy((count) => count <= tries) : tries,
    });
  }
});

function addressOf(index: number): string {
  return `127.0.0.${31 + index}`;
}

function isGrpc({ sent }: Call): boolean {
  const type = sent.kind === "http" ? sent.headers.find(({ name }) => name === "content-type")?.value : undefined;
  return type === "application/grpc" || type?.startsWith("application/grpc+") === true;
}

/** Apps outside, and those of TCP, know HTTP/1.1 alone; what the mesh reads as HTTP and is none, an app sends that speaks something else. */
function spokenTo({ sent, spoken }: Call, { connection, outcome }: RequestExplanation): Call["spoken"] {
  if (connection?.kind === "http" && sent.kind === "tcp") return "no http";
  return connection?.kind === "http" && outcome.kind !== "passes" ? spoken : "http/1.1";
}

interface Asked {
  readonly call: Call;
  readonly explanation: RequestExplanation;
}

interface Asking {
  readonly wanted?: (explanation: RequestExplanation) => boolean;
  readonly atOnce?: number;
}

/** A node, `outside`, `closed`, or a status: that of gRPC where it says one. */
function whoAnswers({ status, grpc, who }: CallAnswer): string {
  if (status === 0) return "closed";
  if (status === 200 && who !== undefined) return who;
  return grpc === undefined ? String(status) : `grpc ${grpc}`;
}

function possible({ outcome, connection }: RequestExplanation, { spoken }: Call): readonly string[] {
  const { grpcStatus } = outcome;
  const own = (code: number): string => (grpcStatus === null ? String(code) : `grpc ${grpcStatus}`);
  switch (outcome.kind) {
    case "answered": {
      const failed = connection?.kind === "tcp" ? "closed" : own(503);
      return outcome.shares.map(({ node, why }) => (why === null ? node.replace("_shop", "") : failed));
    }
    case "status":
      return [own(outcome.status)];
    case "passes":
      return ["outside"];
    case "unsent":
      return [];
    case "closed":
      return [spoken === "no http" ? "400" : "closed"];
  }
}

/** Whether an app gets the request, whatever the weights. */
function isSure({ outcome, connection }: RequestExplanation): boolean {
  return connection?.kind === "http" && outcome.kind === "answered" && outcome.shares.every(({ why }) => why === null);
}

/** Milliseconds after which a request ends that no app answers; 0: later than is waited for. */
function endOf({ targets }: RequestExplanation): number {
  const after = targets[0]?.unanswered?.after ?? 0;
  return after > LONGEST ? 0 : after;
}

/** Whether a time-out of either end may act on a busy machine. */
function hasShort({ routes, targets }: RequestExplanation): boolean {
  const own = Object.values(routes?.timeouts ?? {}) as readonly number[];
  return [...own, ...targets.flatMap(({ timeouts }) => Object.values(timeouts ?? {}))].some((time) =>
    SHORT.some((short) => short === time),
  );
}

function isLate({ status, grpc }: CallAnswer): boolean {
  return status === 504 || grpc === 14 || grpc === 4;
}

function shown({ sent, address, spoken }: Call) {
  const what =
    sent.kind === "tcp" ? "tcp" : `${sent.method} ${sent.path} ${sent.authority} ${JSON.stringify(sent.headers)}`;
  return { asked: `${what} to ${address}:${sent.port} over ${spoken}` };
}
