import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import { awsName, integer, KEEPS_AWS_NAME, loosePort, meshReference, reference, text } from "./field-types.ts";
import { member, objectOf, stringOf } from "./json.ts";
import { everyRequest, headers, hostname, metadata, method, path, prefix, queryParameters } from "./request-match.ts";
import { exactlyOne, notBoth, oneOf, refusing, someOf } from "./rules.ts";

const target = z
  .object({
    port: loosePort.describe("Port of the service, where its provider has several listeners.").optional(),
    virtualService: z
      .object({
        virtualServiceARN: z.string().describe("The service by its ARN.").optional(),
        virtualServiceRef: reference("VirtualService").optional(),
      })
      .describe("A service, by reference or by ARN."),
  })
  .describe("Where the requests go.");

const enabled = z.enum(["ENABLED", "DISABLED"]);
const hostnameRewrite = z
  .object({
    defaultTargetHostname: enabled.describe("Whether the host becomes the service's name; absent: it does.").optional(),
  })
  .describe("What becomes of the host name.");

const matchPort = loosePort.describe("Port of the gateway, where it has several listeners.").optional();

const httpRoute = z
  .object({
    action: z.object({
      rewrite: z
        .object({
          hostname: hostnameRewrite.optional(),
          path: z
            .object({ exact: text(1, 255).describe("What the whole path becomes.").optional() })
            .describe("For matches of a whole path.")
            .optional(),
          prefix: z
            .object({
              defaultPrefix: enabled.describe("Whether the prefix becomes `/`; absent: it does.").optional(),
              value: text(1, 255).describe("What the prefix becomes; begins and ends with `/`.").optional(),
            })
            .meta(
              refusing(notBoth("defaultPrefix", "value"), {
                rule: "!has(self.value) || (self.value.startsWith('/') && self.value.endsWith('/'))",
                message: "value must begin and end with /",
                holds: ({ value }) => typeof value !== "string" || (value.startsWith("/") && value.endsWith("/")),
              }),
            )
            .describe("For matches of a prefix.")
            .optional(),
        })
        .meta(refusing(someOf("prefix", "path", "hostname"), notBoth("prefix", "path")))
        .describe("What becomes of the request.")
        .optional(),
      target,
    }),
    match: z
      .object({
        headers: headers.optional(),
        hostname: hostname.meta(refusing(exactlyOne("exact", "suffix"))).optional(),
        method: method.optional(),
        path: path.meta(refusing(exactlyOne("exact", "regex"))).optional(),
        port: matchPort,
        prefix: prefix.optional(),
        queryParameters: queryParameters.optional(),
      })
      .meta(everyRequest)
      .meta(refusing(someOf("prefix", "path", "hostname"), notBoth("prefix", "path")))
      .describe("Which requests; all that is given must match."),
  })
  .meta(
    refusing({
      rule: "!has(self.action.rewrite) || !has(self.action.rewrite.prefix) || !has(self.match.prefix) || self.match.prefix.startsWith('/')",
      message: "match.prefix must begin with / where a prefix is rewritten",
      holds: ({ action, match }) => {
        const begin = stringOf(member(match, "prefix"));
        const rewrite = member(member(action, "rewrite"), "prefix");
        return rewrite === undefined || begin === undefined || begin.startsWith("/");
      },
    }),
  );

const grpcRoute = z.object({
  action: z.object({
    rewrite: z.object({ hostname: hostnameRewrite.optional() }).describe("What becomes of the call.").optional(),
    target,
  }),
  match: z
    .object({
      hostname: hostname.optional(),
      metadata: metadata.optional(),
      port: matchPort,
      serviceName: z.string().describe("Full name of the service.").optional(),
    })
    .meta(everyRequest)
    .meta(
      refusing({
        // App Mesh looked at the host name only where there was no service name
        rule: "has(self.serviceName) || (has(self.hostname) && has(self.hostname.exact) != has(self.hostname.suffix))",
        message: "serviceName, or exactly one of hostname.exact and hostname.suffix, must be given",
        holds: ({ serviceName, hostname: host }) =>
          serviceName !== undefined || exactlyOne("exact", "suffix").holds(objectOf(host)),
      }),
    )
    .describe("Which calls; all that is given must match."),
});

/** `spec` of a GatewayRoute: which requests at a gateway go to which service. */
export const gatewayRouteSpec = z
  .object({
    awsName: awsName("<name>_<namespace>"),
    grpcRoute: grpcRoute.describe("A route of gRPC calls.").optional(),
    http2Route: httpRoute.describe("A route of HTTP/2 requests.").optional(),
    httpRoute: httpRoute.describe("A route of HTTP requests.").optional(),
    meshRef: meshReference.optional(),
    priority: integer(0, 1000).describe("0 comes first; routes without one come last.").optional(),
    virtualGatewayRef: z
      .object({
        name: z.string().describe("Name of the VirtualGateway object."),
        namespace: z.string().describe("Its namespace; absent: that of the route.").optional(),
        uid: z.string().describe("Its UID."),
      })
      .describe("The gateway that the route belongs to. Written by Outrigger; leave it out.")
      .optional(),
  })
  .meta(refusing(KEEPS_AWS_NAME, oneOf("httpRoute", "http2Route", "grpcRoute")));
export type GatewayRouteSpec = DeepReadonly<z.output<typeof gatewayRouteSpec>>;
