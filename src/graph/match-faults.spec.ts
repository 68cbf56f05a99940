import { expect, test } from "vitest";
import type { GatewayRouteSpec } from "../model/gateway-route.ts";
import type { JsonObject } from "../model/json.ts";
import { matchFaults, refusedMatches } from "./match-faults.ts";

const EXACT = { name: "a", match: { exact: "x" } };
const PRESENT = { name: "a" };
const EMPTY = { name: "a", match: {} };
const TWO = { name: "a", match: { exact: "x", prefix: "x" } };
const RANGE = { name: "a", match: { range: { start: 1, end: 5 } } };
const NO_RANGE = { name: "a", match: { range: { start: 5, end: 5 } } };
const QUERY = { name: "q", match: { exact: "" } };
const EMPTY_QUERY = { name: "q", match: {} };

function http(match: object): GatewayRouteSpec {
  return {
    httpRoute: { match: { prefix: "/", ...match }, action: { target: { virtualService: {} } } },
  } as GatewayRouteSpec;
}
function grpc(match: object): GatewayRouteSpec {
  return {
    grpcRoute: { match: { serviceName: "s", ...match }, action: { target: { virtualService: {} } } },
  } as GatewayRouteSpec;
}

test.each<[string, JsonObject, readonly string[]]>([
  [
    "one way each",
    { headers: [EXACT, PRESENT, RANGE], metadata: [EXACT], queryParameters: [QUERY, { name: "q" }] },
    [],
  ],
  ["a header that says nothing", { headers: [EXACT, EMPTY] }, ["ambiguous-field at m.headers[1].match"]],
  [
    "two ways at once",
    { headers: [TWO], metadata: [TWO] },
    ["ambiguous-field at m.headers[0].match", "ambiguous-field at m.metadata[0].match"],
  ],
  ["a range without a number", { headers: [NO_RANGE] }, ["never-matches at m.headers[0].match.range"]],
  [
    "a query parameter that says nothing",
    { queryParameters: [EMPTY_QUERY] },
    ["ambiguous-field at m.queryParameters[0].match"],
  ],
])("%s", (_, match, faults) => {
  expect(matchFaults(match, "m").map(({ code, path }) => `${code} at ${path}`)).toEqual(faults);
});

test.each<[string, GatewayRouteSpec, readonly string[]]>([
  [
    "what is wrong before the first range, and that itself",
    http({ headers: [TWO, NO_RANGE, EMPTY] }),
    ["spec.httpRoute.match.headers[0].match", "spec.httpRoute.match.headers[1].match.range"],
  ],
  ["nothing behind the first range", http({ headers: [RANGE, TWO, EMPTY] }), []],
  [
    "query parameters where there are no headers",
    http({ queryParameters: [EMPTY_QUERY] }),
    ["spec.httpRoute.match.queryParameters[0].match"],
  ],
  ["no query parameters beside headers", http({ headers: [EXACT], queryParameters: [EMPTY_QUERY] }), []],
  [
    "metadata that is matched in two ways, but not one that says nothing",
    grpc({ metadata: [EMPTY, TWO] }),
    ["spec.grpcRoute.match.metadata[1].match"],
  ],
  ["nothing of a route without a type", {}, []],
])("App Mesh's webhook refused %s", (_, spec, paths) => {
  expect([...refusedMatches(spec)]).toEqual(paths);
});
