import type { Json, JsonObject } from "../src/model/json.ts";
import type { Kind } from "../src/model/kinds.ts";
import type { UnknownField } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";

/** What is found in the spec of an object, whether it can be read or not. */
export function unknownFieldsOf(kind: Kind, spec: Json, beside: JsonObject = {}): readonly UnknownField[] {
  const head = { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata: { name: "web", namespace: "shop" } };
  const parsed = parseObject({ ...head, spec, ...beside });
  return parsed.kind === "parsed" ? parsed.object.unknownFields : parsed.unknownFields;
}
