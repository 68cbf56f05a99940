import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { KIND_FACTS, KINDS, type Kind } from "../../src/model/kinds.ts";
import { helmBinary } from "../../testbed/binaries/helm-binary.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { text } from "./api-object.ts";
import { gateway, gatewayRoute, mesh, node, object, pathOf, route, router, service } from "./app-mesh-manifests.ts";
import { comeUp, type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { until } from "./until.ts";

/*
 * Whoever keeps App Mesh objects as they stand in a repository, round after round, beside our webhook and our leader: neither takes anything
 * from the other, and a round without a change writes nothing.
 */

const run = promisify(execFile);
const HELM_BUILD_MS = 900_000;
const ROUNDS = 3;

let at: MeshCluster;
let controlPlane: TestControlPlane;
let helm: string;
let folder: string;
/** Each test has a namespace and a mesh of its own. */
let shop: string;
let count = 0;

beforeAll(async () => {
  helm = await helmBinary(progressOnStderr);
  folder = await mkdtemp(join(tmpdir(), "outrigger-other-managers-"));
  at = await meshCluster();
  controlPlane = await comeUp(at, "asked", { controlPlane: { mesh: "serve" } });
}, HELM_BUILD_MS);

afterAll(async () => {
  await controlPlane?.close();
  await at?.stop();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  shop = `shop-${++count}`;
  await at.namespace(shop, { mesh: shop });
});

/** One object of every kind, and more of some; `weight` is what is changed now and then. */
function manifests(weight = 1): readonly JsonObject[] {
  return [
    mesh(shop),
    node(`${shop}/web`, { ...backends("web"), backendGroups: [{ name: "all" }] }),
    // what GitOps tools add themselves
    node(
      `${shop}/api`,
      {},
      { labels: { "app.kubernetes.io/instance": shop }, annotations: { "example.com/sync": "1" } },
    ),
    router(`${shop}/web`, route("all", { web: weight, api: 1 })),
    service(`${shop}/web`),
    gateway(`${shop}/edge`, { mesh: shop }),
    gatewayRoute(`${shop}/web`, "web"),
    object("BackendGroup", `${shop}/all`, { virtualservices: [{ name: "web" }] }),
  ];
}

/**
 * Waits until all of them have what we write, which is nothing more after that: where applying them takes seconds, the first ones are told
 * before what they refer to is there.
 */
async function settled(): Promise<void> {
  for (const { kind, metadata } of manifests().filter((one) => one.kind !== "BackendGroup")) {
    const name = text(member(metadata, "name"));
    const { condition } = KIND_FACTS[kind as Kind];
    await at.untilSaid(kind as Kind, kind === "Mesh" ? name : `${shop}/${name}`, `${condition}=True Active`);
  }
}

/** Every object, as it is stored. */
async function all(): Promise<readonly JsonObject[]> {
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      const { body } = await at.cluster.api.send("GET", pathOf(kind, kind === "Mesh" ? "" : `${shop}/`));
      return objectsOf(body.items).map((item): JsonObject => ({ ...item, kind }));
    }),
  );
  return lists.flat().filter(({ kind, metadata }) => kind !== "Mesh" || member(metadata, "name") === shop);
}

/** Who manages what in an object's metadata and spec, without our status. */
function managed(objects: readonly JsonObject[]): unknown {
  return objects.map(({ kind, metadata }) => [
    kind,
    member(metadata, "name"),
    objectsOf(member(metadata, "managedFields")).filter(({ subresource }) => subresource === undefined),
  ]);
}

async function kubectl(...args: readonly (string | readonly JsonObject[])[]): Promise<string> {
  const { code, stdout, stderr } = await at.kubectl(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("a manager of fields", () => {
  test.each([
    ["that forces nothing", "argocd-controller", []],
    ["that forces everything", "kustomize-controller", ["--force-conflicts"]],
  ])("%s, such as %s, sees neither conflict nor difference", async (_, manager, more) => {
    const served = ["--server-side", `--field-manager=${manager}`, ...more];
    await kubectl("apply", ...served, "-f", "-", manifests());
    await settled();
    const before = await all();
    expect(before).toHaveLength(manifests().length);
    for (let round = 0; round < ROUNDS; round++) {
      await kubectl("apply", ...served, "-f", "-", manifests());
      expect(await kubectl("diff", ...served, "-f", "-", manifests())).toBe("");
    }
    expect(await all()).toEqual(before);
    await kubectl("apply", ...served, "-f", "-", manifests(7));
    const after = await all();
    const [then, now] = [before, after].map((objects) =>
      managed(objects.filter(({ kind }) => kind !== "VirtualRouter")),
    );
    expect(now).toEqual(then);
    expect(after.find(({ kind }) => kind === "VirtualRouter")).toMatchObject({
      spec: { ...objectOf(manifests(7)[3]?.spec), awsName: `web_${shop}` },
    });
  });

  test("takes over what another one made, and gives it back", async () => {
    await kubectl("apply", "-f", "-", manifests());
    await settled();
    const before = (await all()).map(({ spec }) => spec);
    for (const manager of ["argocd-controller", "kustomize-controller"]) {
      await kubectl(
        "apply",
        "--server-side",
        "--force-conflicts",
        `--field-manager=${manager}`,
        "-f",
        "-",
        manifests(),
      );
      expect((await all()).map(({ spec }) => spec)).toEqual(before);
    }
  });
});

test("kubectl's own apply finds nothing to change, and says so", async () => {
  await kubectl("apply", "-f", "-", manifests());
  await settled();
  const before = await all();
  for (let round = 0; round < ROUNDS; round++) {
    const lines = (await kubectl("apply", "-f", "-", manifests())).trim().split("\n");
    expect(lines.filter((line) => !line.endsWith(" unchanged"))).toEqual([]);
    expect(await kubectl("diff", "-f", "-", manifests())).toBe("");
  }
  expect(await all()).toEqual(before);
});

test("kubectl replace by manifests without our fields keeps them, and writes nothing where nothing else differs", async () => {
  await kubectl("create", "-f", "-", manifests());
  await settled();
  const before = await all();
  for (let round = 0; round < ROUNDS; round++) await kubectl("replace", "-f", "-", manifests());
  expect(await all()).toEqual(before);
  await kubectl("replace", "-f", "-", manifests(7));
  const specs = (objects: readonly JsonObject[]) =>
    objects.filter(({ kind }) => kind !== "VirtualRouter").map(({ spec }) => spec);
  expect(specs(await all())).toEqual(specs(before));
});

describe("Helm", () => {
  const isFirst = ({ kind }: JsonObject): boolean => kind === "Mesh" || kind === "VirtualGateway";

  test.each([
    ["merges three ways", "--server-side=false"],
    ["applies as a manager of fields", "--server-side=true"],
  ])("that %s changes what the chart changes, and else nothing", async (_, how) => {
    const chart = join(folder, shop);
    await mkdir(join(chart, "templates"), { recursive: true });
    await writeFile(join(chart, "Chart.yaml"), JSON.stringify({ apiVersion: "v2", name: "shop", version: "1.0.0" }));
    const release = async (weight: number, command: readonly string[]): Promise<void> => {
      const documents = manifests(weight)
        .filter((one) => !isFirst(one))
        .map((one) => JSON.stringify(one));
      await writeFile(join(chart, "templates/all.yaml"), documents.join("\n---\n"));
      await run(helm, [...command, shop, chart, "--namespace", shop, how], {
        env: { ...process.env, KUBECONFIG: at.cluster.kubeconfig },
      });
    };
    // it creates kinds by alphabet, and what no Mesh selects or no gateway takes is refused, as App Mesh refused it
    await kubectl("create", "-f", "-", manifests().filter(isFirst));
    await release(1, ["install"]);
    await settled();
    const before = await all();
    for (let round = 0; round < ROUNDS; round++) await release(1, ["upgrade"]);
    expect(await all()).toEqual(before);
    await release(7, ["upgrade"]);
    const after = await all();
    const others = (objects: readonly JsonObject[]) => objects.filter(({ kind }) => kind !== "VirtualRouter");
    expect(others(after)).toEqual(others(before));
    expect(after.find(({ kind }) => kind === "VirtualRouter")?.spec).toMatchObject({
      ...objectOf(manifests(7)[3]?.spec),
      awsName: `web_${shop}`,
      meshRef: { name: shop },
    });
  });
});

test("where no webhook answers a replace takes our fields out, the leader puts them back, and the objects stay in effect", async () => {
  await kubectl("create", "-f", "-", manifests());
  await settled();
  const before = (await all()).map(({ spec }) => spec);
  const conditions = async () => (await all()).map(({ status }) => member(status, "conditions") ?? null);
  const said = await conditions();
  await controlPlane.close();
  controlPlane = await comeUp(at, "away", { controlPlane: { mesh: "serve" } });
  await kubectl("replace", "-f", "-", manifests());
  expect((await all()).filter(({ spec }) => member(spec, "meshRef") !== undefined)).toEqual([]);
  await until(async () => {
    const waiting = (await all()).filter(({ kind, spec }) => kind !== "Mesh" && member(spec, "meshRef") === undefined);
    return waiting.length === 0 ? undefined : `without a meshRef: ${waiting.map(({ kind }) => text(kind)).join(", ")}`;
  });
  await until(async () => {
    const now = (await all()).map(({ spec }) => spec);
    return isDeepStrictEqual(now, before) ? undefined : JSON.stringify(now);
  });
  expect(await conditions()).toEqual(said);
});
