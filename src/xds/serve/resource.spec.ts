import fc from "fast-check";
import { expect, test } from "vitest";
import { edsCluster, httpListener, routeTo } from "../../../test/xds-content.ts";
import { mentionOf } from "./resource.ts";

test("what a route or a listener points at is found in its bytes, whatever message it is in", () => {
  expect(mentionOf("cart")(routeTo("all", "cart").any)).toBe(true);
  expect(mentionOf("all")(httpListener("in", 80, "all").any)).toBe(true);
});

test("a name that is a part of another one is not", () => {
  const { any } = routeTo("all", "cart-v2");
  expect([mentionOf("cart")(any), mentionOf("cart-v")(any), mentionOf("v2")(any)]).toEqual([false, false, false]);
});

test("names of any length and alphabet are found", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }), (name) => {
      expect(mentionOf(name)(routeTo("all", name).any)).toBe(true);
      expect(mentionOf(`${name}x`)(routeTo("all", name).any)).toBe(false);
      expect(mentionOf(name)(edsCluster(name).any)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
