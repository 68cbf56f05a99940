import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Json, type JsonObject, listOf, member, stringOf } from "../../src/model/json.ts";
import { apply, outcomeOf } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { statesIn } from "./sidecar/container-states.ts";
import { installed } from "./sidecar/installed.ts";

/* What the sidecar does to a pod's resources, on pods that were stored by an API server with its quotas and limits, and that run. */

const MESH = new TestNamespace("resources");
const LIMITED = new TestNamespace("resources-limited");
const SMALL = new TestNamespace("resources-small");
const QUOTA = new TestNamespace("resources-quota");
const PREPARE_MS = 300_000;

const SAME = { cpu: "50m", memory: "96Mi" };
const app = (resources: object) => ({ container: { resources } });

beforeAll(async () => {
  await Promise.all([installed(), MESH.create(), LIMITED.create(), SMALL.create(), QUOTA.create()]);
  await apply(
    limitRange(LIMITED, { min: { cpu: "30m", memory: "48Mi" }, default: { cpu: "1" }, defaultRequest: { cpu: "40m" } }),
    limitRange(SMALL, { max: { memory: "24Mi" } }),
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "compute", namespace: QUOTA.name },
      spec: { hard: { "limits.cpu": "2", "limits.memory": "1Gi", "requests.cpu": "1" } },
    },
  );
  // the injector is told of both by the same API server, a moment after they were stored
  await Promise.all([
    isKnown(LIMITED, "48Mi", "64Mi"),
    isKnown(SMALL, "24Mi", "24Mi"),
    isKnown(QUOTA, '"limits"', "64Mi"),
  ]);
  await apply(
    MESH.pod("guaranteed", app({ limits: SAME, requests: SAME })),
    MESH.pod("burstable", app({ requests: { cpu: "20m" } })),
    MESH.pod("best-effort"),
    MESH.pod("wanted", {
      annotations: {
        "appmesh.k8s.aws/cpuRequest": "15m",
        "appmesh.k8s.aws/memoryRequest": "40Mi",
        "appmesh.k8s.aws/cpuLimit": "1500m",
        "appmesh.k8s.aws/memoryLimit": "256Mi",
      },
    }),
    MESH.pod("pod-level", { spec: { resources: { requests: SAME, limits: { cpu: "1", memory: "256Mi" } } } }),
    MESH.pod("pod-level-guaranteed", {
      spec: { resources: { requests: { cpu: "200m", memory: "256Mi" }, limits: { cpu: "200m", memory: "256Mi" } } },
    }),
    LIMITED.pod("raised"),
    QUOTA.pod("fitted", app({ requests: { cpu: "10m" }, limits: { cpu: "500m", memory: "128Mi" } })),
  );
  await Promise.all([
    MESH.ready("guaranteed", "burstable", "best-effort", "wanted", "pod-level", "pod-level-guaranteed"),
    LIMITED.ready("raised"),
    QUOTA.ready("fitted"),
  ]);
}, PREPARE_MS);

afterAll(async () => {
  await Promise.all([MESH, LIMITED, SMALL, QUOTA].map((namespace) => namespace.delete()));
});

function limitRange(where: TestNamespace, limits: object): object {
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "bounds", namespace: where.name },
    spec: { limits: [{ type: "Container", ...limits }] },
  };
}

/** Tries admissions of a pod with so much memory until the injector's answer says that it has seen a number. */
async function isKnown(where: TestNamespace, number: string, memory: string): Promise<void> {
  const pod = JSON.stringify(where.pod("tried", app({ requests: { cpu: "30m" }, limits: { cpu: "500m", memory } })));
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { stdout, stderr } = await outcomeOf(
      "kubectl",
      ["create", "--dry-run=server", "--output=json", "-f", "-"],
      pod,
    );
    const envoy = stdout === "" ? undefined : resourcesOf(JSON.parse(stdout) as JsonObject, "envoy");
    // the API server's own refusal has the number too, and shows that the injector does not know it yet
    const refusal = stderr.includes("admission webhook") ? stderr : "";
    if (`${JSON.stringify(envoy)} ${refusal}`.includes(number)) return;
    if (Date.now() > deadline) throw new Error(`the injector has not seen ${number} in ${where.name}: ${stderr}`);
  }
}

function resourcesOf(pod: JsonObject, name: string): Json {
  const { spec } = pod;
  const all = [...listOf(member(spec, "initContainers")), ...listOf(member(spec, "containers"))];
  return member(all.find((container) => member(container, "name") === name) ?? null, "resources") ?? null;
}

/** A pod that runs, in what matters here. */
async function running(where: TestNamespace, name: string) {
  const pod = JSON.parse(await where.kubectl("get", "pod", name, "--output=json")) as JsonObject;
  expect(statesIn(pod)["envoy"]).toMatchObject({ ready: true, restarts: 0 });
  return {
    qos: stringOf(member(pod["status"], "qosClass")),
    envoy: resourcesOf(pod, "envoy"),
    proxyinit: resourcesOf(pod, "proxyinit"),
  };
}

describe("a pod's class", () => {
  test("stays Guaranteed, with minimums of the sidecar's own", async () => {
    const numbers = { cpu: "100m", memory: "128Mi" };
    const both = { requests: numbers, limits: numbers };
    expect(await running(MESH, "guaranteed")).toEqual({ qos: "Guaranteed", envoy: both, proxyinit: both });
  });

  test("stays Burstable, with requests and no limits", async () => {
    // beside Envoy proxyinit requests no more than the app does afterwards
    expect(await running(MESH, "burstable")).toEqual({
      qos: "Burstable",
      envoy: { requests: { cpu: "10m", memory: "32Mi" } },
      proxyinit: { requests: { cpu: "10m" } },
    });
  });

  test("becomes Burstable where it was BestEffort, which is said once", async () => {
    expect(await running(MESH, "best-effort")).toMatchObject({
      qos: "Burstable",
      envoy: { requests: { cpu: "10m", memory: "32Mi" } },
    });
    const said = await created(MESH, MESH.pod("another"));
    expect(said.stderr.match(/the pod was BestEffort and becomes Burstable/g)).toHaveLength(1);
  });
});

test("annotations name other numbers for Envoy, limits too", async () => {
  expect(await running(MESH, "wanted")).toMatchObject({
    envoy: { requests: { cpu: "15m", memory: "40Mi" }, limits: { cpu: "1500m", memory: "256Mi" } },
  });
});

describe("resources of the pod level", () => {
  test("are shared by the sidecar, which has none of its own; the class stays", async () => {
    const none = { envoy: {}, proxyinit: {} };
    expect(await running(MESH, "pod-level")).toEqual({ qos: "Burstable", ...none });
    expect(await running(MESH, "pod-level-guaranteed")).toEqual({ qos: "Guaranteed", ...none });
  });

  test("are named by a warning", async () => {
    const limits = { cpu: "1", memory: "256Mi" };
    const { stderr } = await created(MESH, MESH.pod("another", { spec: { resources: { limits } } }));
    expect(stderr).toContain(
      `the sidecar shares the pod's own resources ${JSON.stringify({ limits, requests: limits })}`,
    );
  });
});

describe("a LimitRange", () => {
  test("with a minimum above ours raises ours", async () => {
    const requests = { cpu: "30m", memory: "48Mi" };
    expect(await running(LIMITED, "raised")).toMatchObject({ envoy: { requests }, proxyinit: { requests } });
  });

  test("with a maximum below ours is a denial that names both numbers", async () => {
    const { code, stderr } = await created(SMALL, SMALL.pod("refused", app({ limits: { memory: "24Mi" } })));
    expect(code).toBe(1);
    expect(stderr).toContain("envoy needs 32Mi of memory, but LimitRange bounds allows at most 24Mi a container");
  });
});

describe("a quota on limits", () => {
  test("gives our containers limits, so that the pod is counted and created", async () => {
    const limits = { cpu: "100m", memory: "128Mi" };
    expect(await running(QUOTA, "fitted")).toMatchObject({ envoy: { limits }, proxyinit: { limits } });
    const used = await QUOTA.kubectl("get", "resourcequota", "compute", "--output=jsonpath={.status.used}");
    expect(JSON.parse(used)).toEqual({ "limits.cpu": "600m", "limits.memory": "256Mi", "requests.cpu": "20m" });
  });

  test("that the sidecar would exceed refuses the pod, as it would a larger app", async () => {
    const pod = QUOTA.pod("refused", app({ requests: { cpu: "10m" }, limits: { cpu: "1350m", memory: "128Mi" } }));
    const { code, stderr } = await created(QUOTA, pod);
    expect(code).toBe(1);
    expect(stderr).toContain("exceeded quota: compute, requested: limits.cpu=1450m");
  });
});

/** Tries the creation of a pod, with all admission and without storing it. */
function created(where: TestNamespace, pod: object) {
  return outcomeOf(
    "kubectl",
    ["--namespace", where.name, "create", "--dry-run=server", "-f", "-"],
    JSON.stringify(pod),
  );
}
