import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type JsonObject, objectOf } from "../../../src/model/json.ts";
import { apply, kubectl } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { byNode, HTTP, meshObjects } from "./loaded/objects.ts";

/*
 * A node that is answered from the EndpointSlices of its Service, behind which a Deployment is rolled over while requests go through the
 * mesh without an end; and the change between this and DNS.
 */

const PLACE = new TestNamespace("mesh-discovery");
const OBJECTS = meshObjects(PLACE.name);
const REPLICAS = 2;
const SHAPE = { rate: 30, connections: 4 };
const LOAD = "load-api";
const CLUSTER = `cds_egress_${PLACE.name}_api_${PLACE.name}_http_8080`;
const PREPARE_MS = 300_000;
const TEST_MS = 300_000;
const PATIENCE = { timeout: 60_000, interval: 250 };

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
  await apply(labelled(loadPod(PLACE, LOAD, "http", `http://api.${PLACE.name}.svc.cluster.local:8080/`, SHAPE)));
  await PLACE.ready(LOAD);
}, PREPARE_MS);

afterAll(end);

async function end(): Promise<void> {
  await PLACE.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", PLACE.name, "--ignore-not-found");
}

/** The node of the Deployment's pods. */
function node(discovery: "dns" | "endpoints"): JsonObject {
  const { metadata, spec, ...rest } = OBJECTS.node("api", HTTP);
  return {
    ...rest,
    metadata: { ...objectOf(metadata), annotations: { "outrigger.dev/discovery": discovery } },
    spec: { ...objectOf(spec), podSelector: { matchLabels: { app: "api" } } },
  };
}

/** The load as a pod of the node `front`. */
function labelled(pod: object): object {
  const { metadata } = pod as { readonly metadata: { readonly labels: object } };
  return { ...pod, metadata: { ...metadata, labels: { ...metadata.labels, node: "front" } } };
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

test("rollouts of its Deployment fail no request, and neither do changes between endpoints and DNS", {
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
  await rollOver();
  const { failures, pods, reconnects, succeeded } = await loadReport(PLACE, LOAD);
  expect({ failures, reconnects }).toEqual({ failures: {}, reconnects: 0 });
  expect(succeeded).toBeGreaterThan(10 * SHAPE.rate);
  // two before, two after the first rollout, one more, and three after the second
  expect(Object.keys(pods)).toHaveLength(3 * REPLICAS + 2);
});
