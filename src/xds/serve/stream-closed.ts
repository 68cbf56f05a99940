/** Why a stream ended: a fixed set, safe as a metric label. Documented in `docs/control-plane.md`. */
export type ClosingReason =
  | "client-ended"
  | "connection-lost"
  | "aged"
  | "shutdown"
  | "displaced"
  | "too-many-streams"
  | "unknown-method"
  | "no-token"
  | "malformed-token"
  | "wrong-audience"
  | "expired-token"
  | "bad-signature"
  | "not-a-pod"
  | "pod-gone"
  | "pod-replaced"
  | "wrong-account"
  | "token-of-another-pod"
  | "token-not-checkable"
  | "message-too-large"
  | "malformed-message"
  | "unknown-type"
  | "too-many-names"
  | "babbling"
  | "first-request-late"
  | "not-acknowledged"
  | "internal-error";

/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const CODES = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The status that each end of a stream has for the client. */
export const STATUS_OF: Readonly<Record<ClosingReason, keyof typeof CODES>> = {
  "client-ended": "OK",
  "connection-lost": "OK",
  aged: "OK",
  shutdown: "UNAVAILABLE",
  displaced: "ABORTED",
  "too-many-streams": "RESOURCE_EXHAUSTED",
  "unknown-method": "UNIMPLEMENTED",
  "no-token": "UNAUTHENTICATED",
  "malformed-token": "UNAUTHENTICATED",
  "wrong-audience": "UNAUTHENTICATED",
  "expired-token": "UNAUTHENTICATED",
  "bad-signature": "UNAUTHENTICATED",
  "not-a-pod": "UNAUTHENTICATED",
  "pod-gone": "UNAUTHENTICATED",
  "pod-replaced": "UNAUTHENTICATED",
  "wrong-account": "UNAUTHENTICATED",
  "token-of-another-pod": "PERMISSION_DENIED",
  "token-not-checkable": "UNAVAILABLE",
  "message-too-large": "RESOURCE_EXHAUSTED",
  "malformed-message": "INVALID_ARGUMENT",
  "unknown-type": "INVALID_ARGUMENT",
  "too-many-names": "RESOURCE_EXHAUSTED",
  babbling: "RESOURCE_EXHAUSTED",
  "first-request-late": "DEADLINE_EXCEEDED",
  "not-acknowledged": "DEADLINE_EXCEEDED",
  "internal-error": "INTERNAL",
};

/** The number of a reason's status. */
export function grpcCode(reason: ClosingReason): number {
  return CODES[STATUS_OF[reason]];
}

/** The end of a stream. The message is for the client and for the log: it never holds a token. */
export class StreamClosed extends Error {
  override readonly name = "StreamClosed";
  readonly code: ClosingReason;

  constructor(code: ClosingReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
