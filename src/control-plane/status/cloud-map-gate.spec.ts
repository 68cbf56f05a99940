import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient, KubeWrite } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { CLOUD_MAP_GATE } from "../../model/names.ts";
import { processLog } from "../../serving/log.ts";
import { openCloudMapGates } from "./cloud-map-gate.ts";
import { WRITE_LIMITS } from "./limits.ts";

/* The clock is the test's: what an API server makes of the write is in test/api/install-rbac.spec.ts, and a kubelet in test/node/migrate.spec.ts. */

const START = Date.UTC(2026, 10, 22, 10);

let writes: KubeWrite[];
let answer: () => void;
let isRunning: boolean;
let callable: Set<string>;
let pods: Map<string, PodSummary>;
let listener: (change: never) => void;
let ending: AbortController;
let ended: Promise<void> | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"], now: START });
  [writes, answer, isRunning, pods, ended] = [[], () => undefined, false, new Map(), undefined];
  callable = new Set();
  listener = () => undefined;
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await ended;
  vi.useRealTimers();
});

function start(): void {
  const client = {
    send: async (write: KubeWrite) => {
      writes.push(write);
      answer();
      return {};
    },
  } as unknown as KubeClient;
  const { log } = processLog("silent", { write: () => {} });
  const watched = {
    cache: { get: (_: string, name: string) => pods.get(name), all: () => pods.values() },
    onChange: (given: typeof listener) => (listener = given),
  } as unknown as Parameters<typeof openCloudMapGates>[0]["pods"];
  const isControllerRunning = async () => isRunning;
  const isCallable = ({ name }: PodSummary): boolean => callable.has(name);
  const parts = { client, pods: watched, isControllerRunning, isCallable, log, now: Date.now };
  ended = openCloudMapGates(parts, ending.signal);
}

function tell(name: string, readySince: number | undefined, gate = CLOUD_MAP_GATE): void {
  const lastTransitionTime = new Date(readySince ?? 0).toISOString();
  const ready = { type: "ContainersReady", status: "True", lastTransitionTime };
  const after = podSummary({
    metadata: { namespace: "shop", name, uid: `uid-of-${name}` },
    spec: { readinessGates: [{ conditionType: gate }] },
    status: { conditions: readySince === undefined ? [] : [ready] },
  });
  pods.set(name, after);
  listener({ namespace: "shop", name, after } as never);
}

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const opened = () => writes.map(({ path }) => /pods\/(.*)\/status/.exec(path)?.[1]);
const reasons = () => writes.map(({ body }) => /"reason":"(\w+)"/.exec(JSON.stringify(body))?.[1]);

test("a pod that waited before the replica began has its gate open at once", async () => {
  tell("web", START - WRITE_LIMITS.gate);
  start();
  await wait(0);
  expect(opened()).toEqual(["web"]);
  expect(writes[0]).toMatchObject({
    path: "/api/v1/namespaces/shop/pods/web/status?fieldManager=outrigger-control-plane",
    patch: "strategic",
    body: {
      metadata: { uid: "uid-of-web" },
      status: {
        conditions: [{ type: CLOUD_MAP_GATE, status: "True", lastTransitionTime: "2026-11-22T10:00:00Z" }],
      },
    },
  });
});

test("others have it some seconds after their containers became ready", async () => {
  start();
  tell("web", undefined);
  await wait(60_000);
  tell("web", Date.now());
  await wait(WRITE_LIMITS.gate - 1);
  expect(opened()).toEqual([]);
  await wait(1);
  expect(opened()).toEqual(["web"]);
});

test("those whose callers have acknowledged their endpoint have it sooner", async () => {
  start();
  tell("web", Date.now());
  tell("api", Date.now());
  await wait(1_000);
  expect(opened()).toEqual([]);
  callable.add("web");
  await wait(WRITE_LIMITS.gateLook);
  expect(opened()).toEqual(["web"]);
  await wait(WRITE_LIMITS.gate);
  expect(opened()).toEqual(["web", "api"]);
  expect(reasons()).toEqual(["Acknowledged", "Elapsed"]);
});

test("nobody has it before its containers are ready, whatever callers know", async () => {
  callable.add("web");
  start();
  tell("web", undefined);
  await wait(60_000);
  expect(opened()).toEqual([]);
});

test("a node's clock that is ahead makes nobody wait longer", async () => {
  start();
  tell("web", START + 3_600_000);
  await wait(WRITE_LIMITS.gate - 1);
  tell("web", START + 3_600_000);
  expect(opened()).toEqual([]);
  await wait(1);
  expect(opened()).toEqual(["web"]);
});

test("containers that are no longer ready, pods that are gone, and other gates are left", async () => {
  start();
  for (const name of ["unready", "gone"]) tell(name, START);
  tell("other", START, "conditions.example/other");
  tell("unready", undefined);
  pods.delete("gone");
  await wait(60_000);
  expect(opened()).toEqual([]);
});

test("while App Mesh's own controller runs it is that which sets it", async () => {
  isRunning = true;
  start();
  tell("web", START);
  await wait(WRITE_LIMITS.controllerAge);
  expect(opened()).toEqual([]);
  isRunning = false;
  await wait(WRITE_LIMITS.controllerAge);
  expect(opened()).toEqual(["web"]);
});

test.each([404, 409])("a pod that went meanwhile is left (status %i)", async (status) => {
  answer = () => {
    throw new KubeError("status", "gone", { status });
  };
  start();
  tell("web", 0);
  await wait(60_000);
  expect(opened()).toEqual(["web"]);
});

test("what the API server refuses is tried again", async () => {
  answer = () => {
    answer = () => undefined;
    throw new KubeError("status", "refused", { status: 403 });
  };
  start();
  tell("web", 0);
  await wait(60_000);
  expect(opened()).toEqual(["web", "web"]);
});
