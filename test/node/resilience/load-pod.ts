import { vi } from "vitest";
import type { LoadKind } from "../../../testbed/app/load/client-options.ts";
import type { LoadReport } from "../../../testbed/app/load/tally.ts";
import type { PodOptions, TestNamespace } from "../sidecar/app-pod.ts";
import { ANSWER_MS, ENDLESS_SECONDS, type LoadShape } from "./load.ts";

const PATIENCE = { timeout: 120_000, interval: 250 };

/** A pod that sends load over kept connections until {@link loadReport} ends it; with a sidecar where its namespace has them. */
export function loadPod(
  namespace: TestNamespace,
  name: string,
  kind: LoadKind,
  url: string,
  { rate, connections, timeout = ANSWER_MS }: LoadShape,
  { annotations = {}, labels = {} }: Pick<PodOptions, "annotations" | "labels"> = {},
): object {
  const numbers = { rate, connections, seconds: ENDLESS_SECONDS, timeout };
  const flags = Object.entries(numbers).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return namespace.pod(name, {
    annotations,
    labels,
    container: { args: ["client", kind, "--url", url, ...flags, "--output", "json"], ports: [] },
    spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 20 },
  });
}

/** Ends the load of such a pod, and says what became of it. */
export async function loadReport(namespace: TestNamespace, name: string): Promise<LoadReport> {
  await namespace.kubectl("exec", name, "--container=app", "--", "kill", "-TERM", "1");
  return await vi.waitFor(
    async () => JSON.parse(await namespace.kubectl("logs", name, "--container=app")) as LoadReport,
    PATIENCE,
  );
}
