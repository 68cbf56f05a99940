import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { clusterObjects } from "./cluster-objects.ts";
import { apply, kubectl, type Outcome, outcomeOf } from "./kubectl.ts";
import {
  CLEAN_UP,
  CREATE_NAMESPACE,
  CREATE_POD,
  INJECTOR_SHOWN,
  INSTALL,
  POD_SHOWN,
  SHOW_INJECTOR,
  SHOW_POD,
} from "./walkthrough-commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const NAMESPACE = "appmesh-inject-test";
/** Outside of the mesh: an app that others call. */
const OUTSIDE = "walkthrough-outside";
const INSTALL_MS = 400_000;
const READY = "--timeout=150s";

let before: ReadonlyMap<string, JsonObject>;
let installed: Outcome;

beforeAll(async () => {
  // other files leave theirs for the next
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
  // they stay when the rest goes, and another file may have purged them
  await outcomeOf(process.execPath, [MAIN, "install", "--crds-only"]);
  before = await clusterObjects();
  installed = await shell(INSTALL);
}, INSTALL_MS);

afterAll(async () => {
  // what a failed test left; nothing of it is there when all went well
  await outcomeOf("kubectl", ["delete", "namespace", NAMESPACE, OUTSIDE, "--ignore-not-found", "--wait=false"]);
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
}, INSTALL_MS);

/** Commands as they are typed, in the folder of the checkout; they stop where one fails. */
function shell(commands: string): Promise<Outcome> {
  return outcomeOf("bash", ["-c", `cd ${JSON.stringify(ROOT)} && set -e\n${commands}`]);
}

function inNamespace(...args: readonly string[]): Promise<string> {
  return kubectl("--namespace", NAMESPACE, ...args);
}

const APP_SPEC = {
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: "app",
      image: "testbed/app:1",
      args: ["serve", "--http", "8080,8081"],
      ports: [{ containerPort: 8080 }],
      // without it a pod is Ready before its app listens; it passes no counted listener
      readinessProbe: { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 },
    },
  ],
};

/** Creates a pod with the test application, which listens on 8080 (declared) and 8081, and returns its address. */
async function running(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  namespace = NAMESPACE,
): Promise<string> {
  await apply({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, annotations }, spec: APP_SPEC });
  await kubectl("--namespace", namespace, "wait", "--for=condition=Ready", `pod/${name}`, READY);
  return await addressOf(name, namespace);
}

function addressOf(name: string, namespace = NAMESPACE): Promise<string> {
  return kubectl("--namespace", namespace, "get", "pod", name, "--output=jsonpath={.status.podIP}");
}

/** The resource that a pod's Envoy is told to be. */
async function resourceOf(name: string): Promise<string> {
  const path = "jsonpath={.metadata.annotations.outrigger\\.dev/injected}";
  return (JSON.parse(await inNamespace("get", "pod", name, `--output=${path}`)) as { resource: string }).resource;
}

async function get(address: string, port: number, path = "/"): Promise<string> {
  const answer = await fetch(`http://${address}:${port}${path}`, {
    signal: AbortSignal.timeout(10_000),
    headers: { connection: "close" },
  });
  expect(answer.status).toBe(200);
  return await answer.text();
}

/** Connections that a pod's Envoy has taken on its inbound (15000) or outbound (15001) listener. */
async function connections(address: string, listener: 15000 | 15001): Promise<number> {
  const metrics = await get(address, 15020, "/stats/prometheus");
  const line = new RegExp(`^envoy_listener_downstream_cx_total\\{[^}]*_${listener}"\\} (\\d+)$`, "m").exec(metrics);
  return Number(line?.[1] ?? Number.NaN);
}

/** How many connections of a listener one action makes. */
async function newConnections(
  address: string,
  listener: 15000 | 15001,
  action: () => Promise<unknown>,
): Promise<number> {
  const start = await connections(address, listener);
  await action();
  return (await connections(address, listener)) - start;
}

/** Has a pod's app call a URL, from within the pod. */
async function callFrom(name: string, url: string): Promise<void> {
  const script = `fetch("${url}").then(async (answer) => { await answer.text(); process.exitCode = answer.ok ? 0 : 1; })`;
  await inNamespace("exec", name, "--container=app", "--", "node", "-e", script);
}

test("without MESH_NAME the script stops with a sentence that says what to set", async () => {
  const { code, stdout, stderr } = await shell("unset MESH_NAME; cat scripts/install.sh | bash");
  expect(stderr).toBe("outrigger: MESH_NAME is missing: set the name of the mesh, as in: export MESH_NAME=mynewmesh\n");
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

describe("the commands, one after the other", () => {
  test("the script installs the injector and says what comes next", () => {
    expect(installed.stderr).toContain("waiting for a test admission");
    expect(installed.stdout).toContain("Outrigger is installed. Next:");
    expect(installed.code).toBe(0);
  });

  test("one pod of the injector is 1/1 Running", async () => {
    expect((await shell(SHOW_INJECTOR)).stdout).toMatch(INJECTOR_SHOWN);
  });

  test("the namespace and the pod are created", async () => {
    expect(await shell(CREATE_NAMESPACE)).toMatchObject({ code: 0, stdout: "namespace/appmesh-inject-test created\n" });
    await kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", NAMESPACE, READY);
    expect(await shell(CREATE_POD)).toMatchObject({ code: 0, stdout: "pod/nginx created\n" });
  });

  test("the pod is 2/2 Running", async () => {
    await inNamespace("wait", "--for=condition=Ready", "pod/nginx", READY);
    expect((await shell(SHOW_POD)).stdout).toMatch(POD_SHOWN);
  });
});

describe("what the walkthrough claims", () => {
  test("ingress and egress of the pod pass Envoy, and the application goes on working", async () => {
    const address = await addressOf("nginx");
    const page = async (): Promise<void> => expect(await get(address, 80)).toContain("nginx");
    // the walkthrough's pod has no probe: it may be Ready before nginx listens
    await vi.waitFor(page, { timeout: 60_000, interval: 250 });
    expect(await newConnections(address, 15000, page)).toBe(1);
    await kubectl("create", "namespace", OUTSIDE);
    await kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", OUTSIDE, READY);
    const outside = await running("outside", {}, OUTSIDE);
    const caller = await running("caller");
    expect(await newConnections(caller, 15001, () => callFrom("caller", `http://${outside}:8080/`))).toBe(1);
  });

  test("the virtual node is the annotation's, else made of namespace and owner", async () => {
    expect(await resourceOf("nginx")).toBe("mesh/mynewmesh/virtualNode/test");
    expect(await resourceOf("caller")).toBe("mesh/mynewmesh/virtualNode/appmesh-inject-test-caller");
    const labels = { app: "my-deployment" };
    await apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "my-deployment", namespace: NAMESPACE },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: APP_SPEC } },
    });
    await inNamespace("rollout", "status", "deployment/my-deployment", READY);
    const names = ["get", "pods", "--selector=app=my-deployment", "--output=jsonpath={.items[*].metadata.name}"];
    const pod = await inNamespace(...names);
    expect(await resourceOf(pod)).toBe("mesh/mynewmesh/virtualNode/appmesh-inject-test-my-deployment");
  });

  test("an annotation names another mesh", async () => {
    await running("other-mesh", { "appmesh.k8s.aws/mesh": "my-mesh" });
    expect(await resourceOf("other-mesh")).toBe("mesh/my-mesh/virtualNode/appmesh-inject-test-other-mesh");
  });

  test("declared ports pass Envoy, others do not, and both answer", async () => {
    const address = await addressOf("caller");
    expect(await newConnections(address, 15000, () => get(address, 8080))).toBe(1);
    expect(await newConnections(address, 15000, () => get(address, 8081))).toBe(0);
  });

  test("the annotation for ports says which ports pass Envoy instead", async () => {
    const address = await running("ports", { "appmesh.k8s.aws/ports": "8079,8081" });
    expect(await newConnections(address, 15000, () => get(address, 8081))).toBe(1);
    expect(await newConnections(address, 15000, () => get(address, 8080))).toBe(0);
  });

  test("disabled leaves one pod as it is", async () => {
    await running("disabled", { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" });
    expect(await inNamespace("get", "pod", "disabled")).toMatch(/\ndisabled +1\/1 +Running /);
  });

  test("egress to ignored ports stays away from Envoy", async () => {
    const outside = await addressOf("outside", OUTSIDE);
    const caller = await running("ignoring", { "appmesh.k8s.aws/egressIgnoredPorts": "22,8081" });
    expect(await newConnections(caller, 15001, () => callFrom("ignoring", `http://${outside}:8081/`))).toBe(0);
    expect(await newConnections(caller, 15001, () => callFrom("ignoring", `http://${outside}:8080/`))).toBe(1);
  });
});

describe("the clean-up", () => {
  test("its four commands leave nothing of the injector", async () => {
    const { code, stderr } = await shell(CLEAN_UP);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const titles = [...(await clusterObjects()).keys()];
    expect(titles.filter((title) => /aws-app-mesh-inject|appmesh-inject\//.test(title))).toEqual([]);
    expect(titles).toContain("Deployment appmesh-system/outrigger-control-plane");
  });

  test("pods are created as before, without a sidecar", async () => {
    await running("afterwards");
    expect(await inNamespace("get", "pod", "afterwards")).toMatch(/\nafterwards +1\/1 +Running /);
  });

  test("pods that have a sidecar go on working", async () => {
    expect(await get(await addressOf("nginx"), 80)).toContain("nginx");
  });

  test("after uninstall the cluster's objects equal those before the installation", async () => {
    await kubectl("delete", "namespace", NAMESPACE, OUTSIDE);
    const { code, stdout } = await outcomeOf(process.execPath, [MAIN, "uninstall"]);
    expect(stdout).toBe("Outrigger is removed.\n");
    expect(code).toBe(0);
    expect(Object.fromEntries(await clusterObjects())).toEqual(Object.fromEntries(before));
  });
});
