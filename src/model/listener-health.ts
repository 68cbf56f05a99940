import { z } from "zod";
import { duration, GATEWAY_PROTOCOLS, integer, PROTOCOLS, port } from "./field-types.ts";

const threshold = integer(2, 10);
const common = {
  intervalMillis: integer(5000, 300_000).describe("Milliseconds between two checks."),
  path: z.string().describe("Path that HTTP checks ask for; other protocols ignore it.").optional(),
  port: port.describe("Port that is checked; absent: the listener's.").optional(),
  timeoutMillis: integer(2000, 60_000).describe("Milliseconds that an answer may take."),
  unhealthyThreshold: threshold.describe("Failures in a row after which an endpoint is unhealthy."),
};
const healthyThreshold = threshold.describe("Successes in a row after which an endpoint is healthy.");

export const nodeHealthCheck = z
  .object({ ...common, healthyThreshold, protocol: z.enum(PROTOCOLS).describe("What the check speaks.") })
  .describe("How clients find out whether an endpoint is healthy.");
/** The CRD of gateways never asked for `healthyThreshold`, although App Mesh did. */
export const gatewayHealthCheck = z
  .object({
    ...common,
    healthyThreshold: healthyThreshold.optional(),
    protocol: z.enum(GATEWAY_PROTOCOLS).describe("What the check speaks."),
  })
  .describe("Kept and without effect, as in App Mesh.");

export const outlierDetection = z
  .object({
    baseEjectionDuration: duration.describe("How long an endpoint stays ejected the first time."),
    interval: duration.describe("Time between two looks at the endpoints."),
    maxEjectionPercent: integer(0, 100).describe("Share of the endpoints that may be ejected at a time."),
    maxServerErrors: integer(1).describe("Errors 5xx in a row that eject an endpoint."),
  })
  .describe("When clients leave an endpoint alone for a while.");

const idle = duration.describe("Without any traffic.").optional();
const perRequest = duration.describe("For a whole request.").optional();
/** Time-outs of requests, as listeners and routes have them. */
export const requestTimeout = z.object({ idle, perRequest });
export const connectionTimeout = z.object({ idle });

export const listenerTimeout = z
  .object({
    grpc: requestTimeout.describe("For a gRPC listener.").optional(),
    http: requestTimeout.describe("For an HTTP listener.").optional(),
    http2: requestTimeout.describe("For an HTTP/2 listener.").optional(),
    tcp: connectionTimeout.describe("For a TCP listener.").optional(),
  })
  .describe(
    "Time-outs at the app; of the four the one that is the listener's protocol. A longer one of a route has no effect.",
  );

export type HealthCheck = z.output<typeof nodeHealthCheck>;
export type OutlierDetection = z.output<typeof outlierDetection>;
