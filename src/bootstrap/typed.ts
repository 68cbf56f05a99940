import type { JsonObject } from "../model/json.ts";

/** A `google.protobuf.Any` in JSON: an Envoy message that names its own type. */
export function typed(type: string, fields: JsonObject = {}): JsonObject {
  return { "@type": `type.googleapis.com/${type}`, ...fields };
}

/** A number of seconds as a `google.protobuf.Duration`. */
export function duration(seconds: number): string {
  return `${seconds}s`;
}
