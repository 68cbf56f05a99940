import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  anInput,
  annotated,
  aPod,
  appmesh,
  injected,
  labelled,
  namesOf,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";
import { INIT_CONTAINERS_KEY } from "../../model/names.ts";
import { inject, refresh } from "../inject.ts";
import { applyPatch } from "../json-patch.ts";
import { uninject } from "../record/uninject.ts";

const completes = (name: string) => aContainer(name);
const runs = (name: string) => aContainer(name, { restartPolicy: "Always" });
const initContainers = (...list: readonly JsonObject[]) => withSpec({ initContainers: list });
const says = (value: string) => annotated({ [INIT_CONTAINERS_KEY]: value });
const namespace = (value: string): Surroundings => ({
  namespace: { annotations: { [INIT_CONTAINERS_KEY]: value } },
});
const configured = (initContainers: "inside" | "outside"): Surroundings => ({
  configuration: { capture: { initContainers } },
});

function orderOf(changes: readonly PodChange[], surroundings: Surroundings = {}) {
  const { pod, result } = injected(aPod(initContainers(completes("init")), ...changes), surroundings);
  return {
    names: namesOf(pod).join(" "),
    warnings: result.warnings.filter((text) => text.includes(INIT_CONTAINERS_KEY)),
  };
}

const INSIDE = "envoy proxyinit init nginx";
const OUTSIDE = "init envoy proxyinit nginx";

describe("a pod's own init containers run", () => {
  test.each<[string, readonly PodChange[], Surroundings, string]>([
    ["inside by default", [], {}, INSIDE],
    ["outside by annotation", [says("outside")], {}, OUTSIDE],
    ["outside, however it is spelled", [says(" Outside\n")], {}, OUTSIDE],
    ["outside by their namespace", [], namespace("outside"), OUTSIDE],
    ["outside, however the namespace spells it", [], namespace("OUTSIDE "), OUTSIDE],
    ["outside by configuration", [], configured("outside"), OUTSIDE],
    ["as the pod says, not the namespace", [says("inside")], namespace("outside"), INSIDE],
    ["as the pod says, not the configuration", [says("inside")], configured("outside"), INSIDE],
    ["as the namespace says, not the configuration", [], { ...configured("outside"), ...namespace("inside") }, INSIDE],
  ])("%s", (_name, changes, surroundings, names) => {
    expect(orderOf(changes, surroundings)).toEqual({ names, warnings: [] });
  });

  test("as configured, with a warning, where pod or namespace say something else", () => {
    const ofPod = orderOf([says("between")], configured("outside"));
    expect(ofPod.names).toBe(OUTSIDE);
    expect(ofPod.warnings).toEqual([
      `${INIT_CONTAINERS_KEY} is "between", expected inside or outside: the namespace's or the configured order stays`,
    ]);
    const ofNamespace = orderOf([], namespace("between"));
    expect(ofNamespace.names).toBe(INSIDE);
    expect(ofNamespace.warnings).toEqual([
      `annotation ${INIT_CONTAINERS_KEY} of namespace shop is "between", expected inside or outside: the configured order stays`,
    ]);
  });

  test("outside with a trace that says so", () => {
    const { result } = injected(aPod(says("outside")));
    expect(result.trace).toContainEqual({
      rule: "init-containers",
      saw: "the pod's own init containers run before its traffic is captured",
      verdict: "set",
    });
  });
});

describe("the place is settled by the way of capture", () => {
  test.each<[string, readonly PodChange[], Surroundings, string, RegExp | undefined]>([
    ["CNI", [appmesh({ appmeshCNI: "enabled" })], {}, "envoy init nginx", undefined],
    ["CNI", [appmesh({ appmeshCNI: "enabled" })], configured("outside"), "envoy init nginx", undefined],
    [
      "CNI",
      [appmesh({ appmeshCNI: "enabled" }), says("outside")],
      {},
      "envoy init nginx",
      /has no effect: the CNI plugin/,
    ],
    ["CNI", [appmesh({ appmeshCNI: "enabled" })], namespace("outside"), "envoy init nginx", /has no effect: the CNI/],
    ["ordinary", [], { configuration: { proxy: { mode: "ordinary" } } }, "init proxyinit nginx envoy", undefined],
    [
      "ordinary",
      [says("outside")],
      { configuration: { proxy: { mode: "ordinary" } } },
      "init proxyinit nginx envoy",
      undefined,
    ],
    [
      "ordinary",
      [says("inside")],
      { configuration: { proxy: { mode: "ordinary" } } },
      "init proxyinit nginx envoy",
      /has no effect: Envoy as an ordinary container/,
    ],
  ])("%s %#", (_name, changes, surroundings, names, warning) => {
    const order = orderOf(changes, surroundings);
    expect(order.names).toBe(names);
    if (warning === undefined) expect(order.warnings).toEqual([]);
    else expect(order.warnings).toEqual([expect.stringMatching(warning)]);
  });

  test("a gateway has none, and says that the annotation does nothing", () => {
    const gateway = aPod(labelled({ app: "edge" }), withContainers(aContainer("envoy")), says("outside"));
    const { result } = injected(gateway, { virtualGateways: [aNode("edge")] });
    expect(result.warnings).toContain(
      `annotation ${INIT_CONTAINERS_KEY} has no effect: a gateway's traffic is not captured`,
    );
  });
});

describe("outside, ours go behind the last that completes:", () => {
  test.each<[readonly JsonObject[], string]>([
    [[], "envoy proxyinit nginx"],
    [[runs("a")], "envoy proxyinit a nginx"],
    [[completes("a"), completes("b")], "a b envoy proxyinit nginx"],
    [[completes("a"), runs("b")], "a envoy proxyinit b nginx"],
    [[runs("a"), completes("b"), runs("c")], "a b envoy proxyinit c nginx"],
  ])("%j", (list, names) => {
    const before = aPod(initContainers(...list), says("outside"));
    const { pod } = injected(before);
    expect(namesOf(pod).join(" ")).toBe(names);
    // taken out again, brought up to date, and asked again
    expect(applyPatch(pod, uninject(pod).patch)).toEqual(before);
    expect(applyPatch(pod, refresh(anInput(pod)).patch)).toEqual(pod);
    expect(inject(anInput(pod)).patch).toEqual([]);
  });
});
