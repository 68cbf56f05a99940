import { expect, test } from "vitest";
import { z } from "zod";
import { descriptionOf, group, setting, settings } from "./setting.ts";

test("a setting says what it is for, and a group of settings says nothing of its own", () => {
  const size = setting(z.int().default(3), "how large");
  const name = setting(z.string().default(""), "what it is called", "name");
  expect([size, name].map(descriptionOf)).toEqual([{ says: "how large" }, { says: "what it is called", flag: "name" }]);
  expect(descriptionOf(group({ size }))).toBeUndefined();
});

test("two settings of one form say different things", () => {
  const port = z.int();
  const one = setting(port.default(1), "the first");
  const other = setting(port.default(2), "the second");
  expect([one, other].map((each) => descriptionOf(each)?.says)).toEqual(["the first", "the second"]);
});

test("a group may be left out as a whole, and takes nothing that it does not know", () => {
  const schema = settings({ pod: group({ size: setting(z.int().default(3), "how large") }) });
  expect(schema.parse({})).toEqual({ pod: { size: 3 } });
  expect(schema.safeParse({ pod: { length: 3 } }).success).toBe(false);
  expect(schema.safeParse({ pods: {} }).success).toBe(false);
});

test("the compiler refuses what says nothing", () => {
  // @ts-expect-error a schema without a phrase
  settings({ size: z.int().default(3) });
  // @ts-expect-error the same within a group
  group({ size: z.int().default(3) });
});

test("what is said stands in no JSON schema", () => {
  const schema = settings({ size: setting(z.int().default(3), "how large", "size") });
  expect(JSON.stringify(z.toJSONSchema(schema, { io: "input" }))).not.toMatch(/how large|flag/);
});
