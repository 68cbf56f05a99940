import { afterAll, beforeAll, expect, test } from "vitest";
import { apply } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { envoyCounters } from "./sidecar/envoy-counters.ts";
import { installed } from "./sidecar/installed.ts";
import { script } from "./sidecar/script.ts";

/* A pod holds as many connections with a sidecar as without one, and its own calls go on meanwhile. */

const MESH = new TestNamespace("many-connections");
const OUTSIDE = new TestNamespace("many-connections-outside");
/** Envoy's own limit is 1,024, for both directions together. */
const MANY = 3000;

const readinessProbe = { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 };

beforeAll(async () => {
  await Promise.all([installed(), OUTSIDE.create({}, "none"), MESH.create()]);
  const args = ["serve", "--http", "8080", "--tcp", "9000", "--stop", "abrupt"];
  const ports = [{ containerPort: 8080 }, { containerPort: 9000 }];
  await apply(
    OUTSIDE.pod("outside", { container: { readinessProbe } }),
    MESH.pod("server", { container: { args, ports, readinessProbe } }),
  );
  await Promise.all([OUTSIDE.ready("outside"), MESH.ready("server")]);
}, 300_000);

afterAll(() => Promise.all([MESH.delete(), OUTSIDE.delete()]));

test(`${MANY} connections into a pod work, and its own calls beside them`, async () => {
  const server = await MESH.addressesOf("server");
  const outside = await OUTSIDE.addressesOf("outside");
  const holding = OUTSIDE.run("outside", await script("hold-many"), server.ipv4, "9000", String(MANY), "20");
  holding.catch(() => {}); // awaited below
  await expect
    .poll(async () => (await envoyCounters(server.ipv4)).inbound, { timeout: 100_000, interval: 1000 })
    .toBeGreaterThanOrEqual(MANY);
  const seen = JSON.parse(await MESH.run("server", await script("get"), `http://${outside.ipv4}:8080/`)) as object;
  expect(seen).toMatchObject({ pod: "outside" });
  expect(await holding).toBe(`${MANY} answered, and again after 20 seconds`);
}, 200_000);
