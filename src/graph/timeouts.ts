import type { Protocol } from "../model/field-types.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import type { TimeoutView } from "./view.ts";

/** App Mesh's standard time-outs in milliseconds (App Mesh user guide, "Timeouts"). */
const PER_REQUEST = 15_000;
const IDLE = 300_000;

interface Duration {
  readonly unit: "s" | "ms";
  readonly value: number;
}

interface Timeouts {
  readonly perRequest?: Duration | undefined;
  readonly idle?: Duration | undefined;
}

/** A length of time in milliseconds. */
function milliseconds({ unit, value }: Duration): number {
  return unit === "s" ? value * 1000 : value;
}

/** What is given, else the standard. */
export function timeoutView(given: Timeouts | undefined): TimeoutView {
  return {
    perRequest: given?.perRequest === undefined ? PER_REQUEST : milliseconds(given.perRequest),
    idle: given?.idle === undefined ? IDLE : milliseconds(given.idle),
  };
}

/** Of a listener's four the one of its protocol. */
export function listenerTimeout({ timeout, portMapping }: VirtualNodeListener): TimeoutView {
  const given: Readonly<Partial<Record<Protocol, Timeouts | undefined>>> = timeout ?? {};
  return timeoutView(given[portMapping.protocol]);
}
