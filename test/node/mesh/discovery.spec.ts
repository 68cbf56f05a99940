import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WRITE_LIMITS } from "../../../src/control-plane/status/limits.ts";
import { type JsonObject, objectOf } from "../../../src/model/json.ts";
import { CLOUD_MAP_GATE, INJECT_KEY, PORTS } from "../../../src/model/names.ts";
import { apply, kubectl } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { signalContainer } from "../resilience/kill-container.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { byNode, HTTP, meshObjects } from "./loaded/objects.ts";

/*
 * A node that is answered from the EndpointSlices of its Service, behind which a Deployment is rolled over while requests go through the
 * mesh without an end; the change between this, DNS and Cloud Map; and the readiness gate of Cloud Map.
 */

const PLACE = new TestNamespace("mesh-discovery");
const OBJECTS = meshObjects(PLACE.name);
const REPLICAS = 2;
const SHAPE = { rate: 30, connections: 4 };
const LOAD = "load-api";
const CLUSTER = `cds_egress_${PLACE.name}_api_${PLACE.name}_http_8080`;
const GATE = { conditionType: CLOUD_MAP_GATE };
const CONTROL_PLANE = ["--namespace", "appmesh-system", "deployment/outrigger-control-plane"];
const PREPARE_MS = 300_000;
const TEST_MS = 300_000;
const PATIENCE = { timeout: 120_000, interval: 250 };

beforeAll(async () => {
  await installed();
  await end();
  await PLACE.create({ mesh: PLACE.name });
  await apply(
    OBJECTS.mesh("DROP_ALL"),
    node("endpoints"),
    OBJECTS.caller("front", ["api"]),
    OBJECTS.service("api", byNode("api")),
    ...appDeployment({
      namespace: PLACE.name,
      name: "api",
      replicas: REPLICAS,
      args: ["--stop", "graceful", "--linger", "3000"],
    }),
  );
  await rolledOut();
  const url = `http://api.${PLACE.name}.svc.cluster.local:8080/`;
  await apply(loadPod(PLACE, LOAD, "http", url, SHAPE, { labels: { node: "front" } }));
  await PLACE.ready(LOAD);
}, PREPARE_MS);

afterAll(end);

async function end(): Promise<void> {
  await PLACE.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", PLACE.name, "--ignore-not-found");
}

/** The node of the Deployment's pods. */
function node(discovery: "dns" | "endpoints" | "cloudMap"): JsonObject {
  const { metadata, spec, ...rest } = OBJECTS.node("api", HTTP);
  const annotations = discovery === "cloudMap" ? {} : { "outrigger.dev/discovery": discovery };
  const awsCloudMap = { namespaceName: "pvt.aws.local", serviceName: "api" };
  return {
    ...rest,
    metadata: { ...objectOf(metadata), annotations },
    spec: {
      ...objectOf(spec),
      podSelector: { matchLabels: { app: "api" } },
      ...(discovery === "cloudMap" && { serviceDiscovery: { awsCloudMap } }),
    },
  };
}

async function rolledOut(): Promise<void> {
  await PLACE.kubectl("rollout", "status", "deployment/api", "--timeout=180s");
}

/** Replaces all pods, and waits until the old ones are gone too. */
async function rollOver(): Promise<void> {
  await PLACE.kubectl("label", "pod", "--selector=app=api", "--overwrite", "rollout=old");
  await PLACE.kubectl("rollout", "restart", "deployment/api");
  await rolledOut();
  await PLACE.kubectl("wait", "--for=delete", "pod", "--selector=app=api,rollout=old", "--timeout=150s");
}

/** Waits until the caller's Envoy knows so many addresses of the node: by DNS the one of the Service, else those of the pods. */
async function addressesAre(count: number): Promise<void> {
  const { ipv4 } = await PLACE.addressesOf(LOAD);
  const url = `http://${ipv4}:9901/stats?filter=^cluster.${CLUSTER}.membership_total$`;
  await vi.waitFor(
    async () => expect(await (await fetch(url)).text()).toBe(`cluster.${CLUSTER}.membership_total: ${count}\n`),
    PATIENCE,
  );
}

test("rollouts of its Deployment fail no request, and neither do changes between endpoints, DNS and Cloud Map", {
  timeout: TEST_MS,
}, async () => {
  await addressesAre(REPLICAS);
  await rollOver();
  await addressesAre(REPLICAS);
  await apply(node("dns"));
  await addressesAre(1);
  await apply(node("endpoints"));
  await addressesAre(REPLICAS);
  await PLACE.kubectl("scale", "deployment/api", `--replicas=${REPLICAS + 1}`);
  await addressesAre(REPLICAS + 1);
  await apply(node("cloudMap"));
  await rollOver();
  await addressesAre(REPLICAS + 1);
  // a rollout like any other, of pods that are Ready only when their callers know them
  const spec = { template: { spec: { readinessGates: [GATE] } } };
  await PLACE.kubectl("label", "pod", "--selector=app=api", "--overwrite", "rollout=old");
  await PLACE.kubectl("patch", "deployment/api", `--patch=${JSON.stringify({ spec })}`);
  await rolledOut();
  await PLACE.kubectl("wait", "--for=delete", "pod", "--selector=app=api,rollout=old", "--timeout=150s");
  await addressesAre(REPLICAS + 1);
  const { failures, pods, reconnects, succeeded } = await loadReport(PLACE, LOAD);
  expect({ failures, reconnects }).toEqual({ failures: {}, reconnects: 0 });
  expect(succeeded).toBeGreaterThan(10 * SHAPE.rate);
  // two before, two after the first rollout, one more, and three after each of the others
  expect(Object.keys(pods)).toHaveLength(2 * REPLICAS + 1 + 2 * (REPLICAS + 1));
});

describe("a pod with the readiness gate of Cloud Map", () => {
  beforeAll(async () => {
    await apply(node("cloudMap"), PLACE.pod("asker", { labels: { node: "front" } }), gated("first"));
    await PLACE.ready("asker", "first");
    await vi.waitFor(async () => expect(await asker()).toContain(await place("first")), PATIENCE);
  }, PREPARE_MS);

  /** A pod of the node with the gate; without a sidecar, so that it starts where no control plane runs. */
  function gated(name: string): object {
    const readinessProbe = { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 };
    return PLACE.pod(name, {
      labels: { app: "api" },
      annotations: { [INJECT_KEY]: "disabled" },
      container: { readinessProbe },
      spec: { readinessGates: [GATE] },
    });
  }

  /** What the only caller's Envoy says of its clusters. */
  async function asker(): Promise<string> {
    const script = `process.stdout.write(await (await fetch("http://127.0.0.1:${PORTS.admin}/clusters")).text());`;
    return await PLACE.run("asker", script);
  }

  /** How a pod stands there, as somebody who may be called. */
  async function place(pod: string): Promise<string> {
    return `${CLUSTER}::${(await PLACE.addressesOf(pod)).ipv4}:8080::`;
  }

  /** A field of a condition of a pod; nothing where it does not have it. */
  function condition(pod: string, type: string, field: string): Promise<string> {
    return PLACE.valueOf(pod, `.status.conditions[?(@.type=="${type}")].${field}`);
  }

  test("is Ready once its only caller has acknowledged its endpoint", { timeout: TEST_MS }, async () => {
    let tries = 0;
    await vi.waitFor(async () => {
      const name = `known-${++tries}`;
      await apply(gated(name));
      await PLACE.ready(name);
      // on a machine so slow that this takes five seconds another one is tried
      expect(await condition(name, CLOUD_MAP_GATE, "reason")).toBe("Acknowledged");
      expect(await asker()).toContain(await place(name));
    }, PATIENCE);
  });

  test("waits five seconds for a caller that hangs, and is known to it when it goes on", {
    timeout: TEST_MS,
  }, async () => {
    await signalContainer(PLACE.name, "asker", "envoy", "SIGSTOP");
    try {
      await apply(gated("waiting"));
      await PLACE.ready("waiting");
    } finally {
      await signalContainer(PLACE.name, "asker", "envoy", "SIGCONT");
    }
    expect(await condition("waiting", CLOUD_MAP_GATE, "reason")).toBe("Elapsed");
    const [since = 0, opened = 0] = await Promise.all(
      ["ContainersReady", CLOUD_MAP_GATE].map(async (type) =>
        Date.parse(await condition("waiting", type, "lastTransitionTime")),
      ),
    );
    expect(opened - since).toBeGreaterThanOrEqual(WRITE_LIMITS.gate);
    await vi.waitFor(async () => expect(await asker()).toContain(await place("waiting")), PATIENCE);
  });

  test("waits while no control plane runs, and is Ready when one has started", { timeout: TEST_MS }, async () => {
    const scaled = (replicas: number): Promise<string> => kubectl("scale", ...CONTROL_PLANE, `--replicas=${replicas}`);
    await scaled(0);
    try {
      await kubectl("wait", "--for=delete", "pod", "--all", "--namespace", "appmesh-system", "--timeout=150s");
      await apply(gated("late"));
      await PLACE.kubectl("wait", "--for=condition=ContainersReady", "pod/late", "--timeout=150s");
      expect([await condition("late", CLOUD_MAP_GATE, "status"), await condition("late", "Ready", "status")]).toEqual([
        "",
        "False",
      ]);
    } finally {
      await scaled(1);
    }
    await PLACE.ready("late");
    await vi.waitFor(async () => expect(await asker()).toContain(await place("late")), PATIENCE);
  });
});
