import { describe, expect, test } from "vitest";
import { isSharedWith, sharedNamespaces } from "./shared-namespaces.ts";

const read = (value: string) => sharedNamespaces({ "outrigger.dev/namespaces": value });

test("without the annotation nothing is shared", () => {
  expect(sharedNamespaces({})).toEqual({ names: [], bad: [] });
});

test.each([
  ["shop", ["shop"]],
  [" shop , team-b", ["shop", "team-b"]],
  ["*", ["*"]],
  ["shop,*", ["shop", "*"]],
])("%j is shared with %j", (value, names) => {
  expect(read(value)).toEqual({ names, bad: [] });
});

test.each([
  ["", [""]],
  ["shop,", [""]],
  ["Shop", ["Shop"]],
  ["sh*", ["sh*"]],
  ["-a", ["-a"]],
  ["a.b", ["a.b"]],
  ["a".repeat(64), ["a".repeat(64)]],
])("of %j this cannot be read: %j", (value, bad) => {
  expect(read(value).bad).toEqual(bad);
});

test("what can be read beside it counts, and no more than a thousand names", () => {
  expect(read("Shop,bank").names).toEqual(["bank"]);
  const many = read("a,".repeat(100_000));
  expect([many.names.length, many.bad.length]).toEqual([1024, 1]);
});

describe("a namespace is meant", () => {
  test.each([
    [["shop"], "shop", true],
    [["*"], "shop", true],
    [["shopping"], "shop", false],
    [[], "shop", false],
  ])("by %j: %s is %s", (names, namespace, expected) => {
    expect(isSharedWith(names, namespace)).toBe(expected);
  });
});
