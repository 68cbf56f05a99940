import { expect, test } from "vitest";
import { OutputStore } from "./output-store.ts";

test("what was put in comes out, long or short, in its order", () => {
  const parts = Array.from({ length: 30 }, (_, index) => `${index} é 😀 ${"x".repeat(index * 50_000)}\n`);
  const store = new OutputStore();
  for (const part of parts) store.add(part);
  expect([...store.texts()].join("") === parts.join("")).toBe(true);
  expect([...new OutputStore().texts()]).toEqual([]);
});
