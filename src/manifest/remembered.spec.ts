import { expect, test } from "vitest";
import { remembered } from "./remembered.ts";

function counted(limits: { entries: number; length: number }) {
  const asked: string[] = [];
  const work = remembered((text) => {
    asked.push(text);
    return text === "none" ? undefined : text.length;
  }, limits);
  return { asked, work };
}

test("a text is worked on once, also one about which there is nothing to say", () => {
  const { asked, work } = counted({ entries: 10, length: 10 });
  expect(["ab", "none", "ab", "none"].map(work)).toEqual([2, undefined, 2, undefined]);
  expect(asked).toEqual(["ab", "none"]);
});

test("neither long texts nor more than so many are kept", () => {
  const { asked, work } = counted({ entries: 2, length: 3 });
  for (const text of ["long", "long", "a", "b", "c", "a"]) work(text);
  expect(asked).toEqual(["long", "long", "a", "b", "c", "a"]);
});
