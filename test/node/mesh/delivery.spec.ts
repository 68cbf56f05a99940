import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type JsonObject, member, objectOf, stringOf } from "../../../src/model/json.ts";
import { APPMESH_API_VERSION, type Kind } from "../../../src/model/kinds.ts";
import { kubectl, outcomeOf } from "../kubectl.ts";
import { appDeployment } from "../resilience/app-deployment.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { rolledOut, rollOver } from "../resilience/roll-over.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { ArgoRollouts } from "./delivery/argo-rollouts.ts";
import { Flagger } from "./delivery/flagger.ts";
import { compared, othersWho, readAll } from "./delivery/stored-objects.ts";
import { meshObjects } from "./loaded/objects.ts";
import { proxyStatistics } from "./loaded/proxy-statistics.ts";

/*
 * Programs that deliver progressively own App Mesh objects and compare them round after round, beside our webhook and our leader: one that behaves as Flagger, one as Argo Rollouts' traffic routing. Requests go on meanwhile, and none may fail.
 */

const MESH = "mesh-delivery";
const namespace = new TestNamespace(MESH);
const objects = meshObjects(MESH);
const SHAPE = { rate: 30, connections: 5 };
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 120_000, interval: 250 };
const OWNED: readonly Kind[] = ["VirtualNode", "VirtualRouter", "VirtualService"];
/** Who sends must have heard that a pod goes before its app does, on the most starved machine too. */
const GRACEFUL = ["--stop", "graceful", "--linger", "8000"];
const GRACE_SECONDS = 60;

const flagger = new Flagger(MESH, "shop");
const rollouts = new ArgoRollouts(MESH, "bank");

beforeAll(async () => {
  await installed();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
  await namespace.create({ mesh: MESH });
  expect(await said("create", objects.mesh("DROP_ALL"))).toMatchObject({ code: 0, stderr: "" });
}, PREPARE_MS);

afterAll(async () => {
  await namespace.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH, "--ignore-not-found");
});

async function said(
  verb: "create" | "apply",
  ...given: readonly object[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: given });
  return await outcomeOf("kubectl", [verb, "-f", "-", "-o", "json"], list);
}

/** Begins a load through a sidecar on a host of the mesh. */
async function loaded(name: string, host: string): Promise<void> {
  await said("apply", objects.caller(name, [host]), loadPodOf(name, host));
  await namespace.ready(name);
  const url = `http://${(await namespace.addressesOf(name)).ipv4}:15020/stats/prometheus`;
  await vi.waitFor(
    async () => expect(await (await fetch(url)).text()).toContain("envoy_cluster_upstream_rq_total"),
    PATIENCE,
  );
}

function loadPodOf(name: string, host: string): object {
  const pod = loadPod(namespace, name, "http", `http://${host}.${MESH}:8080/`, SHAPE) as { readonly metadata: object };
  return { ...pod, metadata: { ...pod.metadata, labels: { app: name, node: name } } };
}

/** Ends a load: not one request failed, and none was sent a second time. */
async function nothingFailed(name: string): Promise<void> {
  const { retried } = await proxyStatistics((await namespace.addressesOf(name)).ipv4);
  const report = await loadReport(namespace, name);
  expect([report.failed, report.failures, retried], JSON.stringify(report)).toEqual([0, {}, 0]);
  expect(report.succeeded).toBeGreaterThan(10 * SHAPE.rate);
}

async function stored(): Promise<readonly JsonObject[]> {
  return (await Promise.all(OWNED.map((kind) => readAll(kind, MESH)))).flat();
}

/** Waits until every object is in effect, and what we write has come to an end. */
async function inEffect(): Promise<void> {
  await vi.waitFor(async () => {
    const waiting = (await stored()).filter((object) => !isActive(object));
    expect(waiting.map(({ metadata, status }) => [member(metadata, "name"), status])).toEqual([]);
  }, PATIENCE);
}

/** Whether that is said of what it is now: of a newer generation it is written once more. */
function isActive({ kind, metadata, status }: JsonObject): boolean {
  const isSaid = JSON.stringify(status ?? {}).includes(`"status":"True","type":"${stringOf(kind) ?? ""}Active"`);
  return isSaid && member(status, "observedGeneration") === member(metadata, "generation");
}

describe("Flagger", () => {
  const app = (name: string) =>
    appDeployment({ namespace: MESH, name, replicas: 2, args: GRACEFUL, graceSeconds: GRACE_SECONDS });

  beforeAll(async () => {
    await said("apply", ...app("shop"), ...app("shop-primary"), objects.kubernetesService("shop-canary", 8080, "shop"));
    // it leads to the pods that are sure to be good
    await said("apply", objects.kubernetesService("shop", 8080, "shop-primary"));
    await Promise.all([rolledOut(namespace, "shop"), rolledOut(namespace, "shop-primary")]);
    await flagger.reconcile();
    await loaded("shopper", "shop");
    await inEffect();
  }, PREPARE_MS);

  test("finds its objects as it made them, round after round, and nobody else writes into them", async () => {
    const before = await stored();
    for (let round = 0; round < 3; round++) await flagger.reconcile();
    expect(flagger.corrections).toBe(0);
    expect(await stored()).toEqual(before);
    expect(othersWho(before)).toEqual([]);
  });

  test("moves weights every few seconds, and the others' comparison stays equal meanwhile", async () => {
    const others = async () => (await stored()).filter(({ kind }) => kind !== "VirtualRouter").map(compared);
    const before = await others();
    for (const weight of [10, 20, 30, 40, 50]) {
      await flagger.setWeight(weight);
      await flagger.reconcile();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    expect(flagger.corrections).toBe(0);
    expect(await others()).toEqual(before);
  });

  test(
    "promotes, and ends with all on the primary and no canary",
    async () => {
      await rollOver(namespace, "shop-primary");
      await flagger.setWeight(0);
      await vi.waitFor(async () => {
        const at = (await namespace.addressesOf("shopper")).ipv4;
        const canary = async () =>
          (await proxyStatistics(at)).sent.get(`cds_egress_${MESH}_shop-canary_${MESH}_http_8080`) ?? 0;
        const sent = await canary();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        expect(await canary()).toBe(sent);
      }, PATIENCE);
      await namespace.kubectl("scale", "deployment/shop", "--replicas=0");
      await namespace.kubectl("wait", "--for=delete", "pod", "--selector", "app=shop", "--timeout=150s");
      await flagger.reconcile();
      expect(flagger.corrections).toBe(0);
      await nothingFailed("shopper");
    },
    PREPARE_MS,
  );

  test("loses what its types do not know when it writes, without a refusal, and compares on", async () => {
    const path = "/spec/routes/0/httpRoute/match/port";
    await namespace.kubectl(
      "patch",
      "virtualrouter",
      "shop",
      "--type=json",
      "-p",
      JSON.stringify([{ op: "add", path, value: 8080 }]),
    );
    await flagger.reconcile();
    expect(flagger.corrections).toBe(0);
    await flagger.setWeight(5);
    const [router] = (await readAll("VirtualRouter", MESH)).filter(
      ({ metadata }) => member(metadata, "name") === "shop",
    );
    expect(JSON.stringify(router?.spec)).not.toContain('"port":8080,"prefix"');
    await flagger.reconcile();
    expect(flagger.corrections).toBe(0);
    await inEffect();
    expect(othersWho(await stored())).toEqual([]);
  });
});

describe("Argo Rollouts", () => {
  const HASH = "rollouts-pod-template-hash";
  const [OLD, NEW] = ["hash-1", "hash-2"];

  /** The pods of one version: named and found by their hash. */
  function version(hash: string): readonly object[] {
    const [deployment] = appDeployment({
      namespace: MESH,
      name: `bank-${hash}`,
      replicas: 2,
      args: GRACEFUL,
      graceSeconds: GRACE_SECONDS,
    }) as readonly [JsonObject];
    const spec = objectOf(deployment.spec);
    const template = objectOf(spec["template"]);
    const labels = { app: "bank", [HASH]: hash };
    return [
      {
        ...deployment,
        spec: { ...spec, selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
      },
    ];
  }

  const service = (name: string, hash: string): JsonObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: MESH },
    spec: { ports: [{ port: 8080 }], selector: { app: "bank", [HASH]: hash } },
  });
  const node = (name: string): JsonObject => ({
    apiVersion: APPMESH_API_VERSION,
    kind: "VirtualNode",
    metadata: { name, namespace: MESH },
    spec: {
      podSelector: { matchLabels: { app: "bank" } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: `${name}.${MESH}.svc.cluster.local` } },
    },
  });

  beforeAll(async () => {
    const target = (name: string, weight: number) => ({ virtualNodeRef: { name }, weight });
    const weightedTargets = [target("bank-stable", 100), target("bank-canary", 0)];
    const routes = [{ name: "primary", httpRoute: { match: { prefix: "/" }, action: { weightedTargets } } }];
    expect(
      await said(
        "create",
        node("bank-stable"),
        {
          ...node("bank-canary"),
          spec: {
            ...objectOf(node("bank-canary").spec),
            podSelector: { matchLabels: { app: "bank", [HASH]: "canary-hash" } },
          },
        },
        objects.router("bank", { port: 8080, protocol: "http" }, routes),
        {
          apiVersion: APPMESH_API_VERSION,
          kind: "VirtualService",
          metadata: { name: "bank", namespace: MESH },
          spec: { provider: { virtualRouter: { virtualRouterRef: { name: "bank" } } } },
        },
        objects.kubernetesService("bank", 8080),
        service("bank-stable", OLD),
        service("bank-canary", NEW),
        ...version(OLD),
      ),
    ).toMatchObject({ code: 0 });
    await rollouts.updateHash(OLD, OLD);
    await rolledOut(namespace, `bank-${OLD}`);
    await loaded("banker", "bank");
    await inEffect();
  }, PREPARE_MS);

  test("writes the same selectors each round, and nobody writes anything after it", async () => {
    const before = await stored();
    for (let round = 0; round < 3; round++) {
      await rollouts.updateHash(OLD, OLD);
      await rollouts.setWeight(0);
    }
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await stored()).toEqual(before);
  });

  test(
    "shifts weights to new pods and promotes them to be the stable node's, without a failed request",
    async () => {
      await said("apply", ...version(NEW));
      await rollouts.updateHash(NEW, OLD);
      await rolledOut(namespace, `bank-${NEW}`);
      for (const weight of [20, 60, 100]) {
        await rollouts.setWeight(weight);
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      }
      // promoted: the new hash is the stable one
      await said("apply", service("bank-stable", NEW));
      await rollouts.updateHash(NEW, NEW);
      await rollouts.setWeight(0);
      await vi.waitFor(async () => {
        const at = (await namespace.addressesOf("banker")).ipv4;
        const stable = (await proxyStatistics(at)).sent.get(`cds_egress_${MESH}_bank-stable_${MESH}_http_8080`) ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const now = (await proxyStatistics(at)).sent.get(`cds_egress_${MESH}_bank-stable_${MESH}_http_8080`) ?? 0;
        expect(now).toBeGreaterThan(stable);
      }, PATIENCE);
      await namespace.kubectl("scale", `deployment/bank-${OLD}`, "--replicas=0");
      await namespace.kubectl("wait", "--for=delete", "pod", "--selector", `${HASH}=${OLD}`, "--timeout=150s");
      await nothingFailed("banker");
      await inEffect();
      expect(othersWho(await stored())).toEqual([]);
    },
    PREPARE_MS,
  );
});
