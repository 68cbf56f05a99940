import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { LoadReport } from "../../../testbed/app/load/tally.ts";
import { apply, kubectl } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { startLoad } from "../resilience/load.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { rolledOut, rollOver, serviceUrl } from "../resilience/roll-over.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { clusterCounters } from "./envoy-statistics.ts";

/*
 * Virtual nodes over HTTP and gRPC, and a gateway, whose Deployments are rolled over while requests and streams come in on kept connections: from
 * another node of the mesh, and from somebody without a sidecar, for whom nobody tries again.
 */

const MESH = "mesh-rollout";
const NODES = ["graceful", "streaming"] as const;
const namespace = new TestNamespace(MESH);
const SHAPE = { rate: 30, connections: 4 };
/** Streams take six seconds each. */
const STREAMS = { rate: 5, connections: 4, timeout: 60_000 };
const PREPARE_MS = 300_000;
const ROLLOUT_MS = 600_000;
const PATIENCE = { timeout: 120_000, interval: 250 };

beforeAll(async () => {
  await Promise.all([installed(), namespace.create({ mesh: MESH })]);
  const app = { namespace: namespace.name, replicas: 2, args: ["--stop", "graceful", "--linger", "3000"] };
  await apply(...objects(), ...gateway(), ...NODES.flatMap((name) => appDeployment({ ...app, name })));
  await Promise.all([...NODES, "door"].map((name) => rolledOut(namespace, name)));
}, PREPARE_MS);

afterAll(async () => {
  await kubectl("delete", "mesh", MESH, "--ignore-not-found");
  await namespace.delete();
});

function object(kind: string, name: string, spec: object, more: object = {}): object {
  return {
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind,
    metadata: { name, ...(kind !== "Mesh" && { namespace: namespace.name }), ...more },
    spec,
  };
}

function selects(app: string): object {
  return { podSelector: { matchLabels: { app } } };
}

function objects(): readonly object[] {
  const hostOf = (name: string): string => `${name}.${namespace.name}.svc.cluster.local`;
  const node = (name: string, protocol: string): readonly object[] => [
    object("VirtualNode", name, {
      ...selects(name),
      listeners: [{ portMapping: { port: 8080, protocol } }],
      serviceDiscovery: { dns: { hostname: hostOf(name) } },
    }),
    object("VirtualService", name, {
      awsName: hostOf(name),
      provider: { virtualNode: { virtualNodeRef: { name } } },
    }),
  ];
  return [
    object(
      "Mesh",
      MESH,
      { namespaceSelector: { matchLabels: { mesh: MESH } } },
      { annotations: { "outrigger.dev/mesh": "serve" } },
    ),
    ...node("graceful", "http"),
    ...node("streaming", "grpc"),
    object("VirtualNode", "load", {
      ...selects("load"),
      backends: NODES.map((name) => ({ virtualService: { virtualServiceRef: { name } } })),
    }),
  ];
}

/** Two pods of it, and a Service: port 8080 leads to the node over HTTP, 8081 to the one of gRPC. */
function gateway(): readonly object[] {
  const route = (service: string, kind: string, match: object): object =>
    object("GatewayRoute", service, {
      [kind]: { match, action: { target: { virtualService: { virtualServiceRef: { name: service } } } } },
    });
  const labels = { app: "door" };
  const ports = [
    { name: "http", port: 8080, targetPort: 8088 },
    { name: "grpc", port: 8081, targetPort: 8089 },
  ];
  return [
    object("VirtualGateway", "door", {
      namespaceSelector: { matchLabels: { mesh: MESH } },
      ...selects("door"),
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }, { portMapping: { port: 8089, protocol: "grpc" } }],
    }),
    route("graceful", "httpRoute", { prefix: "/" }),
    route("streaming", "grpcRoute", { serviceName: "outrigger.testbed.App" }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "door", namespace: namespace.name },
      spec: { selector: labels, ports },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "door", namespace: namespace.name },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: "envoy",
                image: "replaced",
                ports: ports.map(({ targetPort }) => ({ containerPort: targetPort })),
              },
            ],
          },
        },
      },
    },
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

test("no request and no stream of gRPC ends early while pods of a gateway, and of the node that streams, are replaced", {
  timeout: ROLLOUT_MS,
}, async () => {
  const url = `http://streaming.${namespace.name}.svc.cluster.local:8080/`;
  await apply(loadPod(namespace, "streams", "grpc-streams", url, STREAMS, { labels: { app: "load" } }));
  await namespace.ready("streams");
  const door = await serviceUrl(namespace, "door");
  const requests = startLoad("http", door, SHAPE);
  const streams = startLoad("grpc-streams", door.replace(":8080", ":8081"), STREAMS);
  await Promise.all([rollOver(namespace, "door"), rollOver(namespace, "streaming")]);
  const reports = await Promise.all([requests.stop(), streams.stop(), loadReport(namespace, "streams")]);
  for (const [index, { rate }] of [SHAPE, STREAMS, STREAMS].entries()) {
    const { succeeded, failures } = reports[index] as LoadReport;
    expect(failures, JSON.stringify(reports)).toEqual({});
    expect(succeeded).toBeGreaterThan(5 * rate);
  }
  const [throughGateway, streamed, inMesh] = reports;
  // clients were really moved, and streams, each time to pods of after
  for (const { reconnects } of [throughGateway, streamed]) expect(reconnects).toBeGreaterThan(0);
  for (const { pods } of [streamed, inMesh]) expect(Object.keys(pods).length).toBeGreaterThanOrEqual(2);
});
