import type { JsonObject } from "../model/json.ts";

/** Matches GET of one path, with whatever query. */
export function getOf(path: string): JsonObject {
  return { path, headers: [{ name: ":method", string_match: { exact: "GET" } }] };
}

/** Matches GET of one path without a query: what is rewritten to an app's path must not bring more along. */
export function exactGet(path: string): JsonObject {
  return { path, headers: exactGetHeaders(path) };
}

/** The same as header matchers, for filters that match by headers. */
export function exactGetHeaders(path: string): JsonObject[] {
  return [
    { name: ":method", string_match: { exact: "GET" } },
    { name: ":path", string_match: { exact: path } },
  ];
}
