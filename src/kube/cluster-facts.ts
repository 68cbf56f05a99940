import type { Configuration } from "../config/schema.ts";
import type { TrustFacts } from "../inject/input.ts";
import type { FactSource } from "./fact-source.ts";

export function clusterFacts(
  _c: Configuration,
  _t: (() => TrustFacts) | undefined,
  _s: AbortSignal,
): Promise<FactSource> {
  throw new Error("under construction");
}
