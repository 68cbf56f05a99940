import type { JsonObject } from "../model/json.ts";
import { typed } from "./typed.ts";

/**
 * More connections than the ports of two addresses allow: a sidecar that refuses its own app's connections turns a busy
 * moment into an outage, so the limit that Envoy asks for is set where no pod arrives; descriptors and memory of the
 * container bound it.
 */
const NO_CONNECTION_LIMIT = 2_147_483_647;

/** Automaton states of a regular expression. A route's regex comes from a mesh author; App Mesh allowed the same 1000. */
const REGEX_PROGRAM_SIZE = 1000;

/** Overload manager and runtime of the proxy. The runtime has no admin layer: nothing may change it in a running proxy. */
export function limits(): JsonObject {
  return {
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: typed(
            "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            { max_active_downstream_connections: NO_CONNECTION_LIMIT },
          ),
        },
      ],
    },
    layered_runtime: {
      layers: [{ name: "outrigger", static_layer: { "re2.max_program_size.error_level": REGEX_PROGRAM_SIZE } }],
    },
  };
}
