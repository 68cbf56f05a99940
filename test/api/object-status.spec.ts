import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends, placed } from "../mesh-objects.ts";
import { text } from "./api-object.ts";
import { mesh, node, object, pathOf, route, router as routerAt, service } from "./app-mesh-manifests.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { until } from "./until.ts";

/* What the leader writes into objects of a real API server, where no webhook answers, and what it leaves alone. */

const ACCOUNT = "system:serviceaccount:appmesh-system:outrigger-control-plane";

let at: MeshCluster;
let controlPlane: TestControlPlane;

beforeAll(async () => {
  at = await meshCluster();
  await at.namespace("shop", { mesh: "main" });
  await at.namespace("unrelated", { mesh: "second" });
  const arn = { account: "123456789012", region: "eu-west-1" };
  controlPlane = await comeUp(at, "away", { controlPlane: { mesh: "serve" }, arn });
}, 300_000);

afterAll(async () => {
  await controlPlane?.close();
  await at?.stop();
});

const router = (blue: number, green: number): JsonObject =>
  routerAt("shop/web", route("all", { "web-0": blue, "web-1": green }));
const ALL = [mesh("main"), node("shop/web-0"), node("shop/web-1"), router(9, 1), service("shop/web")];

/** Everything of App Mesh in a namespace with its resourceVersion. */
async function versions(): Promise<Readonly<Record<string, unknown>>> {
  const kinds: readonly Kind[] = ["VirtualNode", "VirtualRouter", "VirtualService"];
  const lists = await Promise.all(kinds.map((kind) => at.cluster.api.send("GET", pathOf(kind, "shop/"))));
  const entries = lists.flatMap(({ body }, index) =>
    objectsOf(body.items).map(({ metadata }) => [
      `${kinds[index]}/${text(member(metadata, "name"))}`,
      member(metadata, "resourceVersion"),
    ]),
  );
  return Object.fromEntries(entries);
}

describe("the leader", () => {
  test("writes the fields that objects leave out, then what has become of them, with their ARNs", async () => {
    const applied = await at.kubectl("apply", "-f", "-", ALL);
    expect(applied.code).toBe(0);
    await at.untilSaid("VirtualService", "shop/web", "VirtualServiceActive=True Active");
    await at.untilSaid("VirtualNode", "shop/web-0", "Programmed=True Programmed");
    await at.untilSaid("VirtualNode", "shop/web-1", "Programmed=True Programmed");
    await at.untilSaid("VirtualRouter", "shop/web", "VirtualRouterActive=True Active");
    const meshRef = { name: "main", uid: member((await at.stored("Mesh", "main")).metadata, "uid") };
    const found = await at.stored("VirtualRouter", "shop/web");
    expect(found.spec).toEqual({ ...objectOf(router(9, 1).spec), awsName: "web_shop", meshRef });
    const arn = "arn:aws:appmesh:eu-west-1:123456789012:mesh/main/virtualRouter/web_shop";
    expect(found.status).toMatchObject({
      virtualRouterARN: arn,
      routeARNs: { all: `${arn}/route/all` },
      observedGeneration: 2,
    });
  });

  test("shows it in kubectl's columns", async () => {
    const { stdout } = await at.kubectl("get", "virtualnodes", "-n", "shop");
    const [head = "", row = ""] = stdout.split("\n");
    expect(head.split(/\s+/)).toEqual(["NAME", "ARN", "AGE", "ACTIVE", "REASON"]);
    expect(row.split(/\s+/).slice(3)).toEqual(["True", "Active"]);
    const waited = await at.kubectl(
      "wait",
      "--for=condition=VirtualNodeActive",
      "virtualnode/web-0",
      "-n",
      "shop",
      "--timeout=30s",
    );
    expect(waited.code).toBe(0);
  });

  test("owns nothing of a spec that a manager of fields may give, who sees neither conflict nor difference", async () => {
    const served = ["--server-side", "--field-manager=gitops"];
    for (const force of [["--force-conflicts"], [], []]) {
      const applied = await at.kubectl("apply", ...served, ...force, "-f", "-", ALL);
      expect({ code: applied.code, stderr: applied.stderr }).toEqual({ code: 0, stderr: "" });
      expect(await at.kubectl("diff", ...served, "-f", "-", ALL)).toEqual({ code: 0, stdout: "", stderr: "" });
    }
    const { metadata } = await at.stored("VirtualRouter", "shop/web");
    const ours = objectsOf(member(metadata, "managedFields")).filter(
      ({ manager }) => manager === "outrigger-control-plane",
    );
    const ofSpec = ours.filter(({ subresource }) => subresource === undefined);
    expect(ofSpec.map(({ fieldsV1 }) => Object.keys(objectOf(member(fieldsV1, "f:spec"))))).toEqual([
      ["f:awsName", "f:meshRef"],
    ]);
    expect(ofSpec.map(({ fieldsV1 }) => Object.keys(objectOf(fieldsV1)))).toEqual([["f:spec"]]);
  });

  test("says why an object is not in effect, and takes that back", async () => {
    await at.kubectl("apply", "-f", "-", [node("shop/caller", backends("later"))]);
    await at.untilSaid("VirtualNode", "shop/caller", "VirtualNodeActive=False MissingReference");
    expect(await at.conditionsOf("VirtualNode", "shop/caller")).toContain("Accepted=True Accepted");
    await at.kubectl("apply", "-f", "-", [
      object("VirtualService", "shop/later", { provider: { virtualNode: { virtualNodeRef: { name: "web-0" } } } }),
    ]);
    await at.untilSaid("VirtualNode", "shop/caller", "VirtualNodeActive=True Active");
  });

  test("writes nothing when nothing is said anew, whatever changes beside or in an object", async () => {
    await at.untilSaid("VirtualService", "shop/later", "Programmed=True Programmed");
    const before = await versions();
    await at.kubectl("apply", "-f", "-", [mesh("second"), node("unrelated/web")]);
    await at.kubectl("label", "namespace", "shop", "team=a");
    await at.kubectl("create", "service", "clusterip", "web-0", "-n", "shop", "--tcp=8080");
    // an object that is older than the last of these changes, in the eyes of the leader, has its status when this one has
    await at.kubectl("apply", "-f", "-", [node("shop/last")]);
    await at.untilSaid("VirtualNode", "shop/last", "VirtualNodeActive=True Active");
    const { "VirtualNode/last": _, ...after } = await versions();
    expect(after).toEqual(before);
  });

  test("says the same of a changed spec once, so that kubectl waits for what is said of that spec", async () => {
    for (let weight = 1; weight <= 3; weight++) await at.kubectl("apply", "-f", "-", [router(weight, 1)]);
    const waiting = ["wait", "--for=condition=VirtualRouterActive", "virtualrouter/web", "-n", "shop", "--timeout=30s"];
    expect((await at.kubectl(...waiting)).code).toBe(0);
    const { metadata, status } = await at.stored("VirtualRouter", "shop/web");
    expect(member(status, "observedGeneration")).toBe(member(metadata, "generation"));
    const before = await versions();
    await at.kubectl("apply", "-f", "-", [node("shop/after")]);
    await at.untilSaid("VirtualNode", "shop/after", "VirtualNodeActive=True Active");
    const { "VirtualNode/after": _, ...after } = await versions();
    expect(after).toEqual(before);
  });
});

describe("kubectl describe", () => {
  const grpc = {
    grpcRoute: {
      match: { serviceName: "a.B" },
      action: { weightedTargets: [{ virtualNodeRef: { name: "web-0" }, weight: 1 }] },
    },
  };

  test.each<[string, Kind, string, string, readonly JsonObject[]]>([
    [
      "a dangling reference",
      "VirtualNode",
      "shop/dangling",
      "MissingReference",
      [node("shop/dangling", backends("nowhere"))],
    ],
    [
      "a route of another protocol than its router",
      "VirtualRouter",
      "shop/mixed",
      "ProtocolMismatch",
      [
        object("VirtualRouter", "shop/mixed", {
          listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
          routes: [{ name: "grpc", ...grpc }],
        }),
      ],
    ],
    [
      "a name that is another object's",
      "VirtualNode",
      "shop/second",
      "NameClaimedTwice",
      [node("shop/second", { awsName: "web-0_shop" })],
    ],
    [
      "a name that its Mesh refuses",
      "VirtualNode",
      "strict/web",
      "NameOfAnotherNamespace",
      [mesh("strict", {}, { "outrigger.dev/names": "strict" }), node("strict/web", { awsName: "web_unrelated" })],
    ],
    [
      "a Mesh whose annotation cannot be used: an object without a namespace",
      "Mesh",
      "odd",
      "BadAnnotation",
      [mesh("odd", {}, { "outrigger.dev/mesh": "maybe" })],
    ],
  ])("tells of %s, in a condition and an event that say what to do", async (_, kind, place, reason, objects) => {
    const { name, namespace } = placed(place);
    if (namespace === "strict") await at.namespace(namespace, { mesh: namespace });
    await at.kubectl("apply", "-f", "-", objects);
    await at.untilSaid(kind, place, `${KIND_FACTS[kind].condition}=False ${reason}`);
    const where = namespace === undefined ? [] : ["-n", namespace];
    const described = async (): Promise<string> => (await at.kubectl("describe", kind, name, ...where)).stdout;
    await until(async () => {
      const [, events = ""] = (await described()).split(/^Events:/m);
      return new RegExp(`Warning +${reason} .*outrigger.dev/control-plane +.+; .+`).test(events) ? undefined : events;
    });
    expect(await described()).toMatch(new RegExp(`Reason: +${reason}`));
  });

  test("tells that it is over", async () => {
    await at.kubectl("apply", "-f", "-", [node("shop/dangling")]);
    await at.untilSaid("VirtualNode", "shop/dangling", "VirtualNodeActive=True Active");
    await until(async () => {
      const { stdout } = await at.kubectl("describe", "virtualnode", "dangling", "-n", "shop");
      return /Normal +Active .*nothing of it is wrong any more/.test(stdout) ? undefined : stdout;
    });
  });
});

describe("the account of the control plane", () => {
  beforeAll(async () => {
    // kubectl reads an object before it patches it
    await at.kubectl(
      "create",
      "clusterrole",
      "reads-nodes",
      "--verb=get",
      "--resource=virtualnodes.appmesh.k8s.aws,virtualnodes.appmesh.k8s.aws/status",
    );
    await at.kubectl("create", "clusterrolebinding", "reads-nodes", "--clusterrole=reads-nodes", `--user=${ACCOUNT}`);
    await until(async () => {
      const { stderr } = await at.kubectl("get", "virtualnodes", "web-0", "-n", "shop", "--as", ACCOUNT);
      return stderr === "" ? undefined : stderr;
    });
  });

  const patch = (kind: Kind, name: string, body: JsonObject, ...more: readonly string[]) =>
    at.kubectl(
      "patch",
      kind,
      name,
      "-n",
      "shop",
      "--type=merge",
      "-p",
      JSON.stringify(body),
      "--as",
      ACCOUNT,
      "--dry-run=server",
      ...more,
    );

  test.each<[string, JsonObject]>([
    ["a listener", { spec: { listeners: [] } }],
    ["a field that is there", { spec: { awsName: "other" } }],
    ["a mesh that is there", { spec: { meshRef: { name: "second" } } }],
    ["a field of its own", { spec: { anything: 1 } }],
    ["what stands in the spec", { spec: { listeners: null } }],
    ["a label", { metadata: { labels: { a: "b" } } }],
    ["an annotation", { metadata: { annotations: { a: "b" } } }],
    ["a finalizer", { metadata: { finalizers: ["example.com/a"] } }],
  ])("may not change %s", async (_, body) => {
    const { code, stderr } = await patch("VirtualNode", "web-0", body);
    expect(code).toBe(1);
    expect(stderr).toMatch(/outrigger-control-plane may |awsName cannot be changed/);
  });

  test("may add fields that are not there, and write statuses", async () => {
    const added = await patch("VirtualNode", "web-0", { spec: { virtualGatewayRef: { name: "x", uid: "u" } } });
    expect({ code: added.code, stderr: added.stderr }).toEqual({ code: 0, stderr: "" });
    const status = await patch("VirtualNode", "web-0", { status: { observedGeneration: 1 } }, "--subresource=status");
    expect({ code: status.code, stderr: status.stderr }).toEqual({ code: 0, stderr: "" });
    const created = await at.kubectl("create", "-f", "-", "--as", ACCOUNT, "--dry-run=server", [node("shop/own")]);
    expect(created.stderr).toContain("forbidden");
  });
});
