import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type JsonObject, member, objectOf, stringOf } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { type Answer, call } from "./calls.ts";
import { clusterCounters, reloaded } from "./envoy-statistics.ts";
import { gone, howto, started } from "./walkthrough.ts";

const NAMESPACE = "howto-k8s-timeout-policy";
const DOMAIN = `${NAMESPACE}.svc.cluster.local`;
/** Longer than the 15 s that App Mesh gives a request unless told otherwise, and sooner there than the walkthrough's 45. */
const DELAY_SECONDS = "18";
const SECONDS_60 = { http: { perRequest: { unit: "s", value: 60 } } };
const CONVERGED = { timeout: 30_000, interval: 100 };
const COLORS = ["colorapp-blue", "colorapp-red"];

const MANIFEST = HAS_CORPUS
  ? [...howto("timeout-policy", { CLOUDMAP_NAMESPACE: DOMAIN }).map(changed), ...services()]
  : [];

/** DNS in the place of Cloud Map, and a delay that fits a test. */
function changed(object: JsonObject): JsonObject {
  const spec = objectOf(object.spec);
  switch (object.kind) {
    case "VirtualNode": {
      const hostname = `${stringOf(member(object.metadata, "name"))}.${DOMAIN}`;
      return { ...object, spec: { ...spec, serviceDiscovery: { dns: { hostname } } } };
    }
    case "VirtualService": {
      const awsName = stringOf(spec.awsName)?.replace(/\.pvt\.aws\.local$/, ".svc.cluster.local") ?? "";
      return { ...object, spec: { ...spec, awsName } };
    }
    case "Deployment":
      return JSON.parse(JSON.stringify(object).replaceAll('"value":"45"', `"value":"${DELAY_SECONDS}"`)) as JsonObject;
    default:
      return object;
  }
}

/** What gives the names an address that Cloud Map gave them; `colorapp` leads nowhere but through the mesh. */
function services(): readonly JsonObject[] {
  const service = (name: string, selector?: Readonly<Record<string, string>>): JsonObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: NAMESPACE },
    spec: { ports: [{ port: 8080 }], ...(selector !== undefined && { selector }) },
  });
  const colors = COLORS.map((name) => service(name, { app: "colorapp", version: name.replace("colorapp-", "") }));
  return [service("front", { app: "front" }), service("colorapp"), ...colors];
}

describe.skipIf(!HAS_CORPUS)(`howto-k8s-timeout-policy${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  const color = (): Promise<Answer> => call(namespace, "curler", `http://front.${DOMAIN}:8080/color`);

  const patched = (kind: string, name: string, patch: object): Promise<string> =>
    namespace.kubectl("patch", `${kind}.appmesh.k8s.aws`, name, "--type=json", `--patch=${JSON.stringify([patch])}`);

  /** Waits until so many requests are with the colors: a time-out is that of the moment at which a request came. */
  async function underWay(requests: number): Promise<void> {
    await vi.waitFor(async () => expect(await sum("app=colorapp", "upstream_rq_active")).toBe(requests), CONVERGED);
  }

  async function sum(labels: string, statistic: string): Promise<number> {
    return Object.values(await clusterCounters(namespace, labels, statistic)).reduce(
      (total, count) => total + count,
      0,
    );
  }

  test("a slow answer comes with 60 s on the route and the listener, and is a 504 where either is left out", async () => {
    const withBoth = color();
    await underWay(1);

    await reloaded(namespace, "app=colorapp", "ingress", async () => {
      for (const node of COLORS)
        await patched("virtualnodes", node, { op: "remove", path: "/spec/listeners/0/timeout" });
    });
    const withoutListener = color();
    await underWay(2);

    await reloaded(namespace, "app=colorapp", "ingress", async () => {
      const value = SECONDS_60;
      for (const node of COLORS)
        await patched("virtualnodes", node, { op: "add", path: "/spec/listeners/0/timeout", value });
    });
    await reloaded(namespace, "app=front", "egress", () =>
      patched("virtualrouters", "colorapp-router", { op: "remove", path: "/spec/routes/0/httpRoute/timeout" }),
    );
    const withoutRoute = color();
    await underWay(3);

    expect(await withBoth).toEqual({ status: 200, body: expect.stringMatching(/^(red|blue)$/) });
    expect((await withoutListener).status).toBe(504);
    expect((await withoutRoute).status).toBe(504);
    expect(await sum("app=front", "upstream_rq_timeout")).toBe(1);
    expect(await sum("app=colorapp", "upstream_rq_timeout")).toBe(1);
  });
});
