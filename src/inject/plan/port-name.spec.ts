import { describe, expect, test } from "vitest";
import {
  aContainer,
  aPod,
  containerOf,
  containersOf,
  initContainersOf,
  injected,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import { type JsonObject, objectsOf } from "../../model/json.ts";
import { podView } from "../pod.ts";
import { freePortName } from "./port-name.ts";

const withPorts = (...names: readonly string[]): JsonObject =>
  aPod(
    withContainers(aContainer("web", { ports: names.map((name, index) => ({ name, containerPort: 8000 + index })) })),
  );

describe("the name of a port of ours", () => {
  test.each<[readonly string[], string]>([
    [[], "stats"],
    [["http", "stats-2"], "stats"],
    [["stats"], "outrigger-stats"],
    [["stats", "outrigger-stats"], "outrigger-sta-2"],
    [["stats", "outrigger-stats", "outrigger-sta-2"], "outrigger-sta-3"],
  ])("beside %j is %s", (taken, name) => {
    expect(freePortName(podView(withPorts(...taken)), "stats")).toBe(name);
    expect(name.length).toBeLessThanOrEqual(15);
  });

  test("is none of an init container's either", () => {
    const init = aContainer("init", { restartPolicy: "Always", ports: [{ name: "stats", containerPort: 8000 }] });
    expect(freePortName(podView(aPod(withSpec({ initContainers: [init] }))), "stats")).toBe("outrigger-stats");
  });

  test.each(["envoy", "aws"] as const)(
    "occurs once in a pod of the %s flavor, whatever the app calls its own",
    (flavor) => {
      const configuration = { flavor, tracing: { provider: "xray" } } as const;
      const { pod } = injected(withPorts("stats", "xray"), { configuration });
      const ports = [...initContainersOf(pod), ...containersOf(pod)].flatMap(({ ports }) => objectsOf(ports));
      expect(ports.map(({ name }) => name)).toEqual(["outrigger-stats", "outrigger-xray", "stats", "xray"]);
      expect(containerOf(pod, "web")).toEqual(containerOf(withPorts("stats", "xray"), "web"));
    },
  );
});
