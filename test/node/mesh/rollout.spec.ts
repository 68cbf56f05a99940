import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { apply, kubectl } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { startLoad } from "../resilience/load.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { rolledOut, rollOver, serviceUrl } from "../resilience/roll-over.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { clusterCounters } from "./envoy-statistics.ts";

/*
 * A virtual node over HTTP whose Deployment is rolled over while requests come in on kept connections: from another node of the mesh, and from
 * somebody without a sidecar, for whom nobody tries again.
 */

const MESH = "mesh-rollout";
const namespace = new TestNamespace(MESH);
const SHAPE = { rate: 30, connections: 4 };
const PREPARE_MS = 300_000;
const ROLLOUT_MS = 300_000;
const PATIENCE = { timeout: 60_000, interval: 250 };

beforeAll(async () => {
  await Promise.all([installed(), namespace.create({ mesh: MESH })]);
  const graceful = { name: "graceful", replicas: 2, args: ["--stop", "graceful", "--linger", "3000"] };
  await apply(...objects(), ...appDeployment({ ...graceful, namespace: namespace.name }));
  await rolledOut(namespace, "graceful");
}, PREPARE_MS);

afterAll(async () => {
  await kubectl("delete", "mesh", MESH, "--ignore-not-found");
  await namespace.delete();
});

function objects(): readonly object[] {
  const host = `graceful.${namespace.name}.svc.cluster.local`;
  const object = (kind: string, name: string, spec: object, more: object = {}): object => ({
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind,
    metadata: { name, ...(kind !== "Mesh" && { namespace: namespace.name }), ...more },
    spec,
  });
  const selects = (app: string): object => ({ podSelector: { matchLabels: { app } } });
  return [
    object(
      "Mesh",
      MESH,
      { namespaceSelector: { matchLabels: { mesh: MESH } } },
      { annotations: { "outrigger.dev/mesh": "serve" } },
    ),
    object("VirtualNode", "graceful", {
      ...selects("graceful"),
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: host } },
    }),
    object("VirtualService", "graceful", {
      awsName: host,
      provider: { virtualNode: { virtualNodeRef: { name: "graceful" } } },
    }),
    object("VirtualNode", "load", {
      ...selects("load"),
      backends: [{ virtualService: { virtualServiceRef: { name: "graceful" } } }],
    }),
  ];
}

test("an app that stops gracefully loses no request while its pods are replaced, twice", {
  timeout: ROLLOUT_MS,
}, async () => {
  await apply(loadPod(namespace, "load", "http", `http://graceful.${namespace.name}.svc.cluster.local:8080/`, SHAPE));
  await namespace.ready("load");
  const cluster = `cds_egress_${MESH}_graceful_${namespace.name}_http_8080`;
  await vi.waitFor(
    async () =>
      expect(Object.keys(await clusterCounters(namespace, "app=load", "upstream_rq_total"))).toContain(cluster),
    PATIENCE,
  );
  const outside = startLoad("http", await serviceUrl(namespace, "graceful"), SHAPE);
  await rollOver(namespace, "graceful");
  await rollOver(namespace, "graceful");
  const [fromOutside, fromMesh] = await Promise.all([outside.stop(), loadReport(namespace, "load")]);
  expect(fromOutside.sent).toBeGreaterThan(5 * SHAPE.rate);
  expect(fromOutside.failures).toEqual({});
  expect(fromMesh.succeeded).toBeGreaterThan(5 * SHAPE.rate);
  expect(fromMesh.failed, JSON.stringify(fromMesh)).toBe(0);
  // connections were really moved: pods of before, between and after
  expect(Object.keys(fromMesh.pods).length).toBeGreaterThanOrEqual(3);
});
