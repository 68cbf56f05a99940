import { afterAll, beforeAll, expect, test } from "vitest";
import { admissionCounts, admissionLatency } from "./resilience/admission-latency.ts";
import { createWaitingPod } from "./resilience/pod-creations.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { installed } from "./sidecar/installed.ts";

const MESH = new TestNamespace("burst");
const PODS = 300;

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
}, 300_000);

afterAll(async () => {
  await MESH.delete();
});

test("300 pods that are created at once are all injected", async ({ annotate }) => {
  const before = await admissionCounts();
  const begun = performance.now();
  const created = await Promise.all(Array.from({ length: PODS }, () => createWaitingPod(MESH.name)));
  const milliseconds = performance.now() - begun;
  const after = await admissionCounts();
  expect(created.filter(({ injected }) => !injected)).toEqual([]);
  expect(new Set(created.map(({ name }) => name)).size).toBe(PODS);
  expect(after.failedOpen).toBe(before.failedOpen);
  const { calls, mean, within } = admissionLatency(before, after);
  expect(calls).toBeGreaterThanOrEqual(PODS);
  const latency = `mean ${mean.toFixed(1)} ms, half within ${within(0.5)} ms, 99 % within ${within(0.99)} ms`;
  await annotate(
    `${PODS} pods created in ${Math.round(milliseconds)} ms; admission by the webhook, as the API server saw it: ${latency}`,
  );
});
