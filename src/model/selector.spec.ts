import fc from "fast-check";
import { expect, test } from "vitest";
import { type LabelSelector, selectorFlaw, selectorMatches, selectsAllOf } from "./selector.ts";

const EVERYTHING: LabelSelector = { matchLabels: {}, matchExpressions: [] };

function labels(matchLabels: Record<string, string>): LabelSelector {
  return { matchLabels, matchExpressions: [] };
}

function expression(operator: string, ...values: string[]): LabelSelector {
  return { matchLabels: {}, matchExpressions: [{ key: "app", operator, values }] };
}

test.each<[string, LabelSelector, LabelSelector]>([
  ["an empty selector", EVERYTHING, labels({ app: "web" })],
  ["the same", labels({ app: "web" }), labels({ app: "web" })],
  ["fewer labels", labels({ app: "web" }), labels({ app: "web", version: "v2" })],
  ["In with one more value", expression("In", "web", "api"), labels({ app: "web" })],
  ["Exists", expression("Exists"), labels({ app: "web" })],
  ["NotIn of another value", expression("NotIn", "api"), labels({ app: "web" })],
  ["NotIn, where the key is absent", expression("NotIn", "api"), expression("DoesNotExist")],
])("%s selects all of it", (_, wide, narrow) => {
  expect(selectsAllOf(wide, narrow)).toBe(true);
});

test.each<[string, LabelSelector, LabelSelector]>([
  ["another value", labels({ app: "web" }), labels({ app: "api" })],
  ["one more label", labels({ app: "web", version: "v2" }), labels({ app: "web" })],
  ["a label, of an empty selector", labels({ app: "web" }), EVERYTHING],
  ["In with fewer values", expression("In", "web"), expression("In", "web", "api")],
  ["an operator that there is not", expression("in", "web"), labels({ app: "web" })],
])("%s does not", (_, wide, narrow) => {
  expect(selectsAllOf(wide, narrow)).toBe(false);
});

const key = fc.constantFrom("app", "version");
const value = fc.constantFrom("a", "b", "c");
const selector = fc.record({
  matchLabels: fc.dictionary(key, value),
  matchExpressions: fc.array(
    fc.record({
      key,
      operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist", "Odd"),
      values: fc.array(value, { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
});

test("what is said to select all of another selects each pod of it", () => {
  const of = fc.dictionary(key, value);
  fc.assert(
    fc.property(selector, selector, fc.array(of, { minLength: 8, maxLength: 8 }), (wide, narrow, pods) => {
      if (!selectsAllOf(wide, narrow)) return;
      for (const pod of pods) if (selectorMatches(narrow, pod)) expect(selectorMatches(wide, pod)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test.each<[string, LabelSelector, string]>([
  ["an operator in lower case", expression("in", "a"), ".matchExpressions[0].operator"],
  ["In without values", expression("In"), ".matchExpressions[0].values"],
  ["Exists with values", expression("Exists", "a"), ".matchExpressions[0].values"],
  ["a key with a blank", labels({ "app name": "a" }), ".matchLabels"],
  ["a key with two slashes", labels({ "a.example/b/c": "a" }), ".matchLabels"],
  ["a value with a mark", labels({ app: "a!" }), ".matchLabels"],
  ["a value of 64 letters", expression("NotIn", "a".repeat(64)), ".matchExpressions[0]"],
])("%s is a flaw", (_, flawed, at) => {
  expect(selectorFlaw(flawed)?.at).toBe(at);
});

test.each<[string, LabelSelector | undefined]>([
  ["no selector", undefined],
  ["an empty one", EVERYTHING],
  ["an empty value", labels({ app: "" })],
  ["a key with a prefix", labels({ "app.kubernetes.io/name": "a_b.c-d" })],
  [
    "each operator",
    {
      ...expression("In", "a"),
      matchExpressions: [
        ...expression("NotIn", "a").matchExpressions,
        ...expression("Exists").matchExpressions,
        ...expression("DoesNotExist").matchExpressions,
      ],
    },
  ],
])("%s is none", (_, selector) => {
  expect(selectorFlaw(selector)).toBeUndefined();
});
