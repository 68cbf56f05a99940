import { passThroughClusters, passThroughListener } from "../../bootstrap/pass-through.ts";
import { stringOf } from "../../model/json.ts";
import type { Resource } from "../serve/resource.ts";
import { TYPES } from "../types.ts";
import { withTracing } from "./tracing.ts";
import type { ProxyView } from "./view.ts";

/** What App Mesh called the two listeners; dashboards and alarms go by these names, whichever families they listen on. */
const LISTENERS = [
  { name: "lds_ingress_0.0.0.0_15000", direction: "inbound" },
  { name: "lds_egress_0.0.0.0_15001", direction: "outbound" },
] as const;

/** The Envoy resources of a view: plain pass-through in both directions, to where each connection was going. Pure. */
export function translate({ ipv6, directions, accessLog, tracing }: ProxyView): Resource[] {
  const clusters = passThroughClusters(directions).map((message) => ({
    type: TYPES.cluster,
    name: stringOf(message["name"]) ?? "",
    message,
  }));
  const listeners = LISTENERS.map(({ name, direction }) => ({
    type: TYPES.listener,
    name,
    message: withTracing(passThroughListener({ name, direction, separation: directions, ipv6, accessLog }), tracing),
  }));
  return [...clusters, ...listeners];
}
