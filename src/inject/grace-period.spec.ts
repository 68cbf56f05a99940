import { expect, test } from "vitest";
import { aContainer, annotated, aPod, containerOf, injected, withContainers, withSpec } from "../../test/pods.ts";
import { STOP_DELAY_KEY } from "../model/names.ts";
import { gracePeriodSeconds, possibleSleep } from "./grace-period.ts";
import { podView } from "./pod.ts";

const grace = (seconds: number | null) => withSpec({ terminationGracePeriodSeconds: seconds });

test("the grace period is the pod's, or the API server's default", () => {
  expect(gracePeriodSeconds(podView(aPod(grace(5))))).toBe(5);
  expect(gracePeriodSeconds(podView(aPod(grace(0))))).toBe(0);
  expect(gracePeriodSeconds(podView(aPod(grace(null))))).toBe(30);
  expect(gracePeriodSeconds(podView(aPod()))).toBe(30);
});

test.each([
  { seconds: 20, expected: 10 },
  { seconds: 10, expected: 10 },
  { seconds: 9, expected: 9 },
  { seconds: 0, expected: 0 },
])("of $seconds s a grace period of 10 s leaves $expected s", ({ seconds, expected }) => {
  expect(possibleSleep(podView(aPod(grace(10))), seconds)).toBe(expected);
});

test("a negative grace period, which the API server refuses, makes no negative sleep", () => {
  expect(possibleSleep(podView(aPod(grace(-1))), 10)).toBe(0);
});

test.each(["envoy", "aws"] as const)("an ordinary sidecar of flavor %s sleeps no longer than the pod may", (flavor) => {
  const lifecycle = (seconds: number) =>
    containerOf(
      injected(aPod(grace(seconds)), { configuration: { flavor, proxy: { mode: "ordinary" } } }).pod,
      "envoy",
    )?.["lifecycle"];
  expect(lifecycle(60)).toEqual({ preStop: { sleep: { seconds: 20 } } });
  expect(lifecycle(7)).toEqual({ preStop: { sleep: { seconds: 7 } } });
  expect(lifecycle(0)).toBeUndefined();
});

test.each(["envoy", "aws"] as const)("a native sidecar of flavor %s does not sleep", (flavor) => {
  const { pod } = injected(aPod(), { configuration: { flavor } });
  expect(containerOf(pod, "envoy")).not.toHaveProperty("lifecycle");
});

test.each([
  { delay: "15", grace: 60, expected: { preStop: { sleep: { seconds: 15 } } } },
  { delay: "15", grace: 5, expected: { preStop: { sleep: { seconds: 5 } } } },
  { delay: "0", grace: 60, expected: undefined },
])("app containers told to wait $delay s in a grace period of $grace s", ({ delay, grace: seconds, expected }) => {
  const { pod } = injected(aPod(annotated({ [STOP_DELAY_KEY]: delay }), grace(seconds)));
  expect(containerOf(pod, "nginx")?.["lifecycle"]).toEqual(expected);
});

test("a container with a preStop hook of its own knows what it does", () => {
  const own = { preStop: { exec: { command: ["stop"] } } };
  const other = { postStart: { exec: { command: ["start"] } } };
  const containers = withContainers(aContainer("own", { lifecycle: own }), aContainer("other", { lifecycle: other }));
  const { pod } = injected(aPod(containers, annotated({ [STOP_DELAY_KEY]: "15" })));
  expect(containerOf(pod, "own")?.["lifecycle"]).toEqual(own);
  expect(containerOf(pod, "other")?.["lifecycle"]).toEqual({ ...other, preStop: { sleep: { seconds: 15 } } });
});
