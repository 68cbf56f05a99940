import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, member } from "../../src/model/json.ts";
import type { Kind } from "../../src/model/kinds.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { text } from "./api-object.ts";
import { gateway, gatewayRoute, mesh, node, object, route, router, service } from "./app-mesh-manifests.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { accepted, namespacesOf, type Victim, victim } from "./victim.ts";

/*
 * What the owner of a namespace can do to others by writing App Mesh objects, while no webhook is asked: nothing. "evil" is a namespace of
 * the victim's mesh and "outside" one of another; both are an attacker's. What the victim's proxy has stays the same to the byte, and the
 * attacker's objects say why they are without effect.
 */

const OWNER = "owner-of-evil";
const toOld = { provider: { virtualNode: { virtualNodeRef: { name: "old" } } } };
const EDGE_OF_SHOP = { name: "edge", namespace: "shop", uid: "u" };

let at: MeshCluster;
let controlPlane: TestControlPlane;
let shop: Victim;
let remembered: ReadonlyMap<string, string>;

beforeAll(async () => {
  at = await meshCluster();
  await namespacesOf(at, { shop: "main", evil: "main", outside: "second" });
  controlPlane = await comeUp(at, "away", { controlPlane: { mesh: "serve" } });
  // older than what the victim has, so that age alone would decide for them
  await accepted(
    at,
    mesh("main"),
    mesh("second"),
    node("evil/old", { awsName: "old" }),
    object("VirtualService", "evil/old", { awsName: "old.example.com", ...toOld }),
    gateway("evil/edge", { own: "evil" }),
    gatewayRoute("evil/old", "old"),
    node("outside/moved"),
    router("outside/moved", route("all", { moved: 1 })),
    service("outside/moved"),
  );
  await at.kubectl(
    "create",
    "clusterrole",
    "everything-of-app-mesh",
    "--verb=*",
    "--resource=*.appmesh.k8s.aws,*.appmesh.k8s.aws/status",
  );
  for (const namespace of ["evil", "outside"]) {
    await at.kubectl(
      "create",
      "rolebinding",
      OWNER,
      "-n",
      namespace,
      "--clusterrole=everything-of-app-mesh",
      `--user=${OWNER}`,
    );
  }
  shop = await victim(at, controlPlane);
}, 300_000);

afterAll(async () => {
  await shop?.end();
  await controlPlane?.close();
  await at?.stop();
});

beforeEach(async () => {
  remembered = await shop.remember();
});

/** As the attacker, who may write everything of App Mesh in their own namespaces. */
const attack = (...objects: readonly JsonObject[]) => at.kubectl("apply", "--as", OWNER, "-f", "-", objects);

const patch = (kind: Kind, place: string, type: "json" | "merge", body: unknown, ...more: readonly string[]) => {
  const [namespace = "", name = ""] = place.split("/");
  return at.kubectl(
    "patch",
    kind,
    name,
    "-n",
    namespace,
    "--as",
    OWNER,
    `--type=${type}`,
    "-p",
    JSON.stringify(body),
    ...more,
  );
};

/** Gives an object another name in two steps: the CRDs refuse it in one. */
async function rename(kind: Kind, place: string, awsName: string): Promise<void> {
  expect(await patch(kind, place, "merge", { spec: { awsName } })).toMatchObject({ code: 1 });
  expect(await patch(kind, place, "json", [{ op: "remove", path: "/spec/awsName" }])).toMatchObject({ code: 0 });
  expect(await patch(kind, place, "merge", { spec: { awsName } })).toMatchObject({ code: 0 });
}

async function untilAllSaid(said: readonly (readonly [JsonObject, string])[]): Promise<void> {
  for (const [{ kind, metadata }, condition] of said) {
    await at.untilSaid(
      kind as Kind,
      `${text(member(metadata, "namespace"))}/${text(member(metadata, "name"))}`,
      condition,
    );
  }
}

describe("a stranger of the same mesh", () => {
  test("gets nobody's name", async () => {
    const taken = "Accepted=False NameClaimedTwice";
    const claims = [
      [node("evil/node", { awsName: "blue_shop" }), taken],
      [router("evil/router", route("all", { old: 1 })), "Accepted=True Accepted"],
      [
        object("VirtualRouter", "evil/named", {
          ...(router("evil/named", route("all", { old: 1 })).spec as JsonObject),
          awsName: "web_shop",
        }),
        taken,
      ],
      [object("VirtualService", "evil/host", { awsName: "Web.Shop.svc.cluster.local.", ...toOld }), taken],
      [object("VirtualService", "evil/young", { awsName: "pay.example.com", ...toOld }), taken],
      [gateway("evil/gateway", { own: "nobody" }, { awsName: "edge_shop" }), taken],
      // each gateway has names of its own
      [gatewayRoute("evil/route", "old", {}, { awsName: "checkout" }), "Accepted=True Accepted"],
    ] as const;
    expect(await attack(...claims.map(([one]) => one))).toMatchObject({ code: 0 });
    await untilAllSaid(claims);
    await shop.unharmed(remembered);
  });

  test("gets no name that its older objects take up afterwards", async () => {
    await rename("VirtualService", "evil/old", "pay.example.com");
    await rename("VirtualNode", "evil/old", "till");
    await at.untilSaid("VirtualService", "evil/old", "Accepted=False NameClaimedTwice");
    await at.untilSaid("VirtualNode", "evil/old", "Accepted=False NameClaimedTwice");
    await shop.unharmed(remembered);
  });

  test("gets no route of a gateway that does not take it, neither at first nor later", async () => {
    expect(
      await attack(gatewayRoute("evil/forged", "old", {}, { awsName: "checkout", virtualGatewayRef: EDGE_OF_SHOP })),
    ).toMatchObject({ code: 0 });
    expect(
      await patch("GatewayRoute", "evil/old", "merge", { spec: { virtualGatewayRef: EDGE_OF_SHOP } }),
    ).toMatchObject({ code: 0 });
    await at.untilSaid("GatewayRoute", "evil/forged", "Accepted=False GatewayNotSelected");
    await at.untilSaid("GatewayRoute", "evil/old", "Accepted=False GatewayNotSelected");
    await shop.unharmed(remembered);
  });

  test("may send to others, and has an effect on its own proxies alone", async () => {
    const sends = [
      node("evil/caller", backends("shop/web", "shop/pay", "mine")),
      object("VirtualService", "evil/mine", {
        provider: { virtualNode: { virtualNodeRef: { name: "blue", namespace: "shop" } } },
      }),
      router("evil/into", route("all", { "shop/blue": 1, "shop/till": 9 })),
      object("BackendGroup", "evil/all", { virtualservices: [{ name: "web", namespace: "shop" }] }),
      gatewayRoute("evil/into", "shop/web", { prefix: "/into" }),
    ];
    expect(await attack(...sends)).toMatchObject({ code: 0 });
    await untilAllSaid(
      sends.filter(({ kind }) => kind !== "BackendGroup").map((one) => [one, "Accepted=True Accepted"]),
    );
    await shop.unharmed(remembered);
    const caller = await shop.proxyOf("evil", "caller", { labels: { app: "caller" } }, "caller_evil");
    await caller.untilHas("cds_egress_main_till_http_8080");
  });

  test("changes nothing for others by annotations of its objects and of its namespace", async () => {
    const annotations = {
      "outrigger.dev/namespaces": "*",
      "outrigger.dev/names": "strict",
      "outrigger.dev/mesh": "observe",
      "outrigger.dev/discovery": "endpoints",
    };
    const written = { ...annotations, "outrigger.dev/endpoints": "10.0.0.66:8080" };
    expect(await attack(node("evil/front", { awsName: "front_shop" }, { annotations: written }))).toMatchObject({
      code: 0,
    });
    expect(await attack(node("evil/anybody", {}, { annotations }))).toMatchObject({ code: 0 });
    await at.kubectl("annotate", "namespace", "evil", "outrigger.dev/mesh=observe", "outrigger.dev/names=strict");
    await at.untilSaid("VirtualNode", "evil/front", "Accepted=False NameClaimedTwice");
    await at.untilSaid("VirtualNode", "evil/anybody", "Programmed=False Observed");
    await shop.unharmed(remembered);
  });

  test("is no node of others by what its pods say of themselves", async () => {
    const said = { labels: { app: "front" }, annotations: { "appmesh.k8s.aws/virtualNode": "front_shop" } };
    const proxy = await shop.proxyOf("evil", "front", said, "front_shop");
    await proxy.untilHas("outrigger_pass_through");
    await shop.unharmed(remembered);
    expect([...proxy.resources().keys()].filter((key) => key.includes("_shop"))).toEqual([]);
  });
});

describe("a stranger of another mesh", () => {
  const forged = (uid: string) => ({ meshRef: { name: "main", uid } });
  const inMain = (uid: string): readonly JsonObject[] => [
    node("outside/node", { awsName: "blue_shop", ...forged(uid) }),
    object("VirtualRouter", "outside/router", {
      ...(router("x/x", route("all", { node: 1 })).spec as JsonObject),
      ...forged(uid),
    }),
    object("VirtualService", "outside/service", {
      awsName: "pay.example.com",
      provider: { virtualNode: { virtualNodeRef: { name: "node" } } },
      ...forged(uid),
    }),
    gateway("outside/gateway", {}, forged(uid)),
    gatewayRoute("outside/route", "service", {}, { ...forged(uid), virtualGatewayRef: EDGE_OF_SHOP }),
  ];
  const uid = async () => text(member((await at.stored("Mesh", "main")).metadata, "uid"));

  test("is in no mesh that it names and that does not select it, nor is what was in another", async () => {
    const objects = inMain(await uid());
    expect(await attack(...objects)).toMatchObject({ code: 0 });
    for (const kind of ["VirtualNode", "VirtualRouter", "VirtualService"] as const) {
      expect(await patch(kind, "outside/moved", "merge", { spec: forged(await uid()) })).toMatchObject({ code: 0 });
      await at.untilSaid(kind, "outside/moved", "Accepted=False MeshNotSelected");
    }
    await untilAllSaid(objects.map((one) => [one, "Accepted=False MeshNotSelected"]));
    await shop.unharmed(remembered);
    const proxy = await shop.proxyOf("outside", "node", { labels: { app: "node" } }, "blue_shop");
    await proxy.untilHas("outrigger_pass_through");
  });

  test("cannot write a status that says otherwise, whatever its role in its namespaces is", async () => {
    const conditions = [{ type: "Accepted", status: "True", reason: "Accepted", message: "" }];
    const said: readonly (readonly [Kind, string, JsonObject])[] = [
      [
        "VirtualNode",
        "outside/node",
        { virtualNodeARN: "arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualNode/blue_shop" },
      ],
      [
        "GatewayRoute",
        "evil/forged",
        {
          gatewayRouteARN:
            "arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualGateway/edge_shop/gatewayRoute/checkout",
        },
      ],
      [
        "VirtualService",
        "evil/old",
        { virtualServiceARN: "arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualService/pay.example.com" },
      ],
    ];
    for (const [kind, place, arns] of said) {
      const before = (await at.stored(kind, place)).status;
      const { code, stderr } = await patch(
        kind,
        place,
        "merge",
        { status: { conditions, ...arns } },
        "--subresource=status",
      );
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining("only who may patch the status of Meshes may write it"),
      });
      expect((await at.stored(kind, place)).status).toEqual(before);
    }
    // nor with the object itself
    await at.kubectl("delete", "virtualnode", "node", "-n", "outside", "--as", OWNER);
    const [first] = inMain(await uid());
    expect(await attack({ ...first, status: { conditions, ...said[0]?.[2] } })).toMatchObject({ code: 0 });
    await at.untilSaid("VirtualNode", "outside/node", "Accepted=False MeshNotSelected");
    await shop.unharmed(remembered);
  });

  test("is still in none when the webhook is back, which refuses the next one", async () => {
    const webhook = await comeUp(at, "asked", { controlPlane: { mesh: "serve" } });
    try {
      const meshRef = forged(await uid());
      const refused = await attack(node("outside/next", meshRef));
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("(mesh-not-selected)") });
      // what was stored meanwhile can be changed, and one is told
      const changed = await patch("VirtualNode", "outside/node", "merge", { metadata: { labels: { a: "b" } } });
      expect(changed).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("which does not select namespace outside"),
      });
      expect(await at.conditionsOf("VirtualNode", "outside/node")).toContain("Accepted=False MeshNotSelected");
      await shop.unharmed(remembered);
    } finally {
      await webhook.close();
    }
  });
});
