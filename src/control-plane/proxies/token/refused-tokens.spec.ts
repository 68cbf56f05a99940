import { expect, test } from "vitest";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";
import { RefusedTokens } from "./refused-tokens.ts";

const { refusedFor, refusedTokens } = CONTROL_PLANE_LIMITS;

test("a refused token is known for a while", () => {
  let time = 0;
  const refused = new RefusedTokens(() => time);
  refused.add("bad");
  expect([refused.has("bad"), refused.has("other")]).toEqual([true, false]);
  time = refusedFor - 1;
  expect(refused.has("bad")).toBe(true);
  time = refusedFor;
  expect(refused.has("bad")).toBe(false);
});

test("so many are known, the newest", () => {
  const refused = new RefusedTokens(() => 0);
  for (let index = 0; index <= refusedTokens; index++) refused.add(`token-${index}`);
  expect([refused.has("token-0"), refused.has("token-1"), refused.has(`token-${refusedTokens}`)]).toEqual([
    false,
    true,
    true,
  ]);
});
