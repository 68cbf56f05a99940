import { type Resource, resourceOf } from "../encode/resource.ts";
import { passThroughClusters, passThroughListener } from "./pass-through.ts";
import type { ProxyView } from "./view.ts";

/** What App Mesh called the two listeners; dashboards and alarms go by these names, whichever families they listen on. */
const LISTENERS = [
  { name: "lds_ingress_0.0.0.0_15000", direction: "inbound" },
  { name: "lds_egress_0.0.0.0_15001", direction: "outbound" },
] as const;

/** The Envoy resources of a view: plain pass-through in both directions, to where each connection was going. Pure. */
export function translate({ traits, accessLog }: ProxyView): Resource[] {
  const { ipv6, directions } = traits;
  const listeners = LISTENERS.map((listener) =>
    passThroughListener({ ...listener, separation: directions, ipv6, accessLog }),
  );
  return [...passThroughClusters(directions), ...listeners].map((message) => resourceOf(message));
}
