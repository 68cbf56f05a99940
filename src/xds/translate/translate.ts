import { type Resource, resourceFrom } from "../encode/resource.ts";
import { EGRESS_LISTENER, INGRESS_LISTENER } from "./names.ts";
import { passThroughClusters, passThroughListener } from "./pass-through.ts";
import type { ProxyView } from "./view.ts";

/** What App Mesh called the two listeners; dashboards and alarms go by these names, whichever families they listen on. */
const LISTENERS = [
  { name: INGRESS_LISTENER, direction: "inbound" },
  { name: EGRESS_LISTENER, direction: "outbound" },
] as const;

/** The Envoy resources of a view: plain pass-through in both directions, to where each connection was going. Pure. */
export function translate({ traits, accessLog }: ProxyView): Resource[] {
  const listeners = LISTENERS.map((listener) =>
    resourceFrom(passThroughListener, [], { ...listener, traits, accessLog }),
  );
  return [...passThroughClusters(traits.directions), ...listeners];
}
