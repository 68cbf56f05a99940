import { expect, test } from "vitest";
import { runChaos } from "./chaos/run-chaos.ts";

test("a hundred random edits of a mesh under traffic fail no request that the meshes before and after would both answer", async ({
  annotate,
}) => {
  const { faults, ...counts } = await runChaos(100, 20_260_930);
  await annotate(JSON.stringify(counts));
  expect(faults).toEqual([]);
  // it was about something
  expect(counts.surelyAnswered).toBeGreaterThan(counts.requests / 4);
  expect(counts.refusals).toBeGreaterThan(0);
  expect(counts.restarts).toBeGreaterThan(0);
}, 180_000);
