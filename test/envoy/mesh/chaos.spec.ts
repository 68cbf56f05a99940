import { expect, test } from "vitest";
import { RANDOM, runChaos } from "./chaos/run-chaos.ts";
import { servedMesh } from "./chaos/served-mesh.ts";
import { tlsSources } from "./chaos/served-tls.ts";

test("a hundred random edits of a mesh under traffic fail no request that the meshes before and after would both answer", async ({
  annotate,
}) => {
  const { sources: tls, remove } = await tlsSources();
  try {
    const { faults, ...counts } = await runChaos({
      ...RANDOM,
      edits: 100,
      seed: 20_260_930,
      pace: 120,
      tls,
      start: servedMesh,
    });
    await annotate(JSON.stringify(counts));
    expect(faults).toEqual([]);
    // it was about something, for each of them
    for (const [load, count] of Object.entries(counts.surelyAnswered)) expect(count, load).toBeGreaterThan(10);
    expect(counts.refusals).toBeGreaterThan(0);
    expect(counts.interruptions).toBeGreaterThan(0);
  } finally {
    await remove();
  }
}, 400_000);
