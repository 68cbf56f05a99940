import { toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblem, PLAIN_OPERATORS } from "../../src/graph/log-format.ts";
import type { AccessLog } from "../../src/graph/view.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { AccessLogSchema } from "../../src/xds/generated/envoy/config/accesslog/v3/accesslog_pb.js";
import { accessLogs } from "../../src/xds/translate/access-log.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { validate } from "./envoy-process.ts";

/* What the control plane lets into a format of an access log, in a real Envoy: one refused operator takes a whole listener away. */

const WITH_ARGUMENT = [
  ...["REQ", "RESP", "TRAILER", "REQUEST_HEADER", "RESPONSE_HEADER", "RESPONSE_TRAILER"].flatMap((name) =>
    ["(:path)", "(X-ENVOY-ORIGINAL-PATH?:PATH)", "(user-agent):20", "(a?b):0", "(a):99999"].map((rest) => name + rest),
  ),
  ...["START_TIME", "START_TIME_LOCAL", "EMIT_TIME", "EMIT_TIME_LOCAL"].flatMap((name) =>
    ["", "(%Y-%m-%dT%H:%M:%S.%3fZ)", "(%s)", "(%1f %9f %Q)"].map((rest) => name + rest),
  ),
  ...["DOWNSTREAM_PEER_CERT_V_START", "DOWNSTREAM_PEER_CERT_V_END"].flatMap((name) => [name, `${name}(%b %d %Y %Z)`]),
  "GRPC_STATUS(CAMEL_STRING)",
  "GRPC_STATUS(SNAKE_STRING)",
  "GRPC_STATUS(NUMBER)",
  "QUERY_PARAM(q)",
  "QUERY_PARAM(q):3",
].map((operator) => `%${operator}%`);

/** A configuration whose one listener has all of these logs. */
function configOf(logs: readonly AccessLog[]): string {
  const messages = logs.flatMap((log) => accessLogs(log));
  const proxy = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    stat_prefix: "logged",
    cluster: "nowhere",
    access_log: messages.map((log) => toJson(AccessLogSchema, log, { registry: ENVOY_MESSAGES }) as JsonObject),
  };
  return JSON.stringify({
    static_resources: {
      clusters: [{ name: "nowhere", type: "STATIC", load_assignment: { cluster_name: "nowhere" } }],
      listeners: [
        {
          name: "logged",
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
          filter_chains: [{ filters: [{ name: "tcp", typed_config: proxy }] }],
        },
      ],
    },
  });
}

const text = (format: string): AccessLog => ({ path: "/dev/stdout", format: { text: format } });
const json = (value: string): AccessLog => ({ path: "/dev/stdout", format: { json: [{ key: "k", value }] } });
const logs = (formats: readonly string[]): readonly AccessLog[] => formats.flatMap((one) => [text(one), json(one)]);

/** A configuration is one argument of a process, which is bounded. */
const MOST = 180;

/** Parts that come together to what is nearly an operator. */
const part = fc.oneof(
  fc.constantFrom("%", "%%", "(", ")", ":", "?", "7", "n", "\n", "a", "%Y", "%n", "%E", "%O", "%3"),
  fc.constantFrom(
    "REQ",
    "REQ(a)",
    "REQ(a?b)",
    "START_TIME",
    "START_TIME(",
    "GRPC_STATUS",
    "PROTOCOL",
    "QUERY_PARAM(q)",
  ),
  fc.constantFrom("%PROTOCOL%", "%REQ(:method)%", "%START_TIME(%s)%", "%DURATION%"),
);
const nearly = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));

describe("Envoy takes", () => {
  test("every operator on the list, as text and as JSON", async () => {
    const formats = [...[...PLAIN_OPERATORS].map((name) => `%${name}%`), ...WITH_ARGUMENT];
    expect(formats.filter((one) => formatProblem(one) !== undefined)).toEqual([]);
    expect(await validate(configOf(logs(formats)))).toEqual({ valid: true, log: "" });
  });

  test("whatever else is let through", async () => {
    const formats = fc.sample(nearly, { numRuns: 5000, seed: 7 }).filter((one) => formatProblem(one) === undefined);
    const some = [...new Set(formats)].slice(0, MOST);
    expect(some).toHaveLength(MOST);
    expect(await validate(configOf(logs(some)))).toEqual({ valid: true, log: "" });
  });

  test("no other operator, so these can fail", async () => {
    expect((await validate(configOf([text("%NOPE%")]))).valid).toBe(false);
  });

  test("but it would take some that say what is in its container: those are refused here", async () => {
    expect(await validate(configOf([text("%ENVIRONMENT(HOME)%")]))).toMatchObject({ valid: true });
    expect(formatProblem("%ENVIRONMENT(HOME)%")).toContain("ENVIRONMENT");
  });
});
