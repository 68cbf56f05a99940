import { afterAll, beforeAll, expect, test } from "vitest";
import { type Json, type JsonObject, member } from "../../src/model/json.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { createMeshPod } from "../mesh-pods.ts";
import { text } from "./api-object.ts";
import { gateway, gatewayRoute, mesh, node, object, route, router, service } from "./app-mesh-manifests.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { type MirroredProxy, mirroredProxy } from "./mirrored-proxy.ts";
import { until } from "./until.ts";
import { accepted, namespacesOf } from "./victim.ts";

/*
 * Two meshes of one cluster, beside our webhook and our leader: "main" with the namespaces "shop" and "stock", "second", which belongs to
 * another AWS account, with the namespace "bank". Objects of one name stand in each.
 */

const OWNER = "210987654321";

let at: MeshCluster;
let controlPlane: TestControlPlane;
const proxies: MirroredProxy[] = [];

/** The same objects in a namespace: "web" calls "api", a router before it. */
const objects = (namespace: string, spec: JsonObject = backends("api")): readonly JsonObject[] => [
  node(`${namespace}/web`, spec),
  node(`${namespace}/api`),
  router(`${namespace}/api`, route("all", { api: 1 })),
  service(`${namespace}/api`),
];

beforeAll(async () => {
  at = await meshCluster();
  await namespacesOf(at, { shop: "main", stock: "main", bank: "second" });
  controlPlane = await comeUp(at, "asked", { controlPlane: { mesh: "serve" }, accountId: "123456789012" });
  await accepted(at, mesh("main"), mesh("second", { meshOwner: OWNER }));
  await accepted(at, ...objects("shop"), ...objects("stock"), ...objects("bank"));
}, 300_000);

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.end()));
  await controlPlane?.close();
  await at?.stop();
});

async function proxyOf(namespace: string, name: string, app: string, claim: string): Promise<MirroredProxy> {
  const pod = await createMeshPod(at.cluster.api, namespace, name, { labels: { app } });
  const server = { port: controlPlane.address.port, authority: at.authority.pem };
  const proxy = await mirroredProxy(at.cluster.api, server, pod, claim);
  proxies.push(proxy);
  return proxy;
}

const clustersOf = (proxy: MirroredProxy): readonly string[] =>
  [...proxy.resources().keys()]
    .map((key) => key.split(" ")[1] ?? "")
    .filter((name) => /^cds_egress_.*_http_8080$/.test(name));

test("objects of one name are told apart by their namespaces and meshes, down to the proxies", async () => {
  for (const [namespace, name, claim] of [
    ["shop", "main", "mesh/main"],
    ["stock", "main", "mesh/main"],
    ["bank", "second", `mesh/second@${OWNER}`],
  ] as const) {
    const proxy = await proxyOf(namespace, "web", "web", `${claim}/virtualNode/web_${namespace}`);
    await proxy.untilHas(`cds_egress_${name}_api_${namespace}_http_8080`);
    expect(clustersOf(proxy)).toEqual([`cds_egress_${name}_api_${namespace}_http_8080`]);
  }
  const mistaken = controlPlane.lines.filter(({ msg }) => text(msg as Json).includes("another node than its pod"));
  expect(mistaken).toEqual([]);
  expect(member((await at.stored("VirtualNode", "bank/web")).status, "virtualNodeARN")).toContain(
    ":mesh/second/virtualNode/web_bank",
  );
});

test("a reference into another namespace is followed within the mesh, and into another mesh it is a problem of whoever refers", async () => {
  const provider = { virtualNode: { virtualNodeRef: { name: "api", namespace: "stock" } } };
  await accepted(
    at,
    node("shop/far", backends("stock/api", "bank/api")),
    object("VirtualService", "shop/far", { provider }),
    router("shop/far", route("all", { "stock/api": 1, "bank/api": 1 })),
  );
  await at.untilSaid("VirtualNode", "shop/far", "VirtualNodeActive=False OtherMesh");
  await at.untilSaid("VirtualRouter", "shop/far", "VirtualRouterActive=False OtherMesh");
  await at.untilSaid("VirtualService", "shop/far", "VirtualServiceActive=True Active");
  const proxy = await proxyOf("shop", "far", "far", "mesh/main/virtualNode/far_shop");
  await proxy.untilHas("cds_egress_main_api_stock_http_8080");
  expect(clustersOf(proxy)).toEqual(["cds_egress_main_api_stock_http_8080"]);
  await accepted(at, node("shop/far", backends("stock/api")));
  await at.untilSaid("VirtualNode", "shop/far", "VirtualNodeActive=True Active");
});

test("backends by ARN are those of the own mesh, whoever owns it, and by a group each is called once", async () => {
  const arn = (of: string): JsonObject => ({
    virtualService: { virtualServiceARN: `arn:aws:appmesh:us-west-2:123456789012:mesh/${of}/virtualService/api.stock` },
  });
  const all = object("BackendGroup", "shop/all", {
    virtualservices: [{ name: "api" }, { name: "api", namespace: "stock" }, { name: "api", namespace: "bank" }],
  });
  await accepted(
    at,
    all,
    node("shop/caller", { backends: [arn("main")], backendGroups: [{ name: "all" }] }),
    node("shop/astray", { backends: [arn("second")] }),
    node("shop/lost", { backendGroups: [{ name: "nobody" }] }),
    node("stock/guest", { backendGroups: [{ name: "all", namespace: "shop" }] }),
  );
  await at.untilSaid("VirtualNode", "shop/caller", "VirtualNodeActive=True Active");
  await at.untilSaid("VirtualNode", "shop/astray", "VirtualNodeActive=False OtherMesh");
  await at.untilSaid("VirtualNode", "shop/lost", "VirtualNodeActive=False MissingReference");
  const both = ["cds_egress_main_api_shop_http_8080", "cds_egress_main_api_stock_http_8080"];
  for (const [namespace, name] of [
    ["shop", "caller"],
    ["stock", "guest"],
  ] as const) {
    const proxy = await proxyOf(namespace, name, name, `mesh/main/virtualNode/${name}_${namespace}`);
    for (const cluster of both) await proxy.untilHas(cluster);
    expect(clustersOf(proxy)).toEqual(both);
  }
  const twice = await at.kubectl("apply", "-f", "-", [node("shop/twice", { backends: [arn("main"), arn("main")] })]);
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("is listed before") });
});

test("a namespace that gets another label keeps what it has: only what is new there is of the other mesh", async () => {
  await accepted(
    at,
    gateway("shop/edge", { own: "shop" }),
    gatewayRoute("shop/api", "api"),
    object("BackendGroup", "shop/kept", { virtualservices: [{ name: "api" }, { name: "api", namespace: "stock" }] }),
    node("shop/member", { backendGroups: [{ name: "kept" }] }),
  );
  const proxy = await proxyOf("shop", "member", "member", "mesh/main/virtualNode/member_shop");
  for (const name of ["api_shop", "api_stock"]) await proxy.untilHas(`cds_egress_main_${name}_http_8080`);
  await proxy.untilHas("rds_egress_http_8080");
  const before = proxy.resources();
  const statuses = async () =>
    Promise.all(
      (["VirtualNode", "VirtualRouter", "VirtualService", "GatewayRoute"] as const).map(
        async (kind) => (await at.stored(kind, kind === "VirtualNode" ? "shop/member" : "shop/api")).status,
      ),
    );
  const said = await statuses();
  proxy.told();
  await at.kubectl("label", "namespace", "shop", "mesh=second", "--overwrite");

  // what comes now is of the other mesh, as its label says, and may change what is there no more than before
  await until(async () => {
    const { code, stderr } = await at.apply(node("shop/new", backends("bank/api")));
    const meshRef = member(await at.specOf("VirtualNode", "shop/new"), "meshRef");
    if (code === 0 && member(meshRef, "name") === "second") return undefined;
    // made before the webhook knew the label; a meshRef that is there stays
    await at.kubectl("delete", "virtualnode", "new", "-n", "shop", "--ignore-not-found");
    return `${stderr} ${JSON.stringify(meshRef)}`;
  });
  await at.untilSaid("VirtualNode", "shop/new", "VirtualNodeActive=True Active");
  expect(proxy.told()).toEqual([]);
  expect(proxy.resources()).toEqual(before);
  expect(await statuses()).toEqual(said);

  // a change of what is there is taken, and reaches its proxies in the old mesh
  const changed = await at.apply(router("shop/api", route("all", { api: 1, "stock/api": 1 })));
  expect(changed).toMatchObject({ code: 0, stderr: "" });
  await until(async () => (proxy.told().length > 0 ? undefined : "its routes are the old ones"));
  await at.kubectl("label", "namespace", "shop", "mesh=main", "--overwrite");
});
