import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { testAuthority } from "../envoy/authority.ts";
import { apply, outcomeOf } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { type ContainerState, containerStates } from "./sidecar/container-states.ts";
import { envoyCounters } from "./sidecar/envoy-counters.ts";
import { injectedByHand } from "./sidecar/injected-by-hand.ts";
import { installed } from "./sidecar/installed.ts";
import { script } from "./sidecar/script.ts";

/* In which order a pod's containers start and stop, and that a sidecar which never gets ready stands in nobody's way. */

const MESH = new TestNamespace("lifecycle");
/** Without a label: its pods are injected by hand. */
const BY_HAND = new TestNamespace("lifecycle-by-hand");
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 90_000, interval: 500 };
/** Keeps a pod's object, with what became of its containers, after all of them have ended. */
const KEPT = ["outrigger.test/read-first"];
/** Longer than this file runs. */
const LONG_SECONDS = 600;

const LAST_WORDS = "/scripts/last-words.ts";

beforeAll(async () => {
  await release();
  await Promise.all([installed(), MESH.create(), BY_HAND.create({}, "none")]);
  const { pem } = await testAuthority();
  const outside = await MESH.outside();
  await apply(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "scripts", namespace: MESH.name },
      data: { "last-words.ts": await script("last-words") },
    },
    // it calls outside before the app starts
    MESH.pod("ordered", {
      spec: {
        initContainers: [{ name: "fetch", image: "testbed/app:1", command: ["wget", "-q", "-O", "-", outside] }],
      },
    }),
    stopping(outside),
    await injectedByHand(stuck("unreachable"), pem, "--proxy-control-plane-address", "outrigger.nowhere.svc"),
    await injectedByHand(stuck("distrustful"), pem),
    await injectedByHand(stuck("impatient"), pem, "--proxy-startup-timeout-seconds", "3"),
  );
  await MESH.ready("ordered", "stopping");
}, PREPARE_MS);

afterAll(async () => {
  await release();
  await Promise.all([MESH.delete(), BY_HAND.delete()]);
});

/** Lets go of the pod that is kept, of a run that was ended too. */
async function release(): Promise<void> {
  const patch = JSON.stringify({ metadata: { finalizers: null } });
  const words = ["patch", "pod/stopping", "--type=merge", `--patch=${patch}`];
  await outcomeOf("kubectl", ["--namespace", MESH.name, ...words]);
}

/** Goes on for some seconds after it was told to stop, and calls outside at the very end. */
function stopping(outside: string): object {
  const pod = MESH.pod("stopping", {
    container: {
      command: ["node", LAST_WORDS, outside],
      args: [],
      volumeMounts: [{ name: "scripts", mountPath: "/scripts" }],
    },
    spec: { terminationGracePeriodSeconds: 60, volumes: [{ name: "scripts", configMap: { name: "scripts" } }] },
  }) as { metadata: object };
  return { ...pod, metadata: { ...pod.metadata, finalizers: KEPT } };
}

/** Its Envoy gets no configuration; if that held up its end, it would stay for ten minutes. */
function stuck(name: string): object {
  return BY_HAND.pod(name, { spec: { terminationGracePeriodSeconds: LONG_SECONDS } });
}

describe("start", () => {
  let states: Readonly<Record<string, ContainerState>>;
  beforeAll(async () => {
    states = await containerStates(MESH.name, "ordered");
  });

  test("goes from Envoy over proxyinit and the pod's own init containers to the app", async () => {
    const names = await MESH.valueOf("ordered", ".spec.initContainers[*].name");
    expect(names).toBe("envoy proxyinit fetch");
    const begun = ["envoy", "proxyinit", "fetch", "app"].map(
      (name) => states[name]?.startedAt?.getTime() ?? Number.NaN,
    );
    expect(begun).toEqual([...begun].sort((a, b) => a - b));
    expect(states["proxyinit"]?.finishedAt?.getTime()).toBeLessThanOrEqual(begun[2] ?? Number.NaN);
    expect(states["fetch"]?.finishedAt?.getTime()).toBeLessThanOrEqual(begun[3] ?? Number.NaN);
  });

  test("gives the pod's own init container the network, through Envoy", async () => {
    expect(await MESH.kubectl("logs", "ordered", "--container=fetch")).toContain('"pod":"outside"');
    const { ipv4 } = await MESH.addressesOf("ordered");
    expect(await envoyCounters(ipv4)).toMatchObject({ outbound: 1 });
  });

  test("needs no second try of any container", () => {
    expect(Object.entries(states).filter(([, { restarts }]) => restarts > 0)).toEqual([]);
  });
});

test("kubectl shows and enters the app's container when none is named", async () => {
  const inApp = await outcomeOf("kubectl", ["--namespace", MESH.name, "exec", "ordered", "--", "node", "--version"]);
  expect(inApp).toMatchObject({ code: 0, stdout: expect.stringMatching(/^v24\./), stderr: "" });
  expect((await outcomeOf("kubectl", ["--namespace", MESH.name, "logs", "ordered"])).stderr).toBe("");
});

test("on stop Envoy carries the app's traffic both ways until the app has ended, and ends by itself then", async () => {
  const { ipv4 } = await MESH.addressesOf("stopping");
  await MESH.kubectl("delete", "pod", "stopping", "--wait=false");
  const answer = await fetch(`http://${ipv4}:8080/`, { signal: AbortSignal.timeout(30_000) });
  expect(await answer.text()).toBe("still here\n");
  const states = await vi.waitFor(async () => {
    const { app, envoy, ...others } = await containerStates(MESH.name, "stopping");
    expect([app?.finishedAt, envoy?.finishedAt]).not.toContain(undefined);
    return { app, envoy, ...others };
  }, PATIENCE);
  const [app, envoy] = [states["app"], states["envoy"]];
  expect(app?.exitCode).toBe(7);
  expect(envoy?.exitCode).toBe(0);
  expect(app?.finishedAt?.getTime()).toBeLessThanOrEqual(envoy?.finishedAt?.getTime() ?? Number.NaN);
  expect(await MESH.valueOf("stopping", `.status.containerStatuses[0].state.terminated.message`)).toContain(
    '"pod":"outside"',
  );
});

describe.each([
  ["unreachable", "its control plane cannot be reached"],
  ["distrustful", "its control plane has a certificate of another authority"],
])("a pod whose Envoy is never ready: %s, for %s", (name) => {
  test("keeps its app from starting, and ends at once when it is deleted", async () => {
    await vi.waitFor(async () => {
      const { envoy, app } = await containerStates(BY_HAND.name, name);
      expect(envoy?.startedAt).toBeDefined();
      expect([envoy?.ready, app?.startedAt]).toEqual([false, undefined]);
    }, PATIENCE);
    expect(await notReady(name)).toContain("ContainersNotInitialized");
    await vi.waitFor(async () => {
      const log = await BY_HAND.kubectl("logs", name, "--container=proxyinit");
      expect(log).toMatch(/capture: Envoy is not ready after \d+ s, and the app waits for it: nobody listens on 127/);
    }, PATIENCE);
    await BY_HAND.kubectl("delete", "pod", name, "--timeout=150s");
  });
});

test("an Envoy that takes longer than it may is ended and started again, and proxyinit goes on waiting", async () => {
  const states = await vi.waitFor(async () => {
    const found = await containerStates(BY_HAND.name, "impatient");
    expect(found["envoy"]?.restarts).toBeGreaterThan(0);
    return found;
  }, PATIENCE);
  expect(states["envoy"]?.exitCode).toBe(0);
  expect(states["proxyinit"]).toMatchObject({ restarts: 0, finishedAt: undefined });
  expect(states["app"]?.startedAt).toBeUndefined();
  const log = await BY_HAND.kubectl("logs", "impatient", "--container=proxyinit");
  expect(log).toContain("Envoy was not ready within 3 s (proxy.startupTimeoutSeconds): it was told to end");
});

/** Reasons why a pod is not Ready. */
async function notReady(name: string): Promise<readonly string[]> {
  const pod = JSON.parse(await BY_HAND.kubectl("get", "pod", name, "--output=json")) as JsonObject;
  const conditions = objectsOf(member(pod["status"], "conditions"));
  return conditions.flatMap(({ status, reason }) => (status === "False" ? [stringOf(reason) ?? ""] : []));
}
