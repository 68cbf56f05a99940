import fc from "fast-check";
import {
  type Json,
  type JsonObject,
  listOf,
  member,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from "../src/model/json.ts";

/**
 * Objects for a CustomResourceDefinition: most fit its schema, at its bounds as well; now and then a value is just beyond one, has
 * another type, is null, or a field is unknown. The name is that of the object.
 */
export function objectsFor(definition: JsonObject, name: string): fc.Arbitrary<JsonObject> {
  const spec = definition.spec;
  const [version] = objectsOf(member(spec, "versions"));
  const schema = member(member(member(version, "schema"), "openAPIV3Schema"), "properties");
  const head = {
    apiVersion: `${stringOf(member(spec, "group"))}/${stringOf(version?.name)}`,
    kind: stringOf(member(member(spec, "names"), "kind")) ?? "",
    metadata: { name },
  };
  return valueFor(member(schema, "spec")).map((value) => ({ ...head, spec: value }));
}

function valueFor(schema: Json | undefined): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 60, arbitrary: fitting(schema) }, { weight: 1, arbitrary: strange });
}

const strange: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(null, "", "text", 0, -1, 70_000, true, [], {}, [null], {
  a: 1,
});

function fitting(schema: Json | undefined): fc.Arbitrary<Json> {
  const choices = listOf(member(schema, "enum"));
  if (choices.length > 0) return fc.constantFrom(...choices);
  switch (member(schema, "type")) {
    case "object":
      return objectFor(schema);
    case "array":
      return listFor(schema);
    case "integer":
      return numberFor(schema);
    case "boolean":
      return fc.boolean();
    default:
      return textFor(schema);
  }
}

function objectFor(schema: Json | undefined): fc.Arbitrary<Json> {
  const labels = member(schema, "additionalProperties");
  if (labels !== undefined)
    return fc.dictionary(fc.constantFrom("app", "tier"), valueFor(labels)).map((value) => ({ ...value }));
  const properties = objectOf(member(schema, "properties"));
  const required = listOf(member(schema, "required"));
  const members = Object.entries(properties).map(([key, one]) => {
    // a chain of optional members must not end at the first of them every time
    const present = required.includes(key) ? 98 : 55;
    return fc.tuple(
      fc.constant(key),
      fc.oneof(
        { weight: present, arbitrary: valueFor(one) },
        { weight: 100 - present, arbitrary: fc.constant(undefined) },
      ),
    );
  });
  const stray = fc.option(fc.constant(["stray", { anything: 1 }] as const), { freq: 20, nil: undefined });
  return fc.tuple(fc.tuple(...members), stray).map(([entries, extra]) => {
    const present = entries.filter((entry): entry is [string, Json] => entry[1] !== undefined);
    return Object.fromEntries(extra === undefined ? present : [...present, extra]);
  });
}

function listFor(schema: Json | undefined): fc.Arbitrary<Json> {
  const least = numberOf(member(schema, "minItems")) ?? 0;
  const most = numberOf(member(schema, "maxItems"));
  const lengths = [
    least,
    least + 1,
    ...(least > 0 ? [least - 1] : []),
    ...(most === undefined || most > 10 ? [] : [most, most + 1]),
  ];
  return fc
    .oneof(
      { weight: 6, arbitrary: fc.constant(Math.max(1, least)) },
      { weight: 1, arbitrary: fc.constantFrom(...lengths) },
    )
    .chain((length) => fc.array(valueFor(member(schema, "items")), { minLength: length, maxLength: length }));
}

function numberFor(schema: Json | undefined): fc.Arbitrary<Json> {
  const least = numberOf(member(schema, "minimum")) ?? -5;
  const most = numberOf(member(schema, "maximum")) ?? 2_147_483_648;
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(least, most, Math.floor((least + most) / 2)) },
    { weight: 1, arbitrary: fc.constantFrom(least - 1, most + 1, least + 0.5) },
  );
}

function textFor(schema: Json | undefined): fc.Arbitrary<Json> {
  const least = numberOf(member(schema, "minLength")) ?? 0;
  const most = numberOf(member(schema, "maxLength")) ?? 40;
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom("/", "/a/", "a", "web.shop.svc.cluster.local") },
    { weight: 4, arbitrary: fc.constantFrom("x".repeat(most), "é".repeat(most), "😀".repeat(most)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("x".repeat(most + 1), "😀".repeat(most + 1), "x".repeat(Math.max(0, least - 1))),
    },
  );
}
