import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outrigger, type Ran } from "./command-line.ts";

const INJECT = "appmesh.k8s.aws/sidecarInjectorWebhook";
const POD = {
  metadata: { name: "web", namespace: "shop", uid: "u1", creationTimestamp: "2026-10-02T10:00:00Z" },
  spec: { containers: [{ name: "web", image: "nginx", ports: [{ containerPort: 80 }] }] },
};
const REGISTRATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/aws-app-mesh-inject";
const TRUST = "/api/v1/namespaces/appmesh-system/configmaps/outrigger-trust";

/** What the API server answers, by path without its query; everything else is not found, a number is a refusal. */
let answers: Record<string, unknown>;
let server: Server;
let folder: string;

beforeEach(async () => {
  answers = {
    "/api/v1/namespaces/shop/pods/web": POD,
    [REGISTRATION]: { metadata: { creationTimestamp: "2026-10-01T09:00:00Z" } },
    [TRUST]: { data: { "trust.pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" } },
    "/api/v1/namespaces/shop": namespace("2026-10-01T09:30:00Z"),
  };
  server = createServer((request, response) => {
    const answer = answers[(request.url ?? "").split("?")[0] as string] ?? 404;
    const status = typeof answer === "number" ? answer : 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? answer : { kind: "Status", code: status, message: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  folder = await mkdtemp(join(tmpdir(), "outrigger-explain-"));
  const { port } = server.address() as AddressInfo;
  await writeFile(
    join(folder, "kubeconfig"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
    }),
  );
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function namespace(labelledAt: string): unknown {
  const fieldsV1 = { "f:metadata": { "f:labels": { [`f:${INJECT}`]: {} } } };
  return {
    metadata: { name: "shop", labels: { [INJECT]: "enabled" }, managedFields: [{ time: labelledAt, fieldsV1 }] },
  };
}

async function explain(...argv: string[]): Promise<Ran> {
  return await outrigger(["explain", ...argv, "--kubeconfig", join(folder, "kubeconfig")]);
}

describe("explain of a running pod without its sidecar", () => {
  test("says what would be decided now, and that the pod should have reached the injector", async () => {
    const { code, stdout } = await explain("pod/web", "-n", "shop");
    expect(code).toBe(0);
    expect(stdout).toContain("Pod web, namespace shop (cluster)");
    expect(stdout).toContain("=> inject (injected)");
    expect(stdout).toContain("the injector is registered since 2026-10-01T09:00:00Z, before the pod");
    expect(stdout).toContain("is enabled since 2026-10-01T09:30:00Z or earlier, before the pod");
  });

  test("names a label or a registration that came after the pod", async () => {
    answers["/api/v1/namespaces/shop"] = namespace("2026-10-02T10:00:01Z");
    answers[REGISTRATION] = { metadata: { creationTimestamp: "2026-10-03T00:00:00Z" } };
    const { stdout } = await explain("po/web", "-n", "shop");
    expect(stdout).toContain("was last set 2026-10-02T10:00:01Z, after the pod: create the pod again");
    expect(stdout).toContain("was registered only 2026-10-03T00:00:00Z, after the pod: create the pod again");
  });

  test("names a missing label, a missing registration and a missing trust", async () => {
    answers = { "/api/v1/namespaces/shop/pods/web": POD, "/api/v1/namespaces/shop": { metadata: { name: "shop" } } };
    const bare = await explain("pods/web", "-n", "shop");
    expect(bare.stdout).toContain("=> skip (namespace-not-enabled)");
    expect(bare.stdout).toContain(`the namespace has no label ${INJECT}: the injector is never asked`);
    expect(bare.stdout).toContain("nothing asks the injector about new pods");
    const labelled = await explain("pods/web", "-n", "shop", "--namespace-label", "enabled");
    expect(labelled.code).toBe(1);
    expect(labelled.stdout).toContain("deny (trust-missing)");
  });

  test("shows the pod's events", async () => {
    const event = { reason: "FailedMount", message: "no volume", lastTimestamp: "2026-10-02T10:00:05Z" };
    answers["/api/v1/namespaces/shop/events"] = { items: [event] };
    expect((await explain("pod/web", "-n", "shop")).stdout).toContain(
      "event 2026-10-02T10:00:05Z FailedMount: no volume",
    );
  });
});

describe("explain of a workload in a cluster", () => {
  test("takes VirtualNodes, Meshes and owners from there", async () => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "r", controller: true };
    answers["/api/v1/namespaces/shop/pods/web"] = { ...POD, metadata: { ...POD.metadata, ownerReferences: [owner] } };
    answers["/apis/apps/v1/namespaces/shop/replicasets/web-1"] = {
      metadata: { name: "web-1", ownerReferences: [{ ...owner, kind: "Deployment", name: "web-front" }] },
    };
    expect((await explain("pod/web", "-n", "shop")).stdout).toContain("mesh/my-mesh/virtualNode/shop-web-front");
    const node = { metadata: { name: "n", namespace: "shop" }, spec: { awsName: "from-node", podSelector: {} } };
    answers["/apis/appmesh.k8s.aws/v1beta2/namespaces/shop/virtualnodes"] = { items: [node] };
    expect((await explain("pod/web", "-n", "shop")).stdout).toContain("mesh/my-mesh/virtualNode/from-node");
  });

  test("works for a Deployment, as JSON and without evidence", async () => {
    answers["/apis/apps/v1/namespaces/shop/deployments/web"] = {
      metadata: { name: "web", namespace: "shop" },
      spec: { template: { metadata: {}, spec: POD.spec } },
    };
    const { stdout } = await explain("deploy/web", "-n", "shop", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ kind: "Deployment", outcome: "inject", evidence: [] }]);
  });
});

test("explain takes kind and name as two words, as kubectl does", async () => {
  expect(await explain("pod", "web", "-n", "shop")).toEqual(await explain("pod/web", "-n", "shop"));
});

describe("explain cannot", () => {
  test("find the object: 2, naming it", async () => {
    const { code, stderr } = await explain("pod/else", "-n", "shop");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no Pod else in namespace shop");
  });

  test("see the object: 3, and it is not said to be absent", async () => {
    answers["/api/v1/namespaces/shop/pods/web"] = 403;
    const { code, stderr } = await explain("pod/web", "-n", "shop");
    expect(code).toBe(3);
    expect(stderr).toContain("you are not allowed to get Pod web in namespace shop");
    expect(stderr).not.toContain("there is no Pod");
  });

  test("read everything: what it may not see is said, and the trust is not called missing", async () => {
    answers[TRUST] = 403;
    const { code, stdout, stderr } = await explain("pod/web", "-n", "shop");
    expect(code).toBe(0);
    expect(stderr).toContain(`not allowed to read ${TRUST}`);
    expect(stdout).toContain("=> inject (injected)");
  });

  test("reach the cluster: 3", async () => {
    answers["/api/v1/namespaces/shop/pods/web"] = 503;
    expect((await explain("pod/web", "-n", "shop")).code).toBe(3);
    const { code, stderr } = await outrigger(["explain", "pod/web", "--kubeconfig", join(folder, "none")]);
    expect(code).toBe(2);
    expect(stderr).toContain("none");
  });
});
