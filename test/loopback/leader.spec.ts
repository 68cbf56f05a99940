import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { kubeClient } from "../../src/kube/client.ts";
import { type Election, runAsLeader } from "../../src/kube/leader.ts";
import { leaseRecord } from "../../src/kube/lease.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { comesTrue } from "../comes-true.ts";
import { type FakeApiServer, type FakeCall, failure, fakeApiServer } from "../unit/fake-api-server.ts";

/** Deadlines are out of a busy machine's reach, except where one is to pass: that one, too, leaves time to become the leader. */
const TIMINGS = { duration: 1_000, renewDeadline: 60_000, retry: 20, release: 60_000 };
const SOON_LOST = { ...TIMINGS, renewDeadline: 2_000 };

let server: FakeApiServer;
let abort: AbortController;
let running: Promise<void>;
let terms: string[];
let problems: string[];

beforeEach(async () => {
  server = await fakeApiServer();
  abort = new AbortController();
  terms = [];
  problems = [];
});
afterEach(async () => {
  abort.abort();
  await server.close();
  await running;
});

/** A candidate `me` whose terms are noted as they begin and end. */
function campaign(
  lead = (signal: AbortSignal) => aborted(signal),
  timings: NonNullable<Election["timings"]> = TIMINGS,
): void {
  running = runAsLeader(
    {
      client: kubeClient(server.endpoint),
      lease: { namespace: "system", name: "one" },
      identity: "me",
      timings,
      random: () => 0,
      onProblem: (error) => problems.push((error as Error).message),
    },
    async (signal) => {
      terms.push("begin");
      try {
        await lead(signal);
      } finally {
        terms.push("end");
      }
    },
    abort.signal,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

let version = 0;
function lease(holder: string, duration = 15): JsonObject {
  version += 1;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "system", name: "one", resourceVersion: String(version) },
    spec: { holderIdentity: holder, leaseDurationSeconds: duration, renewTime: `t${version}` },
  };
}

/** Answers a write with what was written, and returns it. */
async function accept(call: FakeCall): Promise<JsonObject> {
  const written = JSON.parse(await call.body()) as JsonObject;
  version += 1;
  const stored = { ...written, metadata: { name: "one", namespace: "system", resourceVersion: String(version) } };
  call.answer(200, stored);
  return stored;
}

/** Lets it find nothing and create the Lease. */
async function elect(): Promise<void> {
  (await server.next()).answer(404, failure(404, "not found"));
  const created = await server.next();
  expect(created.method).toBe("PATCH");
  await accept(created);
  await comesTrue(() => expect(terms).toEqual(["begin"]));
}

test("a Lease that nobody made is made, kept, and given back at the end", async () => {
  campaign();
  await elect();
  const renewal = await server.next();
  expect(renewal.method).toBe("PUT");
  const stored = await accept(renewal);
  abort.abort();
  let call = await server.next();
  // A renewal may have been on its way.
  if (call.method === "PUT") call = await server.next();
  expect(call.method).toBe("GET");
  call.answer(200, stored);
  const given = await accept(await server.next());
  expect(leaseRecord(given).holder).toBe("");
  await running;
  expect(terms).toEqual(["begin", "end"]);
});

test("two who create it at once: the one that is refused waits and says nothing", async () => {
  campaign();
  (await server.next()).answer(404, failure(404, "not found"));
  (await server.next()).answer(409, failure(409, "Conflict"));
  const again = await server.next();
  expect([again.method, terms, problems]).toEqual(["GET", [], []]);
});

test("another's Lease is left alone for as long as it changes, however old its times are", async () => {
  campaign(undefined, { ...TIMINGS, retry: 300 });
  for (let look = 0; look < 5; look += 1) {
    const call = await server.next();
    expect(call.method).toBe("GET");
    call.answer(200, lease("other", 1));
  }
  expect(terms).toEqual([]);
});

test("another's Lease that stays unchanged for its duration is taken", async () => {
  campaign(undefined, { ...TIMINGS, retry: 150 });
  const stale = lease("other", 1);
  const begun = performance.now();
  let call = await server.next();
  while (call.method === "GET") {
    call.answer(200, stale);
    call = await server.next();
  }
  expect(performance.now() - begun).toBeGreaterThanOrEqual(900);
  expect(leaseRecord(await accept(call))).toMatchObject({ holder: "me", transitions: 1 });
  await comesTrue(() => expect(terms).toEqual(["begin"]));
});

test("who comes back under his name goes on at once", async () => {
  campaign();
  (await server.next()).answer(200, lease("me"));
  await accept(await server.next());
  await comesTrue(() => expect(terms).toEqual(["begin"]));
});

test("a leader that cannot renew stops its parts, and says why", async () => {
  campaign(undefined, SOON_LOST);
  await elect();
  for (; terms.length < 2; ) {
    const call = await Promise.race([server.next(), wait(30_000)]);
    if (call === undefined) break;
    call.answer(500, failure(500, "etcdserver: request timed out"));
  }
  expect(terms).toEqual(["begin", "end"]);
  expect(problems[0]).toContain("etcdserver: request timed out");
});

test("an API server that does not answer ends the term as well", async () => {
  campaign(undefined, SOON_LOST);
  await elect();
  await server.next();
  await comesTrue(() => expect(terms).toEqual(["begin", "end"]));
});

test("a Lease that somebody else took ends the term at once; he keeps it", async () => {
  campaign();
  await elect();
  (await server.next()).answer(409, failure(409, "the object has been modified"));
  (await server.next()).answer(200, lease("other"));
  // It would give back what is its own.
  const look = await server.next();
  expect(look.method).toBe("GET");
  look.answer(200, lease("other"));
  await comesTrue(() => expect(terms).toEqual(["begin", "end"]));
  expect((await server.next()).method).toBe("GET");
  expect(problems).toEqual([]);
});

test("a Lease that somebody only annotated is kept", async () => {
  campaign();
  await elect();
  (await server.next()).answer(409, failure(409, "the object has been modified"));
  const annotated = lease("me");
  (await server.next()).answer(200, annotated);
  const renewal = await server.next();
  expect(renewal.method).toBe("PUT");
  expect(JSON.parse(await renewal.body())).toMatchObject({ metadata: annotated["metadata"] });
  expect(terms).toEqual(["begin"]);
});

test("a deleted Lease is created again", async () => {
  campaign();
  await elect();
  (await server.next()).answer(404, failure(404, "not found"));
  for (let call = await server.next(); call.method !== "PATCH"; call = await server.next()) {
    call.answer(404, failure(404, "not found"));
  }
  expect(terms.slice(0, 2)).toEqual(["begin", "end"]);
});

test("parts that fail give the Lease back, say why, and get another term", async () => {
  campaign(async () => {
    throw new Error("no trust to publish");
  });
  (await server.next()).answer(404, failure(404, "not found"));
  const stored = await accept(await server.next());
  let call = await server.next();
  if (call.method === "PUT") {
    await accept(call);
    call = await server.next();
  }
  call.answer(200, stored);
  expect(leaseRecord(await accept(await server.next())).holder).toBe("");
  expect(problems).toContain("no trust to publish");
  (await server.next()).answer(200, lease(""));
  await accept(await server.next());
  await comesTrue(() => expect(terms).toEqual(["begin", "end", "begin", "end"]));
});
