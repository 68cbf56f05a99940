import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  containerOf,
  injected,
  labelled,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { LimitRangeFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import { podView } from "../pod.ts";
import { qosClass } from "./qos.ts";

const GUARANTEED = withContainers(
  aContainer("app", {
    ports: [{ containerPort: 80 }],
    resources: { limits: { cpu: "500m", memory: "256Mi" } },
  }),
);

function resourcesOf(pod: JsonObject, surroundings: Surroundings = {}, name = "envoy"): unknown {
  const { result, pod: patched } = injected(pod, surroundings);
  expect(result.outcome, result.message).toBe("inject");
  return containerOf(patched, name)?.["resources"];
}

function bounds(limit: Partial<LimitRangeFacts["limits"][number]>): Surroundings {
  const none = { min: {}, max: {}, default: {}, defaultRequest: {}, maxLimitRequestRatio: {} };
  return { limitRanges: [{ name: "bounds", limits: [{ type: "Container", ...none, ...limit }] }] };
}

function quota(hard: Readonly<Record<string, string>>): Surroundings {
  return { quotas: [{ name: "compute", hard }] };
}

const REQUESTING = withContainers(aContainer("app", { resources: { requests: { cpu: "100m", memory: "128Mi" } } }));
const NO_REQUESTS = { configuration: { proxy: { requests: { cpu: "", memory: "" } } } };

describe("requests and limits", () => {
  test("are those of both AWS programs where nobody says anything", () => {
    expect(resourcesOf(aPod())).toEqual({ requests: { cpu: "10m", memory: "32Mi" } });
    expect(resourcesOf(aPod(REQUESTING), {}, "proxyinit")).toEqual({ requests: { cpu: "10m", memory: "32Mi" } });
  });

  test("come from the configuration, for proxyinit too", () => {
    const configuration = { proxy: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } } };
    for (const name of ["envoy", "proxyinit"]) {
      expect(resourcesOf(aPod(), { configuration }, name)).toEqual({
        requests: { cpu: "1", memory: "1Gi" },
        limits: { cpu: "2", memory: "2Gi" },
      });
    }
  });

  test("of annotations are Envoy's and the X-Ray daemon's, not proxyinit's", () => {
    const pod = aPod(REQUESTING, appmesh({ cpuRequest: "20m", memoryLimit: "64Mi" }));
    const configuration = { tracing: { provider: "xray" } } as const;
    const expected = { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "64Mi" } };
    expect(resourcesOf(pod, { configuration })).toEqual(expected);
    expect(resourcesOf(pod, { configuration }, "xray-daemon")).toEqual(expected);
    expect(resourcesOf(pod, { configuration }, "proxyinit")).toEqual({ requests: { cpu: "10m", memory: "32Mi" } });
  });

  test("can be switched off, and the pod stays BestEffort without a word", () => {
    const { result, pod } = injected(aPod(), NO_REQUESTS);
    expect(containerOf(pod, "envoy")?.["resources"]).toEqual({});
    expect(result.warnings).toEqual([]);
    expect(qosClass(podView(pod))).toBe("BestEffort");
  });

  test("a limit below the request is a denial that names both", () => {
    const { result } = injected(aPod(appmesh({ cpuLimit: "5m" })));
    expect(result).toMatchObject({ outcome: "deny", reason: "limits-cannot-be-met" });
    expect(result.message).toBe(
      "envoy: its cpu limit 5m is below its request 10m; raise appmesh.k8s.aws/cpuLimit or lower appmesh.k8s.aws/cpuRequest",
    );
  });

  test("a limit equal to the request is none", () => {
    expect(resourcesOf(aPod(appmesh({ cpuLimit: "10m" })))).toMatchObject({ limits: { cpu: "10m" } });
  });
});

describe("QoS class", () => {
  test("a BestEffort pod becomes Burstable, and it is said once", () => {
    const { result, pod } = injected(aPod());
    expect(result.warnings).toEqual([
      "the pod was BestEffort and becomes Burstable, because the sidecar requests resources",
    ]);
    expect(qosClass(podView(pod))).toBe("Burstable");
  });

  test.each(["envoy", "aws"] as const)("a Guaranteed pod stays Guaranteed in flavor %s", (flavor) => {
    const configuration = { flavor, tracing: { provider: "xray" } } as const;
    const { result, pod } = injected(aPod(GUARANTEED), { configuration });
    expect(qosClass(podView(pod))).toBe("Guaranteed");
    expect(result.warnings).toEqual([]);
    for (const name of ["envoy", "proxyinit", "xray-daemon"]) {
      expect(containerOf(pod, name)?.["resources"]).toEqual({
        requests: { cpu: "100m", memory: "128Mi" },
        limits: { cpu: "100m", memory: "128Mi" },
      });
    }
  });

  test.each([
    { what: "a request above the minimum", annotations: { cpuRequest: "1" }, cpu: "1" },
    { what: "a limit, also a small one", annotations: { cpuLimit: "50m" }, cpu: "50m" },
    { what: "a limit of zero", annotations: { cpuLimit: "0", cpuRequest: "" }, cpu: "100m" },
  ])("and $what counts", ({ annotations, cpu }) => {
    const { pod } = injected(aPod(GUARANTEED, appmesh(annotations)));
    expect(containerOf(pod, "envoy")?.["resources"]).toMatchObject({ requests: { cpu }, limits: { cpu } });
    expect(qosClass(podView(pod))).toBe("Guaranteed");
  });

  test("a gateway's pod gets no container, so nothing is said and nothing can be too much", () => {
    const surroundings = { virtualGateways: [aNode("edge")], ...bounds({ max: { cpu: "1m", memory: "1Mi" } }) };
    const { result } = injected(aPod(labelled({ app: "edge" }), withContainers(aContainer("envoy"))), surroundings);
    expect(result).toMatchObject({ outcome: "inject", warnings: [] });
    expect(result.trace).toContainEqual({ rule: "resources", saw: "no container is added", verdict: "pass" });
  });

  test("the trace says what becomes of it", () => {
    const saw = (pod: JsonObject) => injected(pod).result.trace.find(({ rule }) => rule === "resources");
    const burstable = withContainers(aContainer("app", { resources: { requests: { cpu: "1m" } } }));
    expect(saw(aPod(burstable))).toEqual({
      rule: "resources",
      saw: "the pod is Burstable and stays so",
      verdict: "set",
    });
    expect(saw(aPod(GUARANTEED))).toEqual({
      rule: "resources",
      saw: "the pod is Guaranteed and stays so: the sidecar's limits equal its requests",
      verdict: "set",
    });
  });
});

describe("resources of the pod level", () => {
  test("are shared: our containers carry none of what it sets, with one warning that names the numbers", () => {
    const pod = aPod(withSpec({ resources: { limits: { cpu: "1" }, requests: { memory: "1Gi" } } }));
    expect(resourcesOf(pod)).toEqual({});
    expect(resourcesOf(pod, {}, "proxyinit")).toEqual({});
    expect(injected(pod).result.warnings).toEqual([
      `the sidecar shares the pod's own resources {"limits":{"cpu":"1"},"requests":{"memory":"1Gi"}}: make sure that they leave room for it`,
    ]);
  });

  test("leave the other resource to the containers", () => {
    expect(resourcesOf(aPod(withSpec({ resources: { limits: { cpu: "1" } } })))).toEqual({
      requests: { memory: "32Mi" },
    });
  });

  test("a Guaranteed pod by its own resources stays Guaranteed", () => {
    const { pod } = injected(aPod(withSpec({ resources: { limits: { cpu: "1", memory: "1Gi" } } })));
    expect(qosClass(podView(pod))).toBe("Guaranteed");
  });
});

describe("a LimitRange for containers", () => {
  test.each([
    {
      what: "a minimum above ours raises the request",
      limit: { min: { cpu: "50m" } },
      expected: { requests: { cpu: "50m", memory: "32Mi" } },
    },
    {
      what: "a minimum below ours changes nothing",
      limit: { min: { cpu: "5m" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "a maximum above ours changes nothing",
      limit: { max: { cpu: "1" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "a maximum equal to ours is enough",
      limit: { max: { memory: "32Mi" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "a default limit below our request would make the pod invalid: the limit is said",
      limit: { default: { memory: "16Mi" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "32Mi" } },
    },
    {
      what: "a default limit above our request is left to the API server",
      limit: { default: { memory: "64Mi" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "a ratio makes a limit necessary",
      limit: { maxLimitRequestRatio: { cpu: "4" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "40m" } },
    },
    {
      what: "a default limit that exceeds the ratio is replaced by what the ratio allows",
      limit: { default: { cpu: "1" }, maxLimitRequestRatio: { cpu: "4" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "40m" } },
    },
    {
      what: "a default limit within the ratio is left to the API server",
      limit: { default: { cpu: "20m" }, maxLimitRequestRatio: { cpu: "4" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "bounds of pods and volumes are not for containers",
      limit: { type: "PersistentVolumeClaim", max: { cpu: "1m" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
    {
      what: "text that is no quantity is not a bound",
      limit: { min: { cpu: "x" }, max: { cpu: "y" }, maxLimitRequestRatio: { cpu: "z" } },
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
  ])("$what", ({ limit, expected }) => {
    expect(resourcesOf(aPod(), bounds(limit))).toEqual(expected);
  });

  test("a minimum makes a request necessary, and raises a limit below it", () => {
    expect(
      resourcesOf(aPod(appmesh({ cpuLimit: "20m" })), { ...bounds({ min: { cpu: "50m" } }), ...NO_REQUESTS }),
    ).toEqual({
      requests: { cpu: "50m" },
      limits: { cpu: "50m" },
    });
  });

  test("the strictest of several bounds counts", () => {
    const limit = (min: string, ratio: string) =>
      bounds({ min: { cpu: min }, maxLimitRequestRatio: { cpu: ratio } }).limitRanges ?? [];
    for (const limitRanges of [
      [...limit("20m", "3"), ...limit("30m", "2")],
      [...limit("30m", "2"), ...limit("20m", "3")],
    ]) {
      expect(resourcesOf(aPod(), { limitRanges })).toMatchObject({ requests: { cpu: "30m" }, limits: { cpu: "60m" } });
    }
  });

  test.each([
    { annotations: {}, found: "10m" },
    { annotations: { cpuRequest: "", cpuLimit: "2" }, found: "2" },
  ])("a maximum below $found is a denial that names both numbers", ({ annotations, found }) => {
    const { result } = injected(aPod(appmesh(annotations)), bounds({ max: { cpu: "5m" } }));
    expect(result.reason).toBe("limits-cannot-be-met");
    expect(result.message).toBe(
      `envoy needs ${found} of cpu, but LimitRange bounds allows at most 5m a container; raise it or lower the sidecar's cpu by annotation (appmesh.k8s.aws/cpuRequest, appmesh.k8s.aws/cpuLimit)`,
    );
  });

  test("the lowest of several maximums is named", () => {
    const named = (name: string, cpu: string) => ({
      ...(bounds({ max: { cpu } }).limitRanges?.[0] as LimitRangeFacts),
      name,
    });
    for (const limitRanges of [
      [named("low", "5m"), named("high", "8m")],
      [named("high", "8m"), named("low", "5m")],
    ]) {
      expect(injected(aPod(), { limitRanges }).result.message).toContain("LimitRange low allows at most 5m");
    }
  });

  test("proxyinit must fit too", () => {
    const { result } = injected(aPod(appmesh({ cpuRequest: "1m" })), {
      ...bounds({ max: { cpu: "5m" } }),
      configuration: { capture: { program: "aws" } },
    });
    expect(result.message).toMatch(/^proxyinit needs 10m of cpu/);
  });

  test("a container that is not added need not fit", () => {
    const pod = aPod(appmesh({ cpuRequest: "1m", appmeshCNI: "enabled" }));
    expect(injected(pod, bounds({ max: { cpu: "5m" } })).result.outcome).toBe("inject");
  });

  test("a limit of ours that exceeds the ratio raises the request", () => {
    expect(
      resourcesOf(aPod(appmesh({ cpuLimit: "100m" })), bounds({ maxLimitRequestRatio: { cpu: "3" } })),
    ).toMatchObject({
      requests: { cpu: "34m" },
      limits: { cpu: "100m" },
    });
  });
});

describe("a quota", () => {
  test("on limits gives our containers the minimums of a Guaranteed pod as limits", () => {
    const hard = { "limits.cpu": "4", "limits.memory": "8Gi" };
    for (const name of ["envoy", "proxyinit"]) {
      expect(resourcesOf(aPod(), quota(hard), name)).toEqual({
        requests: { cpu: "10m", memory: "32Mi" },
        limits: { cpu: "100m", memory: "128Mi" },
      });
    }
  });

  test("on one limit leaves the other resource alone, and a limit that is there as it is", () => {
    expect(resourcesOf(aPod(appmesh({ cpuLimit: "20m" })), quota({ "limits.cpu": "4" }))).toEqual({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { cpu: "20m" },
    });
  });

  test("on limits: a request above the minimum is the limit", () => {
    expect(resourcesOf(aPod(appmesh({ cpuRequest: "1" })), quota({ "limits.cpu": "4" }))).toMatchObject({
      limits: { cpu: "1" },
    });
  });

  test.each(["requests.cpu", "cpu"])("on %s makes a request necessary", (key) => {
    expect(resourcesOf(aPod(), { ...quota({ [key]: "4" }), ...NO_REQUESTS })).toEqual({ requests: { cpu: "10m" } });
  });

  test("on requests: a limit that is there is the request", () => {
    expect(
      resourcesOf(aPod(appmesh({ cpuLimit: "50m" })), { ...quota({ "requests.cpu": "4" }), ...NO_REQUESTS }),
    ).toEqual({
      requests: { cpu: "50m" },
      limits: { cpu: "50m" },
    });
  });

  test("on pods or objects changes nothing", () => {
    expect(resourcesOf(aPod(), { ...quota({ pods: "4", "count/pods": "4" }), ...NO_REQUESTS })).toEqual({});
  });
});

describe("a container that requests nothing", () => {
  test.each<Partial<LimitRangeFacts["limits"][number]>>([
    { max: { cpu: "1" }, default: { cpu: "2" } },
    { maxLimitRequestRatio: { cpu: "2" } },
    { default: { cpu: "1" }, maxLimitRequestRatio: { cpu: "2" } },
  ])("has nothing that %j could be about", (limit) => {
    expect(resourcesOf(aPod(), { ...bounds(limit), ...NO_REQUESTS })).toEqual({});
  });

  test("but a limit can be about the maximum", () => {
    const pod = aPod(appmesh({ cpuLimit: "2" }));
    expect(injected(pod, { ...bounds({ max: { cpu: "1" } }), ...NO_REQUESTS }).result.message).toMatch(
      /^envoy needs 2 of/,
    );
  });

  test("and a ratio is not about a limit alone", () => {
    const pod = aPod(appmesh({ cpuLimit: "2" }));
    expect(resourcesOf(pod, { ...bounds({ maxLimitRequestRatio: { cpu: "2" } }), ...NO_REQUESTS })).toEqual({
      limits: { cpu: "2" },
    });
  });
});

test("a quota on requests leaves a request that is there as it is", () => {
  expect(resourcesOf(aPod(appmesh({ cpuRequest: "20m" })), quota({ "requests.cpu": "4" }))).toMatchObject({
    requests: { cpu: "20m" },
  });
});

test("a limit of the user's is not replaced by what a LimitRange fills in", () => {
  const limit = { default: { cpu: "5m" }, maxLimitRequestRatio: { cpu: "10" } };
  expect(resourcesOf(aPod(appmesh({ cpuLimit: "50m" })), bounds(limit))).toMatchObject({ limits: { cpu: "50m" } });
});

test("a default limit below the request is replaced by the request, whatever ratio there is", () => {
  const limit = { default: { cpu: "5m" }, maxLimitRequestRatio: { cpu: "10" } };
  expect(resourcesOf(aPod(), bounds(limit))).toMatchObject({ requests: { cpu: "10m" }, limits: { cpu: "10m" } });
});
