import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from "vitest";
import { startInjectionCaches } from "../../src/cluster/caches.ts";
import { podLookUp } from "../../src/cluster/lookups.ts";
import { PODS } from "../../src/cluster/pods-resource.ts";
import { type ConfigurationInput, configuration } from "../../src/config/schema.ts";
import { HEALING_LIMITS } from "../../src/control-plane/healing/limits.ts";
import { type LeaderParts, leaderParts } from "../../src/control-plane/leader-parts.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { Informer } from "../../src/kube/informer.ts";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { CONTROL_PLANE_NAMESPACE, INJECT_KEY } from "../../src/model/names.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { metadataText, nameOf, text } from "./api-object.ts";
import { createNamespace, nginx, podsOf, withServiceAccount } from "./namespaces.ts";
import { REGISTRATIONS, type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { deploy, makeReady, ownerReference } from "./workloads.ts";

const PATIENCE = { timeout: 90_000, interval: 50 };
/** Times in the API are exact to the second. */
const NEXT_SECOND_MS = 1_100;
const LEASE = { duration: 20_000, renewDeadline: 15_000, retry: 100, release: 2_000 };
const HEALING = {
  ...HEALING_LIMITS,
  evictionSpacing: 50,
  evictionRetry: 200,
  evictionBackoffMin: 200,
  evictionBackoffMax: 400,
  sinceAge: 100,
};
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const cluster = inject("cluster");
let api: ApiConnection;
const namespaces: string[] = [];
let webhook: RegisteredWebhook | undefined;
let running: {
  readonly parts: LeaderParts;
  readonly registry: Registry;
  readonly log: string[];
  stop(): Promise<void>;
};

beforeAll(async () => {
  api = connectApi(cluster);
  await api.apply(`/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: CONTROL_PLANE_NAMESPACE },
  });
});
afterAll(() => api?.close());

beforeEach(async () => {
  await registerNobody();
});
afterEach(async () => {
  await running.stop();
  await webhook?.stop();
  webhook = undefined;
  await api.send("DELETE", `${REGISTRATIONS}/aws-app-mesh-inject`);
  // or the next test would find them, and restart them
  for (const namespace of namespaces.splice(0)) await api.send("DELETE", `${podsOf(namespace)}?gracePeriodSeconds=0`);
});

async function newNamespace(prefix: string, mode?: "enabled" | "disabled"): Promise<string> {
  const namespace = await createNamespace(api, prefix, mode && { [INJECT_KEY]: mode });
  namespaces.push(namespace);
  return namespace;
}

/** The registration of an injector that is away: pods are created all the same. */
async function registerNobody(): Promise<void> {
  const object = registration({ url: "https://127.0.0.1:9/", failurePolicy: "Ignore" });
  await api.apply(`${REGISTRATIONS}/${nameOf(object)}`, object);
}

async function lead(input: ConfigurationInput = {}): Promise<LeaderParts> {
  const abort = new AbortController();
  const client = kubeClient(await kubeEndpoint(cluster.kubeconfig, {}));
  const caches = startInjectionCaches(client, abort.signal);
  const pods = new Informer(client, PODS);
  void pods.start(abort.signal);
  const settings = configuration({ meshName: "mynewmesh", ...input });
  const registry = new Registry();
  const log: string[] = [];
  const say = (fields: object, message: string): void => void log.push(`${message} ${JSON.stringify(fields)}`);
  const trust = { kind: "known", pem: PEM } as const;
  const parts = leaderParts({
    client,
    caches,
    pods,
    lookUp: podLookUp({ caches, client, controlPlane: "ads", fileTrust: () => trust, signal: abort.signal }),
    configuration: settings,
    release: "0.0.0-test",
    identity: "replica-0",
    log: { debug: say, info: say, warn: say, error: say },
    registry,
    timings: { lease: LEASE, healing: HEALING },
  });
  const done = parts.start(abort.signal);
  running = {
    parts,
    registry,
    log,
    async stop() {
      abort.abort();
      await done;
    },
  };
  return parts;
}

/** What is found in a namespace: `kind reason` by the name of the pod. */
function found(parts: LeaderParts, namespace: string): Readonly<Record<string, string>> {
  const pods = objectsOf(parts.slippedThrough()["pods"]).filter((pod) => pod["namespace"] === namespace);
  return Object.fromEntries(
    pods.map((pod) => [text(pod["name"]), `${text(pod["kind"])} ${text(member(pod["decision"], "reason"))}`]),
  );
}

async function eventsOn(namespace: string, object: JsonObject): Promise<readonly JsonObject[]> {
  const { body } = await api.send("GET", `/api/v1/namespaces/${namespace}/events`);
  const uid = metadataText(object, "uid");
  return objectsOf(body["items"]).filter((event) => member(event["involvedObject"], "uid") === uid);
}

async function bare(
  namespace: string,
  name: string,
  metadata: JsonObject = {},
  spec: JsonObject = {},
): Promise<JsonObject> {
  const pod = withServiceAccount(nginx({ name, ...metadata }));
  return api.create(podsOf(namespace), { ...pod, spec: { ...objectOf(pod["spec"]), ...spec } });
}

test("pods made while the injector was away are reported: list, metric, log, and one event on their Deployment", async () => {
  const namespace = await newNamespace("slipped", "enabled");
  const web = await deploy(api, namespace, "web");
  const before = await web.pod();
  const parts = await lead();
  await vi.waitFor(
    () => expect(found(parts, namespace)).toEqual({ [nameOf(before)]: "slipped-through injected" }),
    PATIENCE,
  );
  const after = await web.pod();
  await vi.waitFor(() => expect(Object.keys(found(parts, namespace))).toContain(nameOf(after)), PATIENCE);

  await vi.waitFor(async () => expect(await eventsOn(namespace, web.deployment)).toHaveLength(1), PATIENCE);
  const [event] = await eventsOn(namespace, web.deployment);
  expect(event).toMatchObject({
    reason: "SlippedThrough",
    type: "Warning",
    reportingComponent: "outrigger.dev/control-plane",
  });
  expect(text(event?.["message"])).toContain(`rollout restart deployment/web`);
  expect(await metric("outrigger_slipped_through_pods", 'reason="injected"')).toBeGreaterThanOrEqual(2);
  expect(running.log.join("\n")).toContain(
    `"pod":"${nameOf(after)}","ownerKind":"Deployment","owner":"web","finding":"slipped-through"`,
  );

  await api.send("DELETE", `${podsOf(namespace)}/${nameOf(before)}?gracePeriodSeconds=0`);
  await vi.waitFor(() => expect(Object.keys(found(parts, namespace))).toEqual([nameOf(after)]), PATIENCE);
});

test("a pod that would be refused now is reported with the refusal, and a bare pod on itself", async () => {
  const namespace = await newNamespace("refused", "enabled");
  const pod = await bare(namespace, "bad", { annotations: { "appmesh.k8s.aws/ports": "eighty" } });
  const parts = await lead();
  await vi.waitFor(() => expect(found(parts, namespace)).toEqual({ bad: "slipped-through bad-annotation" }), PATIENCE);
  await vi.waitFor(async () => expect(await eventsOn(namespace, pod)).toHaveLength(1), PATIENCE);
  expect(text((await eventsOn(namespace, pod))[0]?.["message"])).toContain("would be refused now");
});

test("pods older than their namespace's label are known, but nobody is alarmed", async () => {
  const namespace = await newNamespace("older");
  const web = await deploy(api, namespace, "web");
  const old = await web.pod();
  const parts = await lead();
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  expect(found(parts, namespace)).toEqual({});
  await label(namespace, "enabled");
  await vi.waitFor(
    () => expect(found(parts, namespace)).toEqual({ [nameOf(old)]: "created-before injected" }),
    PATIENCE,
  );
  const late = await web.pod();
  await vi.waitFor(() => expect(found(parts, namespace)[nameOf(late)]).toBe("slipped-through injected"), PATIENCE);
  const events = await vi.waitFor(async () => {
    const on = await eventsOn(namespace, web.deployment);
    expect(on).toHaveLength(1);
    return on;
  }, PATIENCE);
  expect(events[0]).toMatchObject({ count: 1 });
  await label(namespace, null);
  await vi.waitFor(() => expect(found(parts, namespace)).toEqual({}), PATIENCE);
});

test("without a registered injector nothing slips through", async () => {
  await api.send("DELETE", `${REGISTRATIONS}/aws-app-mesh-inject`);
  const namespace = await newNamespace("unregistered", "enabled");
  await bare(namespace, "alone");
  const parts = await lead();
  await vi.waitFor(() => expect(found(parts, namespace)).toEqual({ alone: "created-before injected" }), PATIENCE);
});

test("owners hear why a pod has no sidecar where they may not expect it, and only there", async () => {
  const namespace = await newNamespace("skipped", "enabled");
  const web = await deploy(api, namespace, "web");
  await web.pod({}, { hostNetwork: true });
  await web.pod({ annotations: { [INJECT_KEY]: "disabled" } });
  const istio = await deploy(api, namespace, "other");
  await istio.pod({ labels: { "sidecar.istio.io/inject": "true" } });
  const parts = await lead();
  await vi.waitFor(
    () => expect(Object.values(found(parts, namespace)).sort()).toEqual(["skipped host-network", "skipped other-mesh"]),
    PATIENCE,
  );
  await vi.waitFor(async () => expect(await eventsOn(namespace, web.deployment)).toHaveLength(1), PATIENCE);
  expect((await eventsOn(namespace, web.deployment))[0]).toMatchObject({ reason: "SidecarSkipped", count: 1 });
  await vi.waitFor(async () => expect(await eventsOn(namespace, istio.deployment)).toHaveLength(1), PATIENCE);
  expect(text((await eventsOn(namespace, istio.deployment))[0]?.["message"])).toContain("Istio");
});

test("in a namespace labelled disabled only pods that asked are missed", async () => {
  const namespace = await newNamespace("optin", "disabled");
  await bare(namespace, "asked", { annotations: { [INJECT_KEY]: "enabled" } });
  await bare(namespace, "silent");
  const parts = await lead();
  await vi.waitFor(() => expect(found(parts, namespace)).toEqual({ asked: "slipped-through injected" }), PATIENCE);
});

test("the next leader finds the same and counts nothing twice", async () => {
  const namespace = await newNamespace("next", "enabled");
  const pod = await bare(namespace, "lost");
  const first = await lead();
  await vi.waitFor(() => expect(found(first, namespace)).toHaveProperty("lost"), PATIENCE);
  await vi.waitFor(async () => expect(await eventsOn(namespace, pod)).toHaveLength(1), PATIENCE);
  const [before] = await eventsOn(namespace, pod);
  await running.stop();
  expect(first.slippedThrough()).toMatchObject({ leading: false, pods: [] });
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  const second = await lead();
  await vi.waitFor(() => expect(found(second, namespace)).toHaveProperty("lost"), PATIENCE);
  const [after] = await vi.waitFor(async () => {
    const on = await eventsOn(namespace, pod);
    expect(on[0]?.["lastTimestamp"]).not.toBe(before?.["lastTimestamp"]);
    return on;
  }, PATIENCE);
  expect(after).toMatchObject({ count: 1, firstTimestamp: before?.["firstTimestamp"] ?? "" });
});

test("restarting is off unless it is asked for", async () => {
  const namespace = await newNamespace("off", "enabled");
  const web = await deploy(api, namespace, "web");
  const pod = await web.pod();
  webhook = await registerWebhook(api, cluster);
  const parts = await lead();
  await vi.waitFor(() => expect(found(parts, namespace)).toHaveProperty(nameOf(pod)), PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  expect((await api.send("GET", `${podsOf(namespace)}/${nameOf(pod)}`)).status).toBe(200);
});

test("restarting waits for an injector that injects, takes one pod of a Deployment at a time, and leaves others alone", async () => {
  const namespace = await newNamespace("restart", "enabled");
  const web = await deploy(api, namespace, "web");
  const pods = [await web.pod(), await web.pod()];
  const job = await api.create(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once" },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "nginx" }] } } },
  });
  await bare(namespace, "of-a-job", { ownerReferences: [ownerReference(job)] });
  await bare(namespace, "alone");
  const parts = await lead({ controlPlane: { restartSlippedThrough: true } });
  await vi.waitFor(() => expect(Object.keys(found(parts, namespace))).toHaveLength(4), PATIENCE);
  await vi.waitFor(async () => expect(await evictions("not-injected")).toBeGreaterThan(0), PATIENCE);
  expect(await evictions("evicted")).toBe(0);

  webhook = await registerWebhook(api, cluster);
  await vi.waitFor(async () => expect(await evictions("evicted")).toBe(1), PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  expect(await left(namespace, pods)).toHaveLength(1);
  const replacement = await web.pod();
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  expect(await left(namespace, pods)).toHaveLength(1);
  await makeReady(api, replacement);
  await vi.waitFor(async () => expect(await left(namespace, pods)).toHaveLength(0), PATIENCE);
  await vi.waitFor(() => expect(Object.keys(found(parts, namespace)).sort()).toEqual(["alone", "of-a-job"]), PATIENCE);
  await vi.waitFor(async () => {
    const reasons = (await eventsOn(namespace, web.deployment)).map((event) => text(event["reason"]));
    expect(reasons.sort()).toEqual(["SlippedThrough", "SlippedThroughEvicted"]);
  }, PATIENCE);
});

test("a new leader waits for what the former one evicted", async () => {
  const namespace = await newNamespace("succession", "enabled");
  const web = await deploy(api, namespace, "web");
  const pods = [await web.pod(), await web.pod()];
  webhook = await registerWebhook(api, cluster);
  await lead({ controlPlane: { restartSlippedThrough: true } });
  await vi.waitFor(async () => expect(await left(namespace, pods)).toHaveLength(1), PATIENCE);
  await running.stop();
  const replacement = await web.pod();
  const parts = await lead({ controlPlane: { restartSlippedThrough: true } });
  await vi.waitFor(() => expect(Object.keys(found(parts, namespace))).toHaveLength(1), PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  expect(await left(namespace, pods)).toHaveLength(1);
  await makeReady(api, replacement);
  await vi.waitFor(async () => expect(await left(namespace, pods)).toHaveLength(0), PATIENCE);
});

test("a disruption budget that allows nothing is kept to", async () => {
  const namespace = await newNamespace("budget", "enabled");
  const web = await deploy(api, namespace, "web");
  const pod = await web.pod();
  await makeReady(api, pod);
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  const budget = await api.create(path, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  });
  const status = {
    observedGeneration: 1,
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
  };
  webhook = await registerWebhook(api, cluster);
  await lead({ controlPlane: { restartSlippedThrough: true } });
  await vi.waitFor(async () => expect(await evictions("budget")).toBeGreaterThan(1), PATIENCE);
  expect(await left(namespace, [pod])).toHaveLength(1);
  await api.send("PUT", `${path}/web/status`, { ...budget, status: { ...status, disruptionsAllowed: 1 } });
  await vi.waitFor(async () => expect(await left(namespace, [pod])).toHaveLength(0), PATIENCE);
});

test("what comes in the place of an evicted pod and slips through again is restarted ever more slowly", async () => {
  const namespace = await newNamespace("again", "enabled");
  const web = await deploy(api, namespace, "web");
  await web.pod();
  webhook = await registerWebhook(api, cluster);
  await lead({ controlPlane: { restartSlippedThrough: true } });
  await vi.waitFor(async () => expect(await evictions("evicted")).toBe(1), PATIENCE);
  await webhook.stop();
  webhook = undefined;
  await registerNobody();
  await web.pod();
  await vi.waitFor(() => expect(running.log.join("\n")).toContain("slipped through again"), PATIENCE);
  expect(await evictions("evicted")).toBe(1);
});

function evictions(result: string): Promise<number> {
  return metric("outrigger_evictions_total", `result="${result}"`);
}

/** A metric's value; -1 when it is not there. */
async function metric(name: string, labels: string): Promise<number> {
  const lines = (await running.registry.metrics()).split("\n");
  return Number(
    lines
      .find((line) => line.startsWith(`${name}{${labels}} `))
      ?.split(" ")
      .at(-1) ?? -1,
  );
}

async function left(namespace: string, pods: readonly JsonObject[]): Promise<readonly string[]> {
  const { body } = await api.send("GET", podsOf(namespace));
  const there = new Set(objectsOf(body["items"]).map(nameOf));
  return pods.map(nameOf).filter((name) => there.has(name));
}

async function label(namespace: string, value: string | null): Promise<void> {
  const client = kubeClient(await kubeEndpoint(cluster.kubeconfig, {}));
  await client.send({
    method: "PATCH",
    patch: "merge",
    path: `/api/v1/namespaces/${namespace}`,
    body: { metadata: { labels: { [INJECT_KEY]: value } } },
    signal: new AbortController().signal,
    timeout: 10_000,
  });
}
