import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const WORDS = ["ports", "mesh", "virtualNode", "virtualGatewaySkipImageOverride"];

test.each([
  ["port", "ports"],
  ["PORTS", "ports"],
  ["meshh", "mesh"],
  ["virtualnode", "virtualNode"],
  ["virtual-node", "virtualNode"],
  ["vitualGatewaySkipImgeOverride", "virtualGatewaySkipImageOverride"],
])("%s is a slip of %s", (word, meant) => {
  expect(nearest(word, WORDS)).toBe(meant);
});

test.each(["", "somethingElse", "cpuRequest", "m", "x".repeat(65), `ports${"s".repeat(64)}`])(
  "%j is a slip of nothing",
  (word) => {
    expect(nearest(word, WORDS)).toBeUndefined();
  },
);

test("of several candidates the closest is taken, and of equally close ones the first", () => {
  expect(nearest("cpuLimits", ["cpuRequest", "memoryLimit", "cpuLimit"])).toBe("cpuLimit");
  expect(nearest("bat", ["cat", "hat"])).toBe("cat");
});

test("without candidates there is none", () => {
  expect(nearest("ports", [])).toBeUndefined();
});
