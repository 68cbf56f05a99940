import { RE2JS } from "re2js";
import { bytesOfText, textOfBytes } from "../../model/bytes-of-text.ts";
import { withoutQuery } from "../../model/normal-path.ts";
import { RecentValues } from "../../model/recent-values.ts";
import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
} from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import type { StringMatcher } from "../../xds/generated/envoy/type/matcher/v3/string_pb.js";
import { type EnvoyRequest, linesOf } from "./envoy-request.ts";
import { isGrpcType } from "./grpc-status.ts";

/*
 * Whether a route takes a request, as Envoy decides it about the very message that it gets. Envoy's odd rules are held by the table
 * in test/envoy/mesh/match-matrix, which the spec beside this file goes through, too.
 */

/** Why a route does not take a request: a sentence for each condition that is not met; empty: it takes it. */
export function unmetConditions(match: RouteMatch, request: EnvoyRequest): readonly string[] {
  return [
    ...pathProblem(match, request),
    ...match.headers.flatMap((header) => headerProblem(header, request)),
    ...match.queryParameters.flatMap((parameter) => queryProblem(parameter, request)),
    ...(match.grpc !== undefined && !isGrpc(request) ? [notGrpc(request)] : []),
  ];
}

/** What a route asks for, in short. */
export function conditionsOf(match: RouteMatch): readonly string[] {
  const { pathSpecifier, headers, queryParameters, grpc } = match;
  return [
    pathCondition(pathSpecifier),
    ...headers.map((header) => headerCondition(header)),
    ...queryParameters.map((parameter) => `query ${parameter.name} ${queryCondition(parameter)}`),
    ...(grpc === undefined ? [] : ["a call of gRPC"]),
  ];
}

function pathCondition(specifier: RouteMatch["pathSpecifier"]): string {
  switch (specifier.case) {
    case "prefix":
      return `prefix ${quoted(specifier.value)}`;
    case "path":
      return `path ${quoted(specifier.value)}`;
    case "safeRegex":
      return `path of expression ${quoted(specifier.value.regex)}`;
    default:
      return "no path";
  }
}

function pathProblem({ pathSpecifier }: RouteMatch, request: EnvoyRequest): readonly string[] {
  const path = withoutQuery(request.path);
  const asks = `path is ${shown(path)}, the route asks for ${pathCondition(pathSpecifier).replace(/^path of /, "")}`;
  return meetsPath(pathSpecifier, path) ? [] : [asks];
}

function meetsPath(specifier: RouteMatch["pathSpecifier"], path: string): boolean {
  // a star, and a tunnel, have no path
  if (!path.startsWith("/")) return false;
  switch (specifier.case) {
    case "prefix":
      return path.startsWith(bytesOfText(specifier.value));
    case "path":
      return path === bytesOfText(specifier.value);
    case "safeRegex":
      return meetsExpression(specifier.value.regex, path);
    default:
      return false;
  }
}

/**
 * Each line of a repeated header counts by itself, and an inverted condition asks that none fits; one that asks for a value is not met
 * by a header that is not there, inverted or not (docs/decisions/0027-match-matrix.md).
 */
function headerProblem(header: HeaderMatcher, request: EnvoyRequest): readonly string[] {
  const { name, invertMatch, headerMatchSpecifier } = header;
  const lines = linesOf(request, name.toLowerCase());
  const asks = `the route asks for ${headerWords(header)}`;
  const what = labelOf(name);
  if (headerMatchSpecifier.case === "presentMatch") {
    if ((lines !== undefined) !== invertMatch) return [];
    return [lines === undefined ? `${what} is not there` : `${what} is there, and the route asks that it is not`];
  }
  if (lines === undefined) return [`${what} is not there, ${asks}`];
  const fits = lines.some((line) => meetsHeader(headerMatchSpecifier, line));
  return fits !== invertMatch ? [] : [`${what} is ${lines.map(shown).join(" and ")}, ${asks}`];
}

function headerCondition(header: HeaderMatcher): string {
  return `${labelOf(header.name)} ${headerWords(header)}`;
}

/** What stands in the first line of a request goes by a name that people know. */
function labelOf(name: string): string {
  return name.startsWith(":") ? name.slice(1) : `header ${plainName(name)}`;
}

function plainName(name: string): string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ? name.toLowerCase() : quoted(name);
}

function headerWords({ invertMatch, headerMatchSpecifier: specifier }: HeaderMatcher): string {
  const not = invertMatch ? "not " : "";
  switch (specifier.case) {
    case "stringMatch":
      return `${not}${stringWords(specifier.value)}`;
    case "rangeMatch":
      return `${not}a number from ${specifier.value.start} up to ${specifier.value.end}, which itself is not included`;
    case "presentMatch":
      return invertMatch ? "not there" : "there";
    default:
      return "something unknown";
  }
}

function meetsHeader(specifier: HeaderMatcher["headerMatchSpecifier"], line: string): boolean {
  switch (specifier.case) {
    case "stringMatch":
      return meetsString(specifier.value, line);
    case "rangeMatch":
      return isInRange(line, specifier.value);
    default:
      return false;
  }
}

/** A number is read as C reads one: with zeros or a sign before it. */
function isInRange(line: string, { start, end }: { readonly start: bigint; readonly end: bigint }): boolean {
  if (!/^[ \t]*[+-]?[0-9]{1,400}[ \t]*$/.test(line)) return false;
  const number = BigInt(line.trim().replace(/^\+/, ""));
  return BigInt.asIntN(64, number) === number && start <= number && number < end;
}

function stringWords({ matchPattern }: StringMatcher): string {
  switch (matchPattern.case) {
    case "exact":
      return quoted(matchPattern.value);
    case "prefix":
    case "suffix":
      return `${matchPattern.case} ${quoted(matchPattern.value)}`;
    case "safeRegex":
      return `expression ${quoted(matchPattern.value.regex)}`;
    default:
      return "something unknown";
  }
}

function meetsString({ matchPattern }: StringMatcher, text: string): boolean {
  switch (matchPattern.case) {
    case "exact":
      return text === bytesOfText(matchPattern.value);
    case "prefix":
      return text.startsWith(bytesOfText(matchPattern.value));
    case "suffix":
      return text.endsWith(bytesOfText(matchPattern.value));
    case "safeRegex":
      return meetsExpression(matchPattern.value.regex, text);
    default:
      return false;
  }
}

/** Only the first value counts, and nothing is decoded. */
function queryProblem(parameter: QueryParameterMatcher, request: EnvoyRequest): readonly string[] {
  const specifier = parameter.queryParameterMatchSpecifier;
  const value = firstValue(request.path, bytesOfText(parameter.name));
  const name = `query ${quoted(parameter.name)}`;
  const asks = `the route asks for ${queryCondition(parameter)}`;
  if (value === undefined) return [`${name} is not there, ${asks}`];
  if (specifier.case !== "stringMatch" || meetsString(specifier.value, value)) return [];
  return [`${name} is ${shown(value)} (its first value, as it is sent), ${asks}`];
}

function queryCondition({ queryParameterMatchSpecifier: specifier }: QueryParameterMatcher): string {
  return specifier.case === "stringMatch" ? stringWords(specifier.value) : "any value";
}

function firstValue(path: string, name: string): string | undefined {
  const question = path.indexOf("?");
  if (question < 0) return undefined;
  for (const pair of path.slice(question + 1).split("&")) {
    const equals = pair.indexOf("=");
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? "" : pair.slice(equals + 1);
  }
  return undefined;
}

/** Whether Envoy takes it for a call of gRPC. */
export function isGrpc(request: EnvoyRequest): boolean {
  const [type] = linesOf(request, "content-type") ?? [];
  return isGrpcType(type);
}

function notGrpc(request: EnvoyRequest): string {
  const [type] = linesOf(request, "content-type") ?? [];
  const found = type === undefined ? "there is no content-type" : `content-type is ${shown(type)}`;
  return `${found}, the route asks for a call of gRPC (application/grpc; --grpc)`;
}

const COMPILED = new RecentValues<RE2JS>();

/** For the whole text; Envoy reads both sides as bytes. Linear in the text, whatever the expression is. */
function meetsExpression(expression: string, text: string): boolean {
  const bytes = bytesOfText(expression);
  return COMPILED.get(
    bytes,
    () => RE2JS.compile(bytes),
    () => bytes.length,
  ).matches(text);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text);
}

function shown(bytes: string): string {
  return quoted(textOfBytes(bytes));
}
