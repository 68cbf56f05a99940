import { describe, expect, test } from "vitest";
import { injected } from "../pods.ts";
import { VECTORS } from "./vectors/all.ts";

describe.each(["same as before", "declared difference"])("%s:", (sort) => {
  const vectors = VECTORS.filter(({ difference }) => (difference === undefined) === (sort === "same as before"));

  test.each(vectors.map((vector) => [`${vector.id}: ${vector.given}`, vector] as const))("%s", (_name, vector) => {
    const { pod, surroundings, observe, expected } = vector;
    expect(observe(injected(pod, surroundings))).toEqual(expected);
  });
});

test("every vector has an id of its own", () => {
  const ids = VECTORS.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test("none of V1 to V20 is missing; V18 is about the call, not the pod", () => {
  const numbers = Array.from({ length: 20 }, (_, index) => `V${index + 1}`).filter((id) => id !== "V18");
  const found = new Set(VECTORS.map(({ id }) => id.split(" ")[0]));
  expect(numbers.filter((id) => !found.has(id))).toEqual([]);
});
