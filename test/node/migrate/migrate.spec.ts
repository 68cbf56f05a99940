import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type JsonObject, member } from "../../../src/model/json.ts";
import { kubectl, type Outcome, outcomeOf } from "../kubectl.ts";
import { podsOf } from "../mesh/pods-of.ts";
import { Terminal } from "../mesh/terminal.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { DOOR, PRICE } from "./gateway-of-shop.ts";
import { gone, leftByAws, podsWith } from "./left-by-aws.ts";

/* docs/migrate.md: its commands, word for word, there and back and there again, in a cluster that App Mesh's own controller left. */

const ROOT = join(import.meta.dirname, "../../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const PAGE = readFileSync(join(ROOT, "docs/migrate.md"), "utf8");
const SHOP = new TestNamespace("shop");
const STEP_MS = 300_000;
const CONVERGED = { timeout: 90_000, interval: 500 };
const KINDS = "meshes,virtualnodes,virtualservices,virtualrouters,virtualgateways,gatewayroutes".replaceAll(
  /\w+/g,
  "$&.appmesh.k8s.aws",
);
const WEBHOOKS = "mutatingwebhookconfiguration,validatingwebhookconfiguration";

/** The page's blocks of commands, by what they begin with; each must be typed once at least. */
const blocks = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
const untyped = new Set(blocks);
let terminal: Terminal;
let home: string;
let before: readonly JsonObject[];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "outrigger-migrate-"));
  terminal = new Terminal(ROOT);
  // other files leave theirs for the next, and the CRDs
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
  await gone();
  await outcomeOf(process.execPath, [MAIN, "uninstall", "--purge", "--yes"]);
  await leftByAws();
  before = await controllerObjects();
  await terminal.type(`outrigger() { '${process.execPath}' '${MAIN}' "$@"; }; HOME='${home}'
    visits() {
      kubectl exec -n shop deployment/storefront -c web -- sh -c \\
        'for i in $(seq 100); do wget -qO- http://catalogue.shop.svc.cluster.local:8080; done' | sort | uniq -c
    }`);
}, STEP_MS);

afterAll(async () => {
  terminal.close();
  rmSync(home, { recursive: true });
  // what a failed test left; most of it is not there when all went well
  await outcomeOf("kubectl", ["delete", "meshes.appmesh.k8s.aws", "shop", "--ignore-not-found", "--wait=false"]);
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
  await gone();
}, STEP_MS);

/** Types the page's block that begins so. */
async function typed(beginning: string): Promise<Outcome> {
  const block = blocks.find((one) => one.startsWith(beginning));
  if (block === undefined) throw new Error(`the page has no commands that begin with ${beginning}`);
  untyped.delete(block);
  return await terminal.type(block);
}

/** The same, where no command may fail. */
async function succeeding(beginning: string): Promise<Outcome> {
  const outcome = await typed(beginning);
  if (outcome.code !== 0) throw new Error(`exit code ${outcome.code}: ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

/** What of App Mesh's controller is taken over, without what every write changes. */
async function controllerObjects(): Promise<readonly JsonObject[]> {
  const read = async (...args: readonly string[]): Promise<JsonObject> =>
    JSON.parse(await kubectl("get", ...args, "--output=json")) as JsonObject;
  const objects = [
    await read("mutatingwebhookconfiguration", "appmesh-controller-webhook"),
    await read("validatingwebhookconfiguration", "appmesh-controller-webhook"),
    await read("deployment", "appmesh-controller", "-n", "appmesh-system"),
  ];
  return objects.map(({ webhooks = null, spec = null, metadata }) => {
    const { "deployment.kubernetes.io/revision": _, ...annotations } = member(metadata, "annotations") as JsonObject;
    return { webhooks, spec, annotations };
  });
}

/** Has the storefront call the catalogue all the time meanwhile, and expects that each call is answered. */
async function underTraffic<T>(work: () => Promise<T>): Promise<T> {
  const storefront = ["exec", "-n", "shop", "deployment/storefront", "-c", "web", "--", "sh", "-c"];
  const url = "http://catalogue.shop.svc.cluster.local:8080";
  const call = `wget -qO- ${url} || echo failed`;
  const calls = kubectl(...storefront, `rm -f /tmp/stop; until [ -e /tmp/stop ]; do ${call}; usleep 50000; done`);
  const result = await work().finally(() => kubectl(...storefront, "touch /tmp/stop"));
  const answers = (await calls).trim().split("\n");
  expect(answers.filter((answer) => answer !== "v1" && answer !== "v2")).toEqual([]);
  expect(answers.length).toBeGreaterThan(5);
  return result;
}

/** Visits until as many of a hundred were answered by the first version as the mesh says, or Kubernetes alone. */
async function visitsShow(who: "mesh" | "Kubernetes alone"): Promise<void> {
  const [least, most] = who === "mesh" ? [75, 100] : [25, 75];
  await vi.waitFor(async () => {
    const { stdout } = await terminal.type("visits");
    const count = (version: string) => Number(new RegExp(`^ *(\\d+) ${version}$`, "m").exec(stdout)?.[1] ?? 0);
    expect(count("v1") + count("v2")).toBe(100);
    expect(count("v1")).toBeGreaterThan(least);
    expect(count("v1")).toBeLessThan(most);
  }, CONVERGED);
}

/**
 * Asks the gateway until it answers by a node that is found by Cloud Map alone and speaks nothing but TLS; or, where the mesh is not served,
 * until it does not listen, and that node speaks in the clear.
 */
async function gatewayShows(who: "mesh" | "Kubernetes alone"): Promise<void> {
  const fetched = async (url: string): Promise<string> => {
    const get = ["exec", "-n", "shop", "deployment/storefront", "-c", "web", "--", "timeout", "5", "wget", "-qO-", url];
    return (await outcomeOf("kubectl", get)).stdout.trim();
  };
  await vi.waitFor(async () => {
    const address = await kubectl(
      "get",
      "pod",
      "-n",
      "shop",
      "-l",
      "app=prices",
      "-o",
      "jsonpath={.items[0].status.podIP}",
    );
    const answers = { gateway: await fetched(DOOR), inTheClear: await fetched(`http://${address}:8080`) };
    expect(answers).toEqual(who === "mesh" ? { gateway: PRICE, inTheClear: "" } : { gateway: "", inTheClear: PRICE });
  }, CONVERGED);
}

async function condition(resource: string, type: string): Promise<string> {
  const path = `jsonpath={.status.conditions[?(@.type=="${type}")].status}`;
  return await kubectl("get", resource, "-n", "shop", `--output=${path}`);
}

test("1. check names all that was left, and the table what somebody deleted", { timeout: STEP_MS }, async () => {
  await visitsShow("Kubernetes alone");
  const { code, stdout } = await typed("outrigger check --before-install");
  expect(code).toBe(1);
  for (const said of [
    "its failure policy is Fail, so no pod can be created there",
    "* MutatingWebhookConfiguration appmesh-controller-webhook asks Service appmesh-controller-webhook-service",
    "* ValidatingWebhookConfiguration appmesh-controller-webhook asks Service appmesh-controller-webhook-service",
    "* Deployment appmesh-controller in namespace appmesh-system runs",
    "* 1 pod of Deployment storefront in namespace shop with AWS's Envoy",
  ]) {
    expect(stdout).toContain(said);
  }
  const listed = await succeeding("kinds=");
  expect(listed.stdout).toMatch(/^VirtualNode +shop +retired +2\d{3}-/m);
  expect(listed.stdout).toMatch(/^VirtualNode +shop +storefront +<none>/m);
  expect(readFileSync(join(home, "app-mesh-objects.yaml"), "utf8")).toContain("name: retired");
});

test("2. install refuses with all of it, and changes nothing", { timeout: STEP_MS }, async () => {
  const { code, stderr } = await terminal.type("outrigger install --mesh-name shop");
  expect(stderr).toContain("another injector is registered for labelled namespaces: appmesh-controller-webhook");
  expect(stderr).toContain("MutatingWebhookConfiguration appmesh-controller-webhook (mmesh.appmesh.k8s.aws");
  expect(stderr).toContain("ValidatingWebhookConfiguration appmesh-controller-webhook (vmesh.appmesh.k8s.aws");
  expect(stderr).toContain("Deployment appmesh-controller in namespace appmesh-system has 1 ready pod");
  expect(code).toBe(1);
  expect(await controllerObjects()).toEqual(before);
});

test("2. taken over, what waited for the controller goes on, and nothing else changes", {
  timeout: STEP_MS,
}, async () => {
  const running = await podsOf(SHOP);
  expect(await condition("pod/waiting", "Ready")).toBe("False");
  const { stderr } = await underTraffic(() => succeeding("outrigger install"));
  expect(stderr).toContain("Deployment appmesh-controller in namespace appmesh-system scaled to 0");
  expect(stderr).toContain("the mesh is observed");
  expect(stderr).toContain("a test pod came back with its sidecar");
  await kubectl("wait", "--for=condition=Ready", "pod/waiting", "-n", "shop", "--timeout=150s");
  await kubectl("wait", "--for=delete", "virtualnodes.appmesh.k8s.aws/retired", "-n", "shop", "--timeout=150s");
  const accepted = ["--for=condition=Accepted", KINDS, "--all", "-n", "shop", "--timeout=150s"];
  await kubectl("wait", ...accepted);
  expect((await succeeding("outrigger check\n")).stdout).toContain("appmesh-controller without replicas");
  expect(await podsOf(SHOP)).toEqual(running);
  await visitsShow("Kubernetes alone");
});

test("3. pods get Outrigger's sidecar, and traffic passes through", { timeout: STEP_MS }, async () => {
  const { stdout } = await succeeding("kubectl label --overwrite");
  expect(stdout).toContain("waiting");
  expect(await podsWith("envoy")).toBe(6);
  await visitsShow("Kubernetes alone");
});

test("4. and 5. the mesh is served, and observed again, without a restart", { timeout: STEP_MS }, async () => {
  const { code, stdout } = await typed("outrigger problems");
  expect(code).toBe(1);
  // whoever is found by Cloud Map takes a name that is no namespace's of itself
  const [, key = "", value = ""] = /hint: annotate Mesh shop with (\S+): (shop=[a-z.]+)/.exec(stdout) ?? [];
  await kubectl("annotate", "meshes.appmesh.k8s.aws", "shop", `${key}=${value}`);
  expect((await succeeding("outrigger problems")).stdout).toContain("no problems");
  const running = await podsOf(SHOP);
  await underTraffic(async () => {
    await succeeding("outrigger serve");
    await visitsShow("mesh");
    await gatewayShows("mesh");
    await succeeding("outrigger observe");
    await visitsShow("Kubernetes alone");
    await gatewayShows("Kubernetes alone");
  });
  expect(await podsOf(SHOP)).toEqual(running);
});

test("back: pods without a sidecar, and the controller's own again", { timeout: STEP_MS }, async () => {
  await succeeding("kubectl label namespace shop appmesh.k8s.aws/sidecarInjectorWebhook-");
  // the pod that belongs to nobody, and the gateway's own container
  expect(await podsWith("envoy")).toBe(2);
  await visitsShow("Kubernetes alone");
  const { stderr } = await underTraffic(() => succeeding("outrigger uninstall"));
  expect(stderr).toContain("Deployment appmesh-controller in namespace appmesh-system given back: it had 1 replica");
  expect(await controllerObjects()).toEqual(before);
});

test("and there again, for good: the controller is removed", { timeout: STEP_MS }, async () => {
  await succeeding("outrigger install");
  await succeeding("kubectl label --overwrite");
  await succeeding("outrigger serve");
  await underTraffic(async () => {
    await succeeding("kubectl delete mutating");
    await visitsShow("mesh");
    await gatewayShows("mesh");
  });
  expect(await kubectl("get", WEBHOOKS, "--output=name")).not.toContain("appmesh-controller");
  expect([...untyped]).toEqual([]);
});

test("then everything can be deleted, the Mesh first and the namespace whole", { timeout: STEP_MS }, async () => {
  await kubectl("delete", "meshes.appmesh.k8s.aws", "shop", "--timeout=150s");
  await kubectl("delete", "namespace", "shop", "--timeout=150s");
  const { code, stderr } = await terminal.type("outrigger uninstall --purge --yes");
  expect({ code, held: stderr.includes("let them go yourself") }).toEqual({ code: 0, held: false });
  expect(await kubectl("get", "crd", "--output=name")).not.toContain("appmesh");
});
