import { test } from "vitest";
import { expectNothingLost } from "../envoy/mesh/chaos/nothing-lost.ts";
import { RANDOM, runChaos } from "../envoy/mesh/chaos/run-chaos.ts";
import { tlsSources } from "../envoy/mesh/chaos/served-tls.ts";
import { ChaosCluster } from "./chaos-cluster.ts";
import { storedEdit, storedShop } from "./chaos-edits.ts";

/*
 * The chaos of the envoy tier with all that is around a mesh: its objects are written to a real API server, two replicas of the control plane
 * are processes, each killed once, and the API server is killed and comes back.
 */

test("a hundred random edits of objects, while replicas and the API server are killed, fail no request that the meshes before and after would both answer", async ({
  annotate,
}) => {
  const { sources: tls, remove } = await tlsSources();
  try {
    const report = await runChaos({
      ...RANDOM,
      first: storedShop,
      edit: storedEdit,
      edits: 100,
      seed: 20_261_129,
      pace: 200,
      tls,
      start: (shop, ports) => ChaosCluster.of(shop, ports),
    });
    await expectNothingLost(report, 3, annotate);
  } finally {
    await remove();
  }
}, 600_000);
