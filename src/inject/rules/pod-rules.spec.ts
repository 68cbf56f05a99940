import { describe, expect, test } from "vitest";
import { annotated, aPod, injected, type PodChange, withMetadata, withSpec } from "../../../test/pods.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { POD_RULES } from "./pod-rules.ts";

const MIRROR = "kubernetes.io/config.mirror";

function holding(change: PodChange): string[] {
  return POD_RULES.filter((rule) => rule.holds(aPod(change))).map((rule) => rule.name);
}

describe("of the rules that can be seen in the pod alone", () => {
  test.each<[string, PodChange]>([
    ["host-network", withSpec({ hostNetwork: true })],
    ["mirror-pod", annotated({ [MIRROR]: "abc" })],
    ["opted-out", annotated({ [INJECT_KEY]: "dIsAbLeD" })],
    ["opted-out", annotated({ [INJECT_KEY]: " \t\n\f\r disabled " })],
    ["windows", withSpec({ os: { name: "windows" } })],
    ["windows", withSpec({ nodeSelector: { "kubernetes.io/os": "windows" } })],
  ])("%s holds, and alone", (name, change) => {
    expect(holding(change)).toEqual([name]);
  });

  test("the first that holds decides, in the order of the table", () => {
    const both = aPod(
      withSpec({ hostNetwork: true, os: { name: "windows" } }),
      annotated({ [INJECT_KEY]: "disabled" }),
    );
    expect(injected(both).result.reason).toBe("host-network");
    expect(POD_RULES.map((rule) => rule.name)).toEqual(["host-network", "mirror-pod", "opted-out", "windows"]);
  });

  test.each<[string, PodChange]>([
    ["hostNetwork as text", withSpec({ hostNetwork: "true" })],
    ["Windows in capitals, which the API server refuses", withSpec({ os: { name: "Windows" } })],
    ["another word", annotated({ [INJECT_KEY]: "false" })],
    ["the word with a no-break space", annotated({ [INJECT_KEY]: "disabled\u00a0" })],
    ["a longer word", annotated({ [INJECT_KEY]: "disabled by me" })],
    ["annotations that are no text", annotated({ [INJECT_KEY]: { disabled: true }, [MIRROR]: 1 })],
    ["a label instead of the annotation", withMetadata({ labels: { [INJECT_KEY]: "disabled" } })],
    ["inherited annotations", withMetadata({ annotations: Object.create({ [MIRROR]: "x" }) })],
    ["annotations that are null", withMetadata({ annotations: null })],
    ["annotations that are a list", withMetadata({ annotations: [MIRROR] })],
  ])("none holds for %s", (_name, change) => {
    expect(holding(change)).toEqual([]);
  });

  test.each([{}, { spec: null }, { metadata: [], spec: "x" }])("none holds for the odd pod %j", (pod) => {
    expect(POD_RULES.filter((rule) => rule.holds(pod))).toEqual([]);
  });
});
