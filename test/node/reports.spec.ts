import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { install, uninstall } from "./installation.ts";
import { kubectl } from "./kubectl.ts";
import { nameOf, standingPods } from "./standing-pods.ts";

/* What each replica keeps in a ConfigMap, with the rights that it has in a cluster, and that it goes with its pod. */

const PATIENCE = { timeout: 90_000, interval: 500 };
const INSTALL_MS = 400_000;
const CONTROL_PLANE = ["--namespace", "appmesh-system"] as const;

beforeAll(async () => {
  await uninstall();
  await install({}, "--ha");
}, INSTALL_MS);

afterAll(uninstall, INSTALL_MS);

async function names(...what: readonly string[]): Promise<readonly string[]> {
  const found = await kubectl(...CONTROL_PLANE, "get", ...what, "--output=jsonpath={.items[*].metadata.name}");
  return found.split(" ").toSorted();
}

const replicas = async (): Promise<readonly string[]> => {
  const standing = await standingPods("appmesh-system", "app.kubernetes.io/name=outrigger-control-plane");
  return standing.map(nameOf).toSorted();
};
const reports = () => names("configmaps", "--selector=outrigger.dev/report");

test("each replica keeps its report, which goes with its pod", async () => {
  const before = await replicas();
  expect(before).toHaveLength(2);
  await vi.waitFor(async () => {
    expect(await reports()).toEqual(before.map((pod) => `outrigger-report-${pod}`));
  }, PATIENCE);
  await kubectl(...CONTROL_PLANE, "delete", "pod", before[0] ?? "");
  await vi.waitFor(async () => {
    const after = await replicas();
    expect(after).toHaveLength(2);
    expect(after).not.toContain(before[0]);
    expect(await reports()).toEqual(after.map((pod) => `outrigger-report-${pod}`));
  }, PATIENCE);
});
