import { expect, test } from "vitest";
import { type Nearness, nearest, nearestOnes } from "./nearest.ts";

const SLIP: Nearness = { longest: 64, oneIn: 3, always: 2 };
const WORDS = ["ports", "mesh", "virtualNode", "virtualGatewaySkipImageOverride"];

test.each([
  ["port", "ports"],
  ["PORTS", "ports"],
  ["meshh", "mesh"],
  ["virtualnode", "virtualNode"],
  ["virtual-node", "virtualNode"],
  ["vitualGatewaySkipImgeOverride", "virtualGatewaySkipImageOverride"],
])("%s is a slip of %s", (word, meant) => {
  expect(nearest(word, WORDS, SLIP)).toBe(meant);
});

test.each(["", "somethingElse", "cpuRequest", "m", "x".repeat(65), `ports${"s".repeat(64)}`])(
  "%j is a slip of nothing",
  (word) => {
    expect(nearest(word, WORDS, SLIP)).toBeUndefined();
  },
);

test("of several candidates the closest is taken, and of equally close ones the first", () => {
  expect(nearest("cpuLimits", ["cpuRequest", "memoryLimit", "cpuLimit"], SLIP)).toBe("cpuLimit");
  expect(nearest("bat", ["cat", "hat"], SLIP)).toBe("cat");
});

test("all that are equally close are told, in their order", () => {
  expect(nearestOnes("bat", ["cat", "boat", "hat", "bath", "cap"], SLIP)).toEqual(["cat", "boat", "hat", "bath"]);
  expect(nearestOnes("ports", ["port", "ports"], SLIP)).toEqual(["ports"]);
});

test("without candidates there is none", () => {
  expect(nearest("ports", [], SLIP)).toBeUndefined();
});

test("what is compared of a word may be less than the word", () => {
  expect(nearest("log-level", ["logLevel"], { longest: 64, oneIn: 4, always: 1 })).toBe("logLevel");
  expect(nearest("l-o-g-level", ["logLevel"], { longest: 64, oneIn: 4, always: 1 })).toBeUndefined();
  const plain = (word: string) => word.replaceAll("-", "");
  expect(nearest("l-o-g-level", ["logLevel"], { longest: 64, oneIn: 4, always: 1, plain })).toBe("logLevel");
});
