import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type InjectionRequest, inject, uninject } from "../../src/index.ts";
import { isObject, type Json, sameJson } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, type CorpusPod, corpusNamespaces, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { plantedIn, plantFields } from "./planted-fields.ts";

// The engine alone, on the manifests as they were written: no API server has filled in defaults or dropped what it does not know.

const PODS = HAS_CORPUS ? corpusPods() : [];
const NAMESPACES = new Map(HAS_CORPUS ? corpusNamespaces().map((namespace) => [namespace.name, namespace]) : []);

function request({ namespace, pod }: Omit<CorpusPod, "title">, flavor: "envoy" | "aws"): InjectionRequest {
  const { labels = {}, meshObjects = [] } = NAMESPACES.get(namespace) ?? {};
  return {
    pod,
    namespace: { name: namespace, labels: { ...labels, [INJECT_KEY]: "enabled" }, annotations: {} },
    meshObjects,
    configuration: { meshName: "mynewmesh", region: "us-west-2", flavor },
  };
}

describe.skipIf(!HAS_CORPUS)(`every manifest of the corpus${CORPUS_NOTE}`, () => {
  test.each(["envoy", "aws"] as const)("comes back as it was when it is injected (%s) and uninjected", (flavor) => {
    const outcomes = PODS.map((entry) => {
      const { outcome, pod } = inject(request(entry, flavor));
      expect({ title: entry.title, pod: uninject(pod).pod }).toEqual({ title: entry.title, pod: entry.pod });
      return outcome;
    });
    expect(outcomes.filter((outcome) => outcome === "inject").length).toBeGreaterThan(100);
  });

  test.each(["envoy", "aws"] as const)("is injected (%s) the same when that happens twice", (flavor) => {
    for (const entry of PODS) {
      const { outcome, pod } = inject(request(entry, flavor));
      const second = inject(request({ ...entry, pod }, flavor));
      expect({ title: entry.title, outcome: second.outcome, patch: second.patch }).toEqual({
        title: entry.title,
        outcome,
        patch: [],
      });
    }
  });

  test("keeps unknown fields at any depth, in their places", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PODS), fc.constantFrom("envoy", "aws"), fc.gen(), (entry, flavor, gen) => {
        const planted = plantFields(entry.pod, gen);
        const result = inject(request({ ...entry, pod: planted }, flavor));
        expect(result.reason).toBe(inject(request(entry, flavor)).reason);
        expect(plantedIn(result.pod)).toEqual(plantedIn(planted));
        expect(sameJson(uninject(result.pod).pod, planted)).toBe(true);
      }),
      { seed: 1_337, numRuns: 400 },
    );
  });

  test("keeps the order of its containers, volumes and their entries", () => {
    for (const entry of PODS) {
      const { pod } = inject(request(entry, "envoy"));
      expect(isWithin(entry.pod.spec, pod.spec), entry.title).toBe(true);
    }
  });
});

/** Whether all list elements of the first are in the second, in the same order; scalars may differ, for probes are rewritten. */
function isWithin(before: Json | undefined, after: Json | undefined): boolean {
  if (Array.isArray(before)) {
    if (!Array.isArray(after)) return false;
    let from = 0;
    return before.every((element: Json) => {
      const at = after.findIndex((candidate: Json, index) => index >= from && sameElement(element, candidate));
      from = at + 1;
      return at !== -1 && isWithin(element, after[at] as Json);
    });
  }
  if (!isObject(before)) return true;
  return Object.entries(before).every(
    ([key, value]) => typeof value !== "object" || isWithin(value, isObject(after) ? after[key] : undefined),
  );
}

function sameElement(a: Json, b: Json): boolean {
  if (!isObject(a) || !isObject(b)) return sameJson(a, b);
  return "name" in a ? a.name === b.name : sameJson(a, b);
}
