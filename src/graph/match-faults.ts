import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { GatewayRouteSpec } from "../model/gateway-route.ts";
import type { Say } from "./report.ts";

/** Something about how a request is matched that the types allow and that means nothing, or not what it seems to. */
export interface MatchFault {
  readonly code: "ambiguous-field" | "never-matches";
  readonly path: string;
  readonly message: string;
  readonly help: string;
}

interface NamedValue {
  readonly match?: ValueMatch | undefined;
}
type ValueMatch = DeepReadonly<{
  exact?: string | undefined;
  prefix?: string | undefined;
  range?: { start: number; end: number } | undefined;
  regex?: string | undefined;
  suffix?: string | undefined;
}>;

/** The parts of a match that are looked at, the same in routes and gateway routes. */
export interface Matches {
  readonly headers?: readonly NamedValue[] | undefined;
  readonly metadata?: readonly NamedValue[] | undefined;
  readonly queryParameters?:
    | readonly { readonly match?: { readonly exact?: string | undefined } | undefined }[]
    | undefined;
}

const KINDS = ["exact", "prefix", "suffix", "regex", "range"] as const;

/** What is wrong with a match; `path` is where it stands, such as `spec.routes[0].httpRoute.match`. */
export function matchFaults(match: Matches | undefined, path: string): readonly MatchFault[] {
  return [
    ...(match?.headers ?? []).flatMap(({ match: one }, index) => valueFaults(one, `${path}.headers[${index}].match`)),
    ...(match?.metadata ?? []).flatMap(({ match: one }, index) => valueFaults(one, `${path}.metadata[${index}].match`)),
    ...(match?.queryParameters ?? []).flatMap(({ match: one }, index) => {
      if (one === undefined || one.exact !== undefined) return [];
      return [emptyMatch(`${path}.queryParameters[${index}].match`, "exact")];
    }),
  ];
}

/** Says them. */
export function sayFaults(faults: readonly MatchFault[], say: Say): void {
  for (const { code, path, message, help } of faults) say(code, path, message, help);
}

function valueFaults(match: ValueMatch | undefined, path: string): readonly MatchFault[] {
  if (match === undefined) return [];
  const given = KINDS.filter((kind) => match[kind] !== undefined);
  if (given.length === 0) return [emptyMatch(path, `one of ${KINDS.join(", ")}`)];
  if (given.length > 1) {
    const message = `a value is matched in one way, this has ${given.join(" and ")}; the first counts`;
    return [{ code: "ambiguous-field", path, message, help: "give one" }];
  }
  const { range } = match;
  if (range === undefined || range.start < range.end) return [];
  const message = `no number is from ${range.start} up to ${range.end}, which itself is not included`;
  return [{ code: "never-matches", path: `${path}.range`, message, help: "give an end above the start" }];
}

function emptyMatch(path: string, wanted: string): MatchFault {
  const message = "the match says nothing, so being there is enough";
  return { code: "ambiguous-field", path, message, help: `give ${wanted}, or leave match out` };
}

/** The one match of a gateway route and where it stands; undefined where it has no type. */
export function gatewayMatch({
  httpRoute,
  http2Route,
  grpcRoute,
}: GatewayRouteSpec): { match: Matches; path: string } | undefined {
  // in the order in which App Mesh's webhook looked
  if (grpcRoute) return { match: grpcRoute.match, path: "spec.grpcRoute.match" };
  if (httpRoute) return { match: httpRoute.match, path: "spec.httpRoute.match" };
  return http2Route && { match: http2Route.match, path: "spec.http2Route.match" };
}

/**
 * Paths of those faults of a gateway route that App Mesh's webhook refused whatever else stood in it: it looked at nothing behind the
 * first range, at query parameters only where there are no headers, and took metadata that says nothing
 * (`webhooks/appmesh/gatewayroute_validator.go`). The others it let through.
 */
export function refusedMatches(spec: GatewayRouteSpec): ReadonlySet<string> {
  const given = gatewayMatch(spec);
  if (given === undefined) return new Set();
  const { headers, metadata, queryParameters } = given.match;
  const looked: Matches = {
    headers: headers && upToRange(headers),
    metadata: metadata && upToRange(metadata),
    queryParameters: headers === undefined ? queryParameters : undefined,
  };
  const faults = matchFaults(looked, given.path).filter(
    ({ path }) => !(path.includes(".metadata[") && isEmptyAt(metadata ?? [], path)),
  );
  return new Set(faults.map(({ path }) => path));
}

function upToRange(values: readonly NamedValue[]): readonly NamedValue[] {
  const first = values.findIndex(({ match }) => match?.range !== undefined);
  return first < 0 ? values : values.slice(0, first + 1);
}

function isEmptyAt(values: readonly NamedValue[], path: string): boolean {
  const index = Number(/\[(\d+)\]\.match$/.exec(path)?.[1]);
  const match = values[index]?.match;
  return match !== undefined && KINDS.every((kind) => match[kind] === undefined);
}
