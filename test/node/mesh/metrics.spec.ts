import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { apply, kubectl } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { rolledOut } from "../resilience/roll-over.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { byNode, HTTP, meshObjects } from "./loaded/objects.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";

/*
 * A real Prometheus scrapes the sidecars, and is asked what Flagger asks it of a canary (fluxcd/flagger, pkg/metrics/observers/appmesh.go): it
 * decides by the answers whether to go on. They count the canary's requests, and neither its probes nor the scrapes.
 */

const MESH = "mesh-metrics";
const namespace = new TestNamespace(MESH);
const objects = meshObjects(MESH);
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 120_000, interval: 500 };
/** Four of five requests are answered well, each after a fifth of a second. Of what Envoy tries again by itself, as a 503, a canary gets more than was sent. */
const LOADS = { good: { path: "?delay=200", rate: 16 }, bad: { path: "?delay=200&status=500", rate: 4 } } as const;
const NAMES = ["good", "bad"] as const;
const CANARY = `kubernetes_namespace="${MESH}", kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"`;
const COUNT = `sum(envoy_cluster_upstream_rq{${CANARY}})`;

let prometheus: Prometheus;

beforeAll(async () => {
  await installed();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
  await namespace.create({ mesh: MESH });
  const canary = { namespace: MESH, name: "podinfo", replicas: 1, args: [] };
  const node = objects.node("podinfo", HTTP) as { readonly spec: object };
  await apply(
    objects.mesh("DROP_ALL"),
    { ...node, spec: { ...node.spec, podSelector: { matchLabels: { app: "podinfo" } } } },
    objects.service("podinfo", byNode("podinfo")),
    ...NAMES.map((name) => objects.caller(name, ["podinfo"])),
    ...appDeployment(canary),
  );
  await rolledOut(namespace, "podinfo");
  const name = (await namespace.kubectl("get", "pods", "--selector=app=podinfo", "--output=name")).trim().slice(4);
  const address = (await namespace.addressesOf(name)).ipv4;
  prometheus = await startPrometheus([{ namespace: MESH, name, address }]);
}, PREPARE_MS);

afterAll(async () => {
  await prometheus?.stop();
  await namespace.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
});

test("nothing is counted while nobody calls, although the canary is probed and scraped every second", async () => {
  await vi.waitFor(async () => {
    // it was scraped ten times on each of its ports
    for (const job of ["appmesh-envoy", "status"]) {
      expect(await prometheus.query(`min(count_over_time(up{job="${job}"}[5m]))`)).toBeGreaterThan(10);
      expect(await prometheus.query(`min(up{job="${job}"})`)).toBe(1);
    }
  }, PATIENCE);
  expect((await prometheus.query(COUNT)) ?? 0).toBe(0);
  expect((await prometheus.query(`sum(envoy_cluster_upstream_rq_time_bucket{${CANARY}})`)) ?? 0).toBe(0);
});

test("Flagger's queries give the share of good answers and their latency", { timeout: PREPARE_MS }, async () => {
  await apply(...NAMES.map(loading));
  await namespace.ready(...NAMES);
  await vi.waitFor(async () => expect(await prometheus.query(COUNT)).toBeGreaterThan(500), PATIENCE);
  const rate = (more: string): string => `sum(rate(envoy_cluster_upstream_rq{${CANARY}${more}}[15s]))`;
  // as Flagger does, which asks again: on a busy machine a scrape may be missed, and some answers take longer
  await vi.waitFor(async () => {
    const success = await prometheus.query(`${rate(', envoy_response_code!~"5.*"')} / ${rate("")} * 100`);
    expect(success).toBeGreaterThan(75);
    expect(success).toBeLessThan(85);
    const buckets = `sum(rate(envoy_cluster_upstream_rq_time_bucket{${CANARY}}[15s])) by (le)`;
    const latency = await prometheus.query(`histogram_quantile(0.99, ${buckets})`);
    // in milliseconds: Envoy's bucket of 200 ms ends at 250
    expect(latency).toBeGreaterThan(200);
    expect(latency).toBeLessThan(2_500);
  }, PATIENCE);
});

test("each request is counted once, whichever port is scraped", { timeout: PREPARE_MS }, async () => {
  const reports = await Promise.all(NAMES.map((name) => loadReport(namespace, name)));
  const sent = reports.reduce((sum, report) => sum + report.sent, 0);
  await vi.waitFor(async () => {
    expect(await prometheus.query(COUNT)).toBe(sent);
    expect(await prometheus.query(`sum(envoy_cluster_upstream_rq_time_count{${CANARY}})`)).toBe(sent);
    expect(await prometheus.query(`sum(envoy_cluster_upstream_rq{job="status", pod=~"podinfo-.*"})`)).toBe(sent);
  }, PATIENCE);
  const clusters = await prometheus.series(`envoy_cluster_upstream_rq{${CANARY}}`);
  expect(new Set(clusters.map(({ envoy_cluster_name: name }) => name))).toEqual(
    new Set([`cds_ingress_${MESH}_podinfo_${MESH}_http_8080`]),
  );
});

function loading(name: (typeof NAMES)[number]): object {
  const { path, rate } = LOADS[name];
  const url = `http://podinfo.${MESH}.svc.cluster.local:8080/${path}`;
  const pod = loadPod(namespace, name, "http", url, { rate, connections: 10 }) as { readonly metadata: object };
  return { ...pod, metadata: { ...pod.metadata, labels: { app: name, node: name } } };
}
