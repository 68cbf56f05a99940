import type { MeshModes } from "./mesh-mode.ts";
import type { StreamsFacts } from "./streams.ts";
import type { WorkloadStatus } from "./workload-status.ts";

/** The workloads of the asked namespaces, and what could not be found out. */
export interface StatusFacts {
  readonly workloads: readonly WorkloadStatus[];
  readonly streams: StreamsFacts;
  readonly meshModes: MeshModes;
  /** Sentences for a person: what is missing in the picture, and why. */
  readonly notes: readonly string[];
}
