import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { objectRegistrations } from "../../src/install/objects/object-registrations.ts";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { text } from "./api-object.ts";
import { outrigger } from "./command-line.ts";
import { installCrds } from "./custom-resources.ts";
import { type Kubectl, kubectlOf, type Said } from "./kubectl.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

/* What people at kubectl see of the webhook for App Mesh objects, which a real API server asks, and what they see while it is away. */

const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1";

let cluster: OwnCluster;
let kubectl: Kubectl;
let authority: TestAuthority;
let controlPlane: TestControlPlane | undefined;

beforeAll(async () => {
  cluster = await startOwnCluster();
  kubectl = kubectlOf(cluster);
  authority = await testAuthority();
  await installCrds(cluster.api, customResourceDefinitions());
  for (const [name, mesh] of [
    ["shop", "main"],
    ["bank", "other"],
    ["lonely", "nobody's"],
  ] as const) {
    await kubectl("create", "namespace", name);
    await kubectl("label", "namespace", name, `mesh=${mesh.replace("'", "")}`);
  }
  await comeUp({});
}, 300_000);

afterAll(async () => {
  await controlPlane?.close();
  await cluster?.stop();
});

const apply = (...objects: readonly JsonObject[]): Promise<Said> => kubectl("apply", "-f", "-", objects);

/** Starts a control plane and has the API server ask it. */
async function comeUp(settings: NonNullable<ConfigurationInput["controlPlane"]>): Promise<void> {
  const certificate = replaceableCertificate(await authority.issue({ type: "ip", value: "127.0.0.1" }));
  controlPlane = await testControlPlane(cluster.kubeconfig, certificate, {
    controlPlane: { webhookListen: "127.0.0.1:0", shutdownSeconds: 1, ...settings },
  });
  const caBundle = Buffer.from(authority.pem).toString("base64");
  for (const registration of objectRegistrations({ url: `https://127.0.0.1:${controlPlane.webhookAddress?.port}/` })) {
    const webhooks = objectsOf(registration.webhooks).map((entry) => ({
      ...entry,
      clientConfig: { ...objectOf(entry.clientConfig), caBundle },
    }));
    const plural = `${text(registration.kind).toLowerCase()}s`;
    await cluster.api.apply(`${WEBHOOKS}/${plural}/outrigger`, { ...registration, webhooks });
  }
  await until(async () => {
    const asked = controlPlane?.lines.filter(({ msg }) => msg === "object completed" || msg === "object reviewed");
    if (new Set(asked?.map(({ msg }) => msg)).size === 2) return undefined;
    await kubectl("apply", "--dry-run=server", "-f", "-", [mesh("asked")]);
    return "the API server does not ask yet";
  });
}

async function goAway(): Promise<void> {
  await controlPlane?.close();
  controlPlane = undefined;
}

async function stored(kind: Kind, place: string): Promise<JsonObject> {
  const [name = "", namespace] = place.split("/").toReversed();
  const where = namespace === undefined ? "" : `namespaces/${namespace}/`;
  const { body } = await cluster.api.send(
    "GET",
    `/apis/${APPMESH_API_VERSION}/${where}${KIND_FACTS[kind].plural}/${name}`,
  );
  return body;
}

const specOf = async (kind: Kind, place: string): Promise<JsonObject> => objectOf((await stored(kind, place)).spec);
const uidOf = async (kind: Kind, place: string): Promise<unknown> =>
  member((await stored(kind, place)).metadata, "uid");

function object(kind: Kind, place: string, spec: JsonObject): JsonObject {
  const [name = "", namespace] = place.split("/").toReversed();
  return {
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec,
  };
}

const mesh = (name: string): JsonObject => object("Mesh", name, { namespaceSelector: { matchLabels: { mesh: name } } });
const node = (place: string, spec: JsonObject = {}): JsonObject =>
  object("VirtualNode", place, {
    podSelector: { matchLabels: { app: "web" } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: "web.shop.svc.cluster.local" } },
    ...spec,
  });
const route = (name: string): JsonObject => ({
  name,
  httpRoute: {
    match: { prefix: "/" },
    action: { weightedTargets: [{ virtualNodeRef: { name: "web" }, weight: 1 }] },
  },
});
const router = (place: string, ...routes: readonly JsonObject[]): JsonObject =>
  object("VirtualRouter", place, { listeners: [{ portMapping: { port: 8080, protocol: "http" } }], routes });
const service = (place: string): JsonObject =>
  object("VirtualService", place, { provider: { virtualRouter: { virtualRouterRef: { name: "web" } } } });
const gateway = (place: string): JsonObject =>
  object("VirtualGateway", place, {
    namespaceSelector: { matchLabels: { mesh: "main" } },
    listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
  });
const gatewayRoute = (place: string, match: JsonObject = {}): JsonObject =>
  object("GatewayRoute", place, {
    httpRoute: {
      match: { prefix: "/", ...match },
      action: { target: { virtualService: { virtualServiceRef: { name: "web" } } } },
    },
  });

const ALL = [
  mesh("main"),
  node("shop/web"),
  router("shop/web", route("all")),
  service("shop/web"),
  gateway("shop/edge"),
  gatewayRoute("shop/web"),
  object("BackendGroup", "shop/all", { virtualservices: [{ name: "web" }] }),
];

describe("an API server that asks", () => {
  test("stores each object of one file with the fields that it leaves out, and with nothing else", async () => {
    const { code, stderr } = await apply(...ALL);
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
      expect(await specOf(kind as Kind, place)).toEqual({ ...objectOf(spec), ...written[text(kind)] });
    }
  });

  test("has nothing to change when the same file is applied again, by kubectl or by another manager of fields", async () => {
    const before = await stored("GatewayRoute", "shop/web");
    const again = await apply(...ALL);
    expect(
      again.stdout
        .trim()
        .split("\n")
        .filter((line) => !line.endsWith(" unchanged")),
    ).toEqual([]);
    const served = ["--server-side", "--field-manager=gitops"];
    // the first takes the fields over from kubectl's own manager
    for (const force of [["--force-conflicts"], [], []]) {
      const applied = await kubectl("apply", ...served, ...force, "-f", "-", ALL);
      expect({ code: applied.code, stderr: applied.stderr }).toEqual({ code: 0, stderr: "" });
      const diff = await kubectl("diff", ...served, "-f", "-", ALL);
      expect(diff).toEqual({ code: 0, stdout: "", stderr: "" });
    }
    expect((await stored("GatewayRoute", "shop/web")).spec).toEqual(before.spec);
  });

  test("keeps the fields when an update leaves them out", async () => {
    const before = await specOf("GatewayRoute", "shop/web");
    const { code, stderr } = await kubectl("replace", "-f", "-", [gatewayRoute("shop/web", { method: "GET" })]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const after = await specOf("GatewayRoute", "shop/web");
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
    const before = await specOf(kind, "shop/web");
    const patch = JSON.stringify({ spec });
    const { code, stderr } = await kubectl("patch", kind, "web", "-n", "shop", "--type=merge", "-p", patch);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(await specOf(kind, "shop/web")).toEqual(before);
  });

  test("refuses an object of a namespace that no Mesh selects, and one that names a mesh that does not select it", async () => {
    const lonely = await apply(node("lonely/web"));
    expect(lonely.code).toBe(1);
    expect(lonely.stderr).toContain("no Mesh selects namespace lonely; label the namespace");
    const forged = await apply(node("lonely/web", { meshRef: { name: "main", uid: "u" } }));
    expect(forged.stderr).toContain("spec.meshRef: it names a mesh that does not select its namespace");
    expect(forged.stderr).toContain("(mesh-not-selected)");
  });

  test("takes an object that names the mesh that selects it, as one does that was exported", async () => {
    const meshRef = { name: "main", uid: "of-another-cluster" };
    const { code, stderr } = await apply(
      node("shop/exported", { meshRef, podSelector: { matchLabels: { app: "x" } } }),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await specOf("VirtualNode", "shop/exported")).meshRef).toEqual(meshRef);
  });

  test.each<[string, JsonObject, string]>([
    ["two routes of one name", router("shop/twice", route("a"), route("a")), "another route is called a too"],
    [
      "two equal backends",
      node("shop/twice", {
        backends: ["web", "web"].map((name) => ({ virtualService: { virtualServiceRef: { name } } })),
      }),
      "VirtualService/shop/web is listed before",
    ],
    [
      "a header that is matched in two ways",
      gatewayRoute("shop/twice", { headers: [{ name: "a", match: { exact: "x", prefix: "x" } }] }),
      "a value is matched in one way, this has exact and prefix",
    ],
  ])("refuses %s", async (_, given, message) => {
    const { code, stderr } = await apply(given);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test("warns of a field that nobody knows, with the nearest name, and of what App Mesh's validator let through", async () => {
    const listeners = [{ portMapping: { port: 8080, protocol: "http" }, healtCheck: {} }];
    const unknown = await apply(node("shop/warned", { podSelector: { matchLabels: { app: "y" } }, listeners }));
    expect(unknown.code).toBe(0);
    expect(unknown.stderr.trim()).toBe(
      "Warning: spec.listeners[0].healtCheck: no field of this name is known, so it has no effect; perhaps healthCheck was meant (unknown-field)",
    );
    const both = {
      ...objectOf(route("a")),
      tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "web" }, weight: 1 }] } },
    };
    const gap = await apply(router("shop/warned", both));
    expect(gap.code).toBe(0);
    expect(gap.stderr).toContain("a route has exactly one of httpRoute, http2Route, grpcRoute and tcpRoute");
  });

  test("warns of a Mesh that is deleted before its members, or refuses that where the setting says so", async () => {
    const warned = await kubectl("delete", "mesh", "main", "--dry-run=server");
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(
      /Warning: Mesh\/main still has VirtualNode\/shop\/.*, which App Mesh wanted to be deleted first/,
    );
    await goAway();
    await comeUp({ deletionGuards: "refuse" });
    const refused = await kubectl("delete", "mesh", "main", "--wait=false");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Mesh/main still has VirtualNode/shop/");
    const edge = await kubectl("delete", "virtualgateway", "edge", "-n", "shop", "--wait=false");
    expect(edge.stderr).toContain("VirtualGateway/shop/edge still has GatewayRoute/shop/web");
    // in App Mesh's order, without a pause: what is deleted is in the way no longer
    expect((await kubectl("delete", "gatewayroute", "web", "-n", "shop")).code).toBe(0);
    expect((await kubectl("delete", "virtualgateway", "edge", "-n", "shop")).code).toBe(0);
  });
});

test("while it is away everything goes through, and the problems say what it would have refused or warned of", async () => {
  await goAway();
  const away = [
    node("lonely/away"),
    router("shop/away", route("a"), route("a")),
    node("shop/away", { podSelector: { matchLabels: { app: "z" } }, backend: [] }),
  ];
  const { code, stderr } = await apply(...away);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect((await specOf("VirtualNode", "lonely/away")).meshRef).toBeUndefined();
  const { stdout } = await outrigger(["problems", "--kubeconfig", cluster.kubeconfig, "--output", "json"]);
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
