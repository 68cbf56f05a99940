import { describe, expect, test } from "vitest";
import { READABLE, UNREADABLE } from "../../test/regular-expressions.ts";
import { unreadableExpression } from "./regular-expression.ts";

describe("RE2 reads", () => {
  test.each(READABLE)("%s", (expression) => {
    expect(unreadableExpression(expression)).toBeUndefined();
  });
});

describe("RE2 does not read, and says why", () => {
  test.each(UNREADABLE)("%s", (expression) => {
    expect(unreadableExpression(expression)).toMatch(/\S/);
    // asked again, it is found among those of late
    expect(unreadableExpression(expression)).toMatch(/\S/);
  });
});
