import { setImmediate as soon } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import type { EventText } from "../../kube/event-object.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import type { JsonObject } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { UnreadySidecars } from "./unready-sidecars.ts";

const STARTED = Date.parse("2026-11-28T10:00:00Z");
const TIMINGS = { slow: 60_000, again: 600_000 };

const ending = new AbortController();
afterEach(() => vi.useRealTimers());

function pod(ready: boolean, controller?: JsonObject): PodSummary {
  return podSummary({
    metadata: {
      namespace: "shop",
      name: "web-1",
      uid: "u",
      annotations: { [RECORD_KEY]: "{}" },
      ...(controller && { ownerReferences: [controller] }),
    },
    status: {
      phase: "Pending",
      initContainerStatuses: [{ name: "envoy", ready, state: { running: { startedAt: "2026-11-28T10:00:00Z" } } }],
    },
  });
}

/** A cluster of one pod, a clock that tests move, and what was said. */
async function watching(first: PodSummary) {
  vi.useFakeTimers({ now: STARTED, toFake: ["setTimeout", "clearTimeout", "Date"] });
  const cache = new ObjectCache<PodSummary>();
  const listeners: ((place: { namespace: string; name: string }) => void)[] = [];
  const said: (EventText & { readonly news: string })[] = [];
  const put = (value: PodSummary): void => {
    cache.replace([{ namespace: "shop", name: "web-1", value }]);
    for (const listener of listeners) listener({ namespace: "shop", name: "web-1" });
  };
  put(first);
  const none = { cache: new ObjectCache<never>() };
  const finder = new UnreadySidecars({
    pods: { cache, onChange: (changed: (typeof listeners)[number]) => void listeners.push(changed) } as never,
    caches: { replicaSets: none, jobs: none } as never,
    onFinding: (event, news) => void said.push({ ...event, news }),
    timings: TIMINGS,
  });
  void finder.start(ending.signal);
  const pass = async (milliseconds: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(milliseconds);
    await soon();
  };
  await pass(0);
  return { said, put, pass };
}

test("a sidecar that is not ready in time is reported once, on the bare pod, with the reason and where to look", async () => {
  const { said, pass } = await watching(pod(false));
  await pass(59_000);
  expect(said).toEqual([]);
  await pass(2_000);
  expect(said).toEqual([
    expect.objectContaining({
      subject: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-1", uid: "u" },
      type: "Warning",
      reason: "SidecarNotReady",
      news: "new",
      message:
        'the sidecar of pod "web-1" is not ready: Envoy runs but has no configuration, since it has not reached the control plane or was refused by it. kubectl logs web-1 -c envoy -n shop says more',
    }),
  ]);
  await pass(500_000);
  expect(said).toHaveLength(1);
  await pass(120_000);
  expect(said.map(({ news }) => news)).toEqual(["new", "again"]);
});

test("the event is on the workload where there is one", async () => {
  const controller = { apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "s", controller: true };
  const { said, pass } = await watching(pod(false, controller));
  await pass(61_000);
  expect(said.map(({ subject }) => subject)).toEqual([
    { apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "s", namespace: "shop" },
  ]);
});

test("one that gets ready in time is not reported", async () => {
  const { said, put, pass } = await watching(pod(false));
  await pass(30_000);
  put(pod(true));
  await pass(600_000);
  expect(said).toEqual([]);
});
