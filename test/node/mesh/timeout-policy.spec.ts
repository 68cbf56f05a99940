import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import { kubectl } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { answeredNames } from "./answered-names.ts";
import { type Answer, call } from "./calls.ts";
import { clusterCounters, reloaded } from "./envoy-statistics.ts";
import { gone, howto, started } from "./walkthrough.ts";

const NAMESPACE = "howto-k8s-timeout-policy";
const DOMAIN = `${NAMESPACE}.svc.cluster.local`;
const ZONE = `${NAMESPACE}.pvt.aws.local`;
/** Longer than the 15 s that App Mesh gives a request unless told otherwise, and sooner there than the walkthrough's 45. */
const DELAY_SECONDS = "18";
const SECONDS_60 = { http: { perRequest: { unit: "s", value: 60 } } };
const CONVERGED = { timeout: 120_000, interval: 100 };
const COLORS = ["colorapp-blue", "colorapp-red"];

/** As AWS has it, found by Cloud Map, with a delay that fits a test; pods outside of the mesh call the front by a Service. */
const MANIFEST = HAS_CORPUS
  ? [...howto("timeout-policy", { CLOUDMAP_NAMESPACE: ZONE }).map(hurried), frontService()]
  : [];

function hurried(object: JsonObject): JsonObject {
  if (object.kind !== "Deployment") return object;
  return JSON.parse(JSON.stringify(object).replaceAll('"value":"45"', `"value":"${DELAY_SECONDS}"`)) as JsonObject;
}

function frontService(): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: NAMESPACE },
    spec: { ports: [{ port: 8080 }], selector: { app: "front" } },
  };
}

describe.skipIf(!HAS_CORPUS)(`howto-k8s-timeout-policy${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;
  let forget: () => Promise<void>;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
    forget = await answeredNames();
  });

  afterAll(async () => {
    await forget();
    await gone(MANIFEST);
  });

  test("pods are called by names of Cloud Map, whichever node registered them", async () => {
    // each of the two nodes is the whole service, for neither has an attribute
    const members = COLORS.map((name) => [`cds_egress_${NAMESPACE}_${name}_${NAMESPACE}_http_8080`, 2]);
    expect(await clusterCounters(namespace, "app=front", "membership_healthy")).toMatchObject(
      Object.fromEntries(members),
    );
    expect(await kubectl("get", "services", "--namespace", NAMESPACE, "--output=name")).toBe("service/front\n");
  });

  const color = (): Promise<Answer> => call(namespace, "curler", `http://front.${DOMAIN}:8080/color`);

  const patched = (kind: string, name: string, patch: object): Promise<string> =>
    namespace.kubectl("patch", `${kind}.appmesh.k8s.aws`, name, "--type=json", `--patch=${JSON.stringify([patch])}`);

  /** How many requests have come to the colors. */
  const come = (): Promise<number> => sum("app=colorapp", "upstream_rq_total");
  /** Asks for a color, and waits until that has come: a time-out is that of the moment at which a request came. */
  async function underWay(): Promise<{ readonly answer: Promise<Answer> }> {
    const before = await come();
    const answer = color();
    // who waits for it is told
    answer.catch(() => undefined);
    await vi.waitFor(async () => expect(await come()).toBeGreaterThan(before), CONVERGED);
    return { answer };
  }

  async function sum(labels: string, statistic: string): Promise<number> {
    return Object.values(await clusterCounters(namespace, labels, statistic)).reduce(
      (total, count) => total + count,
      0,
    );
  }

  test("a slow answer comes with 60 s on the route and the listener, and is a 504 where either is left out", async () => {
    const withBoth = await underWay();

    await reloaded(namespace, "app=colorapp", "ingress", async () => {
      for (const node of COLORS)
        await patched("virtualnodes", node, { op: "remove", path: "/spec/listeners/0/timeout" });
    });
    const withoutListener = await underWay();

    await reloaded(namespace, "app=colorapp", "ingress", async () => {
      const value = SECONDS_60;
      for (const node of COLORS)
        await patched("virtualnodes", node, { op: "add", path: "/spec/listeners/0/timeout", value });
    });
    await reloaded(namespace, "app=front", "egress", () =>
      patched("virtualrouters", "colorapp-router", { op: "remove", path: "/spec/routes/0/httpRoute/timeout" }),
    );
    const withoutRoute = await underWay();

    expect(await withBoth.answer).toEqual({ status: 200, body: expect.stringMatching(/^(red|blue)$/) });
    expect((await withoutListener.answer).status).toBe(504);
    expect((await withoutRoute.answer).status).toBe(504);
    expect(await sum("app=front", "upstream_rq_timeout")).toBe(1);
    expect(await sum("app=colorapp", "upstream_rq_timeout")).toBe(1);
  });
});
