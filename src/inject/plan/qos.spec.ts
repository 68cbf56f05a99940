import { expect, test } from "vitest";
import { aContainer, aPod, withContainers, withSpec } from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";
import { podView } from "../pod.ts";
import { qosClass } from "./qos.ts";

const LIMITED: JsonObject = { limits: { cpu: "1", memory: "1Gi" } };

function classOf(...resources: readonly (JsonObject | null)[]): string {
  const containers = resources.map((entry, index) =>
    aContainer(`c${index}`, entry === null ? {} : { resources: entry }),
  );
  return qosClass(podView(aPod(withContainers(...containers))));
}

test.each<{ what: string; resources: readonly (JsonObject | null)[]; expected: string }>([
  { what: "no resources", resources: [null, null], expected: "BestEffort" },
  { what: "requests of zero", resources: [{ requests: { cpu: "0", memory: 0 } }], expected: "BestEffort" },
  { what: "resources of another kind", resources: [{ limits: { "nvidia.com/gpu": "1" } }], expected: "BestEffort" },
  { what: "a request", resources: [null, { requests: { memory: "1Mi" } }], expected: "Burstable" },
  { what: "a limit", resources: [{ limits: { cpu: "1" } }], expected: "Burstable" },
  { what: "limits of both", resources: [LIMITED], expected: "Guaranteed" },
  { what: "a number as quantity", resources: [{ limits: { cpu: 1, memory: "1Gi" } }], expected: "Guaranteed" },
  {
    what: "equal requests, written differently",
    resources: [{ requests: { cpu: "1000m", memory: "1024Mi" }, ...LIMITED }],
    expected: "Guaranteed",
  },
  { what: "a request below the limit", resources: [{ requests: { cpu: "999m" }, ...LIMITED }], expected: "Burstable" },
  { what: "one container without limits", resources: [LIMITED, null], expected: "Burstable" },
  { what: "a limit of zero", resources: [{ limits: { cpu: "0", memory: "1Gi" } }], expected: "Burstable" },
  { what: "text that is no quantity", resources: [{ limits: { cpu: "much", memory: "1Gi" } }], expected: "Burstable" },
])("a pod with $what is $expected", ({ resources, expected }) => {
  expect(classOf(...resources)).toBe(expected);
});

test("init containers count", () => {
  const init = (resources: JsonObject) => withSpec({ initContainers: [aContainer("init", { resources })] });
  const app = withContainers(aContainer("app", { resources: LIMITED }));
  expect(qosClass(podView(aPod(app, init(LIMITED))))).toBe("Guaranteed");
  expect(qosClass(podView(aPod(app, init({}))))).toBe("Burstable");
});

test.each([
  { resources: LIMITED, expected: "Guaranteed" },
  { resources: { limits: { cpu: "1" } }, expected: "Burstable" },
  { resources: { requests: { cpu: "1" } }, expected: "Burstable" },
])("the pod's own resources decide before those of its containers: $expected", ({ resources, expected }) => {
  const containers = withContainers(aContainer("app", { resources: expected === "Guaranteed" ? {} : LIMITED }));
  expect(qosClass(podView(aPod(containers, withSpec({ resources }))))).toBe(expected);
});

test("empty resources of the pod leave the decision to its containers", () => {
  const containers = withContainers(aContainer("app", { resources: LIMITED }));
  expect(qosClass(podView(aPod(containers, withSpec({ resources: {} }))))).toBe("Guaranteed");
});
