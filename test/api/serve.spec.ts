import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LossesReport } from "../../src/answers/losses-report.ts";
import type { SwitchReport } from "../../src/answers/switch-report.ts";
import { type JsonObject, member, objectOf, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import { releaseBefore } from "../../testbed/release-before.ts";
import { placed } from "../mesh-objects.ts";
import { text } from "./api-object.ts";
import { outrigger } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";

/*
 * From pass-through to mesh on a real API server: release 0.1.0 is installed and injects, this release takes its place and begins by
 * observing; check says so, diff --serve says what would be lost, serve and observe switch.
 */

const run = promisify(execFile);
const API = "/apis/appmesh.k8s.aws/v1beta2";
const KEY = "outrigger.dev/mesh";

let cluster: OwnCluster;
let before: string;
let folder: string;

beforeAll(async () => {
  before = (await releaseBefore(progressOnStderr)).main;
  folder = await mkdtemp(join(tmpdir(), "outrigger-serve-"));
  cluster = await startOwnCluster();
  await namespace("shop");
  await namespace("bank");
  await installedBefore("install", "--mesh-name", "main", "--no-wait");
  await storedPod("front");
  await storedPod("colour");
  const upgraded = await command("install", "--mesh-name", "main", "--no-wait");
  expect(upgraded.stderr).toContain("the mesh is observed (controlPlane.mesh: observe)");
  await mesh();
}, 300_000);

afterAll(async () => {
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const command = (...argv: readonly string[]) => outrigger([...argv, "--kubeconfig", cluster.kubeconfig]);

async function json<T>(...argv: readonly string[]): Promise<T> {
  return JSON.parse((await command(...argv, "--output", "json")).stdout) as T;
}

async function installedBefore(...argv: readonly string[]): Promise<string> {
  return (await run(process.execPath, [before, ...argv, "--kubeconfig", cluster.kubeconfig])).stdout;
}

async function namespace(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
  const labels = { mesh: "main", "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled" };
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels, annotations } };
  await cluster.api.apply(`/api/v1/namespaces/${name}`, object);
}

/** As release 0.1.0 injects it. */
async function storedPod(name: string): Promise<void> {
  const file = join(folder, `${name}.json`);
  const containers = [{ name: "app", image: "app", ports: [{ containerPort: 8080 }] }];
  const metadata = { name, namespace: "shop", labels: { app: name } };
  await writeFile(
    file,
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: { serviceAccountName: "default", containers } }),
  );
  const { stdout } = await run(process.execPath, [
    before,
    "inject",
    "-f",
    file,
    "--mesh-name",
    "main",
    "--output",
    "json",
  ]);
  await cluster.api.create("/api/v1/namespaces/shop/pods", JSON.parse(stdout) as JsonObject);
}

async function apply(
  plural: string,
  kind: string,
  place: string,
  spec: JsonObject,
  annotations: JsonObject = {},
): Promise<void> {
  const { name, namespace } = placed(place);
  const path = `${API}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${plural}/${name}`;
  const metadata = { name, ...(namespace !== undefined && { namespace }), annotations };
  await cluster.api.apply(path, { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata, spec });
}

async function mesh(): Promise<void> {
  const backends = [{ virtualService: { virtualServiceRef: { name: "colour" } } }];
  const node = (name: string, more: JsonObject = {}) =>
    apply("virtualnodes", "VirtualNode", `shop/${name}`, {
      podSelector: { matchLabels: { app: name } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local` } },
      ...more,
    });
  await apply("meshes", "Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } });
  await node("front", { backends });
  await node("colour");
  await apply("virtualservices", "VirtualService", "shop/colour", {
    awsName: "colour.shop.svc.cluster.local",
    provider: { virtualNode: { virtualNodeRef: { name: "colour" } } },
  });
  for (const [name, port] of [
    ["colour", 8080],
    ["db", 5432],
  ] as const) {
    const spec = { selector: { app: name }, ports: [{ port }] };
    await cluster.api.create("/api/v1/namespaces/shop/services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec,
    });
  }
}

async function annotationOf(path: string): Promise<string | undefined> {
  const { body } = await cluster.api.send("GET", path);
  return stringMapOf(member(body.metadata, "annotations"))[KEY];
}
const MESH = `${API}/meshes/main`;
const SHOP = "/api/v1/namespaces/shop";

/** As nobody had ever switched it. */
async function forget(path: string): Promise<void> {
  const { body } = await cluster.api.send("GET", path);
  const { [KEY]: _, ...annotations } = stringMapOf(member(body.metadata, "annotations"));
  const answer = await cluster.api.send("PUT", path, {
    ...body,
    metadata: { ...objectOf(body.metadata), annotations },
  });
  expect(answer.status).toBe(200);
}

/** What check says of the mesh. */
async function meshMode(): Promise<string> {
  const { checks } = await json<{ readonly checks: readonly JsonObject[] }>("check");
  return text(objectsOf(checks as never).find(({ id }) => id === "mesh-mode")?.found);
}

describe("after an upgrade of release 0.1.0", () => {
  beforeEach(async () => {
    await apply("meshes", "Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } });
    for (const path of [MESH, SHOP, "/api/v1/namespaces/bank"]) await forget(path);
  });

  test("the mesh is observed, which check says with the ways on", async () => {
    const found = await meshMode();
    expect(found).toContain("observed");
    expect(found).toContain("outrigger diff --serve");
    expect(found).toContain("outrigger serve");
  });

  test("diff --serve lists what each workload would lose, and ends with 1", async () => {
    const { code, stdout } = await command("diff", "--serve");
    expect(stdout).toContain("shop Pod/front  1 pod, VirtualNode shop/front of Mesh main\n");
    expect(stdout).toContain(
      "reaches colour.shop.svc.cluster.local (8080); *.amazonaws.com over TLS on port 443; past the sidecar port 22",
    );
    expect(stdout).toMatch(
      /loses \d+ Services of the cluster \(shop\/db, .*default\/kubernetes.*\), and everything outside/,
    );
    expect(stdout).toContain("2 workloads: 2 would lose destinations");
    expect(code).toBe(1);
    const { workloads } = await json<LossesReport>("diff", "--serve", "-n", "shop");
    expect(workloads.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["colour", "loses"],
      ["front", "loses"],
    ]);
    expect(workloads[1]?.lost).not.toContain("shop/colour");
    const nothing = await command("diff", "--serve", "-n", "bank");
    expect(nothing.code).toBe(0);
    const whole = (await json<LossesReport>("diff", "--serve")).workloads;
    for (const target of [["mesh/main"], ["namespaces/shop"], ["namespace", "shop"], ["--all"]]) {
      const one = await json<LossesReport>("diff", "--serve", ...target);
      expect(one.workloads).toEqual(whole);
    }
  });

  test("serve refuses what would be lost, with all of it, and changes nothing", async () => {
    const { code, stdout, stderr } = await command("serve", "mesh/main");
    expect(code).toBe(1);
    expect(stdout).toContain("shop Pod/front");
    expect(stderr).toContain(
      "nothing was changed, as 2 workloads would lose destinations; to serve all the same: outrigger serve mesh/main --yes",
    );
    expect(await annotationOf(MESH)).toBeUndefined();
  });

  test("serve --yes writes one annotation, check says served, observe goes back", async () => {
    const { code, stdout } = await command("serve", "mesh/main", "--yes");
    expect(stdout).toBe(
      "Mesh main: outrigger.dev/mesh=serve\n" +
        "2 pods of 2 workloads follow, without a restart; 2 of them reach their backends only\n" +
        "back: outrigger observe mesh/main\n",
    );
    expect(code).toBe(0);
    expect(await annotationOf(MESH)).toBe("serve");
    const { body } = await cluster.api.send("GET", MESH);
    const mine = objectsOf(member(body.metadata, "managedFields")).filter(({ manager }) => manager === "outrigger");
    expect(mine.map(({ fieldsV1 }) => fieldsV1)).toEqual([
      { "f:metadata": { "f:annotations": { ".": {}, [`f:${KEY}`]: {} } } },
    ]);
    expect(await meshMode()).toBe("served");
    const served = await command("diff", "--serve", "mesh/main");
    expect(served.code).toBe(0);
    expect(served.stdout).toMatch(/^served already, so that this is how it is now:\n\nshop Pod\/colour {2}1 pod/);
    expect(served.stdout).toMatch(/cannot reach \d+ Services of the cluster \(shop\/db, .*and anything outside/);
    expect(served.stdout).toContain("no workload would be served that is not; 2 pods served already\n");
    expect((await command("diff", "--serve", "namespace/bank")).stdout).not.toContain("served already");
    expect((await command("serve", "meshes/main")).stdout).toContain(
      "mesh/main is served already: nothing was changed",
    );

    const back = await command("observe", "mesh/main");
    expect(back.stdout).toBe(
      "Mesh main: outrigger.dev/mesh=observe, it was serve\n" +
        "2 pods of 2 workloads follow, without a restart\n" +
        "back: outrigger serve mesh/main\n",
    );
    expect(await annotationOf(MESH)).toBe("observe");
    expect(await meshMode()).toContain("observed");
  });

  test("where nothing is lost nobody is asked", async () => {
    const spec = { namespaceSelector: { matchLabels: { mesh: "main" } }, egressFilter: { type: "ALLOW_ALL" } };
    await apply("meshes", "Mesh", "main", spec);
    const report = await json<SwitchReport>("serve", "namespace/shop");
    expect(report).toMatchObject({
      outcome: "switched",
      follow: { workloads: 2, pods: 2 },
      summary: { keeping: 2, losing: 0 },
    });
    expect(await annotationOf(SHOP)).toBe("serve");
    expect(await annotationOf(MESH)).toBeUndefined();
  });

  test("a dry run changes nothing, and is refused as the thing itself", async () => {
    expect((await command("serve", "mesh/main", "--dry-run")).code).toBe(1);
    const { code, stdout } = await command("serve", "mesh/main", "--yes", "--dry-run");
    expect(stdout).toContain("2 pods of 2 workloads would follow");
    expect(stdout).toContain("nothing was changed: this was a dry run");
    expect(code).toBe(0);
    expect(await annotationOf(MESH)).toBeUndefined();
  });

  test("a namespace's own word stays where its Mesh is switched, and gives way to --all", async () => {
    await namespace("bank", { [KEY]: "observe" });
    const one = await command("serve", "mesh/main", "--yes");
    expect(one.stdout).toContain("as they are stay namespace/bank, by their own annotation");
    const all = await json<SwitchReport>("serve", "--all", "--yes");
    expect(all.writes).toEqual([{ kind: "Namespace", name: "bank", before: "observe", after: "serve" }]);
    expect(all.notes.join()).toContain("a Mesh that comes later goes by controlPlane.mesh: observe");
    const back = await json<SwitchReport>("observe", "--all");
    expect(back.writes.map(({ kind, name }) => `${kind}/${name}`)).toEqual(["Mesh/main", "Namespace/bank"]);
    expect(back.outcome).toBe("switched");
  });

  test("without a target it shows what is, and what would become of it", async () => {
    const { code, stdout } = await command("serve");
    expect(stdout).toBe(
      "mesh/main is observed, by the setting controlPlane.mesh\n" +
        "a Mesh that comes later is observed, by the setting controlPlane.mesh\n" +
        "outrigger serve --all would write 1 annotation: 2 workloads would be served, 2 of them would lose destinations (outrigger diff --serve)\n",
    );
    expect(code).toBe(0);
  });

  test.each([
    ["mesh/maim", "there is no Mesh maim: did you mean mesh/main?"],
    ["namespace/shopp", "there is no namespace shopp: did you mean namespace/shop?"],
    ["mesh/other-thing", "there is no Mesh other-thing: there is main"],
  ])("%s is not there, and what is near is named", async (target, message) => {
    const { code, stdout, stderr } = await command("serve", target);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test.each([["mesh/maim"], ["namespace/shopp"], ["-n", "shopp"]])(
    "diff --serve %s %s is not there either, with the same exit code",
    async (...target) => {
      const { code, stdout, stderr } = await command("diff", "--serve", ...target);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/there is no (Mesh maim|namespace shopp): /);
    },
  );
});

/** One check of outrigger check. */
async function checked(id: string): Promise<JsonObject> {
  const { checks } = await json<{ readonly checks: readonly JsonObject[] }>("check");
  return checks.find((check) => check["id"] === id) ?? {};
}
const sawOf = (check: JsonObject): string =>
  objectsOf(check["problems"])
    .map(({ saw }) => text(saw))
    .join("\n");

describe("check says of the mesh", () => {
  test("what outrigger problems finds, as a warning", async () => {
    expect(await checked("mesh-problems")).toMatchObject({ status: "ok", found: "4 App Mesh objects: no problems" });
    await apply("virtualnodes", "VirtualNode", "shop/stray", {
      backends: [{ virtualService: { virtualServiceRef: { name: "gone" } } }],
    });
    const found = await checked("mesh-problems");
    expect(found).toMatchObject({ status: "warning", found: "5 App Mesh objects: 1 error" });
    expect(sawOf(found)).toContain("VirtualNode shop/stray missing-reference");
    await cluster.api.send("DELETE", `${API}/namespaces/shop/virtualnodes/stray`);
  });

  test("which nodes no pod is, and which namespace lacks its label", async () => {
    expect(await checked("mesh-pods")).toMatchObject({ status: "ok", found: "2 nodes with a podSelector" });
    await cluster.api.apply("/api/v1/namespaces/lonely", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "lonely", labels: { mesh: "main" } },
    });
    await apply("virtualnodes", "VirtualNode", "lonely/web", { podSelector: { matchLabels: { app: "web" } } });
    await apply("virtualnodes", "VirtualNode", "bank/idle", { podSelector: { matchLabels: { app: "idle" } } });
    expect(await checked("mesh-pods")).toMatchObject({
      status: "ok",
      found:
        "4 nodes with a podSelector; no pod has the labels of VirtualNode bank/idle: no replicas just now, or other labels",
    });
    const spec = { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] };
    const metadata = { name: "web", namespace: "lonely", labels: { app: "web" } };
    await cluster.api.create("/api/v1/namespaces/lonely/pods", { apiVersion: "v1", kind: "Pod", metadata, spec });
    const found = await checked("mesh-pods");
    expect(found["status"]).toBe("warning");
    expect(sawOf(found)).toContain(
      "namespace lonely is in Mesh main, and 1 pod that its VirtualNodes select have no sidecar",
    );
  });

  test("what somebody made of the webhook's registrations", async () => {
    const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/outrigger";
    // nobody runs here who would put the authority into it
    expect(sawOf(await checked("object-registrations"))).toContain("caBundle is not there yet");
    const { body } = await cluster.api.send("GET", path);
    const webhooks = objectsOf(body["webhooks"]).map((entry) => ({ ...entry, failurePolicy: "Fail" }));
    expect((await cluster.api.send("PUT", path, { ...body, webhooks })).status).toBe(200);
    const found = await checked("object-registrations");
    expect(found["status"]).toBe("failed");
    expect(sawOf(found)).toContain(
      'ValidatingWebhookConfiguration outrigger: failurePolicy is "Fail", expected "Ignore"',
    );
    await command("install", "--mesh-name", "main", "--no-wait");
    expect((await checked("object-registrations"))["status"]).toBe("warning");
  });
});

test("the uninstall of release 0.1.0 leaves a registration, which does no harm, and check names it until it is used again", async () => {
  await installedBefore("uninstall", "--no-wait");
  await cluster.finishDeletions();
  const left = await checked("object-registrations");
  expect(left).toMatchObject({ status: "warning", found: "left behind" });
  expect(sawOf(left)).toContain("ValidatingWebhookConfiguration outrigger was left behind");
  // nobody answers, and the object is taken
  await apply("meshes", "Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } });
  const again = await command("install", "--mesh-name", "main", "--no-wait");
  expect(again.code).toBe(0);
  await command("uninstall", "--no-wait");
  await cluster.finishDeletions();
  expect(await checked("object-registrations")).toMatchObject({ status: "not-applicable" });
});
