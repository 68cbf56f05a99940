import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apply, kubectl } from "../kubectl.ts";
import { loadPod, loadReport } from "../resilience/load-pod.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { byNode, byRouter, HTTP, httpRoute, meshObjects, TCP, tcpRoute } from "./changes/objects.ts";
import { type ProxyStatistics, proxyStatistics } from "./changes/proxy-statistics.ts";
import { allowed } from "./changes/shares.ts";

/*
 * A mesh is changed while three loads go through it, each over connections that are kept from the first test to the last, which says
 * what became of them. Every change is one that both configurations answer: so no request may fail, and no connection may end.
 */

const MESH = new TestNamespace("mesh-changes");
const OBJECTS = meshObjects(MESH.name);
const COLORS = ["red", "blue", "green"] as const;
const LOADS = {
  color: { kind: "http", url: `http://${host("color")}:8080/`, rate: 100, connections: 4 },
  direct: { kind: "http", url: `http://${host("direct")}:8080/`, rate: 20, connections: 2 },
  db: { kind: "tcp", url: `tcp://${host("db")}:9000`, rate: 20, connections: 1 },
} as const;
/** Pods are Ready when their app listens: who is not there would fail requests of its own. */
const LISTENS = { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } };
const DB = {
  args: ["serve", "--tcp", "9000"],
  ports: [{ containerPort: 9000 }],
  readinessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 1 },
};
/** Requests from which a share is told. */
const SAMPLE = 400;
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 60_000, interval: 100 };

let caller: string;
let outside: string;

beforeAll(async () => {
  await installed("serve");
  await gone();
  await MESH.create({ mesh: MESH.name });
  outside = await MESH.outside();
  await apply(
    OBJECTS.mesh("DROP_ALL"),
    ...COLORS.map((name) => OBJECTS.node(name, HTTP)),
    OBJECTS.node("db", TCP),
    OBJECTS.caller("front", ["color", "direct", "db"]),
    OBJECTS.router("weights", HTTP, [httpRoute("all", { red: 1, blue: 0, green: 0 })]),
    OBJECTS.router("connections", TCP, [tcpRoute("all", { db: 1 })]),
    OBJECTS.service("color", byRouter("weights")),
    OBJECTS.service("direct", byNode("red")),
    OBJECTS.service("db", byRouter("connections")),
    ...COLORS.map((name) => OBJECTS.kubernetesService(name, 8080, name)),
    OBJECTS.kubernetesService("color", 8080),
    OBJECTS.kubernetesService("direct", 8080),
    OBJECTS.kubernetesService("db", 9000, "db"),
    ...COLORS.map((name) => MESH.pod(name, { labels: { node: name }, container: LISTENS })),
    MESH.pod("db", { labels: { node: "db" }, container: DB }),
    MESH.pod("front", { labels: { node: "front" } }),
  );
  await MESH.ready(...COLORS, "db", "front");
  await answering();
  await apply(...Object.entries(LOADS).map(([name, { kind, url, ...shape }]) => callingPod(name, kind, url, shape)));
  await MESH.ready(...Object.keys(LOADS).map(loadName));
  caller = (await MESH.addressesOf(loadName("color"))).ipv4;
}, PREPARE_MS);

afterAll(gone, PREPARE_MS);

describe("weights", () => {
  test("1/0/0: all to the first", async () => {
    await sharesAre({ red: 1, blue: 0, green: 0 });
  });

  test("1/1/1: a third to each", async () => {
    await routesChange(weights({ red: 1, blue: 1, green: 1 }));
    await sharesAre({ red: 1 / 3, blue: 1 / 3, green: 1 / 3 });
  });

  test("90/10/0: a tenth to the second, nothing to the third", async () => {
    await routesChange(weights({ red: 90, blue: 10, green: 0 }));
    await sharesAre({ red: 0.9, blue: 0.1, green: 0 });
  });

  test("0/0/100: all to the third", async () => {
    await routesChange(weights({ red: 0, blue: 0, green: 100 }));
    await sharesAre({ red: 0, blue: 0, green: 1 });
  });
});

test("a route that is added takes what it is for, and nothing else", async () => {
  const routes = [httpRoute("new", { blue: 1 }, "x-new"), httpRoute("all", { green: 1 })];
  await routesChange(OBJECTS.router("weights", HTTP, routes));
  await sharesAre({ red: 0, blue: 0, green: 1 });
  expect(await answerers({ "x-new": "1" }, {})).toEqual(["blue", "green"]);
});

test("a service gets another router", async () => {
  await apply(OBJECTS.router("other", HTTP, [httpRoute("all", { red: 1, blue: 1 })]));
  await routesChange(OBJECTS.service("color", byRouter("other")));
  await sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test("a service gets a router in the place of a node", async () => {
  await apply(OBJECTS.router("in-place", HTTP, [httpRoute("all", { green: 1 })]));
  await routesChange(OBJECTS.service("direct", byRouter("in-place")));
  const [answer] = await calls(MESH, "front", [{ url: LOADS.direct.url }]);
  expect(JSON.parse(answer?.body ?? "")).toMatchObject({ pod: "green" });
});

test("two nodes exchange their pods", async () => {
  await apply(OBJECTS.node("red", HTTP, "blue"), OBJECTS.node("blue", HTTP, "red"));
  await vi.waitFor(async () => {
    expect(await receivedBy("red")).toContain("blue");
    expect(await receivedBy("blue")).toContain("red");
  }, PATIENCE);
  await sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test("the egress filter opens and closes", async () => {
  const asked = async (): Promise<number | undefined> => (await calls(MESH, "front", [{ url: outside }]))[0]?.status;
  expect(await asked()).toBe(404);
  await apply(OBJECTS.mesh("ALLOW_ALL"));
  await vi.waitFor(async () => expect(await asked()).toBe(200), PATIENCE);
  await sharesAre({ red: 0.5, blue: 0.5, green: 0 });
  await apply(OBJECTS.mesh("DROP_ALL"));
  await vi.waitFor(async () => expect(await asked()).toBe(404), PATIENCE);
  await sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test.each(Object.entries(LOADS))(
  "no exchange of the load on %s failed, and no connection ended",
  async (name, load) => {
    const report = await loadReport(MESH, loadName(name));
    expect(report.succeeded).toBeGreaterThan(10 * load.rate);
    expect(report).toMatchObject({ failures: {}, reconnects: 0, connections: load.connections });
  },
);

/** Before a run and after it; of a run that was ended there may be something left. */
async function gone(): Promise<void> {
  await MESH.delete();
  await kubectl("delete", "meshes.appmesh.k8s.aws", MESH.name, "--ignore-not-found");
}

function loadName(of: string): string {
  return `load-${of}`;
}

function callingPod(name: string, kind: "http" | "tcp", url: string, shape: { rate: number; connections: number }) {
  const pod = loadPod(MESH, loadName(name), kind, url, shape) as { metadata: { labels: Record<string, string> } };
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, node: "front" } } };
}

/** Until the mesh answers its callers. */
async function answering(): Promise<void> {
  await vi.waitFor(async () => {
    const answers = await calls(MESH, "front", [{ url: LOADS.color.url }, { url: LOADS.direct.url }]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }, PATIENCE);
}

function host(service: string): string {
  return `${service}.${MESH.name}.svc.cluster.local`;
}

function weights(of: Readonly<Record<string, number>>) {
  return OBJECTS.router("weights", HTTP, [httpRoute("all", of)]);
}

/** Applies an object that changes the caller's routes, and waits until the caller has them. */
async function routesChange(object: object): Promise<void> {
  const before = routesTaken(await proxyStatistics(caller));
  await apply(object);
  await vi.waitFor(async () => expect(routesTaken(await proxyStatistics(caller))).toBe(before + 1), PATIENCE);
}

function routesTaken({ routesTaken: taken }: ProxyStatistics): number {
  return taken.get("rds_egress_http_8080") ?? 0;
}

/** What of the load on `color` each node gets, over at least {@link SAMPLE} requests from now on. */
async function sharesAre(shares: Readonly<Record<(typeof COLORS)[number], number>>): Promise<void> {
  const before = sent(await proxyStatistics(caller));
  const after = await vi.waitFor(async () => {
    const now = sent(await proxyStatistics(caller));
    expect(total(now) - total(before)).toBeGreaterThan(SAMPLE);
    return now;
  }, PATIENCE);
  const trials = total(after) - total(before);
  for (const color of COLORS) {
    const { least, most } = allowed(trials, shares[color]);
    const got = after[color] - before[color];
    expect(got, `${color} of ${trials}: ${least} to ${most}`).toBeGreaterThanOrEqual(least);
    expect(got, `${color} of ${trials}: ${least} to ${most}`).toBeLessThanOrEqual(most);
  }
}

type Counts = Readonly<Record<(typeof COLORS)[number], number>>;

function sent({ sent: requests }: ProxyStatistics): Counts {
  const of = (color: string): number => requests.get(`cds_egress_${MESH.name}_${color}_${MESH.name}_http_8080`) ?? 0;
  return { red: of("red"), blue: of("blue"), green: of("green") };
}

function total(counts: Counts): number {
  return counts.red + counts.blue + counts.green;
}

/** The pods that answer calls of `color` with these headers. */
async function answerers(...headers: readonly Readonly<Record<string, string>>[]): Promise<readonly unknown[]> {
  const answers = await calls(
    MESH,
    "front",
    headers.map((each) => ({ url: LOADS.color.url, headers: each })),
  );
  return answers.map(({ body }) => (JSON.parse(body) as { pod: unknown }).pod);
}

/** The nodes in whose name the sidecar of a pod has handed on requests to its app. */
async function receivedBy(pod: string): Promise<readonly string[]> {
  const { sent: requests } = await proxyStatistics((await MESH.addressesOf(pod)).ipv4);
  return COLORS.filter((color) => (requests.get(`cds_ingress_${MESH.name}_${color}_${MESH.name}_http_8080`) ?? 0) > 0);
}
