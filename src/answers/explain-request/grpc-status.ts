import type { SentRequest } from "./sent-request.ts";

/** Whether Envoy takes a request with this content type for a call of gRPC. */
export function isGrpcType(type: string | undefined): boolean {
  return type === "application/grpc" || type?.startsWith("application/grpc+") === true;
}

export function isCallOfGrpc(sent: SentRequest): boolean {
  return sent.kind === "http" && isGrpcType(sent.headers.find(({ name }) => name === "content-type")?.value);
}

/** What a call of gRPC gets in the place of a status with which Envoy answers by itself (source/common/grpc/status.cc). */
const AS_GRPC: Readonly<Record<number, number>> = { 400: 13, 404: 12, 503: 14, 504: 14 };

/** 2 is UNKNOWN. */
export function grpcStatusOf(status: number): number {
  return AS_GRPC[status] ?? 2;
}

/** As gRPC calls them. */
export const GRPC_NAMES: Readonly<Record<number, string>> = {
  2: "UNKNOWN",
  12: "UNIMPLEMENTED",
  13: "INTERNAL",
  14: "UNAVAILABLE",
};
