import type { JsonObject } from "../model/json.ts";
import { typed } from "./typed.ts";

/*
 * Apps compare, log and refuse requests by their headers. A forwarded probe therefore has the headers that the kubelet
 * sent, no more and no fewer. This takes a few settings, because Envoy adds headers of its own.
 */

/** Remembers the `x-forwarded-proto` that came, while Envoy fills in one of its own where none did. */
const REMEMBERED = "x-outrigger-forwarded-proto";
const FORWARDED_PROTO = "x-forwarded-proto";

/** Names of headers as the sender spells them, for apps that compare them letter by letter. */
export const KEEP_CASE: JsonObject = {
  header_key_format: {
    stateful_formatter: {
      name: "preserve_case",
      typed_config: typed("envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"),
    },
  },
};

/** Settings of the connection manager that receives the probes. */
export function receivingAsIs(): JsonObject {
  return {
    http_protocol_options: KEEP_CASE,
    generate_request_id: false,
    preserve_external_request_id: true,
    server_header_transformation: "PASS_THROUGH",
    // `:scheme` of an HTTP/2 request to the app
    scheme_header_transformation: { match_upstream: true },
    early_header_mutation_extensions: [
      {
        name: "envoy.http.early_header_mutation.header_mutation",
        typed_config: typed("envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", {
          mutations: [
            // they are orders to Envoy's router, such as to retry, which nobody may give here
            { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } },
            { remove: REMEMBERED },
            { append: addedHeader(REMEMBERED, `%REQ(${FORWARDED_PROTO})%`) },
          ],
        }),
      },
    ],
  };
}

/** Settings of a virtual host that sends requests on: the `x-forwarded-proto` that came, or none. */
export function sendingAsIs(): JsonObject {
  return {
    request_headers_to_remove: [FORWARDED_PROTO],
    request_headers_to_add: [addedHeader(FORWARDED_PROTO, `%REQ(${REMEMBERED})%`)],
  };
}

/** Settings of the routes around that virtual host; what they change comes after what it does. */
export function forgettingMarkers(): JsonObject {
  return { request_headers_to_remove: [REMEMBERED] };
}

/** Adds a header that was removed before, unless its value is empty: both are Envoy's defaults. */
function addedHeader(key: string, value: string): JsonObject {
  return { header: { key, value } };
}
