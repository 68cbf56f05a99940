import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { JsonObject } from "../../model/json.ts";
import { NOBODY_BEHIND, type ReplicaReport, storedReport } from "../../model/replica-report.ts";
import type { ReplicaTls } from "../../model/replica-tls.ts";
import { processLog } from "../../serving/log.ts";
import { REPLICA_LIMITS } from "./limits.ts";
import { ReportWriter } from "./report-writer.ts";

const { ahead, early, interval, writtenAgain, charactersPerSecond } = REPLICA_LIMITS;
const POD = { name: "replica-1", uid: "u1", serviceAccountName: "outrigger-control-plane" } as PodSummary;

let proxies: number;
let nodes: number;
let tls: ReplicaTls;
let pod: PodSummary | undefined;
let failure: Error | undefined;
let attempts: number;
let written: { readonly path: string; readonly body: JsonObject; readonly at: number }[];
let lines: string[];
let ending: AbortController;
let writer: ReportWriter;
let ended: Promise<void>;

function look(): ReplicaReport {
  const counts = { proxies, current: proxies, rejecting: 0 };
  return {
    nodes: Array.from({ length: nodes }, (_, index) => {
      return { node: { kind: "VirtualNode", namespace: "shop", name: `web-${index}` }, ...counts };
    }),
    rejections: [],
    behind: NOBODY_BEHIND,
    isWhole: true,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  [proxies, nodes, pod, failure, attempts, written, lines] = [1, 1, POD, undefined, 0, [], []];
  const client = {
    async send({ path, body }: { readonly path: string; readonly body: JsonObject }) {
      attempts++;
      if (failure !== undefined) throw failure;
      written.push({ path, body, at: performance.now() });
      return body;
    },
  } as unknown as KubeClient;
  const log = processLog("debug", { write: (line: string) => void lines.push(line) }).log;
  tls = { mark: { process: "0123456789abcdef", begun: 0 }, heard: new Map(), held: new Map() };
  writer = new ReportWriter({ client, look, tls: () => tls, ownPod: () => pod, log });
  ending = new AbortController();
  ended = writer.start(ending.signal);
});

afterEach(async () => {
  ending.abort();
  await vi.advanceTimersByTimeAsync(0);
  await ended;
  vi.useRealTimers();
});

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe("a replica", () => {
  test("keeps one ConfigMap, which its pod owns", async () => {
    await wait(0);
    expect(written[0]?.path).toMatch(
      /^\/api\/v1\/namespaces\/appmesh-system\/configmaps\/outrigger-report-replica-1\?fieldManager=outrigger-control-plane&/,
    );
    expect(storedReport(written[0]?.body ?? {})).toEqual({ pod: "replica-1", uid: "u1", report: look(), tls });
    expect(writer.report).toEqual(look());
  });

  test("writes nothing as long as it has nothing new to say, and once more after ten minutes", async () => {
    await wait(writtenAgain);
    expect(written).toHaveLength(1);
    await wait(2 * interval);
    expect(written).toHaveLength(2);
  });

  test("writes a burst of changes at most every two seconds, and the last of them", async () => {
    await wait(0);
    for (let change = 0; change < 1_000; change++) {
      proxies++;
      await wait(10);
    }
    await wait(interval);
    const times = written.map(({ at }) => at);
    expect(times.length).toBeLessThanOrEqual(1 + 10_000 / interval + 1);
    for (const [index, at] of times.slice(1).entries())
      expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(interval);
    expect(storedReport(written.at(-1)?.body ?? {})?.report).toEqual(look());
    expect(writer.report).toEqual(look());
  });

  test("writes a long report less often", async () => {
    nodes = 4_000;
    await wait(2 * interval);
    const [, long] = written;
    const text = Object.values(long?.body["data"] as JsonObject)[0] as string;
    proxies++;
    await wait((text.length / charactersPerSecond) * 1000 - 2 * interval);
    expect(written).toHaveLength(2);
    await wait(3 * interval);
    expect(written).toHaveLength(3);
  });

  test("that cannot write says so once, tries again ever more seldom, and goes on knowing what it knows", async () => {
    await wait(0);
    failure = new Error("forbidden");
    proxies = 7;
    await wait(10 * 60_000);
    expect(attempts).toBeLessThan(30);
    expect(lines.filter((line) => line.includes("this replica's report cannot be written"))).toHaveLength(1);
    expect(writer.report.nodes[0]?.proxies).toBe(7);
    failure = undefined;
    await wait(REPLICA_LIMITS.retryMax + interval);
    expect(written).toHaveLength(2);
  });

  test("that is in no pod of the control plane writes nothing", async () => {
    for (const other of [undefined, { ...POD, serviceAccountName: "default" }]) {
      pod = other;
      proxies++;
      await wait(2 * interval);
    }
    expect(written).toHaveLength(1);
    // it is another pod of the same name, whose report is not there
    pod = { ...POD, uid: "u2" };
    await wait(2 * interval);
    expect(storedReport(written[1]?.body ?? {})?.uid).toBe("u2");
  });

  describe("that others wait for", () => {
    const begun = (): void => {
      tls = { ...tls, mark: { ...tls.mark, begun: tls.mark.begun + 1 } };
      writer.soon();
    };

    test("says so at once, but at most every half a second, and the last of it", async () => {
      await wait(0);
      await wait(early);
      begun();
      await wait(1);
      expect(written).toHaveLength(2);
      for (let change = 0; change < 100; change++) {
        begun();
        await wait(10);
      }
      await wait(early);
      const times = written.map(({ at }) => at);
      expect(times.length).toBeLessThanOrEqual(2 + 1_000 / early + 1);
      for (const [index, at] of times.slice(1).entries())
        expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(early);
      expect(storedReport(written.at(-1)?.body ?? {})?.tls).toEqual(tls);
    });

    test("has no timer once it is over, though changes go on", async () => {
      await wait(0);
      ending.abort();
      await wait(0);
      await ended;
      begun();
      expect(vi.getTimerCount()).toBe(0);
    });

    test("writes nothing where there is nothing new", async () => {
      await wait(early);
      for (let change = 0; change < 10; change++) {
        writer.soon();
        await wait(early);
      }
      expect(written).toHaveLength(1);
    });

    test("writes no more on the long run, however long its report is", async () => {
      nodes = 1_000;
      await wait(2 * interval);
      const [first] = written;
      const before = written.length;
      const from = performance.now();
      for (let change = 0; change < 60_000 / early; change++) {
        begun();
        await wait(early);
      }
      const length = (text: JsonObject | undefined): number =>
        (Object.values(text?.["data"] as JsonObject)[0] as string).length;
      const all = written.slice(before).reduce((sum, { body }) => sum + length(body), 0);
      expect(length(first?.body)).toBeGreaterThan(0);
      expect(written.length - before).toBeGreaterThan(5);
      expect(all).toBeLessThanOrEqual(
        ((performance.now() - from + ahead) / 1000) * charactersPerSecond + length(written.at(-1)?.body),
      );
    });

    test("asks an API server that refuses it no more often", async () => {
      await wait(early);
      failure = new Error("forbidden");
      for (let change = 0; change < 60_000 / early; change++) {
        begun();
        await wait(early);
      }
      expect(attempts).toBeLessThan(12);
    });
  });
});
