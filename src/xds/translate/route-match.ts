import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GrpcRouteView, HttpRouteView } from "../../graph/view.ts";
import { valueMatch } from "../../model/value-match.ts";
import type {
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  RouteMatchSchema,
} from "../generated/envoy/config/route/v3/route_components_pb.js";

type MatchInit = MessageInitShape<typeof RouteMatchSchema>;
type Match = HttpRouteView["match"];
type Header = NonNullable<Match["headers"]>[number];
type QueryParameter = NonNullable<Match["queryParameters"]>[number];

/** What a request must be for a route: all of it. Regular expressions are RE2's and are for the whole text. */
export function routeMatch(match: Match): MatchInit {
  return {
    pathSpecifier: pathOf(match),
    headers: [
      ...(match.method === undefined ? [] : [exactHeader(":method", match.method)]),
      ...(match.scheme === undefined ? [] : [exactHeader(":scheme", match.scheme)]),
      ...(match.headers ?? []).map(headerMatch),
    ],
    queryParameters: (match.queryParameters ?? []).map(queryMatch),
  };
}

/** What a call of gRPC must be: a request that says it is one, for `/<service>/<method>`. Its metadata are headers. */
export function callMatch({ serviceName = "", methodName, metadata = [] }: GrpcRouteView["match"]): MatchInit {
  const ofService = `/${serviceName}/`;
  const pathSpecifier: PathSpecifier =
    serviceName === ""
      ? { case: "prefix", value: "/" }
      : methodName === undefined
        ? { case: "prefix", value: ofService }
        : { case: "path", value: `${ofService}${methodName}` };
  return { pathSpecifier, headers: metadata.map(headerMatch), grpc: {} };
}

type PathSpecifier = NonNullable<MatchInit["pathSpecifier"]>;

function pathOf({ prefix, path }: Match): PathSpecifier {
  if (path?.exact !== undefined) return { case: "path", value: path.exact };
  if (path?.regex !== undefined) return { case: "safeRegex", value: { regex: path.regex } };
  return { case: "prefix", value: prefix ?? "/" };
}

function exactHeader(name: string, exact: string): MessageInitShape<typeof HeaderMatcherSchema> {
  return {
    name,
    headerMatchSpecifier: { case: "stringMatch", value: { matchPattern: { case: "exact", value: exact } } },
  };
}

type HeaderSpecifier = NonNullable<MessageInitShape<typeof HeaderMatcherSchema>["headerMatchSpecifier"]>;

function headerMatch({ name, invert, match }: Header): MessageInitShape<typeof HeaderMatcherSchema> {
  return { name, headerMatchSpecifier: headerSpecifier(match), invertMatch: invert ?? false };
}

function headerSpecifier(match: Header["match"]): HeaderSpecifier {
  const counting = valueMatch(match);
  switch (counting.kind) {
    case "exact":
    case "prefix":
    case "suffix":
      return text({ case: counting.kind, value: counting.value });
    case "regex":
      return text({ case: "safeRegex", value: { regex: counting.value } });
    case "range":
      return { case: "rangeMatch", value: { start: int64(counting.start), end: int64(counting.end) } };
    case "present":
      return { case: "presentMatch", value: true };
  }
}

/** The API server keeps numbers of 64 bits; read as JSON here, the largest of them become a little larger than Envoy takes. */
function int64(value: number): bigint {
  const whole = BigInt(value);
  return whole === BigInt.asIntN(64, whole) ? whole : value > 0 ? 2n ** 63n - 1n : -(2n ** 63n);
}

type StringPattern =
  | { case: "exact" | "prefix" | "suffix"; value: string }
  | { case: "safeRegex"; value: { regex: string } };

function text(matchPattern: StringPattern): HeaderSpecifier {
  return { case: "stringMatch", value: { matchPattern } };
}

function queryMatch({ name, match }: QueryParameter): MessageInitShape<typeof QueryParameterMatcherSchema> {
  if (match?.exact === undefined) {
    return { name, queryParameterMatchSpecifier: { case: "presentMatch", value: true } };
  }
  const value = { matchPattern: { case: "exact", value: match.exact } } as const;
  return { name, queryParameterMatchSpecifier: { case: "stringMatch", value } };
}
