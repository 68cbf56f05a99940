import { seconds, typed } from "../encode/typed.ts";
import { HttpProtocolOptionsSchema } from "../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { PRESERVED_CASE } from "./http-manager.ts";
import { MAX_HEADERS } from "./limits.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** For a cluster that is spoken to in HTTP/1.1: letters of headers keep their case, and answers may have many of them. */
export function http1Upstream() {
  return {
    typedExtensionProtocolOptions: {
      [OPTIONS]: typed(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: { maxHeadersCount: MAX_HEADERS, idleTimeout: seconds(3600) },
        upstreamProtocolOptions: {
          case: "explicitHttpConfig",
          value: { protocolConfig: { case: "httpProtocolOptions", value: PRESERVED_CASE } },
        },
      }),
    },
  };
}
