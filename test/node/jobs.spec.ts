import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { apply } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { type ContainerState, statesIn } from "./sidecar/container-states.ts";
import { installed } from "./sidecar/installed.ts";

/* Pods that are meant to end: the sidecar ends with its app, and says nothing about how that went. */

const MESH = new TestNamespace("jobs");
const PREPARE_MS = 300_000;
/** Less than what a sidecar would take that drains (20 s), or is killed at the end of the grace period (30 s, the default). */
const AT_ONCE_MS = 19_000;
/** A time that the controller finds to have passed without a Job, so that it makes one now and not at the next full minute. */
const MISSED = { status: { lastScheduleTime: "2026-01-01T00:00:00Z" } };

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
  const outside = await MESH.outside();
  const call = `wget -q -O - ${outside}`;
  await apply(
    job("succeeding", call),
    job("failing", `${call} && exit 3`),
    // the second time it finds what it left behind
    job("second-try", "test -e /state/tried && exit 0; touch /state/tried; exit 4", {
      restartPolicy: "OnFailure",
      volumes: [{ name: "state", emptyDir: {} }],
    }),
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "nightly", namespace: MESH.name },
      spec: {
        schedule: "0 0 1 * *",
        concurrencyPolicy: "Forbid",
        jobTemplate: { spec: jobSpec(call) },
      },
    },
  );
  const patch = [
    "patch",
    "cronjob/nightly",
    "--subresource=status",
    "--type=merge",
    `--patch=${JSON.stringify(MISSED)}`,
  ];
  await MESH.kubectl(...patch);
}, PREPARE_MS);

afterAll(() => MESH.delete());

function jobSpec(
  command: string,
  more: { readonly volumes?: readonly object[]; readonly restartPolicy?: string } = {},
) {
  const volumeMounts = more.volumes === undefined ? [] : [{ name: "state", mountPath: "/state" }];
  const containers = [{ name: "work", image: "busybox", command: ["sh", "-c", command], volumeMounts }];
  // the kubelet's own grace period of 30 seconds: what does not end by itself shows
  return { template: { spec: { restartPolicy: "Never", containers, ...more } } };
}

function job(name: string, command: string, more: Parameters<typeof jobSpec>[1] = {}): object {
  const spec = { ...jobSpec(command, more), ...(name === "failing" && { backoffLimit: 0 }) };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: MESH.name }, spec };
}

/** Waits for the end of a Job, and returns its only pod. */
async function podOf(name: string, condition: "Complete" | "Failed"): Promise<JsonObject> {
  await MESH.kubectl("wait", `--for=condition=${condition}`, `job/${name}`, "--timeout=150s");
  const list = await MESH.kubectl("get", "pods", `--selector=batch.kubernetes.io/job-name=${name}`, "--output=json");
  const pods = objectsOf(member(JSON.parse(list) as JsonObject, "items"));
  expect(pods).toHaveLength(1);
  return pods[0] ?? {};
}

/** Milliseconds between the app's end and Envoy's, in whole seconds as the kubelet says them. */
function afterApp({ work, envoy }: Readonly<Record<string, ContainerState>>): number {
  return (envoy?.finishedAt?.getTime() ?? Number.NaN) - (work?.finishedAt?.getTime() ?? Number.NaN);
}

function expectEnvoyEndedAfterApp(states: Readonly<Record<string, ContainerState>>): void {
  expect(states["envoy"]).toMatchObject({ exitCode: 0, restarts: 0 });
  expect(afterApp(states)).toBeGreaterThanOrEqual(0);
  expect(afterApp(states)).toBeLessThan(AT_ONCE_MS);
}

describe("a Job", () => {
  test("completes when its app has, which worked through the mesh; Envoy ends with it", async () => {
    const pod = await podOf("succeeding", "Complete");
    expect(member(pod["status"], "phase")).toBe("Succeeded");
    const states = statesIn(pod);
    expect(states["work"]?.exitCode).toBe(0);
    expectEnvoyEndedAfterApp(states);
    const log = await MESH.kubectl("logs", "job/succeeding", "--container=work");
    expect(log).toContain('"pod":"outside"');
  });

  test("fails when its app does, with the app's exit code; Envoy ends all the same", async () => {
    const pod = await podOf("failing", "Failed");
    expect(member(pod["status"], "phase")).toBe("Failed");
    const states = statesIn(pod);
    expect(states["work"]?.exitCode).toBe(3);
    expectEnvoyEndedAfterApp(states);
  });

  test("that starts its app again in the same pod keeps Envoy running meanwhile", async () => {
    const states = statesIn(await podOf("second-try", "Complete"));
    expect(states["work"]).toMatchObject({ exitCode: 0, restarts: 1 });
    expectEnvoyEndedAfterApp(states);
  });
});

test("a CronJob's Job completes, and its pod is the virtual node of the CronJob", async () => {
  await MESH.kubectl("wait", "--for=jsonpath={.status.lastSuccessfulTime}", "cronjob/nightly", "--timeout=150s");
  const names = await MESH.kubectl("get", "jobs", "--output=jsonpath={.items[*].metadata.name}");
  const name = names.split(" ").find((one) => one.startsWith("nightly-")) ?? "none";
  const pod = await podOf(name, "Complete");
  expectEnvoyEndedAfterApp(statesIn(pod));
  const record = stringOf(member(member(pod["metadata"], "annotations"), RECORD_KEY)) ?? "{}";
  expect(JSON.parse(record)).toMatchObject({ resource: "mesh/mynewmesh/virtualNode/jobs-nightly" });
});
