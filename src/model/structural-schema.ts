import { z } from "zod";
import { compareTexts } from "./compare-texts.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * A schema as Kubernetes wants it in a CustomResourceDefinition: structural, every object keeping what it does not know, no
 * defaults. Bounds, formats and rules come from the metadata of `field-types.ts`.
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema)
 */
export function structuralSchema(schema: z.ZodType): JsonObject {
  const json = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== "object") return;
      // a map of labels says what its members are, all others are known by name
      const isMap = typeof jsonSchema.additionalProperties === "object" && jsonSchema.properties === undefined;
      if (isMap) return;
      delete jsonSchema.additionalProperties;
      (jsonSchema as Record<string, unknown>)["x-kubernetes-preserve-unknown-fields"] = true;
    },
  });
  return sorted(JSON.parse(JSON.stringify(json)) as JsonObject, "") as JsonObject;
}

/** The same in an order that a person reads: what it is, then its members by name. */
function sorted(value: Json, key: string): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => sorted(entry, ""));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => key === "properties" || !DROPPED.has(name));
  const order = key === "properties" ? compareTexts : byPlace;
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => order(a, b)).map(([name, entry]) => [name, sorted(entry, name)]),
  );
}

const DROPPED: ReadonlySet<string> = new Set(["$schema", "propertyNames", "default"]);
const PLACES = ["description", "type", "format", "enum", "minimum", "maximum", "minLength", "maxLength", "required"];

function byPlace(a: string, b: string): number {
  const [first, second] = [PLACES.indexOf(a), PLACES.indexOf(b)].map((place) => (place < 0 ? PLACES.length : place));
  return (first ?? 0) - (second ?? 0) || compareTexts(a, b);
}
