import { type NodeBinaries, nodeBinaries } from "../binaries/node-binaries.ts";
import { images } from "../images/images.ts";
import { hostTools } from "../packages/host-tools.ts";
import type { Progress } from "../progress.ts";
import type { ServedImage } from "./image-registry.ts";
import { requireNodeTier } from "./requirements.ts";

/** What a node-tier cluster is made of. All are paths into the user's cache. */
export interface NodeTierParts {
  readonly binaries: NodeBinaries;
  readonly tools: string;
  readonly images: readonly ServedImage[];
}

/**
 * Builds and fetches what is not there yet; a minute and more the first time, nothing later. Before the cluster's own
 * process, because that one has no network.
 *
 * @throws TestbedError `unavailable` or `build`, with what this machine lacks or what failed.
 */
export async function nodeTierParts(progress: Progress): Promise<NodeTierParts> {
  await requireNodeTier();
  return {
    binaries: await nodeBinaries(progress),
    tools: await hostTools(progress),
    images: await images(progress),
  };
}
