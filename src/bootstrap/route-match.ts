import type { JsonObject } from "../model/json.ts";

/** Matches every request but GET. */
export const NO_GET: JsonObject = {
  prefix: "/",
  headers: [{ name: ":method", string_match: { exact: "GET" }, invert_match: true }],
};

/** Matches one path without a query: what is rewritten to an app's path must not bring more along. */
export function exactly(path: string): JsonObject {
  return { path, headers: [pathIs(path)] };
}

/** GET of one path without a query as header matchers, for filters that match by headers. */
export function exactGetHeaders(path: string): JsonObject[] {
  return [{ name: ":method", string_match: { exact: "GET" } }, pathIs(path)];
}

function pathIs(path: string): JsonObject {
  return { name: ":path", string_match: { exact: path } };
}
