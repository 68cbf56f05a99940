import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, put, putNamespace } from "../../../test/mesh-objects.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { MeshGraph } from "../../graph/graph.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import { keyOf, type ObjectRef } from "../../model/mesh-object.ts";
import { NOBODY_BEHIND, type ReplicaReport, type StoredReport } from "../../model/replica-report.ts";
import { processLog } from "../../serving/log.ts";
import { KnownRejections } from "./known-rejections.ts";
import { REPLICA_LIMITS } from "./limits.ts";

const { interval, lingering, firstRead } = REPLICA_LIMITS;
const WEB: ObjectRef = { kind: "VirtualNode", namespace: "shop", name: "web" };
const KEY = keyOf(WEB);
const NOTHING: ReplicaReport = { nodes: [], rejections: [], behind: NOBODY_BEHIND, isWhole: true };

/** Of `web`. */
const report = (current: number, rejecting: number, problem = "no"): ReplicaReport => ({
  nodes: [{ node: WEB, proxies: current + rejecting, current, rejecting }],
  rejections: rejecting === 0 ? [] : [{ object: WEB, proxies: rejecting, type: "listener", name: "in", problem }],
  behind: NOBODY_BEHIND,
  isWhole: true,
});

let own: ReplicaReport;
let stored: ObjectCache<StoredReport | undefined>;
let pods: ObjectCache<PodSummary>;
let synced: PromiseWithResolvers<void>;
let known: KnownRejections;
let changes: string[];
let ending: AbortController;
let ended: Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([putNamespace(aNamespace("shop")), put(aMeshObject("main")), put(aVirtualNode("shop/web", [8080]))]);
  [own, stored, pods, changes, ending] = [NOTHING, new ObjectCache(), new ObjectCache(), [], new AbortController()];
  synced = Promise.withResolvers<void>();
  known = new KnownRejections({
    reports: { cache: stored, synced: synced.promise },
    graph,
    pods,
    own: () => own,
    identity: "self",
    log: processLog("silent", { write: () => {} }).log,
  });
  known.onChange((refs) => changes.push(...refs.map(keyOf)));
  ended = known.start(ending.signal);
});

afterEach(async () => {
  ending.abort();
  await vi.advanceTimersByTimeAsync(0);
  await ended;
  vi.useRealTimers();
});

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

function other(pod: string, said: ReplicaReport | undefined, isReady = true): void {
  const name = `outrigger-report-${pod}`;
  if (said === undefined) {
    pods.delete("appmesh-system", pod);
    return;
  }
  stored.set({ namespace: "appmesh-system", name, value: { pod, uid: `uid-${pod}`, report: said, tls: undefined } });
  const value = { uid: `uid-${pod}`, serviceAccountName: "outrigger-control-plane", containersReady: isReady };
  pods.set({ namespace: "appmesh-system", name: pod, value: value as PodSummary });
}

function said(): string | undefined {
  const of = known.of(KEY);
  return of && `${of.proxies} of ${of.of}${of.isAll ? ", all" : ""}`;
}

describe("what is known of an object", () => {
  test("is what this replica and the others say together, and moving counts are no news", async () => {
    own = report(0, 2);
    other("second", report(3, 1));
    await wait(interval);
    expect(said()).toBe("3 of 6");
    expect(changes).toEqual([KEY]);
    for (let round = 1; round < 5; round++) {
      other("second", report(3 + round, 1 + round));
      await wait(interval);
    }
    expect(said()).toBe("7 of 14");
    expect(changes).toEqual([KEY]);
    other("second", report(0, 4));
    await wait(interval);
    expect(said()).toBe("6 of 6, all");
    expect(changes).toEqual([KEY, KEY]);
  });

  test("does not count this replica's own ConfigMap beside what it knows itself, nor that of one that is gone or not ready", async () => {
    own = report(0, 1);
    other("self", report(9, 9));
    other("second", report(9, 9));
    other("second", undefined);
    other("third", report(9, 9), false);
    await wait(interval);
    expect(said()).toBe("1 of 1, all");
  });

  test("is that it is over as soon as a proxy has accepted it", async () => {
    own = report(0, 1);
    await wait(interval);
    own = report(1, 0);
    await wait(interval);
    expect(changes).toEqual([KEY, KEY]);
    expect(said()).toBeUndefined();
  });

  test("stays for a while when those who spoke of it are gone: their proxies come to another replica", async () => {
    other("second", report(0, 2));
    await wait(interval);
    other("second", undefined);
    await wait(lingering - 2 * interval);
    expect(said()).toBe("2 of 2, all");
    own = report(0, 2);
    await wait(3 * interval);
    expect(changes).toEqual([KEY]);
    own = NOTHING;
    await wait(lingering + interval);
    expect(said()).toBeUndefined();
    expect(changes).toEqual([KEY, KEY]);
  });

  test("is not over at the beginning of a leader's term, as those who reject it may have no stream yet, unless somebody accepts it", async () => {
    expect(known.isOver(KEY)).toBe(false);
    await wait(lingering);
    expect(known.isOver(KEY)).toBe(true);
  });

  test("is over at once where somebody accepts it", async () => {
    await wait(interval);
    expect(known.isOver(KEY)).toBe(false);
    other("second", report(1, 0));
    await wait(interval);
    expect(known.isOver(KEY)).toBe(true);
    expect(known.isOver("VirtualNode/shop/another")).toBe(false);
  });
});

test("a leader begins when the reports are read, and without them where it may not read them", async () => {
  own = report(0, 1);
  let isReady = false;
  const ready = known.ready(ending.signal).then(() => (isReady = true));
  await wait(firstRead - 1);
  expect(isReady).toBe(false);
  await wait(1);
  await ready;
  expect(said()).toBe("1 of 1, all");
  synced.resolve();
  await known.ready(ending.signal);
});
