import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectionPath } from "../../src/kube/object-path.ts";
import { type JsonObject, listOf, member } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS, type Kind } from "../../src/model/kinds.ts";
import { OLD_FINALIZERS } from "../../src/model/old-finalizers.ts";
import { oldDefinitions, oldObject, oldStatus } from "../aws-left.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { testAuthority } from "../envoy/authority.ts";
import { nameOf, text } from "./api-object.ts";
import { AWS_CONTROLLER, AWS_VALIDATION } from "./aws-controller.ts";
import { installCrds } from "./custom-resources.ts";
import { type Kubectl, kubectlOf } from "./kubectl.ts";
import { installRights } from "./mesh-cluster.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

/* A cluster that App Mesh's own controller left, in which objects are deleted: first without the control plane, then with it, as its own
   service account. */

const ACCOUNT = "system:serviceaccount:appmesh-system:outrigger-control-plane";
const START_MS = 300_000;
const ORDERS_MS = 600_000;

const http = { match: { prefix: "/" } };
const target = { virtualService: { virtualServiceRef: { name: "web" } } };
const SPECS: Readonly<Record<Kind, JsonObject>> = {
  Mesh: { namespaceSelector: { matchLabels: { mesh: "old" } } },
  VirtualNode: {
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: "web.shop.svc.cluster.local" } },
  },
  VirtualRouter: {
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    routes: [
      {
        name: "all",
        httpRoute: { ...http, action: { weightedTargets: [{ virtualNodeRef: { name: "web" }, weight: 1 }] } },
      },
    ],
  },
  VirtualService: { provider: { virtualRouter: { virtualRouterRef: { name: "web" } } } },
  VirtualGateway: { namespaceSelector: { matchLabels: { mesh: "old" } }, listeners: [] },
  GatewayRoute: { httpRoute: { ...http, action: { target } } },
  BackendGroup: { virtualservices: [{ name: "web" }] },
};

let cluster: OwnCluster;
let kubectl: Kubectl;
let folder: string;
let controlPlane: TestControlPlane | undefined;

beforeAll(async () => {
  cluster = await startOwnCluster();
  kubectl = kubectlOf(cluster);
  folder = await mkdtemp(join(tmpdir(), "outrigger-old-"));
  await installCrds(cluster.api, oldDefinitions());
  await kubectl("create", "namespace", "shop");
  await kubectl("label", "namespace", "shop", "mesh=old");
  await leave();
  for (const object of [AWS_CONTROLLER, AWS_VALIDATION]) await cluster.api.apply(pathOf(object), object);
  // an API server takes up registrations a moment later
  for (const kind of KINDS) {
    await until(async () => {
      const path = `${objectPath(kind)}?dryRun=All`;
      const { status } = await cluster.api.patch(path, { metadata: { labels: { tried: "yes" } } });
      return status === 200 ? `the webhook of ${kind} is not called yet` : undefined;
    });
  }
}, START_MS);

afterAll(async () => {
  await controlPlane?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

function pathOf(object: JsonObject): string {
  return `${collectionPath(object)}/${nameOf(object)}`;
}

function meshPath(kind: Kind): string {
  const { plural, scope } = KIND_FACTS[kind];
  return `/apis/${APPMESH_API_VERSION}/${scope === "Cluster" ? "" : "namespaces/shop/"}${plural}`;
}

const nameOfKind = (kind: Kind): string => (kind === "Mesh" ? "old" : "web");
const objectPath = (kind: Kind): string => `${meshPath(kind)}/${nameOfKind(kind)}`;

/** One object of each kind, in the mesh and with its status, as the controller left them. */
async function leave(): Promise<void> {
  const mesh = await cluster.api.create(meshPath("Mesh"), oldObject("Mesh", "old", SPECS.Mesh));
  const meshRef = { name: "old", uid: member(mesh.metadata, "uid") ?? "" };
  for (const kind of KINDS) {
    if (kind !== "Mesh") await cluster.api.create(meshPath(kind), oldObject(kind, "shop/web", SPECS[kind], meshRef));
    const status = oldStatus(kind, nameOfKind(kind));
    await cluster.api.patch(`${objectPath(kind)}/status`, { status });
  }
}

/** Which objects are still there. */
async function left(): Promise<readonly Kind[]> {
  const answers = await Promise.all(KINDS.map((kind) => cluster.api.send("GET", objectPath(kind))));
  return KINDS.filter((_, index) => answers[index]?.status !== 404);
}

async function startControlPlane(): Promise<void> {
  await installRights(cluster);
  const tokens = "/api/v1/namespaces/appmesh-system/serviceaccounts/outrigger-control-plane/token";
  const made = await cluster.api.create(tokens, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  });
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    JSON.stringify(await cluster.kubeconfigOf({ token: text(member(made.status, "token")) })),
  );
  const authority = await testAuthority();
  const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  controlPlane = await testControlPlane(kubeconfig, certificate, { controlPlane: { mesh: "observe" } });
}

describe("without the control plane", () => {
  test("no object can be made or changed: its webhooks answer nobody, and no namespace is left out", async () => {
    for (const kind of KINDS) {
      const { stderr } = await kubectl("label", kind, nameOfKind(kind), "-n", "shop", "a=b");
      expect(stderr).toContain(`failed calling webhook "m${kind.toLowerCase()}.appmesh.k8s.aws"`);
    }
  });

  test("what is deleted stays, for as long as its finalizers are there", async () => {
    for (const kind of KINDS) await cluster.api.send("DELETE", objectPath(kind));
    expect(await left()).toEqual(KINDS.filter((kind) => kind !== "BackendGroup"));
  });
});

describe("with the control plane", () => {
  beforeAll(startControlPlane, START_MS);

  test("what was deleted before stays while the webhooks are there, which it says, and goes when they are gone", async () => {
    await until(async () => {
      const said = controlPlane?.lines.filter(({ msg }) => msg === "a deleted App Mesh object could not be let go");
      return said?.some(({ problem }) => text(problem).includes("mmesh.appmesh.k8s.aws")) ? undefined : "nothing said";
    });
    expect(await left()).not.toEqual([]);
    await kubectl(
      "delete",
      "mutatingwebhookconfiguration,validatingwebhookconfiguration",
      "appmesh-controller-webhook",
    );
    await until(async () => ((await left()).length === 0 ? undefined : `there are still ${(await left()).join(", ")}`));
  });

  test(
    "objects go in whatever order their kinds are deleted",
    async () => {
      const order = fc.shuffledSubarray([...KINDS], { minLength: KINDS.length });
      await fc.assert(
        fc.asyncProperty(order, async (kinds) => {
          await leave();
          for (const kind of kinds) await cluster.api.send("DELETE", objectPath(kind));
          await until(async () => {
            const still = await left();
            return still.length === 0 ? undefined : `there are still ${still.join(", ")}`;
          });
        }),
        { numRuns: 24, examples: [[[...KINDS]], [KINDS.toReversed()]] },
      );
    },
    ORDERS_MS,
  );

  test("an object goes that nobody can read", async () => {
    await leave();
    const path = objectPath("VirtualNode");
    const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/virtualnodes.appmesh.k8s.aws";
    const spec = (open: boolean): JsonObject => ({
      spec: {
        versions: [
          {
            name: "v1beta2",
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": open } },
          },
        ],
      },
    });
    await cluster.api.patch(definition, spec(true));
    await until(async () => {
      const { status } = await cluster.api.patch(path, { spec: { listeners: "none" } });
      return status === 200 ? undefined : `status ${status}`;
    });
    for (const kind of KINDS) await cluster.api.send("DELETE", objectPath(kind));
    await until(async () => ((await left()).length === 0 ? undefined : `there are still ${(await left()).join(", ")}`));
  });

  test("finalizers of others hold an object until they go", async () => {
    await leave();
    const finalizers = ["example.com/mine", ...OLD_FINALIZERS];
    await cluster.api.patch(objectPath("Mesh"), { metadata: { finalizers } });
    for (const kind of KINDS) await cluster.api.send("DELETE", objectPath(kind));
    await until(async () => {
      const { body } = await cluster.api.send("GET", objectPath("Mesh"));
      const now = listOf(member(body.metadata, "finalizers")).map(text);
      const still = await left();
      return now.length === 1 && still.length === 1 ? undefined : `it has ${now.join(", ")}, of ${still.join(", ")}`;
    });
    expect(await left()).toEqual(["Mesh"]);
    await cluster.api.patch(objectPath("Mesh"), { metadata: { finalizers: null } });
    expect(await left()).toEqual([]);
  });

  describe("its account may", () => {
    const patch = (kind: Kind, finalizers: readonly string[]) =>
      kubectl(
        "patch",
        kind,
        nameOfKind(kind),
        "-n",
        "shop",
        "--type=merge",
        "-p",
        JSON.stringify({ metadata: { finalizers } }),
        "--as",
        ACCOUNT,
        "--dry-run=server",
      );
    const [members, , resources] = OLD_FINALIZERS;

    beforeAll(async () => {
      // kubectl reads an object before it patches it
      const read = "--resource=meshes.appmesh.k8s.aws,virtualnodes.appmesh.k8s.aws";
      await kubectl("create", "clusterrole", "reads", "--verb=get", read);
      await kubectl("create", "clusterrolebinding", "reads", "--clusterrole=reads", `--user=${ACCOUNT}`);
      await until(async () => {
        const { stderr } = await kubectl("get", "virtualnodes", "-n", "shop", "web", "--as", ACCOUNT);
        return stderr.includes("orbidden") ? stderr : undefined;
      });
      // the leader would be faster
      await controlPlane?.close();
      controlPlane = undefined;
      await leave();
      for (const kind of ["Mesh", "VirtualNode"] as const) {
        const finalizers = ["example.com/mine", members, resources];
        const { status, body } = await cluster.api.patch(objectPath(kind), { metadata: { finalizers } });
        expect({ status, message: body["message"] }).toEqual({ status: 200, message: undefined });
      }
      await cluster.api.send("DELETE", objectPath("Mesh"));
    });

    test("take the old finalizers from what is being deleted", async () => {
      const { code, stderr } = await patch("Mesh", ["example.com/mine"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });

    test.each<[string, Kind, readonly string[]]>([
      ["take finalizers of others", "Mesh", [members, resources]],
      ["take all", "Mesh", []],
      ["take one from what nobody deletes", "VirtualNode", ["example.com/mine", members]],
      ["add one", "VirtualNode", ["example.com/mine", members, resources, "example.com/more"]],
      ["put one in the place of another", "VirtualNode", ["example.com/mine", members, "example.com/more"]],
    ])("not %s", async (_, kind, finalizers) => {
      const { code, stderr } = await patch(kind, finalizers);
      expect(stderr).toContain("may take finalizers of App Mesh's own controller from what is being deleted");
      expect(code).toBe(1);
    });
  });
});
