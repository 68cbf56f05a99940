import { shown } from "./shown.ts";

/*
 * Formats of access logs, in Envoy's language: https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/advanced/substitution_formatter.
 * Envoy refuses the whole listener for one operator that it does not know, and some operators say what is nobody's business: the
 * environment of the container (`ENVIRONMENT`) and any of its files (`FILE_CONTENT`), tokens among them. So what may stand in a format is
 * listed here; a test holds the list against Envoy.
 */

/** Operators that take no arguments. */
export const PLAIN_OPERATORS: ReadonlySet<string> = new Set(
  `ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_SENT CONNECTION_ID CONNECTION_TERMINATION_DETAILS DOWNSTREAM_DETECTED_CLOSE_TYPE
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_LOCAL_PORT
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_PORT
  DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_IP_SAN
  DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_DNS_SAN
  DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER
  DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_SESSION_ID
  DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT DURATION
  FILTER_CHAIN_NAME GRPC_STATUS GRPC_STATUS_NUMBER HOSTNAME LOCAL_REPLY_BODY PROTOCOL REQUESTED_SERVER_NAME REQUEST_DURATION
  REQUEST_HEADERS_BYTES REQUEST_TX_DURATION RESPONSE_CODE RESPONSE_CODE_DETAILS RESPONSE_DURATION RESPONSE_FLAGS
  RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION ROUTE_NAME
  SPAN_ID STREAM_ID TRACE_ID UNIQUE_ID UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID
  UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HEADER_BYTES_RECEIVED
  UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST UPSTREAM_HOST_NAME UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_PORT UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_ISSUER
  UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
  UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_TLS_CIPHER UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION
  UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME`.split(
    /\s+/,
  ),
);

const TOKEN = /^:?[A-Za-z0-9!#$&'*+.^_`|~-]{1,100}$/;
/** `%n`, `%En` and `%On` are line feeds, which Envoy refuses. */
const TIME = /^(?:[^%\p{Cc}]|%[1-9]?[A-DF-NP-Za-mo-z]){1,100}$/u;
const GRPC_STATUS = /^(?:CAMEL_STRING|SNAKE_STRING|NUMBER)$/;

interface Operator {
  /** Operators of this form. */
  readonly names: ReadonlySet<string>;
  /** What stands in parentheses. */
  readonly argument: (text: string) => boolean;
  readonly may: "need" | "have";
  /** Whether the value can be cut at a length. */
  readonly length: "cut" | "whole";
  /** As messages show it. */
  readonly form: string;
}

/** With arguments. */
const WITH_ARGUMENT: readonly Operator[] = [
  {
    names: new Set(["REQ", "RESP", "TRAILER", "REQUEST_HEADER", "RESPONSE_HEADER", "RESPONSE_TRAILER"]),
    argument: (text) => text.split("?").length <= 2 && text.split("?").every((name) => TOKEN.test(name)),
    may: "need",
    length: "cut",
    form: "(HEADER), (HEADER?OTHER) or (HEADER):LENGTH",
  },
  {
    names: new Set(["QUERY_PARAM"]),
    argument: (text) => TOKEN.test(text),
    may: "need",
    length: "cut",
    form: "(NAME) or (NAME):LENGTH",
  },
  {
    names: new Set(
      "START_TIME START_TIME_LOCAL EMIT_TIME EMIT_TIME_LOCAL DOWNSTREAM_PEER_CERT_V_START DOWNSTREAM_PEER_CERT_V_END".split(
        " ",
      ),
    ),
    argument: (text) => TIME.test(text),
    may: "have",
    length: "whole",
    form: "alone or (FORMAT) as of strftime, without line feeds",
  },
  {
    names: new Set(["GRPC_STATUS"]),
    argument: (text) => GRPC_STATUS.test(text),
    may: "have",
    length: "whole",
    form: "alone, (CAMEL_STRING), (SNAKE_STRING) or (NUMBER)",
  },
];

/** As Envoy finds them: a name, perhaps an argument, perhaps a length. Sticky, so that it is tried at one place only. */
const OPERATOR = /%([A-Z0-9_]{1,64})(?:\(([^()\r\n]{0,512})\))?(?::([0-9]{1,5}))?%/y;

/** What is wrong with a text that has operators in it; undefined: nothing. One sentence without a full stop. */
export function formatProblem(text: string): string | undefined {
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at)) {
    if (text.startsWith("%%", at)) {
      at += 2;
      continue;
    }
    OPERATOR.lastIndex = at;
    const match = OPERATOR.exec(text);
    if (match === null) return `${shown(text.slice(at))} is no operator; a percent sign alone is written %%`;
    const [whole, name = "", argument, length] = match;
    const problem = operatorProblem(name, argument, length);
    if (problem !== undefined) return `${shown(whole)}: ${problem}`;
    at += whole.length;
  }
  return undefined;
}

function operatorProblem(name: string, argument: string | undefined, length: string | undefined): string | undefined {
  if (argument === undefined && length === undefined && PLAIN_OPERATORS.has(name)) return undefined;
  const operator = WITH_ARGUMENT.find(({ names }) => names.has(name));
  if (operator === undefined) {
    return PLAIN_OPERATORS.has(name)
      ? `${name} has no arguments here`
      : `${name} is no operator that may stand in a log`;
  }
  const isFit = argument === undefined ? operator.may === "have" : operator.argument(argument);
  const isCutWell = length === undefined || operator.length === "cut";
  return isFit && isCutWell ? undefined : `${name} is written ${operator.form}`;
}
