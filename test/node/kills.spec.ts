import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { median } from "../../bench/median.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { changeComponent } from "../../testbed/commands/owner.ts";
import { currentCluster } from "../../testbed/current-cluster.ts";
import { install } from "./installation.ts";
import { apply, kubectl } from "./kubectl.ts";
import { killContainer } from "./resilience/kill-container.ts";
import { startLoad } from "./resilience/load.ts";
import { loadPod, loadReport } from "./resilience/load-pod.ts";
import { createWaitingPod, creationsDuring } from "./resilience/pod-creations.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { containerStates } from "./sidecar/container-states.ts";
import { forgetSettings, installed } from "./sidecar/installed.ts";
import { nameOf, standingPods } from "./standing-pods.ts";

/*
 * Every part is killed once, one after the other, while two loads go through two sidecars each and pods are created ten times a
 * second. The loads go on from the first test to the last, which says what became of them.
 */

const MESH = new TestNamespace("kills");
const VICTIMS = ["victim-0", "victim-1", "victim-2"];
const KINDS = ["http", "grpc"] as const;
const SHAPE = { rate: 20, connections: 2 };
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 90_000, interval: 250 };
/** Less than the back-off of ten seconds that a kubelet has from the second time on: a quiet machine takes about one. */
const GAP_MS = 8_000;

const INJECTOR = { namespace: "appmesh-inject", container: "webhook" };
const CONTROL_PLANE = { namespace: "appmesh-system", container: "control-plane" };

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
  await apply(MESH.pod("server"), ...VICTIMS.map((name) => MESH.pod(name)));
  await MESH.ready("server", ...VICTIMS);
  const { ipv4 } = await MESH.addressesOf("server");
  await apply(...KINDS.map((kind) => loadPod(MESH, `load-${kind}`, kind, `http://${ipv4}:8080/`, SHAPE)));
  await MESH.ready("load-http", "load-grpc");
}, PREPARE_MS);

afterAll(async () => {
  await MESH.delete();
  await installed();
}, PREPARE_MS);

test("pods created while the webhook is killed get their sidecar, or are reported when it is back", async ({
  annotate,
}) => {
  const created = await creationsDuring(MESH.name, () => killed(INJECTOR));
  expect(created.refused).toEqual([]);
  expect(created.slipped.length).toBeGreaterThan(0);
  const back = performance.now();
  await vi.waitFor(
    async () => expect(await reported()).toEqual(expect.arrayContaining([...created.slipped])),
    PATIENCE,
  );
  const seconds = ((performance.now() - back) / 1_000).toFixed(1);
  await annotate(`${created.slipped.length} pods were reported ${seconds} s after its return`);
  expect(created.injected.length).toBeGreaterThan(0);
  expect((await reported()).filter((name) => created.injected.includes(name))).toEqual([]);
});

test("pods created while the control plane is killed get their sidecar, and start when it is back", async () => {
  const created = await creationsDuring(MESH.name, async () => {
    await Promise.all([killed(CONTROL_PLANE), apply(MESH.pod("meanwhile"))]);
  });
  expect(created).toMatchObject({ slipped: [], refused: [] });
  await MESH.ready("meanwhile");
});

test("pods created while the API server is killed and comes back are created with a sidecar, or not at all", async () => {
  const before = await withoutSidecar();
  const { name } = await currentCluster();
  const created = await creationsDuring(MESH.name, async () => {
    await changeComponent(name, "restart", "kube-apiserver");
    await vi.waitFor(() => createWaitingPod(MESH.name), PATIENCE);
  });
  expect(created.slipped).toEqual([]);
  expect(created.refused.length).toBeGreaterThan(0);
  expect(await withoutSidecar()).toEqual(before);
});

test("a pod whose Envoy is killed for the first time fails until the kubelet has started it again, at once", async ({
  annotate,
}) => {
  const gaps: number[] = [];
  // one after the other, and the middle counts: what else the machine does falls on one of them
  for (const name of VICTIMS) gaps.push(await gapOf(name));
  const said = `milliseconds: ${gaps.join(", ")}`;
  await annotate(said);
  expect(median(gaps), said).toBeLessThan(GAP_MS);
});

test("no connection between other pods was lost, whatever was killed", async () => {
  for (const kind of KINDS) {
    const report = await loadReport(MESH, `load-${kind}`);
    expect(report.succeeded).toBeGreaterThan(10 * SHAPE.rate);
    expect([report.failures, report.reconnects]).toEqual([{}, 0]);
  }
});

test("with the failure policy Fail pods are refused while the webhook is killed, and none slips through", async () => {
  const before = await withoutSidecar();
  await forgetSettings();
  await install({}, "--failure-policy", "Fail");
  await kubectl("--namespace", INJECTOR.namespace, "delete", "pod", "--all"); // its successor was never killed: no back-off
  await vi.waitFor(() => createWaitingPod(MESH.name), PATIENCE);
  const created = await creationsDuring(MESH.name, () => killed(INJECTOR));
  expect(created.slipped).toEqual([]);
  expect(created.refused.length).toBeGreaterThan(0);
  expect(created.refused.filter((message) => !message.includes("failed calling webhook"))).toEqual([]);
  expect(created.injected.length).toBeGreaterThan(0);
  expect(await withoutSidecar()).toEqual(before);
});

/** Kills a pod's Envoy under load, and says for how many milliseconds its connections failed. */
async function gapOf(name: string): Promise<number> {
  const { ipv4 } = await MESH.addressesOf(name);
  const load = startLoad("http", `http://${ipv4}:8080/`, { rate: 50, connections: 2 });
  await vi.waitFor(() => fetch(`http://${ipv4}:8080/`), PATIENCE);
  await killContainer(MESH.name, name, "envoy");
  await vi.waitFor(async () => {
    const { envoy, app } = await containerStates(MESH.name, name);
    expect(envoy).toMatchObject({ restarts: 1, ready: true });
    expect(app?.restarts).toBe(0);
  }, PATIENCE);
  const { failed, failedFrom = 0, failedUntil = 0 } = await load.stop();
  expect(failed).toBeGreaterThan(0);
  return failedUntil - failedFrom;
}

/** Kills the one container of a part of ours, and waits until it is ready again and pods are injected. */
async function killed({ namespace, container }: typeof INJECTOR): Promise<void> {
  const [standing = {}] = await standingPods(namespace);
  const pod = nameOf(standing);
  const before = (await containerStates(namespace, pod))[container]?.restarts ?? 0;
  await killContainer(namespace, pod, container);
  await vi.waitFor(async () => {
    const state = (await containerStates(namespace, pod))[container];
    expect(state).toMatchObject({ restarts: before + 1, ready: true });
  }, PATIENCE);
  await vi.waitFor(async () => expect((await createWaitingPod(MESH.name)).injected).toBe(true), PATIENCE);
}

/** Names of the pods on which an event says that they slipped through. */
async function reported(): Promise<readonly string[]> {
  const list = await MESH.kubectl("get", "events", "--field-selector=reason=SlippedThrough", "--output=json");
  const events = objectsOf(member(JSON.parse(list) as JsonObject, "items"));
  return events.map((event) => stringOf(member(event["involvedObject"], "name")) ?? "");
}

/** Names of all pods that have no sidecar. */
async function withoutSidecar(): Promise<readonly string[]> {
  const list = JSON.parse(await MESH.kubectl("get", "pods", "--output=json")) as JsonObject;
  const bare = objectsOf(member(list, "items")).filter(
    ({ spec }) => objectsOf(member(spec, "initContainers")).length === 0,
  );
  return bare.map(({ metadata }) => stringOf(member(metadata, "name")) ?? "").sort();
}
