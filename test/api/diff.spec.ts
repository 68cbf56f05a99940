import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { DiffReport } from "../../src/answers/diff-report.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { TYPES } from "../../src/xds/types.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { createMeshPod } from "../mesh-pods.ts";
import { gateway, gatewayRoute, mesh, node, object, route, router, service } from "./app-mesh-manifests.ts";
import { outrigger } from "./command-line.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { type MirroredProxy, mirroredProxy } from "./mirrored-proxy.ts";
import { until } from "./until.ts";
import { accepted, namespacesOf } from "./victim.ts";

/*
 * What `outrigger diff` says of an edit, held against what the edit then does: the proxies that it names get just the resources that it names, and the
 * others get nothing.
 */

/** What is no longer needed goes ten seconds after everything else; a busy machine needs longer. */
const PATIENCE = { timeout: 90_000, interval: 50 };

let at: MeshCluster;
let controlPlane: TestControlPlane;
const proxies = new Map<string, MirroredProxy>();

const color = (weight: number, timeout?: JsonObject): JsonObject => {
  const all = route("all", { blue: 9, green: weight });
  const { httpRoute } = all as { readonly httpRoute: JsonObject };
  return router("shop/color", timeout === undefined ? all : { ...all, httpRoute: { ...httpRoute, timeout } });
};
const awsCloudMap = (serviceName: string): JsonObject => ({
  serviceDiscovery: { awsCloudMap: { namespaceName: "pvt.local", serviceName } },
});
/** It concerns nobody but its caller's proxy, which tells that everything before it has arrived. */
const marker = (weight: number): JsonObject => router("shop/marker", route("all", { blue: weight, green: 1 }));

const OBJECTS = [
  mesh("main"),
  node("shop/front", backends("color")),
  node("shop/other", backends("color", "teal")),
  node("shop/marker", backends("marker")),
  node("shop/blue"),
  node("shop/green"),
  node("shop/teal", awsCloudMap("teal")),
  color(1),
  marker(1),
  service("shop/color"),
  service("shop/marker"),
  object("VirtualService", "shop/teal", { provider: { virtualNode: { virtualNodeRef: { name: "teal" } } } }),
  gateway("shop/edge", { own: "shop" }, { podSelector: { matchLabels: { app: "edge" } } }),
  gatewayRoute("shop/color", "color"),
  node("bank/vault"),
];

beforeAll(async () => {
  at = await meshCluster();
  await namespacesOf(at, { shop: "main", bank: "main", lonely: "none" });
  const config = "controlPlane: {mesh: serve}\n";
  await at.cluster.api.apply("/api/v1/namespaces/appmesh-system/configmaps/outrigger", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "outrigger", namespace: "appmesh-system" },
    data: { "config.yaml": config },
  });
  controlPlane = await comeUp(at, "asked", { controlPlane: { mesh: "serve" } });
  for (const name of ["front", "other", "marker", "color", "blue", "green", "red", "teal", "bare"]) {
    await at.cluster.api.create("/api/v1/namespaces/shop/services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "shop" },
      spec: { selector: { app: name }, ports: [{ port: 8080 }] },
    });
  }
  await accepted(at, ...OBJECTS);
  const server = { port: controlPlane.address.port, authority: at.authority.pem };
  for (const app of ["front", "other", "marker", "blue", "teal", "edge", "bare"]) {
    const metadata = { labels: { app }, annotations: { [RECORD_KEY]: "{}" } };
    const pod = await createMeshPod(at.cluster.api, "shop", app, metadata);
    const kind = app === "edge" ? "virtualGateway" : "virtualNode";
    proxies.set(app, await mirroredProxy(at.cluster.api, server, pod, `mesh/main/${kind}/${app}_shop`));
  }
  const path = "/api/v1/namespaces/shop/pods/teal/status";
  const { body } = await at.cluster.api.send("GET", path);
  const conditions = [{ type: "ContainersReady", status: "True" }];
  await at.cluster.api.send("PUT", path, {
    ...body,
    status: { podIP: "10.1.0.7", podIPs: [{ ip: "10.1.0.7" }], conditions },
  });
  // it comes with the address, and is told in no edit then
  await proxies.get("teal")?.untilHas("outrigger_stats");
  await proxies.get("front")?.untilHas("cds_egress_main_green_shop_http_8080");
  await proxies.get("edge")?.untilHas("rds_egress_http_15001");
  await proxies.get("marker")?.untilHas("rds_egress_http_8080");
  await proxies.get("other")?.untilHas("cds_egress_main_teal_shop_http_8080");
  await settled();
}, 300_000);

afterAll(async () => {
  await Promise.all([...proxies.values()].map((proxy) => proxy.end()));
  await controlPlane?.close();
  await at?.stop();
});

const ROUTES = `${TYPES.route} rds_egress_http_8080`;

/** Waits until whatever was applied before has arrived. */
async function settled(): Promise<void> {
  const proxy = proxies.get("marker") as MirroredProxy;
  for (const weight of [2, 1]) {
    const known = proxy.resources().get(ROUTES);
    expect(await at.apply(marker(weight))).toMatchObject({ code: 0 });
    await until(async () => (proxy.resources().get(ROUTES) === known ? "its routes are the old ones" : undefined));
  }
  for (const one of proxies.values()) one.told();
}

const diff = (files: readonly JsonObject[], ...argv: readonly string[]) => {
  const given = files.length === 0 ? [] : ["-f", "-"];
  const text = files.map((one) => JSON.stringify(one)).join("\n---\n");
  return outrigger(["diff", "--kubeconfig", at.cluster.kubeconfig, ...given, ...argv], text);
};

interface Edit {
  readonly files?: readonly JsonObject[];
  readonly deleted?: readonly string[];
  /** Names of the pods whose proxies are named. */
  readonly named: readonly string[];
  /** Codes of problems that appear, and that end. */
  readonly appearing?: readonly string[];
  readonly ending?: readonly string[];
}

const EDITS: readonly (readonly [string, Edit])[] = [
  ["a weight", { files: [color(2)], named: ["edge", "front", "other"] }],
  [
    "a time-out of a route",
    { files: [color(2, { perRequest: { unit: "s", value: 3 } })], named: ["edge", "front", "other"] },
  ],
  ["the same again", { files: [color(2, { perRequest: { unit: "s", value: 3 } })], named: [] }],
  [
    "a target that goes",
    { files: [router("shop/color", route("all", { blue: 1 }))], named: ["edge", "front", "other"] },
  ],
  ["a target that comes", { files: [color(1)], named: ["edge", "front", "other"] }],
  ["a new node that nobody calls and no pod is", { files: [node("shop/red")], named: [] }],
  [
    "a new service with its backend",
    {
      files: [
        node("shop/front", backends("color", "red")),
        object("VirtualService", "shop/red", { provider: { virtualNode: { virtualNodeRef: { name: "red" } } } }),
      ],
      named: ["front"],
    },
  ],
  [
    "a reference to nobody",
    { files: [node("shop/front", backends("color", "gone"))], named: ["front"], appearing: ["missing-reference"] },
  ],
  [
    "a reference to nobody, and its problem, that go",
    { files: [node("shop/front", backends("color"))], named: [], ending: ["missing-reference"] },
  ],
  [
    "a listener's time-out of a node that is called",
    {
      files: [
        node("shop/blue", {
          listeners: [
            { portMapping: { port: 8080, protocol: "http" }, timeout: { http: { idle: { unit: "s", value: 9 } } } },
          ],
        }),
      ],
      named: ["blue"],
    },
  ],
  [
    "a health check of a node that is called",
    {
      files: [
        node("shop/blue", {
          listeners: [
            {
              portMapping: { port: 8080, protocol: "http" },
              timeout: { http: { idle: { unit: "s", value: 9 } } },
              healthCheck: {
                protocol: "http",
                path: "/",
                healthyThreshold: 2,
                unhealthyThreshold: 2,
                intervalMillis: 5000,
                timeoutMillis: 2000,
              },
            },
          ],
        }),
      ],
      named: ["edge", "front", "marker", "other"],
    },
  ],
  [
    "a selector, by which Cloud Map loses a pod and the pod its node",
    {
      files: [node("shop/teal", { ...awsCloudMap("teal"), podSelector: { matchLabels: { app: "nobody" } } })],
      named: ["other", "teal"],
    },
  ],
  ["a gateway route that goes", { deleted: ["gatewayroute/shop/color"], named: ["edge"] }],
  ["a gateway route that comes", { files: [gatewayRoute("shop/color", "color", { prefix: "/api" })], named: ["edge"] }],
  [
    "a label, and the object of another namespace",
    { files: [node("bank/vault", {}, { labels: { a: "b" } })], named: [] },
  ],
  ["a node for a pod that had none", { files: [node("shop/bare")], named: ["bare"] }],
  ["the node of a pod that goes", { deleted: ["vn/shop/bare"], named: ["bare"] }],
  [
    "the egress filter",
    { files: [mesh("main", { egressFilter: { type: "ALLOW_ALL" } })], named: ["blue", "front", "marker", "other"] },
  ],
];

test.each(EDITS)(
  "diff names who gets something: %s",
  { timeout: 180_000 },
  async (_, { files = [], deleted = [], named, ...problems }) => {
    const argv = deleted.flatMap((one) => ["--delete", one]);
    const { stdout, stderr, code } = await diff(files, ...argv, "--output", "json");
    expect(stderr).toBe("");
    const report = JSON.parse(stdout) as DiffReport;
    expect(code).toBe(report.summary.objects === 0 ? 0 : 1);
    const changes = new Map(
      report.proxies.flatMap(({ pods, resources }) => pods.map((pod) => [pod, resources] as const)),
    );
    expect([...changes.keys()].toSorted()).toEqual(named);
    const codes = (found: DiffReport["appearing"]) => found.map(({ code: one }) => one);
    expect({ appearing: codes(report.appearing), ending: codes(report.ending) }).toEqual({
      appearing: problems.appearing ?? [],
      ending: problems.ending ?? [],
    });

    for (const one of deleted) {
      const [kind = "", namespace = "", name = ""] = one.split("/");
      const plural = kind === "vn" ? "virtualnodes" : `${kind}s`;
      await at.cluster.api.send("DELETE", `/apis/appmesh.k8s.aws/v1beta2/namespaces/${namespace}/${plural}/${name}`);
    }
    if (files.length > 0) expect(await at.apply(...files)).toMatchObject({ code: 0 });
    const told = new Map([...proxies.keys()].map((name) => [name, new Set<string>()]));
    const listen = (): void => {
      for (const [name, proxy] of proxies) for (const one of proxy.told()) told.get(name)?.add(one);
    };
    for (const [name, resources] of changes) {
      const expected = resources.map(({ type, name: resource }) => `${TYPES[type]} ${resource}`);
      await vi.waitFor(() => {
        listen();
        const missing = expected.filter((one) => told.get(name)?.has(one) !== true);
        expect({ name, missing }).toEqual({ name, missing: [] });
      }, PATIENCE);
    }
    await settledListening(listen);
    for (const [name, got] of told) {
      // endpoints follow a cluster that changes, whether they are others or not; the marker has its own way
      const beside = [...got].filter(
        (one) => !one.startsWith(TYPES.endpoints) && !(name === "marker" && one === ROUTES),
      );
      const expected = (changes.get(name) ?? []).filter(({ type }) => type !== "endpoints");
      const names = expected.map(({ type, name: resource }) => `${TYPES[type]} ${resource}`);
      expect({ name, told: beside.toSorted() }).toEqual({
        name,
        told: names.filter((one) => !(name === "marker" && one === ROUTES)).toSorted(),
      });
    }
  },
);

async function settledListening(listen: () => void): Promise<void> {
  const proxy = proxies.get("marker") as MirroredProxy;
  for (const weight of [2, 1]) {
    const known = proxy.resources().get(ROUTES);
    expect(await at.apply(marker(weight))).toMatchObject({ code: 0 });
    await until(async () => (proxy.resources().get(ROUTES) === known ? "its routes are the old ones" : undefined));
  }
  listen();
}

test("what would be refused is said, with why, and changes nothing", async () => {
  const renamed = service("shop/color", { awsName: "other.example.com" });
  const { code, stdout } = await diff([
    renamed,
    node("nowhere/web"),
    node("shop/front", { listeners: 1 }),
    node("lonely/web"),
    node("shop/teal", awsCloudMap("blue")),
  ]);
  expect(code).toBe(2);
  expect(stdout).toContain("VirtualService shop/color  refused: spec.awsName cannot be changed from color.shop");
  expect(stdout).toContain("VirtualNode nowhere/web  refused: there is no namespace nowhere");
  expect(stdout).toContain("VirtualNode shop/front  refused: spec.listeners: expected a list, found 1");
  expect(stdout).toContain("VirtualNode lonely/web  refused: no Mesh selects namespace lonely");
  expect(stdout).toContain("VirtualNode shop/teal  refused: spec: serviceDiscovery.awsCloudMap cannot be changed");
  expect(stdout).toMatch(/^0 objects would change; 5 would be refused; no proxy gets anything; 7 stay as they are$/m);
});

test("what is not there cannot be deleted", async () => {
  const { code, stdout, stderr } = await diff([], "--delete", "vn/shop/nobody");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("there is no VirtualNode/shop/nobody, which is to be deleted");
});

test("the text says in App Mesh's words what comes, changes and goes", async () => {
  const { stdout } = await diff([router("shop/color", route("all", { blue: 1, red: 3 }))]);
  expect(stdout).toContain("VirtualRouter shop/color  configured\n");
  expect(stdout).toMatch(/^shop Pod\/front {2}1 proxy, of VirtualNode shop\/front$/m);
  expect(stdout).toMatch(/^ {2}\+ cluster +VirtualNode shop\/red, port 8080 http$/m);
  expect(stdout).toMatch(/^ {2}- cluster +VirtualNode shop\/green, port 8080 http$/m);
  expect(stdout).toMatch(/^ {2}~ route +requests to port 8080 of color\.shop {2}\(VirtualRouter shop\/color\)$/m);
  expect(stdout).toContain(
    "color.shop route all: prefix / -> blue_shop:8080 9, green_shop:8080 1 becomes prefix / -> blue_shop:8080 1, red_shop:8080 3",
  );
});
