import type { Configuration } from "../config/schema.ts";
import type { PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";

/** Everything that injection depends on, looked up beforehand: the engine itself does no I/O and knows no clock. */
export interface InjectionInput extends PodFacts {
  /** The pod exactly as it came, parsed from JSON. */
  readonly pod: JsonObject;
  readonly request: RequestFacts;
  readonly configuration: Configuration;
  /** Version of Outrigger, for the record of what was injected. */
  readonly release: string;
}

export interface RequestFacts {
  /** `CREATE`, `UPDATE`, `DELETE` or `CONNECT`; only CREATE injects. */
  readonly operation: string;
  readonly dryRun: boolean;
  readonly user: string;
}
