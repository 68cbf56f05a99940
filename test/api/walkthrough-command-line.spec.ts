import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseManifest } from "../../src/manifest/parse.ts";
import { objectsOfDocument, workloadsOf } from "../../src/manifest/workloads.ts";
import { type JsonObject, objectOf, stringMapOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { connectApi } from "./api-connection.ts";
import { outrigger } from "./command-line.ts";
import { dryRun } from "./corpus-cluster.ts";
import { createNamespace, NGINX } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { sidecarOf } from "./sidecar.ts";

// Manifests injected by hand and given to a cluster, with and without a webhook there.

const EXAMPLES = new URL("../../examples/", import.meta.url);

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;

beforeAll(async () => {
  webhook = await registerWebhook(api, inject("cluster"));
});

afterAll(async () => {
  await webhook?.stop();
  await api.close();
});

/** The pods and pod templates of a manifest, as pods without a namespace. */
function podsIn(manifest: string): readonly JsonObject[] {
  const objects = parseManifest(manifest).documents.flatMap(({ json }) => objectsOfDocument(json));
  return workloadsOf(objects).map(({ name, pod }) => {
    const { namespace: _, ...metadata } = objectOf(pod.metadata);
    return { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec: objectOf(pod.spec) };
  });
}

/** What `outrigger inject` makes of a manifest, beside App Mesh objects of a file; throws when it refuses. */
async function injected(manifest: string, meshFile?: string): Promise<string> {
  const beside = meshFile === undefined ? [] : ["--virtual-nodes", meshFile];
  const { code, stdout, stderr } = await outrigger(
    ["inject", "-f", "-", "--mesh-name", "mynewmesh", ...beside],
    manifest,
  );
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout;
}

const example = (name: string) => readFileSync(new URL(name, EXAMPLES), "utf8");

test("the example nginx.yaml is the walkthrough's pod", () => {
  const { namespace, ...metadata } = NGINX.metadata;
  expect(namespace).toBe("appmesh-inject-test");
  expect(podsIn(example("nginx.yaml"))).toEqual([{ ...NGINX, metadata }]);
});

const examples = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));

test.each(examples.filter((name) => podsIn(example(name)).length > 0))(
  "an API server without the webhook accepts the pods of %s that the command line injected",
  async (name) => {
    const namespace = await createNamespace(api, "by-hand");
    // a gateway's pod is one only beside its VirtualGateway
    const mesh = name === "ten-nodes/app.yaml" ? fileURLToPath(new URL("ten-nodes/mesh.yaml", EXAMPLES)) : undefined;
    for (const pod of podsIn(await injected(example(name), mesh))) {
      const { status, body } = await dryRun(api, namespace, pod);
      expect({ status, message: body.message }).toEqual({ status: 201, message: undefined });
      expect(sidecarOf(body)).toBeDefined();
    }
  },
);

test("a webhook leaves a pod that the command line injected as it is, but for the trust that was missing", async () => {
  const namespace = await createNamespace(api, "by-hand", { [INJECT_KEY]: "enabled" });
  const [plain] = podsIn(example("nginx.yaml")) as [JsonObject];
  const [byHand] = podsIn(await injected(JSON.stringify(NGINX))) as [JsonObject];
  const [ofWebhook, ofBoth] = [await dryRun(api, namespace, plain), await dryRun(api, namespace, byHand)];
  expect({ status: ofBoth.status, spec: ofBoth.body.spec }).toEqual({ status: 201, spec: ofWebhook.body.spec });
  const annotations = ({ metadata }: JsonObject) => stringMapOf(objectOf(metadata).annotations);
  expect(annotations(byHand)["outrigger.dev/trust"]).toBeUndefined();
  expect(annotations(ofBoth.body)["outrigger.dev/trust"]).toBe(webhook?.trust);
  expect(Object.keys(annotations(ofBoth.body)).sort()).toEqual(Object.keys(annotations(ofWebhook.body)).sort());
});

test("a manifest that is refused reaches no cluster: nothing is printed for kubectl", async () => {
  const refused = JSON.stringify({
    ...NGINX,
    metadata: { ...NGINX.metadata, annotations: { "appmesh.k8s.aws/ports": "http" } },
  });
  const finished = await outrigger(
    ["inject", "-f", "-", "--mesh-name", "mynewmesh"],
    `${JSON.stringify(NGINX)}\n${refused}`,
  );
  expect(finished).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("(bad-annotation)") });
});
