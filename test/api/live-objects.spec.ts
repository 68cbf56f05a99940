import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../src/model/json.ts";
import { outcomeOf } from "../node/kubectl.ts";
import { connectApi } from "./api-connection.ts";
import { outrigger } from "./command-line.ts";
import { createNamespace } from "./namespaces.ts";

/* The documented pipes `kubectl get | outrigger | kubectl replace` with the real kubectl, for objects made in every way. */

const cluster = inject("cluster");
const api = connectApi(cluster);
let namespace = "";

beforeAll(async () => {
  namespace = await createNamespace(api, "live");
});
afterAll(() => api.close());

const APP = { name: "web", image: "nginx", ports: [{ containerPort: 80 }] };
const TEMPLATE = { metadata: { labels: { app: "web" } }, spec: { containers: [APP] } };
const SELECTED = { selector: { matchLabels: { app: "web" } }, template: TEMPLATE };
const ONCE = { spec: { restartPolicy: "Never", containers: [APP] } };
const OBJECTS: readonly JsonObject[] = [
  { apiVersion: "apps/v1", kind: "Deployment", spec: SELECTED },
  { apiVersion: "apps/v1", kind: "StatefulSet", spec: SELECTED },
  { apiVersion: "apps/v1", kind: "DaemonSet", spec: SELECTED },
  { apiVersion: "apps/v1", kind: "ReplicaSet", spec: SELECTED },
  { apiVersion: "v1", kind: "ReplicationController", spec: { selector: { app: "web" }, template: TEMPLATE } },
  { apiVersion: "batch/v1", kind: "CronJob", spec: { schedule: "@daily", jobTemplate: { spec: { template: ONCE } } } },
].map((object) => ({ ...object, metadata: { name: "web" } }));
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: { serviceAccountName: "default", containers: [APP] },
};
const JOB = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "web" }, spec: { template: ONCE } };
const WAYS = [["create"], ["create", "--save-config"], ["apply"], ["apply", "--server-side", "--field-manager=helm"]];

const kubectl = (args: readonly string[], input = "") =>
  outcomeOf(cluster.kubectl, ["--kubeconfig", cluster.kubeconfig, "--namespace", namespace, ...args], input);

async function succeeding(args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const get = (kind: string, output = "yaml") => succeeding(["get", kind, "web", "-o", output]);
const injected = async (text: string) => (await outrigger(["inject", "-f", "-", "--mesh-name", "m"], text)).stdout;

/** Everything but what the API server counts; with what only Kubernetes 1.36 says of a template. */
async function stored(kind: string): Promise<unknown> {
  return objectOf(JSON.parse(await get(kind, "json")) as JsonObject)["spec"];
}

async function remove(kind: string): Promise<void> {
  await succeeding(["delete", kind, "web", "--ignore-not-found", "--force", "--grace-period=0"]);
}

const [CREATE, ...OTHER_WAYS] = WAYS as [string[], ...string[][]];
/** Each kind in one way, and one kind in each other way. */
const CASES = [
  ...OBJECTS.map((object) => ({ object, way: CREATE })),
  ...OTHER_WAYS.map((way) => ({ object: OBJECTS[0] as JsonObject, way })),
].map(({ object, way }) => ({ object, kind: stringOf(object["kind"]) ?? "", way, how: way.join(" ") }));

describe("a live object", () => {
  test.each(CASES)("$kind made by $how loses its sidecar by replace, and gets it", async ({ object, kind, way }) => {
    await remove(kind);
    await succeeding(["create", "-f", "-"], JSON.stringify(object));
    const plain = await stored(kind);
    await remove(kind);
    await succeeding([...way, "-f", "-"], await injected(JSON.stringify(object)));
    expect(await get(kind)).toContain("outrigger.dev/injected");

    const out = await outrigger(["uninject", "-f", "-"], await get(kind));
    expect(out.stderr).toContain("kubectl replace -f -");
    await succeeding(["replace", "-f", "-"], out.stdout);
    expect(await stored(kind)).toEqual(plain);

    await succeeding(["replace", "-f", "-"], await injected(await get(kind)));
    expect(JSON.stringify(await stored(kind))).toContain("outrigger.dev/injected");
    // who goes on with the plain manifest by apply finds nothing in the way
    await succeeding(["replace", "-f", "-"], (await outrigger(["uninject", "-f", "-"], await get(kind))).stdout);
    await succeeding(["apply", "-f", "-"], JSON.stringify(object));
    expect(await stored(kind)).toEqual(plain);
    await remove(kind);
  });
});

test("a List goes there and back as one", async () => {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: OBJECTS.slice(0, 2) });
  const get = () => succeeding(["get", "deployments,statefulsets", "-o", "yaml"]);
  await succeeding(["create", "-f", "-"], list);
  await succeeding(["replace", "-f", "-"], await injected(await get()));
  expect((await get()).match(/outrigger\.dev\/injected:/g)).toHaveLength(2);
  await succeeding(["replace", "-f", "-"], (await outrigger(["uninject", "-f", "-"], await get())).stdout);
  expect(await get()).not.toContain("outrigger.dev");
  await succeeding(["delete", "deployments,statefulsets", "web"]);
});

test("a running pod is refused by replace, and created again by replace --force", async () => {
  await succeeding(["create", "-f", "-"], await injected(JSON.stringify(POD)));
  const out = await outrigger(["uninject", "-f", "-"], await get("pod"));
  expect(out.stderr).toContain("kubectl replace --force -f -");
  expect((await kubectl(["replace", "-f", "-"], out.stdout)).stderr).toContain("may not add or remove containers");
  await succeeding(["replace", "--force", "--grace-period=0", "-f", "-"], out.stdout);
  expect(await get("pod")).not.toContain("outrigger.dev");
  await remove("pod");
});

test("a Job is created again without the labels of its former controller", async () => {
  await succeeding(["create", "-f", "-"], await injected(JSON.stringify(JOB)));
  const out = await outrigger(["uninject", "-f", "-"], await get("job", "json"));
  expect(out.stderr).toContain("docs/command-line.md");
  expect((await kubectl(["replace", "-f", "-"], out.stdout)).stderr).toContain("field is immutable");
  await succeeding(["replace", "--force", "-f", "-"], JSON.stringify(withoutController(JSON.parse(out.stdout))));
  expect(
    objectsOf(
      member(member(member(objectOf((await stored("job")) as JsonObject), "template"), "spec"), "initContainers"),
    ),
  ).toEqual([]);
  await remove("job");
});

/** What the documented `jq` program takes out. */
function withoutController(job: JsonObject): JsonObject {
  const { selector: _made, ...spec } = objectOf(job["spec"]);
  const template = objectOf(spec["template"]);
  const metadata = objectOf(template["metadata"]);
  const labels = Object.entries(objectOf(metadata["labels"])).filter(([key]) => !key.endsWith("controller-uid"));
  return {
    ...job,
    spec: { ...spec, template: { ...template, metadata: { ...metadata, labels: Object.fromEntries(labels) } } },
  };
}
