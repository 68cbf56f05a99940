import { describe, expect, test } from "vitest";
import {
  aContainer,
  aPod,
  appmesh,
  containerOf,
  injected,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import { type JsonObject, member } from "../../model/json.ts";

const NONE = { min: {}, max: {}, default: {}, defaultRequest: {}, maxLimitRequestRatio: {} };

function podMaximum(max: Readonly<Record<string, string>>, container: Partial<typeof NONE> = {}): Surroundings {
  const limits = [
    { type: "Container", ...NONE, ...container },
    { type: "Pod", ...NONE, max },
  ];
  return { limitRanges: [{ name: "whole", limits }] };
}

function app(resources: JsonObject): PodChange {
  return withContainers(aContainer("app", { resources }));
}

function outcome(surroundings: Surroundings, ...changes: readonly PodChange[]): string {
  return injected(aPod(...changes), surroundings).result.reason;
}

describe("a LimitRange for pods", () => {
  test("has room for the sidecar, or the denial names both numbers", () => {
    const pod = app({ requests: { memory: "68Mi" } });
    expect(outcome(podMaximum({ memory: "100Mi" }), pod)).toBe("injected");
    const { result } = injected(aPod(pod), podMaximum({ memory: "99Mi" }));
    expect(result).toMatchObject({ outcome: "deny", reason: "limits-cannot-be-met" });
    expect(result.message).toBe(
      "with its sidecar the pod needs 100Mi of memory, but LimitRange whole allows at most 99Mi a pod; raise it or lower the containers' memory",
    );
  });

  test("counts requests and limits each for itself", () => {
    const pod = app({ requests: { cpu: "10m" }, limits: { cpu: "100m" } });
    expect(outcome(podMaximum({ cpu: "100m" }), pod)).toBe("injected");
    expect(outcome(podMaximum({ cpu: "100m" }), pod, appmesh({ cpuLimit: "20m" }))).toBe("limits-cannot-be-met");
  });

  test("counts the limit and the request that the API server fills in for ours", () => {
    const pod = app({ limits: { cpu: "100m" } });
    expect(outcome(podMaximum({ cpu: "150m" }, { default: { cpu: "50m" } }), pod)).toBe("injected");
    expect(outcome(podMaximum({ cpu: "149m" }, { default: { cpu: "50m" } }), pod)).toBe("limits-cannot-be-met");
    const noRequest = appmesh({ cpuRequest: "" });
    const requests = app({ requests: { cpu: "100m" } });
    expect(outcome(podMaximum({ cpu: "149m" }, { default: { cpu: "50m" } }), requests, noRequest)).toBe(
      "limits-cannot-be-met",
    );
    expect(outcome(podMaximum({ cpu: "150m" }, { default: { cpu: "50m" } }), requests, noRequest)).toBe("injected");
  });

  test("counts the X-Ray daemon as well", () => {
    const configuration = { tracing: { provider: "xray" } } as const;
    expect(outcome({ ...podMaximum({ cpu: "20m" }), configuration })).toBe("injected");
    expect(outcome({ ...podMaximum({ cpu: "19m" }), configuration })).toBe("limits-cannot-be-met");
  });

  const init = (members: JsonObject) =>
    withSpec({ initContainers: [aContainer("init", { resources: { requests: { cpu: "50m" } }, ...members })] });

  test("counts restartable init containers", () => {
    expect(outcome(podMaximum({ cpu: "60m" }), init({ restartPolicy: "Always" }))).toBe("injected");
    expect(outcome(podMaximum({ cpu: "59m" }), init({ restartPolicy: "Always" }))).toBe("limits-cannot-be-met");
  });

  test("counts an init container together with a native sidecar, which starts before it", () => {
    expect(outcome(podMaximum({ cpu: "60m" }), init({}))).toBe("injected");
    expect(outcome(podMaximum({ cpu: "59m" }), init({}))).toBe("limits-cannot-be-met");
  });

  test("counts an init container for itself where the sidecar starts after it", () => {
    const configuration = { proxy: { mode: "ordinary" } } as const;
    expect(outcome({ ...podMaximum({ cpu: "50m" }), configuration }, init({}))).toBe("injected");
    const app = withContainers(aContainer("app", { resources: { requests: { cpu: "41m" } } }));
    expect(outcome({ ...podMaximum({ cpu: "50m" }), configuration }, app)).toBe("limits-cannot-be-met");
  });

  test("counts the app and its init containers each at their own time", () => {
    const app = withContainers(aContainer("app", { resources: { requests: { cpu: "50m" } } }));
    expect(outcome(podMaximum({ cpu: "60m" }), app, init({}))).toBe("injected");
  });

  test("counts proxyinit for itself", () => {
    const configuration = { proxy: { limits: { memory: "128Mi" } } } as const;
    const little = appmesh({ memoryLimit: "32Mi" });
    expect(outcome({ ...podMaximum({ memory: "128Mi" }), configuration }, little)).toBe("injected");
    expect(outcome({ ...podMaximum({ memory: "127Mi" }), configuration }, little)).toBe("limits-cannot-be-met");
  });

  test("bounds the limit by the request, or the denial names all three numbers", () => {
    const limits = [{ type: "Pod", ...NONE, maxLimitRequestRatio: { memory: "2.5" } }];
    const surroundings = { limitRanges: [{ name: "whole", limits }] };
    const pod = app({ requests: { memory: "32Mi" }, limits: { memory: "80Mi" } });
    expect(outcome(surroundings, pod)).toBe("injected");
    expect(outcome(surroundings, pod, appmesh({ memoryLimit: "80Mi" }))).toBe("injected");
    const { result } = injected(aPod(pod, appmesh({ memoryLimit: "81Mi" })), surroundings);
    expect(result).toMatchObject({ outcome: "deny", reason: "limits-cannot-be-met" });
    expect(result.message).toBe(
      "with its sidecar the pod may use 161Mi of memory and requests 64Mi, but LimitRange whole allows a pod at most 2.5 times what it requests; lower the containers' limits or raise their requests",
    );
  });

  test("says nothing about what the pod level sets, nor with text that is no quantity", () => {
    expect(outcome(podMaximum({ cpu: "1m" }), withSpec({ resources: { limits: { cpu: "1m" } } }))).toBe("injected");
    expect(outcome(podMaximum({ cpu: "little" }))).toBe("injected");
  });

  test("a minimum is no maximum", () => {
    const limits = [{ type: "Pod", ...NONE, min: { cpu: "1m" } }];
    expect(outcome({ limitRanges: [{ name: "least", limits }] })).toBe("injected");
  });
});

describe("where the pod level sets a resource, a LimitRange for containers", () => {
  const limitRange = (bounds: Partial<typeof NONE>): Surroundings => ({
    limitRanges: [{ name: "each", limits: [{ type: "Container", ...NONE, ...bounds }] }],
  });
  const shared = (cpu: string) =>
    aPod(
      app({ requests: { cpu: "150m" }, limits: { cpu: "150m" } }),
      withSpec({ resources: { requests: { cpu }, limits: { cpu } } }),
    );
  const ownCpu = (surroundings: Surroundings, pod = shared("200m")) => {
    const { result, pod: patched } = injected(pod, surroundings);
    expect(result.outcome, result.message).toBe("inject");
    return ["envoy", "proxyinit"].map((name) => {
      const resources = member(containerOf(patched, name), "resources");
      return [member(member(resources, "requests"), "cpu"), member(member(resources, "limits"), "cpu")];
    });
  };
  const twice = (request: string | undefined, limit: string | undefined) => [
    [request, limit],
    [request, limit],
  ];

  test("that says nothing of it leaves our containers without values of their own", () => {
    expect(ownCpu(limitRange({ min: { memory: "1Mi" } }))).toEqual(twice(undefined, undefined));
  });

  test("fills in no request for ours", () => {
    expect(ownCpu(limitRange({ defaultRequest: { cpu: "100m" } }))).toEqual(twice("0", undefined));
  });

  test("fills in no limit for ours above the pod's own", () => {
    expect(ownCpu(limitRange({ default: { cpu: "100m" } }))).toEqual(twice("0", "100m"));
    expect(ownCpu(limitRange({ default: { cpu: "500m" } }))).toEqual(twice("0", "200m"));
    expect(ownCpu(limitRange({ max: { cpu: "500m" } }))).toEqual(twice("0", "200m"));
  });

  test("gives ours the limit that its ratio demands", () => {
    expect(ownCpu(limitRange({ maxLimitRequestRatio: { cpu: "2" } }))).toEqual(twice("10m", "20m"));
    expect(ownCpu(limitRange({ maxLimitRequestRatio: { cpu: "2" }, min: { cpu: "20m" } }))).toEqual(
      twice("20m", "40m"),
    );
  });

  test("gives ours its minimum where the pod has room for it, else the denial names both numbers", () => {
    expect(ownCpu(limitRange({ min: { cpu: "50m" } }))).toEqual(twice("50m", undefined));
    const { result } = injected(shared("200m"), limitRange({ min: { cpu: "51m" } }));
    expect(result).toMatchObject({ outcome: "deny", reason: "limits-cannot-be-met" });
    expect(result.message).toBe(
      "with its sidecar the pod's containers request 201m of cpu, because of a LimitRange of the namespace, but spec.resources.requests allows 200m; raise it or lower the containers' requests",
    );
  });

  test("is not held against a pod whose request the API server makes out of its containers'", () => {
    const pod = aPod(app({ requests: { cpu: "150m" } }), withSpec({ resources: { limits: { cpu: "200m" } } }));
    expect(ownCpu(limitRange({ min: { cpu: "51m" } }), pod)).toEqual(twice("51m", undefined));
  });
});
