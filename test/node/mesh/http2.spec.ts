import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import { kubectl } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { APP_IMAGE, gone, howto, started } from "./walkthrough.ts";

const MANIFEST = HAS_CORPUS
  ? howto("http2", { CLIENT_APP_IMAGE: APP_IMAGE, CLOUDMAP_NAMESPACE: "howto-k8s-http2.pvt.aws.local" })
  : [];
const REQUESTS = 150;
const COLORS = ["red", "blue", "green"] as const;
type Weights = Readonly<Record<(typeof COLORS)[number], number>>;
const CONVERGED = { timeout: 120_000, interval: 500 };

describe.skipIf(!HAS_CORPUS)(`howto-k8s-http2${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  /** How many requests each color answered, by way of the client's app, which speaks HTTP/1.1 to its sidecar. */
  async function answered(): Promise<Readonly<Record<string, number>>> {
    const url = `http://client.${namespace.name}.svc.cluster.local:8080/`;
    const answers = await calls(
      namespace,
      "curler",
      Array.from({ length: REQUESTS }, () => ({ url })),
    );
    const counts: Record<string, number> = {};
    for (const { status, body } of answers) {
      const who = status === 200 ? body : `status ${status}`;
      counts[who] = (counts[who] ?? 0) + 1;
    }
    return counts;
  }

  async function weighed(weights: Weights): Promise<void> {
    const weightedTargets = COLORS.map((name) => ({ virtualNodeRef: { name }, weight: weights[name] }));
    const http2Route = { match: { prefix: "/" }, action: { weightedTargets } };
    const patch = JSON.stringify({ spec: { routes: [{ name: "color-route", http2Route }] } });
    await namespace.kubectl("patch", "virtualrouters.appmesh.k8s.aws", "color", "--type=merge", `--patch=${patch}`);
  }

  function podNames(): Promise<string> {
    return kubectl("get", "pods", "--namespace", namespace.name, "--output=name");
  }

  test("the client, found like its colors by Cloud Map, gets each of three colors as often, over HTTP/2", async () => {
    await vi.waitFor(async () => {
      const counts = await answered();
      expect(Object.keys(counts).toSorted()).toEqual([...COLORS].toSorted());
      for (const color of COLORS) expect(counts[color]).toBeGreaterThan(REQUESTS / 6);
    }, CONVERGED);
  });

  test("other weights change the shares, and no pod is another", async () => {
    const before = await podNames();
    await weighed({ red: 0, blue: 1, green: 4 });
    await vi.waitFor(async () => {
      const { blue = 0, green = 0, ...others } = await answered();
      expect(others).toEqual({});
      expect(green).toBeGreaterThan(blue * 2);
    }, CONVERGED);
    await weighed({ red: 1, blue: 0, green: 0 });
    await vi.waitFor(async () => expect(await answered()).toEqual({ red: REQUESTS }), CONVERGED);
    expect(await podNames()).toBe(before);
  });
});
