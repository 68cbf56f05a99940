import { milliseconds, type Protocol } from "../model/field-types.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import type { TimeoutView } from "./view.ts";

/** App Mesh's standard time-outs in milliseconds (App Mesh user guide, "Timeouts"). */
const PER_REQUEST = 15_000;
const IDLE = 300_000;

interface Duration {
  readonly unit: "s" | "ms";
  readonly value: number;
}

/** The time-outs of a route or a listener as they are written. */
export interface Timeouts {
  readonly perRequest?: Duration | undefined;
  readonly idle?: Duration | undefined;
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

/** One end of a call ends requests sooner than the other one was told to. Times in milliseconds; Infinity: never. */
export interface Cap {
  readonly by: "route" | "listener";
  readonly after: number;
  readonly insteadOf: number;
}

/**
 * Both ends of a call have a time-out for requests, 15 s where nothing is said, and the shorter one counts: a longer one has no effect
 * alone (App Mesh user guide, "Timeouts"). Undefined: nobody asked for more than is given.
 */
export function requestCap(route: Timeouts | undefined, listener: VirtualNodeListener): Cap | undefined {
  const ends = { route: lasting(timeoutView(route)), listener: lasting(listenerTimeout(listener)) };
  const asked: Readonly<Partial<Record<Protocol, Timeouts | undefined>>> = listener.timeout ?? {};
  if (route?.perRequest !== undefined && ends.route > ends.listener) {
    return { by: "listener", after: ends.listener, insteadOf: ends.route };
  }
  if (asked[listener.portMapping.protocol]?.perRequest !== undefined && ends.listener > ends.route) {
    return route?.perRequest === undefined ? { by: "route", after: ends.route, insteadOf: ends.listener } : undefined;
  }
  return undefined;
}

/** 0 is no time-out at all. */
function lasting({ perRequest }: TimeoutView): number {
  return perRequest === 0 ? Number.POSITIVE_INFINITY : perRequest;
}
