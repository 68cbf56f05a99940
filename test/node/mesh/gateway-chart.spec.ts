import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { INJECT_KEY } from "../../../src/model/names.ts";
import { outcomeOf } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { call } from "./calls.ts";
import { deployed } from "./deployed.ts";
import { APP_IMAGE, gone, started } from "./walkthrough.ts";

/*
 * A gateway as App Mesh's public chart `appmesh-gateway` runs it: an image of long ago, a liveness probe by `sh` and `curl`, a readiness
 * probe of the admin port, a Service of the type LoadBalancer; and another one on a port below 1024.
 */

const NAMESPACE = "gateway-chart";
const CHART = "appmesh-gateway";
const LABELS = { "app.kubernetes.io/name": CHART };

const MANIFEST: readonly JsonObject[] = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE, labels: { mesh: NAMESPACE, [INJECT_KEY]: "enabled" } },
  },
  mesh("Mesh", NAMESPACE, { namespaceSelector: { matchLabels: { mesh: NAMESPACE } } }),
  mesh("VirtualGateway", CHART, {
    namespaceSelector: { matchLabels: { [INJECT_KEY]: "enabled" } },
    gatewayRouteSelector: { matchExpressions: [{ key: "low", operator: "DoesNotExist" }] },
    podSelector: { matchLabels: LABELS },
    listeners: [
      {
        portMapping: { port: 8088, protocol: "http" },
        // which no schema knows, and the chart writes
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
      },
    ],
  }),
  mesh("VirtualGateway", "low", {
    namespaceSelector: { matchLabels: { mesh: NAMESPACE } },
    gatewayRouteSelector: { matchLabels: { low: "yes" } },
    podSelector: { matchLabels: { app: "low" } },
    listeners: [{ portMapping: { port: 80, protocol: "http" } }],
  }),
  mesh("VirtualNode", "color", {
    podSelector: { matchLabels: { app: "color" } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: `color.${NAMESPACE}.svc.cluster.local` } },
  }),
  mesh("VirtualService", "color", { provider: { virtualNode: { virtualNodeRef: { name: "color" } } } }),
  route("color", {}),
  route("low", { low: "yes" }),
  service("color", [{ port: 8080 }], { app: "color" }),
  deployment("color", { app: "color" }, { name: "app", image: APP_IMAGE, env: [{ name: "COLOR", value: "teal" }] }),
  { ...service(CHART, [{ port: 80, targetPort: "http" }], LABELS, "LoadBalancer") },
  deployment(CHART, LABELS, {
    name: "envoy",
    image: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.12.3.0-prod",
    imagePullPolicy: "IfNotPresent",
    ports: [
      { containerPort: 8088, name: "http", protocol: "TCP" },
      { containerPort: 9901, name: "http-admin", protocol: "TCP" },
    ],
    livenessProbe: {
      exec: { command: ["sh", "-c", "curl -s http://localhost:9901/server_info | grep state | grep -q LIVE"] },
      initialDelaySeconds: 1,
      periodSeconds: 1,
    },
    readinessProbe: { initialDelaySeconds: 1, periodSeconds: 1, tcpSocket: { port: "http-admin" } },
    resources: { requests: { cpu: "10m", memory: "64Mi" } },
  }),
  service("low", [{ port: 80 }], { app: "low" }),
  deployment("low", { app: "low" }, { name: "envoy", image: "example.com/none:1", ports: [{ containerPort: 80 }] }),
];

function mesh(kind: string, name: string, spec: JsonObject, labels: JsonObject = {}): JsonObject {
  const place = kind === "Mesh" ? { name } : { name, namespace: NAMESPACE, labels };
  return { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata: place, spec };
}

function route(name: string, labels: JsonObject): JsonObject {
  const action = { target: { virtualService: { virtualServiceRef: { name: "color" } } } };
  return mesh("GatewayRoute", name, { httpRoute: { match: { prefix: "/" }, action } }, labels);
}

function service(name: string, ports: readonly JsonObject[], selector: JsonObject, type = "ClusterIP"): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: NAMESPACE },
    spec: { type, ports, selector },
  };
}

function deployment(name: string, labels: JsonObject, container: JsonObject): JsonObject {
  return deployed({ name, namespace: NAMESPACE }, labels, container);
}

let namespace: TestNamespace;

beforeAll(async () => {
  await installed();
  namespace = await started(MANIFEST);
});

afterAll(() => gone(MANIFEST));

test.each([
  ["the chart's Service", `http://${CHART}.${NAMESPACE}.svc.cluster.local/any`],
  ["a gateway on port 80", `http://low.${NAMESPACE}.svc.cluster.local/any`],
])("%s leads to the app", async (_, url) => {
  await vi.waitFor(async () => expect(await call(namespace, "curler", url)).toEqual({ status: 200, body: "teal" }), {
    timeout: 120_000,
    interval: 500,
  });
});

test("the chart's liveness probe asks the status listener, and no container was started again", async () => {
  const selector = `--selector=app.kubernetes.io/name=${CHART}`;
  const path =
    "jsonpath={.items[0].spec.containers[0].livenessProbe.httpGet.path} {.items[0].status.containerStatuses[0].restartCount}";
  expect(await namespace.kubectl("get", "pods", selector, `--output=${path}`)).toBe("/ready 0");
});

test("a probe by a command that the image does not have is denied, with what helps", async () => {
  const container = { name: "envoy", image: "a", livenessProbe: { exec: { command: ["sh", "-c", "true"] } } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "probed", namespace: NAMESPACE, labels: { app: "low" } },
    spec: { containers: [container] },
  };
  const { code, stderr } = await outcomeOf("kubectl", ["apply", "-f", "-"], JSON.stringify(pod));
  expect(code).toBe(1);
  expect(stderr).toContain("ask by httpGet for /ready on port 15020");
});
