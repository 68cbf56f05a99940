import type { Protocol } from "../../model/field-types.ts";
import { seconds, typed } from "../encode/typed.ts";
import { HttpProtocolOptionsSchema } from "../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { HTTP1_OPTIONS } from "./http-manager.ts";
import { ANSWER_HEADERS_KB, HTTP2_OPTIONS, MAX_HEADERS } from "./limits.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Seconds without a request after which a connection is closed. */
export const HTTP_IDLE = 3600;

/**
 * The same of a connection over HTTP/1 to the app beside a sidecar. An app closes such connections too, some after 2 s (gunicorn) or 5 s
 * (Node.js, uvicorn), and a request that meets the end fails (https://github.com/envoyproxy/envoy/issues/1979). Who closes first meets none,
 * and another connection over loopback costs nothing.
 */
export const APP_IDLE = 1;

/** A cluster that speaks what its client speaks, so that nothing is lost on the way: letters of headers, trailers, upgrades. */
export function sameUpstream(idle: number) {
  const value = { httpProtocolOptions: HTTP1_OPTIONS, http2ProtocolOptions: HTTP2_OPTIONS };
  return {
    typedExtensionProtocolOptions: {
      [OPTIONS]: typed(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: common(idle),
        upstreamProtocolOptions: { case: "useDownstreamProtocolConfig", value },
      }),
    },
  };
}

/**
 * How a cluster of a protocol is spoken to: HTTP/1.1, in which letters of headers keep their case, or HTTP/2, whatever the client speaks.
 * Nothing for TCP.
 */
export function httpUpstream(protocol: Protocol, idle = HTTP_IDLE) {
  if (protocol === "tcp") return {};
  const protocolConfig =
    protocol === "http"
      ? ({ case: "httpProtocolOptions", value: HTTP1_OPTIONS } as const)
      : ({ case: "http2ProtocolOptions", value: HTTP2_OPTIONS } as const);
  return {
    typedExtensionProtocolOptions: {
      [OPTIONS]: typed(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: common(idle),
        upstreamProtocolOptions: { case: "explicitHttpConfig", value: { protocolConfig } },
      }),
    },
  };
}

/** Answers may have many headers, and long ones. */
function common(idle: number) {
  return { maxHeadersCount: MAX_HEADERS, maxResponseHeadersKb: ANSWER_HEADERS_KB, idleTimeout: seconds(idle) };
}
