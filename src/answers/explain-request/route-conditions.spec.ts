import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { RouteMatchSchema } from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import { callMatch, routeMatch } from "../../xds/translate/route-match.ts";
import { received, SIDECAR } from "./envoy-request.ts";
import { readRequest } from "./read-request.ts";
import { unmetConditions } from "./route-conditions.ts";
import type { HttpSent } from "./sent-request.ts";

function unmet(match: MessageInitShape<typeof RouteMatchSchema>, url: string, ...headers: readonly string[]) {
  const sent = readRequest({ method: undefined, url: `http://back${url}`, headers, isGrpc: false }) as HttpSent;
  const at = received(sent, SIDECAR);
  if (at.kind === "refused") throw new Error(at.why);
  return unmetConditions(create(RouteMatchSchema, match), at.request);
}

type Match = Parameters<typeof routeMatch>[0];
const withHeader = (header: NonNullable<Match["headers"]>[number]) => routeMatch({ prefix: "/", headers: [header] });

describe("why a route does not take a request", () => {
  test.each<readonly [Match, string, readonly string[], readonly string[]]>([
    [{ prefix: "/api" }, "/ap", [], ['path is "/ap", the route asks for prefix "/api"']],
    [{ path: { exact: "/api" } }, "/api/", [], ['path is "/api/", the route asks for path "/api"']],
    [{ path: { regex: "/v[0-9]+" } }, "/v", [], ['path is "/v", the route asks for expression "/v[0-9]+"']],
    [{ prefix: "/", method: "POST" }, "/", [], ['method is "GET", the route asks for "POST"']],
    [{ prefix: "/", scheme: "https" }, "/", [], ['scheme is "http", the route asks for "https"']],
    [
      { prefix: "/", queryParameters: [{ name: "q" }] },
      "/?p",
      [],
      ['query "q" is not there, the route asks for any value'],
    ],
    [
      { prefix: "/", queryParameters: [{ name: "q", match: { exact: "1" } }] },
      "/?q=2&q=1",
      [],
      ['query "q" is "2" (its first value, as it is sent), the route asks for "1"'],
    ],
    [
      { prefix: "/api", method: "POST", headers: [{ name: "X-User" }] },
      "/",
      [],
      [
        'path is "/", the route asks for prefix "/api"',
        'method is "GET", the route asks for "POST"',
        "header x-user is not there",
      ],
    ],
  ])("%o of %s", (match, url, headers, expected) => {
    expect(unmet(routeMatch(match), url, ...headers)).toEqual(expected);
  });

  test.each<readonly [NonNullable<Match["headers"]>[number], readonly string[], string]>([
    [{ name: "v", match: { exact: "a" } }, ["v: b"], 'header v is "b", the route asks for "a"'],
    [{ name: "v", match: { prefix: "a" } }, ["v: b"], 'header v is "b", the route asks for prefix "a"'],
    [{ name: "v", match: { suffix: "a" } }, ["v: b", "v: c"], 'header v is "b" and "c", the route asks for suffix "a"'],
    // of a header that Envoy joins, an empty line adds nothing
    [
      { name: "user-agent", match: { exact: "x" } },
      ["user-agent: a", "user-agent:", "user-agent: b"],
      'header user-agent is "a,b", the route asks for "x"',
    ],
    [{ name: "v", match: { regex: "a+" } }, ["v: b"], 'header v is "b", the route asks for expression "a+"'],
    [
      { name: "v", match: { range: { start: 1, end: 5 } } },
      ["v: 5"],
      'header v is "5", the route asks for a number from 1 up to 5, which itself is not included',
    ],
    [{ name: "v" }, [], "header v is not there"],
    [{ name: "v", invert: true }, ["v:"], "header v is there, and the route asks that it is not"],
    [{ name: "v", invert: true, match: { exact: "a" } }, ["v: a"], 'header v is "a", the route asks for not "a"'],
    [{ name: "v", invert: true, match: { exact: "a" } }, [], 'header v is not there, the route asks for not "a"'],
    [
      { name: "v", match: { exact: "caf\u00e9" } },
      ["v: th\u00e9"],
      'header v is "th\u00e9", the route asks for "caf\u00e9"',
    ],
  ])("%o with %o", (header, lines, expected) => {
    expect(unmet(withHeader(header), "/", ...lines)).toEqual([expected]);
  });

  test.each<readonly [readonly string[], readonly string[]]>([
    [[], ["there is no content-type, the route asks for a call of gRPC (application/grpc; --grpc)"]],
    [
      ["content-type: application/grpcx"],
      ['content-type is "application/grpcx", the route asks for a call of gRPC (application/grpc; --grpc)'],
    ],
    [["content-type: application/grpc"], []],
    [["content-type: application/grpc+proto"], []],
  ])("a call of gRPC with %o", (headers, expected) => {
    expect(unmet(callMatch({ serviceName: "a.B" }), "/a.B/C", ...headers)).toEqual(expected);
  });
});

test("an expression of nested repetitions takes no longer for a long text", () => {
  const match = withHeader({ name: "v", match: { regex: "(a*)*(a*)*b" } });
  expect(unmet(match, "/", `v: ${"a".repeat(50_000)}`)).toHaveLength(1);
});
