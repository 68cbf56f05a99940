import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import {
  awsName,
  duration,
  integer,
  KEEPS_AWS_NAME,
  loosePort,
  meshReference,
  PROTOCOLS,
  portMapping,
  reference,
  text,
} from "./field-types.ts";
import { type JsonObject, member, objectOf } from "./json.ts";
import { connectionTimeout, requestTimeout } from "./listener-health.ts";
import { everyRequest, headers, metadata, method, path, prefix, queryParameters } from "./request-match.ts";
import { exactlyOne, type ObjectRule, refusing } from "./rules.ts";

const action = z
  .object({
    weightedTargets: z
      .array(
        z.object({
          port: loosePort.describe("Port of the node, where it has several listeners.").optional(),
          virtualNodeARN: z.string().describe("The node by its ARN.").optional(),
          virtualNodeRef: reference("VirtualNode").optional(),
          weight: integer(0, 100).describe("Its share of the sum of all weights."),
        }),
      )
      .min(1)
      .max(10)
      .describe("Nodes, each by reference or by ARN."),
  })
  .describe("Where the requests go.");

const matchPort = loosePort.describe("Port of the router, where it has several listeners.").optional();

const retryCommon = {
  httpRetryEvents: z
    .array(z.enum(["server-error", "gateway-error", "client-error", "stream-error"]))
    .min(1)
    .max(25)
    .describe("Answers that are tried again.")
    .optional(),
  maxRetries: integer(0).describe("How often; 0 turns retries off."),
  perRetryTimeout: duration.describe("For one try."),
  tcpRetryEvents: z
    .array(z.enum(["connection-error"]))
    .min(1)
    .max(1)
    .describe("Broken connections that are tried again.")
    .optional(),
};
const httpRetryPolicy = z.object(retryCommon).describe("Absent: two tries more, for what never reached the app.");
const grpcRetryPolicy = z
  .object({
    ...retryCommon,
    grpcRetryEvents: z
      .array(z.enum(["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"]))
      .min(1)
      .max(5)
      .describe("Status codes that are tried again.")
      .optional(),
  })
  .describe("Absent: two tries more, for what never reached the app.");

const httpRoute = z.object({
  action,
  match: z
    .object({
      headers: headers.optional(),
      method: method.optional(),
      path: path.optional(),
      port: matchPort,
      prefix: prefix.optional(),
      queryParameters: queryParameters.optional(),
      scheme: z.enum(["http", "https"]).describe("The scheme.").optional(),
    })
    .meta(everyRequest)
    .describe("Which requests; all that is given must match."),
  retryPolicy: httpRetryPolicy.optional(),
  timeout: requestTimeout.describe("Time-outs of the route; 15 s a request and 300 s idle by default.").optional(),
});

const grpcRoute = z.object({
  action,
  match: z
    .object({
      metadata: metadata.optional(),
      methodName: text(1, 50).describe("Method of the service.").optional(),
      port: matchPort,
      serviceName: z.string().describe("Full name of the service.").optional(),
    })
    .meta(everyRequest)
    .describe("Which calls; all that is given must match."),
  retryPolicy: grpcRetryPolicy.optional(),
  timeout: requestTimeout.describe("Time-outs of the route; 15 s a request and 300 s idle by default.").optional(),
});

const tcpRoute = z.object({
  action,
  match: z.object({ port: matchPort }).meta(everyRequest).describe("Which connections.").optional(),
  timeout: connectionTimeout.describe("Time-out of the route; 300 s idle by default.").optional(),
});

/** App Mesh looked at an HTTP/2 route only where there was no HTTP route, and at gRPC and TCP routes never. */
function pathRules(kind: string, instead?: string): readonly ObjectRule[] {
  const match = `self.${kind}.match`;
  const applies = `${instead === undefined ? "" : `has(self.${instead}) || `}!has(self.${kind}) || `;
  const matchOf = (self: JsonObject): JsonObject | undefined =>
    (instead !== undefined && Object.hasOwn(self, instead)) || !Object.hasOwn(self, kind)
      ? undefined
      : objectOf(member(self[kind], "match"));
  return [
    {
      rule: `${applies}has(${match}.prefix) != has(${match}.path)`,
      message: `exactly one of ${kind}.match.prefix and ${kind}.match.path must be given`,
      holds: (self) => {
        const found = matchOf(self);
        return found === undefined || exactlyOne("prefix", "path").holds(found);
      },
    },
    {
      rule: `${applies}!has(${match}.path) || has(${match}.path.exact) != has(${match}.path.regex)`,
      message: `exactly one of ${kind}.match.path.exact and ${kind}.match.path.regex must be given`,
      holds: (self) => {
        const found = matchOf(self)?.path;
        return found === undefined || exactlyOne("exact", "regex").holds(objectOf(found));
      },
    },
  ];
}

const route = z
  .object({
    grpcRoute: grpcRoute.describe("A route of gRPC calls.").optional(),
    http2Route: httpRoute.describe("A route of HTTP/2 requests.").optional(),
    httpRoute: httpRoute.describe("A route of HTTP requests.").optional(),
    name: z.string().describe("Name of the route; unique in its router."),
    priority: integer(0, 1000).describe("0 comes first; routes without one come last.").optional(),
    tcpRoute: tcpRoute.describe("A route of connections.").optional(),
  })
  .meta(refusing(...pathRules("httpRoute"), ...pathRules("http2Route", "httpRoute")));

/** `spec` of a VirtualRouter with its routes inside: how requests for a service are spread over nodes. */
export const virtualRouterSpec = z
  .object({
    awsName: awsName("<name>_<namespace>"),
    listeners: z
      .array(z.object({ portMapping: portMapping(PROTOCOLS) }))
      .min(1)
      .describe("Ports that clients call.")
      .optional(),
    meshRef: meshReference.optional(),
    routes: z.array(route).describe("Each of one protocol; the first that matches counts.").optional(),
  })
  .meta(refusing(KEEPS_AWS_NAME));
export type VirtualRouterSpec = DeepReadonly<z.output<typeof virtualRouterSpec>>;
export type Route = NonNullable<VirtualRouterSpec["routes"]>[number];
export type HttpRoute = NonNullable<Route["httpRoute"]>;
export type GrpcRoute = NonNullable<Route["grpcRoute"]>;
export type WeightedTarget = HttpRoute["action"]["weightedTargets"][number];
