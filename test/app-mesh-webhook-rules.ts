import { type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../src/model/json.ts";

/**
 * What the validating webhook of App Mesh's controller refused about one object that fits the old schemas, whatever else stands in
 * it: the measure for the rules in our CRDs. It stopped looking early in places; what it did not look at is not here.
 */
export function oldWebhookRefuses(object: JsonObject): string | undefined {
  const spec = member(object, "spec");
  switch (object.kind) {
    case "VirtualNode":
      return virtualNode(spec);
    case "VirtualGateway":
      return pools(spec);
    case "VirtualRouter":
      return virtualRouter(spec);
    case "GatewayRoute":
      return gatewayRoute(spec);
    default:
      return undefined;
  }
}

function has(value: Json | undefined, key: string): boolean {
  return (member(value, key) ?? null) !== null;
}

function count(value: Json | undefined, ...keys: readonly string[]): number {
  return keys.filter((key) => has(value, key)).length;
}

function virtualNode(spec: Json | undefined): string | undefined {
  if (listOf(member(spec, "listeners")).length > 0 && !has(spec, "serviceDiscovery"))
    return "serviceDiscovery is missing";
  return pools(spec);
}

function pools(spec: Json | undefined): string | undefined {
  const listeners = objectsOf(member(spec, "listeners"));
  const several = listeners.some(({ connectionPool }) => count(connectionPool, "tcp", "http", "http2", "grpc") > 1);
  return several ? "several pools of one listener" : undefined;
}

function virtualRouter(spec: Json | undefined): string | undefined {
  for (const route of objectsOf(member(spec, "routes"))) {
    const http = has(route, "httpRoute") ? route.httpRoute : route.http2Route;
    if ((http ?? null) === null) continue;
    const match = member(http, "match");
    if (count(match, "prefix", "path") !== 1) return "not one of prefix and path";
    if (has(match, "path") && count(member(match, "path"), "exact", "regex") !== 1) return "not one of exact and regex";
  }
  return undefined;
}

function gatewayRoute(spec: Json | undefined): string | undefined {
  if (count(spec, "httpRoute", "http2Route", "grpcRoute") !== 1) return "not one type of route";
  if (has(spec, "grpcRoute")) {
    const match = member(member(spec, "grpcRoute"), "match");
    if (has(match, "serviceName")) return undefined;
    if (!has(match, "hostname")) return "neither serviceName nor hostname";
    return count(member(match, "hostname"), "exact", "suffix") === 1 ? undefined : "not one of exact and suffix";
  }
  const http = member(spec, has(spec, "httpRoute") ? "httpRoute" : "http2Route");
  return httpMatch(member(http, "match")) ?? rewrite(http);
}

function httpMatch(match: Json | undefined): string | undefined {
  if (count(match, "prefix", "path", "hostname") === 0) return "none of prefix, path and hostname";
  if (count(match, "prefix", "path") > 1) return "prefix and path";
  if (has(match, "path") && count(member(match, "path"), "exact", "regex") !== 1) return "not one of exact and regex";
  if (has(match, "hostname") && count(member(match, "hostname"), "exact", "suffix") !== 1) return "not one host name";
  return undefined;
}

function rewrite(http: Json | undefined): string | undefined {
  const given = member(member(http, "action"), "rewrite");
  if ((given ?? null) === null) return undefined;
  if (count(given, "prefix", "path", "hostname") === 0) return "an empty rewrite";
  if (count(given, "prefix", "path") > 1) return "prefix and path are rewritten";
  const prefix = member(given, "prefix");
  if ((prefix ?? null) === null) return undefined;
  if (has(member(http, "match"), "prefix") && !text(member(member(http, "match"), "prefix")).startsWith("/")) {
    return "the prefix does not begin with a slash";
  }
  if (count(prefix, "defaultPrefix", "value") > 1) return "default prefix and value";
  const value = text(member(prefix, "value"));
  return has(prefix, "value") && !(value.startsWith("/") && value.endsWith("/")) ? "the value is no prefix" : undefined;
}

function text(value: Json | undefined): string {
  return stringOf(value) ?? "";
}
