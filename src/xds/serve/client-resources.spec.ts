import { expect, test } from "vitest";
import { modelled } from "../../../test/model-envoy.ts";
import { TYPES } from "../types.ts";
import { ClientResources } from "./client-resources.ts";

/*
 * Of a response with several clusters Envoy rejects the ones at fault by name and applies the others. What is then known of those is what
 * decides whether they are ever sent, or called gone, again.
 */

const cluster = (name: string, version: number) =>
  modelled({ type: TYPES.cluster, name, version: String(version), points: [], warms: "at-once" });

/** A client that answers what it was sent. */
function client() {
  const resources = new ClientResources();
  let sequence = 0;
  return {
    resources,
    /** `rejected`: names. */
    told: (
      sent: readonly ReturnType<typeof cluster>[],
      rejected: readonly string[],
      removed: readonly string[] = [],
    ) => {
      sequence += 1;
      const byName = new Map(sent.map((one) => [one.name, one]));
      resources.sent(
        { sequence, at: 0, version: String(sequence), resources: byName, removed: new Set(removed) },
        () => true,
      );
      const problem = rejected.map((name) => `${name}: wrong`).join(", ");
      const error = problem === "" ? undefined : `Error adding/updating cluster(s) ${problem}`;
      resources.receive(String(sequence), error, undefined);
    },
    known: (name: string): string | undefined => resources.known.get(name)?.version,
  };
}

test("what was applied of a rejected response is not taken for absent when its next version is rejected", () => {
  const { told, known } = client();
  told([cluster("a", 1), cluster("bad", 1)], ["bad"]);
  expect(known("a")).toBe("");
  told([cluster("a", 2)], ["a"]);
  // it may have version 1, and has to lose that when nobody wants it
  expect(known("a")).toBe("");
});

test("nor is it taken for what was accepted before", () => {
  const { told, known } = client();
  told([cluster("a", 1)], []);
  const accepted = known("a");
  told([cluster("a", 2), cluster("bad", 1)], ["bad"]);
  told([cluster("a", 3)], ["a"]);
  expect(known("a")).not.toBe(accepted);
});

test.each([
  ["it is accepted", (told: ReturnType<typeof client>["told"]) => told([cluster("a", 1)], [])],
  ["it is gone", (told: ReturnType<typeof client>["told"]) => told([], [], ["a"])],
])("until %s, a rejection leaves what there was", (_, happens) => {
  const { told, known } = client();
  told([cluster("a", 1), cluster("bad", 1)], ["bad"]);
  happens(told);
  const before = known("a");
  told([cluster("a", 2)], ["a"]);
  expect(known("a")).toBe(before);
});

test("what was never applied is absent when it is rejected", () => {
  const { told, known } = client();
  told([cluster("a", 1)], ["a"]);
  expect(known("a")).toBeUndefined();
});
