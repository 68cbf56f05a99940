import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
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
import { code, table } from "./markdown.ts";
import type { Page } from "./page.ts";

/** `docs/resources.md`: every field of App Mesh's resources, out of the CRDs. */
export const RESOURCES_PAGE: Page = { path: "docs/resources.md", render };

function render(): string {
  const sections = customResourceDefinitions().flatMap(section);
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function section(definition: JsonObject): readonly string[] {
  const { spec } = definition;
  const kind = stringOf(member(member(spec, "names"), "kind")) ?? "";
  const scope = member(spec, "scope") === "Cluster" ? "one for the cluster" : "in a namespace";
  const [version] = objectsOf(member(spec, "versions"));
  const schema = member(member(member(version, "schema"), "openAPIV3Schema"), "properties");
  const rows: string[][] = [];
  const rules: string[][] = [];
  describe(member(schema, "spec"), "spec", false, { rows, rules });
  return [
    `## ${kind}`,
    `\`kind: ${kind}\`, ${scope}.`,
    table(["field", "takes", "means"], rows),
    ...(rules.length === 0 ? [] : ["What the API server refuses:", table(["where", "message"], rules)]),
  ];
}

interface Found {
  readonly rows: string[][];
  readonly rules: string[][];
}

function describe(schema: Json | undefined, path: string, required: boolean, found: Found): void {
  const description = stringOf(member(schema, "description")) ?? "";
  if (path !== "spec") found.rows.push([code(path), `${takes(schema)}${required ? ", required" : ""}`, description]);
  for (const rule of objectsOf(member(schema, "x-kubernetes-validations"))) {
    found.rules.push([code(path), stringOf(rule.message) ?? ""]);
  }
  const items = member(schema, "items");
  if (items !== undefined && member(items, "properties") !== undefined) membersOf(items, `${path}[]`, found);
  membersOf(schema, path, found);
}

function membersOf(schema: Json | undefined, path: string, found: Found): void {
  // what a list's entry refuses
  if (path.endsWith("[]")) {
    for (const rule of objectsOf(member(schema, "x-kubernetes-validations"))) {
      found.rules.push([code(path), stringOf(rule.message) ?? ""]);
    }
  }
  const required = listOf(member(schema, "required"));
  for (const [key, one] of Object.entries(objectOf(member(schema, "properties")))) {
    describe(one, `${path}.${key}`, required.includes(key), found);
  }
}

function takes(schema: Json | undefined): string {
  const choices = listOf(member(schema, "enum"));
  if (choices.length > 0) return choices.map((choice) => code(stringOf(choice) ?? "")).join(", ");
  switch (member(schema, "type")) {
    case "integer":
      return `whole number${range(schema, "minimum", "maximum")}`;
    case "array": {
      const items = member(schema, "items");
      const entries = member(items, "properties") === undefined ? `: ${takes(items)}` : "";
      const bounds = range(schema, "minItems", "maxItems");
      return `list${bounds === "" ? "" : ` with${bounds.replace(" from", "")} entries`}${entries}`;
    }
    case "object":
      return member(schema, "additionalProperties") === undefined ? "object" : "texts by key";
    case "boolean":
      return "`true`, `false`";
    default: {
      const bounds = range(schema, "minLength", "maxLength");
      return `text${bounds === "" ? "" : ` of${bounds.replace(" from", "")} characters`}`;
    }
  }
}

/** ` from 1 to 10`, ` from 1`, or nothing where the schema has no bound. */
function range(schema: Json | undefined, lower: string, upper: string): string {
  const [least, most] = [lower, upper].map((key) => numberOf(member(schema, key)));
  if (most !== undefined) return ` from ${least ?? 0} to ${most}`;
  return least === undefined ? "" : ` from ${least} up`;
}

const INTRODUCTION = `# App Mesh resources

This page is written out of the source by \`node scripts/write-docs.ts\`; a test fails when it is stale.

The resources of \`appmesh.k8s.aws/v1beta2\`, as the CustomResourceDefinitions of Outrigger have them. They accept whatever those of the AWS App Mesh
controller accepted, and the fields that only App Mesh's own API had: \`ipPreference\` of a node's discovery, and its two preferring values.
A field that is not listed here is kept as it was given and has no effect. Nothing is filled in: what is absent stays absent.

What the API server refuses beyond the types is what App Mesh's own webhook always refused; \`outrigger problems -f\` says it before. \`outrigger install\` puts the definitions
there, \`outrigger install --crds-only\` nothing else; \`kubectl apply --server-side --force-conflicts -k deploy/crds\` does the same. The Helm chart holds none, and
\`outrigger uninstall\` leaves them with their objects.`;
