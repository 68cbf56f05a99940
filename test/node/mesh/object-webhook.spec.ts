import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../src/model/kinds.ts";
import { kubectl, type Outcome, outcomeOf } from "../kubectl.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { meshObjects } from "./loaded/objects.ts";

/* The webhook for App Mesh objects as an installation has it: the API server calls it at its Service, and trusts its certificate. */

const MESH = "mesh-webhook";
const namespace = new TestNamespace(MESH);
const objects = meshObjects(MESH);

beforeAll(async () => {
  await installed();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
  await namespace.create({ mesh: MESH });
}, 300_000);

afterAll(async () => {
  await namespace.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
});

/** Creates an object: what kubectl prints is what was stored by that call, and nothing that the leader wrote later. */
function created(object: JsonObject): Promise<Outcome> {
  return outcomeOf("kubectl", ["create", "-f", "-", "-o", "json"], JSON.stringify(object));
}

const node = (name: string, spec: JsonObject): JsonObject => ({
  apiVersion: APPMESH_API_VERSION,
  kind: "VirtualNode",
  metadata: { name, namespace: MESH },
  spec: {
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: "a" } },
    ...spec,
  },
});

test("refuses what no Mesh selects", async () => {
  const { code, stderr } = await created(node("early", {}));
  expect(code).toBe(1);
  // whether there is another Mesh depends on what earlier files have left
  expect(stderr).toMatch(new RegExp(`namespace ${MESH} is in none|no Mesh selects namespace ${MESH}`));
  expect(stderr).toContain("(no-mesh)");
});

test("writes what an object leaves out before it is stored, and warns", async () => {
  expect(await created(objects.mesh("DROP_ALL"))).toMatchObject({ code: 0, stderr: "" });
  const { code, stdout, stderr } = await created(node("first", { backend: [] }));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ spec: { awsName: `first_${MESH}`, meshRef: { name: MESH } } });
  expect(stderr).toContain("Warning: spec.backend: no field of this name is known");
});

test("refuses a mesh that is forged", async () => {
  const { code, stderr } = await created(node("forged", { meshRef: { name: "another", uid: "u" } }));
  expect(code).toBe(1);
  expect(stderr).toContain("(mesh-not-selected)");
});
