import { expect, test } from "vitest";
import { dividedBy, isPositive, isSet, largest, multipliedBy, quantityOf } from "./resource-values.ts";

test.each([
  { value: "100m", expected: "100m" },
  { value: 2, expected: "2" },
  { value: "much", expected: undefined },
  { value: null, expected: undefined },
  { value: ["1"], expected: undefined },
])("a resource of $value reads as $expected", ({ value, expected }) => {
  expect(quantityOf({ limits: { cpu: value } }, "limits", "cpu")).toBe(expected);
});

test("a resource is read from its own kind and name only", () => {
  expect(quantityOf({ limits: { cpu: "1" } }, "requests", "cpu")).toBeUndefined();
  expect(quantityOf({ limits: { cpu: "1" } }, "limits", "memory")).toBeUndefined();
  expect(quantityOf(undefined, "limits", "cpu")).toBeUndefined();
});

test("zero and nothing are not positive", () => {
  expect([isPositive("1n"), isPositive("0"), isPositive(""), isPositive(undefined)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("only quantities count as set", () => {
  expect([isSet("0"), isSet("4"), isSet("x"), isSet(undefined)]).toEqual([true, true, false, false]);
});

test("the largest keeps the way in which it was written; of equals the first wins", () => {
  expect(largest("100m", "", "0.1")).toBe("100m");
  expect(largest("", "64Mi", "100M")).toBe("100M");
  expect(largest("", "")).toBe("");
});

test.each([
  { name: "cpu", text: "10m", factor: "4", expected: "40m" },
  { name: "cpu", text: "10m", factor: "1.55", expected: "15m" },
  { name: "memory", text: "32Mi", factor: "2", expected: "64Mi" },
  { name: "memory", text: "3", factor: "1.5", expected: "4" },
] as const)("$text of $name times $factor is $expected, rounded down", ({ name, text, factor, expected }) => {
  expect(multipliedBy(name, text, factor)).toBe(expected);
});

test.each([
  { name: "cpu", text: "100m", divisor: "4", expected: "25m" },
  { name: "cpu", text: "100m", divisor: "3", expected: "34m" },
  { name: "memory", text: "64Mi", divisor: "2", expected: "32Mi" },
  { name: "memory", text: "10", divisor: "3", expected: "4" },
] as const)("$text of $name divided by $divisor is $expected, rounded up", ({ name, text, divisor, expected }) => {
  expect(dividedBy(name, text, divisor)).toBe(expected);
});
