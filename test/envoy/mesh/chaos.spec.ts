import { test } from "vitest";
import { expectNothingLost } from "./chaos/nothing-lost.ts";
import { RANDOM, runChaos } from "./chaos/run-chaos.ts";
import { servedMesh } from "./chaos/served-mesh.ts";
import { tlsSources } from "./chaos/served-tls.ts";

test("a hundred random edits of a mesh under traffic fail no request that the meshes before and after would both answer", async ({
  annotate,
}) => {
  const { sources: tls, remove } = await tlsSources();
  try {
    const report = await runChaos({
      ...RANDOM,
      edits: 100,
      seed: 20_260_930,
      pace: 120,
      tls,
      start: servedMesh,
    });
    await expectNothingLost(report, 1, annotate);
  } finally {
    await remove();
  }
}, 400_000);
