import { apiBinaries } from "../binaries/api-binaries.ts";
import { envoyBinary } from "../envoy-binary.ts";
import { nodeTierParts } from "../node-tier/parts.ts";
import { prometheusProgram } from "../packages/prometheus.ts";
import { requireBoundProcesses } from "../process/bound-process.ts";
import { progressOnStderr } from "../progress.ts";
import { releaseBefore } from "../release-before.ts";
import { runNodeTier } from "./node-tier.ts";
import { olderNode } from "./older-node.ts";
import { runStaticChecks } from "./static-checks.ts";
import type { TierResult } from "./tier-result.ts";
import { runVitestTier } from "./vitest-tier.ts";

/** One step of `npm test`. */
export interface Tier {
  readonly name: string;
  readonly title: string;
  /** Gets what the tier needs; rejects, with the reason for a person, when this machine cannot have it. */
  prepare(): Promise<unknown>;
  run(root: string): Promise<TierResult>;
}

const STATIC: Tier = {
  name: "static",
  title: "static checks",
  prepare: async () => undefined,
  run: runStaticChecks,
};

const UNIT: Tier = {
  name: "unit",
  title: "unit, property and golden tests",
  prepare: async () => undefined,
  run: (root) => runVitestTier(root, "unit"),
};

const PACKAGE: Tier = {
  name: "package",
  title: "the package as users get it, started with an older Node.js",
  prepare: () => olderNode(),
  run: (root) => runVitestTier(root, "package"),
};

const LOOPBACK: Tier = {
  name: "loopback",
  title: "the webhook over TLS and the testbed's processes",
  prepare: async () => undefined,
  run: (root) => runVitestTier(root, "loopback"),
};

const ENVOY: Tier = {
  name: "envoy",
  title: "configurations in a real Envoy",
  prepare: () => envoyBinary(),
  run: (root) => runVitestTier(root, "envoy"),
};

const API: Tier = {
  name: "api",
  title: "a real Kubernetes API server",
  prepare: async () => {
    await requireBoundProcesses();
    // the control plane is tried with both
    await envoyBinary();
    await apiBinaries(progressOnStderr);
    await releaseBefore(progressOnStderr);
  },
  run: (root) => runVitestTier(root, "api"),
};

const NODE: Tier = {
  name: "node",
  title: "a real Kubernetes with a node",
  prepare: async () => {
    await nodeTierParts(progressOnStderr);
    // no part of a cluster, but tests inside of its network could not fetch it
    await prometheusProgram(progressOnStderr);
  },
  run: runNodeTier,
};

/**
 * Which tiers run after one another, and which lines of them side by side: most tests of these wait for what they started. The quick ones
 * first. The package is built again for its tests, which must change nothing under those that run.
 */
export const STAGES: readonly (readonly (readonly Tier[])[])[] = [
  [[STATIC]],
  [[UNIT]],
  [[PACKAGE]],
  [[LOOPBACK, ENVOY, API], [NODE]],
];

/** All tiers. */
export const TIERS: readonly Tier[] = STAGES.flat(2);
