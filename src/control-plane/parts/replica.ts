import type { Configuration } from "../../config/schema.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Log } from "../../serving/log.ts";

/** What every part of a control plane is given. */
export interface Replica {
  readonly configuration: Configuration;
  /** Version of Outrigger. */
  readonly release: string;
  /** Name of the pod where there is one, so that a container that is started again goes on with its own Lease and its own report. */
  readonly identity: string;
  readonly client: KubeClient;
  readonly log: Log;
}
