import type { GatewayRouteView, HttpGatewayRouteView, HttpRouteView, RouteView } from "../graph/view.ts";
import { type ValueMatch, valueMatch } from "../model/value-match.ts";

type HttpMatch = HttpRouteView["match"];
type GatewayMatch = HttpGatewayRouteView["match"];
type Header = NonNullable<HttpMatch["headers"]>[number];

/** What a route takes, for a person: `GET prefix /api, header x-user = "a"`. */
export function callOf(route: RouteView | GatewayRouteView): string {
  const host = "host" in route ? hostText(route.host) : [];
  switch (route.protocol) {
    case "tcp":
      return "every connection";
    case "grpc": {
      const { serviceName = "", metadata = [] } = route.match;
      const methodName = "methodName" in route.match ? route.match.methodName : undefined;
      const call = serviceName === "" ? "every call" : `${serviceName}/${methodName ?? "*"}`;
      return [...host, call, ...metadata.map((one) => `metadata ${headerText(one)}`)].join(", ");
    }
    case "http":
    case "http2":
      return [...host, ...httpTexts(route.match)].join(", ");
  }
}

/** What a gateway's route makes of path and host, for a person; empty: both stay, but that the host becomes the service's. */
export function rewritesOf(route: GatewayRouteView): readonly string[] {
  const host = route.hostSeen === "client's" ? ["host stays"] : [];
  return route.protocol === "grpc" ? host : [...pathRewrite(route), ...host];
}

function pathRewrite({ path, match }: HttpGatewayRouteView): readonly string[] {
  switch (path.kind) {
    case "kept":
      return [];
    case "whole":
      return [`path becomes ${path.value}`];
    case "prefix": {
      const { prefix = "/" } = match;
      return prefix === path.value ? [] : [`prefix ${prefix} becomes ${path.value}`];
    }
  }
}

function hostText(host: GatewayRouteView["host"]): readonly string[] {
  switch (host.kind) {
    case "any":
      return [];
    case "exact":
      return [`host ${host.name}`];
    case "suffix":
      return [`host *${host.suffix}`];
  }
}

function httpTexts({
  method,
  headers = [],
  queryParameters = [],
  ...match
}: HttpMatch | GatewayMatch): readonly string[] {
  const scheme = "scheme" in match && match.scheme !== undefined ? [match.scheme] : [];
  return [
    [...(method === undefined ? [] : [method]), pathText(match)].join(" "),
    ...scheme,
    ...headers.map((header) => `header ${headerText(header)}`),
    ...queryParameters.map(({ name, match: value }) =>
      value?.exact === undefined ? `query ${name}` : `query ${name} = ${JSON.stringify(value.exact)}`,
    ),
  ];
}

function pathText({ prefix, path }: Pick<HttpMatch, "prefix" | "path">): string {
  if (path?.exact !== undefined) return `path ${path.exact}`;
  if (path?.regex !== undefined) return `path ~ ${path.regex}`;
  return `prefix ${prefix ?? "/"}`;
}

function headerText({ name, invert, match }: Header): string {
  const text = `${name} ${valueText(valueMatch(match))}`.trimEnd();
  return invert === true ? `not (${text})` : text;
}

function valueText(match: ValueMatch): string {
  switch (match.kind) {
    case "exact":
      return `= ${JSON.stringify(match.value)}`;
    case "prefix":
    case "suffix":
      return `${match.kind} ${JSON.stringify(match.value)}`;
    case "regex":
      return `~ ${match.value}`;
    case "range":
      return `from ${match.start} to below ${match.end}`;
    case "present":
      return "";
  }
}
