import type { Protocol } from "../../model/field-types.ts";
import { seconds, typed } from "../encode/typed.ts";
import { HttpProtocolOptionsSchema } from "../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { PRESERVED_CASE } from "./http-manager.ts";
import { HTTP2_OPTIONS, MAX_HEADERS } from "./limits.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Seconds without a request after which a connection is closed. */
export const HTTP_IDLE = 3600;

/** A cluster that speaks what its client speaks, so that nothing is lost on the way: letters of headers, trailers, upgrades. */
export function sameUpstream(idle: number) {
  const value = { httpProtocolOptions: PRESERVED_CASE, http2ProtocolOptions: HTTP2_OPTIONS };
  return {
    typedExtensionProtocolOptions: {
      [OPTIONS]: typed(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: { maxHeadersCount: MAX_HEADERS, idleTimeout: seconds(idle) },
        upstreamProtocolOptions: { case: "useDownstreamProtocolConfig", value },
      }),
    },
  };
}

/**
 * How a cluster of a protocol is spoken to: HTTP/1.1, in which letters of headers keep their case, or HTTP/2, whatever the client speaks.
 * Answers may have many headers. Nothing for TCP.
 */
export function httpUpstream(protocol: Protocol) {
  if (protocol === "tcp") return {};
  const protocolConfig =
    protocol === "http"
      ? ({ case: "httpProtocolOptions", value: PRESERVED_CASE } as const)
      : ({ case: "http2ProtocolOptions", value: HTTP2_OPTIONS } as const);
  return {
    typedExtensionProtocolOptions: {
      [OPTIONS]: typed(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: { maxHeadersCount: MAX_HEADERS, idleTimeout: seconds(HTTP_IDLE) },
        upstreamProtocolOptions: { case: "explicitHttpConfig", value: { protocolConfig } },
      }),
    },
  };
}
