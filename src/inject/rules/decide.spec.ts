import { describe, expect, test } from "vitest";
import { anInput, annotated, aPod, appmesh, injected, type Surroundings } from "../../../test/pods.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { inject } from "../inject.ts";

const rulesOf = (pod: JsonObject, surroundings: Surroundings = {}) =>
  injected(pod, surroundings).result.trace.map(({ rule, verdict }) => `${rule} ${verdict}`);

describe("the trace", () => {
  test("tells every rule in order for a pod that is injected", () => {
    expect(rulesOf(aPod())).toEqual([
      "operation pass",
      "excluded-namespace pass",
      "host-network pass",
      "mirror-pod pass",
      "opted-out pass",
      "windows pass",
      "record pass",
      "well-formed pass",
      "namespace-mode set",
      "other-mesh pass",
      "annotations pass",
      "owner set",
      "virtual-node set",
      "mesh set",
      "capture set",
      "ports set",
      "container-names pass",
      "volume-names pass",
      "sidecar-ports pass",
      "user-id pass",
      "trust set",
      "resources warn",
      "start-order set",
      "inject inject",
    ]);
  });

  test("ends with the rule that decided, and its message is the decision's", () => {
    for (const pod of [aPod(appmesh({ ports: "x" })), aPod(appmesh({ sidecarInjectorWebhook: "disabled" })), aPod()]) {
      const { trace, outcome, message } = injected(pod).result;
      expect(trace.at(-1)).toEqual({ rule: expect.any(String), saw: message, verdict: outcome });
      expect(trace.slice(0, -1).filter(({ verdict }) => ["inject", "skip", "deny"].includes(verdict))).toEqual([]);
    }
  });

  test("holds every warning", () => {
    const { trace, warnings } = injected(aPod(appmesh({ preview: "perhaps", unknown: "x" }))).result;
    expect(warnings.length).toBeGreaterThan(1);
    expect(trace.filter(({ verdict }) => verdict === "warn").map(({ saw }) => saw)).toEqual(warnings);
  });
});

describe("a pod that the API server would refuse is denied:", () => {
  test.each<[string, JsonObject, string]>([
    ["no spec", { metadata: { name: "a" } }, "the pod has no spec"],
    ["a spec that is a list", { spec: [] }, "the pod has no spec"],
    ["no containers", { spec: {} }, "spec.containers is not a list"],
    ["containers by name", { spec: { containers: { a: {} } } }, "spec.containers is not a list"],
    ["metadata that is text", { metadata: "x", spec: { containers: [] } }, "metadata is not an object"],
    [
      "annotations in a list",
      { metadata: { annotations: [] }, spec: { containers: [] } },
      "metadata.annotations is not",
    ],
    ...["initContainers", "volumes", "imagePullSecrets", "readinessGates"].map((list): [string, JsonObject, string] => [
      `${list} that is an object`,
      { spec: { containers: [], [list]: {} } },
      `spec.${list} is not a list`,
    ]),
  ])("%s", (_name, pod, problem) => {
    const { result } = injected(pod);
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-pod", patch: [] });
    expect(result.message).toContain(problem);
  });

  test("but null for an optional part is the same as its absence", () => {
    const empty: Record<string, Json> = { initContainers: null, volumes: null, imagePullSecrets: null };
    const pod = {
      metadata: { name: "a", annotations: null, labels: null },
      spec: { containers: [{ name: "a" }], ...empty },
    };
    expect(injected(pod).result.outcome).toBe("inject");
  });

  test("containers that are no objects do not stop the engine", () => {
    const pod = { metadata: { name: "a" }, spec: { containers: [null, 1, "x", [], { name: "a" }] } };
    expect(injected(pod).result.outcome).toBe("inject");
  });
});

describe("annotations that only the injector writes", () => {
  test("are denied without its record", () => {
    const { result } = injected(aPod(annotated({ "outrigger.dev/trust": "x" })));
    expect(result).toMatchObject({ outcome: "deny", reason: "reserved-annotation" });
    expect(result.message).toContain("outrigger.dev/trust");
    expect(result.message).toContain("outrigger uninject");
  });
});

describe("trust", () => {
  const missing = { kind: "missing", lookedFor: "ConfigMap appmesh-system/outrigger-trust" } as const;

  test("that is missing denies the pod, telling what was looked for", () => {
    const { result } = injected(aPod(), { trust: missing });
    expect(result).toMatchObject({ outcome: "deny", reason: "trust-missing", patch: [] });
    expect(result.message).toContain("ConfigMap appmesh-system/outrigger-trust");
  });

  test.each<[string, Surroundings]>([
    ["the aws flavor", { configuration: { flavor: "aws" } }],
    ["no control plane", { configuration: { proxy: { controlPlane: "none" } } }],
  ])("is not needed with %s", (_name, surroundings) => {
    expect(injected(aPod(), { ...surroundings, trust: missing }).result.outcome).toBe("inject");
  });

  test("that comes later is no reason to wait", () => {
    const { result, pod } = injected(aPod(), { trust: { kind: "later" } });
    expect(result.outcome).toBe("inject");
    expect(pod).not.toHaveProperty(["metadata", "annotations", "outrigger.dev/trust"]);
  });
});

describe("settings from annotations", () => {
  const settingsOf = (annotations: JsonObject, surroundings: Surroundings = {}) =>
    injected(aPod(appmesh(annotations)), surroundings).result.settings;

  test("win over the configuration", () => {
    const annotations = {
      cpuRequest: "20m",
      memoryRequest: "64Mi",
      cpuLimit: "80m",
      memoryLimit: "256Mi",
      preview: "true",
    };
    expect(settingsOf(annotations)).toMatchObject({
      requests: { cpu: "20m", memory: "64Mi" },
      limits: { cpu: "80m", memory: "256Mi" },
      preview: true,
    });
  });

  test("can take a configured request away", () => {
    expect(settingsOf({ cpuRequest: "", memoryRequest: "" })?.requests).toEqual({ cpu: "", memory: "" });
  });

  test("are the configuration's otherwise", () => {
    const configuration = { preview: true, proxy: { requests: { cpu: "100m" }, limits: { memory: "1Gi" } } };
    expect(settingsOf({}, { configuration })).toMatchObject({
      requests: { cpu: "100m", memory: "32Mi" },
      limits: { cpu: "", memory: "1Gi" },
      preview: true,
    });
  });

  const xray = { configuration: { tracing: { provider: "xray", samplingRate: "0.5" } } } as const;

  test("the pod's own sampling rate wins, where X-Ray traces", () => {
    const settings = settingsOf({ sidecarEnv: "XRAY_SAMPLING_RATE=0.126" }, xray);
    expect(settings).toMatchObject({ xraySamplingRate: "0.13", env: [] });
  });

  test.each(["5%", "1.01", "NaN", "1e-2", ""])("a sampling rate of %j is denied, where X-Ray traces", (rate) => {
    const { result } = injected(aPod(appmesh({ sidecarEnv: `XRAY_SAMPLING_RATE=${rate}` })), xray);
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-annotation" });
    expect(result.message).toContain("XRAY_SAMPLING_RATE");
  });

  test("without X-Ray that name is one like any other", () => {
    expect(settingsOf({ sidecarEnv: "XRAY_SAMPLING_RATE=5%" })?.env).toEqual([
      { name: "XRAY_SAMPLING_RATE", value: "5%" },
    ]);
  });

  test.each([
    ["sds", "enabled", "the configuration does not enable SDS"],
    ["xrayAgentConfigMount", "conf:/etc/xray", "X-Ray tracing is not configured"],
    ["virtualGatewaySkipImageOverride", "enabled", "the pod is not a virtual gateway"],
    ["preview", "true", "there is no preview channel"],
  ])("%s: %s without effect is said", (name, value, why) => {
    const { outcome, warnings } = injected(aPod(appmesh({ [name]: value }))).result;
    expect(outcome).toBe("inject");
    expect(warnings).toContainEqual(expect.stringContaining(`appmesh.k8s.aws/${name} has no effect: ${why}`));
  });
});

test("the input is never changed", () => {
  const input = anInput(aPod(appmesh({ appmeshCNI: "enabled", ports: "80" })));
  const before = structuredClone(input);
  inject(input);
  expect(input).toEqual(before);
});

test("warnings are short and without control characters", () => {
  const name = `a${"\u0007x".repeat(300)}`;
  const { warnings } = injected({
    metadata: { name: "a" },
    spec: { containers: [{ name, securityContext: { runAsUser: 1337 } }] },
  }).result;
  expect(warnings.length).toBeGreaterThan(0);
  for (const warning of warnings) {
    expect(warning.length).toBeLessThanOrEqual(256);
    expect(warning).not.toMatch(/\p{Cc}/u);
  }
});
