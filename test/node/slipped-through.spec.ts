import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Json, type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { changeComponent } from "../../testbed/commands/owner.ts";
import { currentCluster } from "../../testbed/current-cluster.ts";
import { eventsOn, install, scaleInjector, uninstall } from "./installation.ts";
import { apply, createNamespace, kubectl } from "./kubectl.ts";
import { nameOf, standingPods } from "./standing-pods.ts";

const NAMESPACE = "slipped-through";
/** Reports come within a second; controllers that lost their API server take half a minute to come back. */
const PATIENCE = { timeout: 120_000, interval: 200 };

beforeAll(async () => {
  await install();
  await createNamespace(NAMESPACE, { [INJECT_KEY]: "enabled" });
});
afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false", "--ignore-not-found");
  await uninstall();
});

test("pods made while the injector is away are told of on their Deployment, and on a bare pod itself", async () => {
  await scaleInjector(0);
  await apply(deployment("web", 2), barePod("alone"));
  await reported("Deployment", "web");
  await reported("Pod", "alone");
  await bothSlipped();
});

test("a control plane that was killed in the middle finds them too, and counts no event twice", async () => {
  await inControlPlane("delete", "pod", "--all", "--grace-period=1");
  await apply(barePod("meanwhile"));
  await inControlPlane("rollout", "status", "deployment/outrigger-control-plane", "--timeout=150s");
  await reported("Pod", "meanwhile");
  await bothSlipped();
  const count = ["get", "events", "--field-selector=involvedObject.name=alone,reason=SlippedThrough"];
  expect(await inNamespace(...count, "--output=jsonpath={.items[*].count}")).toBe("1");
});

test("after the API server was killed, pods made as soon as it is back are told of", async () => {
  const { name } = await currentCluster();
  await changeComponent(name, "restart", "kube-apiserver");
  await vi.waitFor(() => apply(barePod("afterwards")), PATIENCE);
  await reported("Pod", "afterwards");
});

test("when it is asked for, they are created again with their sidecar as soon as the injector is back; bare pods stay", async () => {
  await apply({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web", namespace: NAMESPACE },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  });
  await install({ controlPlane: { restartSlippedThrough: true } });
  await scaleInjector(1);
  await vi.waitFor(async () => {
    const ready = "--output=jsonpath={range .items[*]}{.spec.initContainers[*].name} {end}";
    const names = await inNamespace("get", "pods", "--selector=app=web", ready);
    expect(names.trim().split(/\s+/)).toEqual(["envoy", "proxyinit", "envoy", "proxyinit"]);
  }, PATIENCE);
  await inNamespace("rollout", "status", "deployment/web", "--timeout=150s");
  await vi.waitFor(
    async () =>
      expect((await eventsOn(NAMESPACE, "Deployment", "web")).join("\n")).toContain("SlippedThroughEvicted: "),
    PATIENCE,
  );
  await inNamespace("get", "pod", "alone");
});

test("the permission to try an admission makes no pod", async () => {
  const account = "system:serviceaccount:appmesh-system:outrigger-control-plane";
  const create = ["run", "real", "--image=nginx", "--namespace", NAMESPACE, `--as=${account}`];
  await kubectl(...create, "--dry-run=server");
  await expect(kubectl(...create)).rejects.toThrow("may create pods only as dry runs");
});

function deployment(name: string, replicas: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "nginx", image: "nginx" }] } },
    },
  };
}

function barePod(name: string): object {
  const containers = [{ name: "nginx", image: "nginx" }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: NAMESPACE }, spec: { containers } };
}

async function reported(kind: string, name: string): Promise<void> {
  await vi.waitFor(async () => {
    expect((await eventsOn(NAMESPACE, kind, name)).join("\n")).toContain("SlippedThrough: ");
  }, PATIENCE);
}

/** Waits until the leader says so of both pods of the Deployment: it is told of one after the other. */
async function bothSlipped(): Promise<void> {
  await vi.waitFor(async () => expect(await kinds("web")).toEqual(["slipped-through", "slipped-through"]), PATIENCE);
}

/** What the leader says about the pods of a workload, through a port-forward as `outrigger status` asks it. */
async function kinds(owner: string): Promise<readonly string[]> {
  const [leader = {}] = await standingPods("appmesh-system", "app.kubernetes.io/name=outrigger-control-plane");
  const target = ["--namespace", "appmesh-system", `pod/${nameOf(leader)}`, ":9091"];
  const forward = spawn("kubectl", ["port-forward", ...target], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    // nothing is printed where the pod cannot be reached yet
    const [line] = (await Promise.race([once(forward.stdout, "data"), once(forward, "exit")])) as [Buffer | number];
    const port = /127\.0\.0\.1:(\d+)/.exec(String(line))?.[1];
    const answer = (await (await fetch(`http://127.0.0.1:${port}/slipped-through`)).json()) as JsonObject;
    const pods = objectsOf(answer["pods"]).filter((pod) => text(member(pod["owner"], "name")) === owner);
    return pods.map((pod) => text(pod["kind"]));
  } finally {
    forward.kill();
  }
}

function text(value: Json | undefined): string {
  return stringOf(value) ?? "";
}

function inNamespace(...args: readonly string[]): Promise<string> {
  return kubectl("--namespace", NAMESPACE, ...args);
}

function inControlPlane(...args: readonly string[]): Promise<string> {
  return kubectl("--namespace", "appmesh-system", ...args);
}
