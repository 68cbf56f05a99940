import { afterAll, beforeAll, expect, test } from "vitest";
import type { LoadReport } from "../../testbed/app/load/tally.ts";
import { apply } from "./kubectl.ts";
import { appDeployment } from "./resilience/app-deployment.ts";
import { startLoad, startShortLivedLoad } from "./resilience/load.ts";
import { loadPod, loadReport } from "./resilience/load-pod.ts";
import { rolledOut, rollOver, serviceUrl } from "./resilience/roll-over.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { installed } from "./sidecar/installed.ts";

/*
 * Deployments that are rolled over while requests and gRPC streams come in all the time. The same application is rolled over in a
 * namespace without sidecars, at the same time: what the sidecar adds is the difference.
 */

const MESH = new TestNamespace("rollout");
const PLAIN = new TestNamespace("rollout-plain");
const SHAPE = { rate: 30, connections: 4 };
const KINDS = ["http", "grpc"] as const;
const NAMES = "jsonpath={.items[*].metadata.name}";
const INIT_CONTAINERS = "jsonpath={range .items[*]}{.spec.initContainers[*].name} {end}";
const PREPARE_MS = 300_000;
const ROLLOUT_MS = 600_000;
/** Longer than a connection lives, and than those who choose a pod need to learn that it leaves, on a machine that does much else. */
const STOP_DELAY_SECONDS = 8;
const CONNECTION_SECONDS = 2;

beforeAll(async () => {
  await Promise.all([installed(), MESH.create(), PLAIN.create({}, "none")]);
  const graceful = { name: "graceful", replicas: 2, args: ["--stop", "graceful", "--linger", "3000"] };
  const delay = { "outrigger.dev/stop-delay": String(STOP_DELAY_SECONDS) };
  await apply(
    ...appDeployment({ ...graceful, namespace: MESH.name }),
    ...appDeployment({ ...graceful, namespace: PLAIN.name }),
    ...appDeployment({
      namespace: MESH.name,
      name: "abrupt",
      replicas: 2,
      args: ["--stop", "abrupt"],
      annotations: delay,
    }),
  );
  await Promise.all([rolledOut(MESH, "graceful"), rolledOut(PLAIN, "graceful"), rolledOut(MESH, "abrupt")]);
}, PREPARE_MS);

afterAll(async () => {
  await Promise.all([MESH.delete(), PLAIN.delete()]);
});

test("an app that stops gracefully loses no request with a sidecar that it keeps without one", {
  timeout: ROLLOUT_MS,
}, async () => {
  const places = [MESH, PLAIN];
  const loads = places.flatMap((place) => KINDS.map((kind) => ({ place, kind, name: `load-${kind}` })));
  await apply(
    ...loads.map(({ place, kind, name }) => loadPod(place, name, kind, `http://graceful.${place.name}:8080/`, SHAPE)),
  );
  await Promise.all(places.map((place) => place.ready(...KINDS.map((kind) => `load-${kind}`))));
  expect(await MESH.valueOf("load-http", ".spec.initContainers[*].name")).toBe("envoy proxyinit");
  await Promise.all(places.map((place) => rollOver(place, "graceful")));
  const reports = await Promise.all(loads.map(({ place, name }) => loadReport(place, name)));
  const [meshHttp, meshGrpc, plainHttp, plainGrpc] = reports as [LoadReport, LoadReport, LoadReport, LoadReport];
  for (const [mesh, plain] of [
    [meshHttp, plainHttp],
    [meshGrpc, plainGrpc],
  ] as const) {
    expect(mesh.succeeded).toBeGreaterThan(5 * SHAPE.rate);
    // connections were really moved: a load that stayed where it was would show nothing
    expect(mesh.reconnects).toBeGreaterThan(0);
    expect(mesh.failed, JSON.stringify(mesh)).toBeLessThanOrEqual(plain.failed);
  }
  // an old one and a new one at least: all connections may have met in one pod
  expect(Object.keys(meshHttp.pods).length).toBeGreaterThanOrEqual(2);
});

test("an app that stops at once loses none with a stop delay that is longer than its clients' connections live", {
  timeout: ROLLOUT_MS,
}, async () => {
  const url = await serviceUrl(MESH, "abrupt");
  const loads = KINDS.map((kind) => startShortLivedLoad(kind, url, { ...SHAPE, seconds: CONNECTION_SECONDS }));
  await rollOver(MESH, "abrupt");
  for (const load of loads) {
    const { sent, failures } = await load.stop();
    expect(sent).toBeGreaterThan(SHAPE.rate * STOP_DELAY_SECONDS);
    expect(failures).toEqual({});
  }
});

test("a pod that is deleted with a grace period of one second ends like one without a sidecar, and disturbs no other", {
  timeout: ROLLOUT_MS,
}, async () => {
  const [leaving = "", staying = ""] = (await podsOf(MESH, "graceful")).toSorted();
  const { ipv4 } = await MESH.addressesOf(staying);
  const loads = KINDS.map((kind) => startLoad(kind, `http://${ipv4}:8080/`, SHAPE));
  const [without = ""] = await podsOf(PLAIN, "graceful");
  // an app that would go on for three seconds is killed after one, and Envoy does not make it longer
  const flags = ["--grace-period=1", "--timeout=150s"];
  await Promise.all([
    MESH.kubectl("delete", "pod", leaving, ...flags),
    PLAIN.kubectl("delete", "pod", without, ...flags),
  ]);
  await rolledOut(MESH, "graceful");
  expect(await MESH.kubectl("get", "pods", "--selector=app=graceful", `--output=${INIT_CONTAINERS}`)).toBe(
    "envoy proxyinit envoy proxyinit ",
  );
  for (const load of loads) expect((await load.stop()).failures).toEqual({});
});

async function podsOf(where: TestNamespace, name: string): Promise<readonly string[]> {
  const names = await where.kubectl("get", "pods", "--selector", `app=${name}`, `--output=${NAMES}`);
  return names.split(" ");
}
