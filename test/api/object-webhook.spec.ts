import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../src/model/json.ts";
import type { Kind } from "../../src/model/kinds.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { text } from "./api-object.ts";
import { gateway, gatewayRoute, mesh, node, object, route, router, service } from "./app-mesh-manifests.ts";
import { outrigger } from "./command-line.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";

/* What people at kubectl see of the webhook for App Mesh objects, which a real API server asks, and what they see while it is away. */

let at: MeshCluster;
let controlPlane: TestControlPlane | undefined;

beforeAll(async () => {
  at = await meshCluster();
  for (const [name, label] of [
    ["shop", "main"],
    ["bank", "other"],
    ["lonely", "nobodys"],
  ] as const) {
    await at.namespace(name, { mesh: label });
  }
  controlPlane = await comeUp(at, "asked");
}, 300_000);

afterAll(async () => {
  await controlPlane?.close();
  await at?.stop();
});

async function goAway(): Promise<void> {
  await controlPlane?.close();
  controlPlane = undefined;
}

const uidOf = async (kind: Kind, place: string): Promise<unknown> =>
  member((await at.stored(kind, place)).metadata, "uid");

const ALL_TO_WEB = route("all", { web: 1 });
const edge = gateway("shop/edge", { mesh: "main" });
const ALL = [
  mesh("main"),
  node("shop/web"),
  router("shop/web", ALL_TO_WEB),
  service("shop/web"),
  edge,
  gatewayRoute("shop/web", "web"),
  object("BackendGroup", "shop/all", { virtualservices: [{ name: "web" }] }),
];

describe("an API server that asks", () => {
  test("stores each object of one file with the fields that it leaves out, and with nothing else", async () => {
    const { code, stderr } = await at.apply(...ALL);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const meshRef = { name: "main", uid: await uidOf("Mesh", "main") };
    const virtualGatewayRef = { name: "edge", namespace: "shop", uid: await uidOf("VirtualGateway", "shop/edge") };
    const written: Readonly<Record<string, JsonObject>> = {
      Mesh: { awsName: "main" },
      VirtualNode: { awsName: "web_shop", meshRef } as JsonObject,
      VirtualRouter: { awsName: "web_shop", meshRef } as JsonObject,
      VirtualService: { awsName: "web.shop", meshRef } as JsonObject,
      VirtualGateway: { awsName: "edge_shop", meshRef } as JsonObject,
      GatewayRoute: { awsName: "web_shop", meshRef, virtualGatewayRef } as JsonObject,
      BackendGroup: { meshRef } as JsonObject,
    };
    for (const { kind, metadata, spec } of ALL) {
      const [name, namespace] = [stringOf(member(metadata, "name")), stringOf(member(metadata, "namespace"))];
      const place = namespace === undefined ? `${name}` : `${namespace}/${name}`;
      expect(await at.specOf(kind as Kind, place)).toEqual({ ...objectOf(spec), ...written[text(kind)] });
    }
  });

  test("keeps the fields when an update leaves them out", async () => {
    const before = await at.specOf("GatewayRoute", "shop/web");
    const { code, stderr } = await at.kubectl("replace", "-f", "-", [
      gatewayRoute("shop/web", "web", { method: "GET" }),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const after = await at.specOf("GatewayRoute", "shop/web");
    for (const field of ["awsName", "meshRef", "virtualGatewayRef"]) expect(after[field]).toEqual(before[field]);
  });

  test.each<[string, Kind, JsonObject, string]>([
    ["awsName", "VirtualNode", { awsName: "another" }, "awsName cannot be changed"],
    [
      "meshRef",
      "VirtualRouter",
      { meshRef: { name: "other", uid: "u" } },
      "spec.meshRef cannot be changed from main to other: delete the object and create it again (immutable-field)",
    ],
    [
      "virtualGatewayRef",
      "GatewayRoute",
      { virtualGatewayRef: { name: "elsewhere", namespace: "bank", uid: "u" } },
      "spec.virtualGatewayRef cannot be changed from shop/edge to bank/elsewhere",
    ],
  ])("refuses another %s, and says why", async (_, kind, spec, message) => {
    const before = await at.specOf(kind, "shop/web");
    const patch = JSON.stringify({ spec });
    const { code, stderr } = await at.kubectl("patch", kind, "web", "-n", "shop", "--type=merge", "-p", patch);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(await at.specOf(kind, "shop/web")).toEqual(before);
  });

  test("refuses an object of a namespace that no Mesh selects, and one that names a mesh that does not select it", async () => {
    const lonely = await at.apply(node("lonely/web"));
    expect(lonely.code).toBe(1);
    expect(lonely.stderr).toContain("no Mesh selects namespace lonely; label the namespace");
    const forged = await at.apply(node("lonely/web", { meshRef: { name: "main", uid: "u" } }));
    expect(forged.stderr).toContain("spec.meshRef: it names Mesh main, which does not select namespace lonely");
    expect(forged.stderr).toContain("(mesh-not-selected)");
  });

  test("takes an object that names the mesh that selects it, as one does that was exported", async () => {
    const meshRef = { name: "main", uid: "of-another-cluster" };
    const { code, stderr } = await at.apply(
      node("shop/exported", { meshRef, podSelector: { matchLabels: { app: "x" } } }),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await at.specOf("VirtualNode", "shop/exported")).meshRef).toEqual(meshRef);
  });

  test.each<[string, JsonObject, string]>([
    [
      "two routes of one name",
      router("shop/twice", route("a", { web: 1 }), route("a", { web: 1 })),
      "another route is called a too",
    ],
    ["two equal backends", node("shop/twice", backends("web", "web")), "VirtualService/shop/web is listed before"],
    [
      "a header that is matched in two ways",
      gatewayRoute("shop/twice", "web", { headers: [{ name: "a", match: { exact: "x", prefix: "x" } }] }),
      "a value is matched in one way, this has exact and prefix",
    ],
  ])("refuses %s", async (_, given, message) => {
    const { code, stderr } = await at.apply(given);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test("warns of a field that nobody knows, with the nearest name, and of what App Mesh's validator let through", async () => {
    const listeners = [{ portMapping: { port: 8080, protocol: "http" }, healtCheck: {} }];
    const unknown = await at.apply(node("shop/warned", { podSelector: { matchLabels: { app: "y" } }, listeners }));
    expect(unknown.code).toBe(0);
    expect(unknown.stderr.trim()).toBe(
      "Warning: spec.listeners[0].healtCheck: no field of this name is known, so it has no effect; perhaps healthCheck was meant (unknown-field)",
    );
    const both = {
      ...route("a", { web: 1 }),
      tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "web" }, weight: 1 }] } },
    };
    const gap = await at.apply(router("shop/warned", both));
    expect(gap.code).toBe(0);
    expect(gap.stderr).toContain("a route has exactly one of httpRoute, http2Route, grpcRoute and tcpRoute");
  });

  test("warns of a Mesh that is deleted before its members, or refuses that where the setting says so", async () => {
    const warned = await at.kubectl("delete", "mesh", "main", "--dry-run=server");
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(
      /Warning: Mesh\/main still has VirtualNode\/shop\/.*, which App Mesh wanted to be deleted first/,
    );
    await goAway();
    controlPlane = await comeUp(at, "asked", { controlPlane: { deletionGuards: "refuse" } });
    const refused = await at.kubectl("delete", "mesh", "main", "--wait=false");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Mesh/main still has VirtualNode/shop/");
    const edge = await at.kubectl("delete", "virtualgateway", "edge", "-n", "shop", "--wait=false");
    expect(edge.stderr).toContain("VirtualGateway/shop/edge still has GatewayRoute/shop/web");
    // in App Mesh's order, without a pause: what is deleted is in the way no longer
    expect((await at.kubectl("delete", "gatewayroute", "web", "-n", "shop")).code).toBe(0);
    expect((await at.kubectl("delete", "virtualgateway", "edge", "-n", "shop")).code).toBe(0);
  });
});

test("while it is away everything goes through, and the problems say what it would have refused or warned of", async () => {
  await goAway();
  const away = [
    node("lonely/away"),
    router("shop/away", route("a", { web: 1 }), route("a", { web: 1 })),
    node("shop/away", { podSelector: { matchLabels: { app: "z" } }, backend: [] }),
  ];
  const { code, stderr } = await at.apply(...away);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect((await at.specOf("VirtualNode", "lonely/away")).meshRef).toBeUndefined();
  const { stdout } = await outrigger(["problems", "--kubeconfig", at.cluster.kubeconfig, "--output", "json"]);
  const problems = objectsOf(member(JSON.parse(stdout) as JsonObject, "problems"));
  const said = problems.map(({ code: problem, object: of }) => {
    const { kind, namespace, name } = objectOf(of);
    return `${[kind, namespace, name].map(text).join("/")} ${text(problem)}`;
  });
  expect(said).toEqual(
    expect.arrayContaining([
      "VirtualNode/lonely/away no-mesh",
      "VirtualRouter/shop/away route-named-twice",
      "VirtualNode/shop/away unknown-field",
    ]),
  );
});
