import { expect, test } from "vitest";
import { STAGES, TIERS } from "./tiers.ts";

test("every tier runs once", () => {
  expect(STAGES.flat(2)).toEqual(TIERS.map(({ name }) => name));
});
