import { z } from "zod";
import { integer } from "./field-types.ts";
import { atMostOne, refusing } from "./rules.ts";

/** Connection pools by protocol; each kind is used where the listener speaks it. */
const maxConnections = integer(1).describe("Connections at a time.");
const maxRequests = integer(1).describe("Requests at a time.");
const pools = {
  grpc: z.object({ maxRequests }).describe("Pool of a gRPC listener.").optional(),
  http: z
    .object({
      maxConnections,
      maxPendingRequests: integer(1).describe("Requests that may wait for a connection.").optional(),
    })
    .describe("Pool of an HTTP listener.")
    .optional(),
  http2: z.object({ maxRequests }).describe("Pool of an HTTP/2 listener.").optional(),
};
const tcpPool = z.object({ maxConnections }).describe("Pool of a TCP listener.").optional();

export const nodeConnectionPool = z
  .object({ ...pools, tcp: tcpPool })
  .meta(refusing(atMostOne(["grpc", "http", "http2", "tcp"])))
  .describe("How much the app takes at a time; of the four the one that is the listener's protocol.");
export const gatewayConnectionPool = z
  .object(pools)
  .meta(refusing(atMostOne(["grpc", "http", "http2"])))
  .describe("How much the gateway takes at a time; of the three the one that is the listener's protocol.");
export type ConnectionPool = z.output<typeof nodeConnectionPool>;
