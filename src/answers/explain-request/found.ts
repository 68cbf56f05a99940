import type { Outcome, RequestExplanation } from "./explanation.ts";

/** What is found out beside the caller and the request. */
export type Found = Omit<RequestExplanation, "request" | "caller" | "outcome" | "served"> & {
  readonly outcome: Outcome;
};

export const NOTHING_FOUND = {
  connection: null,
  gatewayRoute: null,
  service: null,
  routes: null,
  targets: [],
  seen: null,
  notes: [],
} as const satisfies Omit<Found, "outcome">;
