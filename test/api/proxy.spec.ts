import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { proxyAnswer } from "../../src/answers/proxy-answer.ts";
import { differs } from "../../src/answers/proxy-report.ts";
import { proxyText } from "../../src/answers/proxy-text.ts";
import { connect as connectCluster } from "../../src/diagnose/gather/connect.ts";
import type { PodDoor } from "../../src/diagnose/gather/pod-door.ts";
import { gatherProxied } from "../../src/diagnose/gather/proxied.ts";
import { PORTS } from "../../src/model/names.ts";
import { RELEASE } from "../../src/release.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { eventually } from "../envoy/envoy-process.ts";
import { backends } from "../mesh-objects.ts";
import { mesh, node, route, router, service } from "./app-mesh-manifests.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { type PodEnvoy, podEnvoy, specAt } from "./pod-envoy.ts";
import { accepted, namespacesOf } from "./victim.ts";

/* What `outrigger proxy` says of a real Envoy, beside a real API server and control plane. Only the port forwarding, which needs a kubelet, is a plain connection here. */

let at: MeshCluster;
let controlPlane: TestControlPlane;
let proxy: PodEnvoy;
let adminPort: number;

beforeAll(async () => {
  at = await meshCluster();
  await namespacesOf(at, { shop: "main" });
  await at.cluster.api.apply("/api/v1/namespaces/appmesh-system/configmaps/outrigger", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "outrigger", namespace: "appmesh-system" },
    data: { "config.yaml": "controlPlane: {mesh: serve}\n" },
  });
  controlPlane = await comeUp(at, "away", { controlPlane: { mesh: "serve" } });
  await accepted(
    at,
    mesh("main"),
    node("shop/front", backends("color")),
    node("shop/blue"),
    router("shop/color", route("all", { blue: 1 })),
    service("shop/color"),
  );
  proxy = await podEnvoy({
    api: at.cluster.api,
    namespace: "shop",
    name: "front-1",
    labels: { app: "front" },
    spec: specAt(controlPlane.address.port, { mesh: "main", name: "front_shop" }),
    trust: at.authority.pem,
  });
  adminPort = proxy.ports.get(PORTS.admin) as number;
}, 300_000);

afterAll(async () => {
  await proxy?.stop();
  await controlPlane?.close();
  await at?.stop();
});

/** To the Envoy's admin interface, wherever it is on this machine; nobody else can be reached. */
const door: PodDoor = {
  connect: (_namespace, pod, port) =>
    pod === "front-1" && port === PORTS.admin
      ? Promise.resolve(connect({ host: "127.0.0.1", port: adminPort }))
      : Promise.reject(new Error("nobody is there")),
};

async function answered() {
  const { reads } = await connectCluster({ kubeconfig: at.cluster.kubeconfig, context: "" }, {});
  const facts = await gatherProxied({ reads, door, progress: () => {} }, "shop", "front-1");
  return proxyAnswer(facts, undefined, RELEASE, new Date());
}

test("an Envoy that has what it is sent is said to, down to its last resource", async () => {
  const report = await eventually(answered, (one) => one.asked && !differs(one));
  expect(report).toMatchObject({ node: { kind: "VirtualNode", name: "front" }, mesh: "main", mode: "serve" });
  const named = report.resources.map(({ type, what, standing }) => `${type} ${what}: ${standing}`);
  expect(named).toEqual(
    expect.arrayContaining([
      "listener what the app calls: same",
      "route requests to port 8080 of color.shop: same",
      "cluster VirtualNode shop/blue, port 8080 http: same",
      "cluster its app, port 8080 http: same",
    ]),
  );
  const routes = report.resources.find(({ name }) => name === "rds_egress_http_8080");
  expect(routes?.details).toEqual(["color.shop", "  prefix / -> VirtualNode shop/blue, port 8080 http"]);
  expect(proxyText(report, (_color, text) => text)).toMatch(/^Envoy has what it is sent$/m);
});

test("an Envoy that is cut off keeps what it has, and where that differs comes first", async () => {
  await controlPlane.close();
  const renamed = router("shop/color", route("all", { blue: 1, front: 1 }));
  expect(await at.apply(renamed)).toBeDefined();
  const report = await eventually(answered, (one) => differs(one));
  const different = report.resources.filter(({ standing }) => standing !== "same");
  expect(different.map(({ type, name, standing }) => [type, name, standing])).toEqual([
    ["route", "rds_egress_http_8080", "other"],
    ["cluster", "cds_egress_main_front_shop_http_8080", "missing"],
  ]);
  const [first, second] = proxyText(report, (_color, text) => text).split("\n");
  expect(first).toBe("Envoy has something else than it is sent: 1 of 2 routes, 1 of 7 clusters");
  expect(second).toContain("! route  requests to port 8080 of color.shop: Envoy has another version");
});

test("a pod whose Envoy cannot be asked shows what it is sent", async () => {
  await proxy.envoy.stop();
  const report = await answered();
  expect(report.asked).toBe(false);
  expect(new Set(report.resources.map(({ standing }) => standing))).toEqual(new Set(["not known"]));
  expect(report.notes.join()).toContain("its Envoy could not be asked");
});
