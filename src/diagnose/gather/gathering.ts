import type { ClusterReads } from "./cluster-reads.ts";
import type { PodDoor } from "./pod-door.ts";

/** What gathering works with. */
export interface Gathering {
  readonly reads: ClusterReads;
  readonly door: PodDoor;
  /** Version of this command line. */
  readonly release: string;
  /** Name of the mesh where no injector says which; empty: none. */
  readonly meshName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with what is being read, for a person who waits. */
  readonly progress: (step: string) => void;
}
