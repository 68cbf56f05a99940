import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GrpcRouteView, HttpRouteView } from "../../graph/view.ts";
import { milliseconds } from "../../model/field-types.ts";
import { typed } from "../encode/typed.ts";
import type { RetryPolicySchema } from "../generated/envoy/config/route/v3/route_components_pb.js";
import { PreviousHostsPredicateSchema } from "../generated/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js";
import { timeout } from "./limits.ts";

type RetryInit = MessageInitShape<typeof RetryPolicySchema>;
type Policy = NonNullable<HttpRouteView["retryPolicy"]>;
type GrpcPolicy = NonNullable<GrpcRouteView["retryPolicy"]>;
type Event =
  | NonNullable<Policy["httpRetryEvents"]>[number]
  | NonNullable<Policy["tcpRetryEvents"]>[number]
  | NonNullable<GrpcPolicy["grpcRetryEvents"]>[number];

/** What Envoy tries again for each event of App Mesh: conditions of `retry_on`, and status codes. */
const EVENTS: Readonly<Record<Event, { readonly on: readonly string[]; readonly codes: readonly number[] }>> = {
  "server-error": { on: ["reset"], codes: [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511] },
  "gateway-error": { on: ["reset"], codes: [502, 503, 504] },
  "client-error": { on: [], codes: [409] },
  "stream-error": { on: ["refused-stream"], codes: [] },
  "connection-error": { on: ["connect-failure"], codes: [] },
  // of gRPC, which Envoy calls by the same names
  cancelled: { on: ["cancelled"], codes: [] },
  "deadline-exceeded": { on: ["deadline-exceeded"], codes: [] },
  internal: { on: ["internal"], codes: [] },
  "resource-exhausted": { on: ["resource-exhausted"], codes: [] },
  unavailable: { on: ["unavailable"], codes: [] },
};

/** Where a try goes next: to another host than the ones before, if there is one. */
const OTHER_HOST = {
  retryHostPredicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      configType: { case: "typedConfig", value: typed(PreviousHostsPredicateSchema) },
    },
  ],
  hostSelectionRetryMaxAttempts: 5n,
} as const satisfies RetryInit;

/**
 * What App Mesh did where a route says nothing, and for services that a node provides, though no resource shows it. Its answers 503, and
 * `unavailable` of gRPC, are also what Envoy gives where nobody could be reached.
 */
export const STANDARD_RETRIES: RetryInit = {
  retryOn: "connect-failure,refused-stream,reset,retriable-status-codes,unavailable",
  retriableStatusCodes: [503],
  numRetries: 2,
  ...OTHER_HOST,
};

/** The retries of a route; undefined: none. `maxRetries: 0` and a policy without events turn them off. */
export function retries(policy: Policy | GrpcPolicy | undefined): RetryInit | undefined {
  if (policy === undefined) return STANDARD_RETRIES;
  const ofGrpc = "grpcRetryEvents" in policy ? policy.grpcRetryEvents : undefined;
  const written = [...(policy.httpRetryEvents ?? []), ...(policy.tcpRetryEvents ?? []), ...(ofGrpc ?? [])];
  const events = written.map((event) => EVENTS[event]);
  if (policy.maxRetries === 0 || events.length === 0) return undefined;
  const codes = [...new Set(events.flatMap((event) => event.codes))].sort((one, other) => one - other);
  const on = new Set(events.flatMap((event) => event.on));
  if (codes.length > 0) on.add("retriable-status-codes");
  const perTry = milliseconds(policy.perRetryTimeout);
  return {
    retryOn: [...on].sort().join(","),
    retriableStatusCodes: codes,
    // Envoy's field has 32 bits, the resource 64
    numRetries: Math.min(policy.maxRetries, 0xff_ff_ff_ff),
    ...(perTry > 0 && { perTryTimeout: timeout(perTry) }),
    ...OTHER_HOST,
  };
}
