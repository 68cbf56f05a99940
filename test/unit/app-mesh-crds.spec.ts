import { describe, expect, test } from "vitest";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { objectNameOf } from "../../src/install/objects/object-name.ts";
import {
  type Json,
  type JsonObject,
  listOf,
  member,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from "../../src/model/json.ts";
import { CORPUS_NOTE, corpusCrds, HAS_CORPUS } from "../corpus.ts";

const OURS = new Map(customResourceDefinitions().map((definition) => [objectNameOf(definition).name, definition]));

function versionOf(definition: JsonObject | undefined): JsonObject | undefined {
  return objectsOf(member(definition?.spec, "versions"))[0];
}

function schemaOf(definition: JsonObject | undefined): Json | undefined {
  return member(member(versionOf(definition), "schema"), "openAPIV3Schema");
}

/** What a schema asks for that another does not; rules in CEL are not compared. */
function narrower(ours: Json | undefined, theirs: Json | undefined, path: string): readonly string[] {
  if (ours === undefined) return [`${path} is missing`];
  const found: string[] = [];
  const say = (what: string): number => found.push(`${path}: ${what}`);
  if (member(ours, "type") !== member(theirs, "type")) say("another type");
  for (const [key, isNarrower] of Object.entries(BOUNDS)) {
    const [own, other] = [numberOf(member(ours, key)), numberOf(member(theirs, key))];
    if (own !== undefined && (other === undefined || isNarrower(own, other))) say(`${key} is ${own}`);
  }
  const choices = listOf(member(ours, "enum"));
  const others = listOf(member(theirs, "enum"));
  if (choices.length > 0 && (others.length === 0 || others.some((choice) => !choices.includes(choice)))) {
    say("fewer choices");
  }
  const required = listOf(member(ours, "required")).filter((key) => !listOf(member(theirs, "required")).includes(key));
  if (required.length > 0) say(`requires ${required.map((key) => stringOf(key)).join(", ")}`);
  if (member(theirs, "items") !== undefined) {
    found.push(...narrower(member(ours, "items"), member(theirs, "items"), `${path}[]`));
  }
  if (member(theirs, "additionalProperties") !== undefined) {
    found.push(...narrower(member(ours, "additionalProperties"), member(theirs, "additionalProperties"), `${path}.*`));
  }
  const properties = objectOf(member(ours, "properties"));
  for (const [key, one] of Object.entries(objectOf(member(theirs, "properties")))) {
    found.push(...narrower(properties[key], one, `${path}.${key}`));
  }
  return found;
}

type Compare = (own: number, other: number) => boolean;
const above: Compare = (own, other) => own > other;
const below: Compare = (own, other) => own < other;
const BOUNDS: Readonly<Record<string, Compare>> = {
  minimum: above,
  minLength: above,
  minItems: above,
  maximum: below,
  maxLength: below,
  maxItems: below,
};

/** What scripts and people see of a kind. */
function interfaceOf(definition: JsonObject | undefined): object {
  const { description: _, ...names } = objectOf(member(definition?.spec, "names"));
  const version = versionOf(definition);
  const columns = objectsOf(version?.additionalPrinterColumns).map(({ name, type, jsonPath }) => ({
    name,
    type,
    jsonPath,
  }));
  const { served, storage, subresources } = version ?? {};
  return {
    names,
    scope: member(definition?.spec, "scope"),
    name: version?.name,
    served,
    storage,
    subresources,
    columns,
  };
}

describe.skipIf(!HAS_CORPUS)(`a CRD of ours${CORPUS_NOTE}`, () => {
  const theirs = HAS_CORPUS ? corpusCrds() : [];

  test("is there for each of App Mesh's, and for nothing else", () => {
    expect([...OURS.keys()].toSorted()).toEqual(theirs.map((definition) => objectNameOf(definition).name).toSorted());
  });

  test.each(theirs.map((definition) => [objectNameOf(definition).name, definition] as const))(
    "%s asks for nothing that App Mesh's did not",
    (name, definition) => {
      expect(narrower(schemaOf(OURS.get(name)), schemaOf(definition), "")).toEqual([]);
    },
  );

  test.each(theirs.map((definition) => [objectNameOf(definition).name, definition] as const))(
    "%s shows itself as App Mesh's did, with more columns at most",
    (name, definition) => {
      const [ours, theirOwn] = [OURS.get(name), definition].map((one) => interfaceOf(one) as { columns?: unknown[] });
      const columns = ours?.columns?.slice(0, theirOwn?.columns?.length ?? 0);
      expect({ ...ours, columns }).toEqual(theirOwn);
    },
  );
});

describe("the comparison finds", () => {
  const base = { type: "object", properties: { a: { type: "integer", minimum: 1 } } };
  test.each<[string, JsonObject, string]>([
    ["a bound", { type: "object", properties: { a: { type: "integer", minimum: 2 } } }, ".a: minimum is 2"],
    ["a field that is missing", { type: "object", properties: {} }, ".a is missing"],
    ["what is required", { ...base, required: ["a"] }, ": requires a"],
    ["another type", { type: "object", properties: { a: { type: "string" } } }, ".a: another type"],
    ["a choice", { type: "object", properties: { a: { type: "integer", enum: [1] } } }, ".a: fewer choices"],
  ])("%s", (_, ours, message) => {
    expect(narrower(ours, base, "")).toContain(message);
  });
});

describe("every CRD", () => {
  /** Every object in a schema by its path. */
  function objectsIn(schema: Json | undefined, path: string): readonly (readonly [string, JsonObject])[] {
    const properties = Object.entries(objectOf(member(schema, "properties")));
    const items = member(schema, "items");
    return [
      ...(member(schema, "type") === "object" ? [[path, objectOf(schema)] as const] : []),
      ...(items === undefined ? [] : objectsIn(items, `${path}[]`)),
      ...properties.flatMap(([key, one]) => objectsIn(one, `${path}.${key}`)),
    ];
  }

  test.each([...OURS])("%s keeps unknown fields at every level", (_, definition) => {
    const objects = objectsIn(schemaOf(definition), "").filter(
      ([path, schema]) => path !== ".metadata" && member(schema, "additionalProperties") === undefined,
    );
    const forgetful = objects.filter(([, schema]) => schema["x-kubernetes-preserve-unknown-fields"] !== true);
    expect(objects.length).toBeGreaterThan(3);
    expect(forgetful.map(([path]) => path)).toEqual([]);
  });

  test.each([...OURS])("%s sets no default", (_, definition) => {
    expect(JSON.stringify(definition)).not.toContain('"default"');
  });

  test("is not of an installation, which would take every App Mesh object with it when it goes", () => {
    expect(JSON.stringify([...OURS.values()])).not.toContain("outrigger.dev/component");
  });
});
