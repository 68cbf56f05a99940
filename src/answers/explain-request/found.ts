import type { RequestExplanation } from "./explanation.ts";

/** What is found out beside the caller and the request. */
export type Found = Omit<RequestExplanation, "request" | "caller" | "served">;

export const NOTHING_FOUND = {
  connection: null,
  gatewayRoute: null,
  service: null,
  routes: null,
  targets: [],
  seen: null,
  notes: [],
} as const satisfies Omit<Found, "outcome">;
