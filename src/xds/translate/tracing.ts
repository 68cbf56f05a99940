import { isObject, type Json, type JsonObject } from "../../model/json.ts";

const CONNECTION_MANAGER =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/**
 * The message with the tracing in each HTTP connection manager that it holds, wherever that is: Envoy takes a tracing
 * provider nowhere else, and which one it is says the proxy's bootstrap.
 */
export function withTracing(message: JsonObject, tracing: JsonObject | undefined): JsonObject {
  return tracing === undefined ? message : (traced(message, tracing) as JsonObject);
}

function traced(value: Json, tracing: JsonObject): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((entry) => traced(entry, tracing));
  if (!isObject(value)) return value;
  if (value["@type"] === CONNECTION_MANAGER) return { ...value, tracing };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, traced(entry, tracing)]));
}
