import type { JsonObject } from "../model/json.ts";

/**
 * `there`: it held the bundle already. `written`: the API server has just stored it. `absent`: there is no such place, so nobody
 * verifies by it.
 */
export type BundleState = "there" | "written" | "absent";

/** An object of the cluster by which somebody verifies certificates, and that holds the authority's bundle for that. */
export interface TrustPlace {
  /** What to watch. */
  readonly reference: JsonObject;
  /**
   * Brings the bundle there. The bundle is asked for *after* the place was read, and the write is refused when the place
   * changed since: so of two replicas the one that knows less never writes over what the other one knew. Rejects with
   * KubeError, also for such a conflict.
   */
  publish(bundle: () => Promise<string>): Promise<BundleState>;
}
