import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { clusterCounters } from "./envoy-statistics.ts";
import { gone, howto, started } from "./walkthrough.ts";

const CONVERGED = { timeout: 120_000, interval: 100 };
const MANIFEST = HAS_CORPUS ? howto("retry-policy") : [];
/** What the manifest has in a comment, to be used in the second part. */
const POLICY = { maxRetries: 4, perRetryTimeout: { unit: "ms", value: 2000 }, httpRetryEvents: ["server-error"] };

describe.skipIf(!HAS_CORPUS)(`howto-k8s-retry-policy${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  /** Has that share of the answers of `blue` fail with 503. */
  async function blueFails(percent: number): Promise<void> {
    const pod = await namespace.kubectl(
      "get",
      "pod",
      "--selector=version=blue",
      "--output=jsonpath={.items[0].status.podIP}",
    );
    const answer = await fetch(`http://${pod}:8080/control?fault-percent=${percent}`);
    expect(answer.status).toBe(200);
  }

  /** How many of so many requests of curler at front are answered with 200; the others have blue's own 503. */
  async function successesAmong(requests: number): Promise<number> {
    const url = `http://front.${namespace.name}.svc.cluster.local:8080/`;
    const answers = await calls(
      namespace,
      "curler",
      Array.from({ length: requests }, () => ({ url })),
    );
    const byStatus = Map.groupBy(answers, ({ status }) => status);
    expect([...byStatus.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    return byStatus.get(200)?.length ?? 0;
  }

  async function retries(): Promise<number> {
    const counters = await clusterCounters(namespace, "app=front", "upstream_rq_retry");
    return counters[`cds_egress_${namespace.name}_blue_${namespace.name}_http_8080`] ?? 0;
  }

  /** How often front's Envoy tries again while something is done. */
  async function retriesDuring(action: () => Promise<unknown>): Promise<number> {
    const before = await retries();
    await action();
    return (await retries()) - before;
  }

  test("without a policy App Mesh's hidden one tries twice more, which hides one fault in ten", async () => {
    await blueFails(100);
    expect(await retriesDuring(async () => expect(await successesAmong(1)).toBe(0))).toBe(2);
    await blueFails(10);
    const retried = await retriesDuring(async () => {
      // three faults in a row come once in a thousand
      expect(await successesAmong(200)).toBeGreaterThanOrEqual(198);
    });
    expect(retried).toBeGreaterThan(10);
  });

  test("four retries of server errors, and most requests succeed where half of all answers fail", async () => {
    await blueFails(100);
    const patch = JSON.stringify([{ op: "add", path: "/spec/routes/0/httpRoute/retryPolicy", value: POLICY }]);
    await namespace.kubectl("patch", "virtualrouters.appmesh.k8s.aws", "color", "--type=json", "--patch", patch);
    await vi.waitFor(async () => expect(await retriesDuring(() => successesAmong(1))).toBe(4), CONVERGED);
    await blueFails(50);
    const retried = await retriesDuring(async () => {
      // five faults in a row come three times in a hundred
      expect(await successesAmong(100)).toBeGreaterThanOrEqual(90);
    });
    expect(retried).toBeGreaterThan(50);
  });
});
