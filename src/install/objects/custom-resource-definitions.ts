import { createHash } from "node:crypto";
import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS, type Kind } from "../../model/kinds.ts";
import { OUTRIGGER_PREFIX } from "../../model/names.ts";
import { statusSchema } from "../../model/object-status.ts";
import { SPEC_SCHEMAS } from "../../model/spec-schemas.ts";
import { structuralSchema } from "../../model/structural-schema.ts";

/** Annotation of a CRD with a hash of its spec, by which `check` sees whether it is that of this release. */
export const SCHEMA_KEY = `${OUTRIGGER_PREFIX}schema`;

/**
 * The CustomResourceDefinitions of App Mesh, one a kind. They carry no label of an installation, so that nothing that removes an
 * installation removes them, and with them every object of App Mesh.
 */
export function customResourceDefinitions(): readonly JsonObject[] {
  return KINDS.map(definition);
}

/** Name of a kind's CRD, such as `meshes.appmesh.k8s.aws`. */
export function definitionName(kind: Kind): string {
  return `${KIND_FACTS[kind].plural}.${APPMESH_GROUP}`;
}

function definition(kind: Kind): JsonObject {
  const { plural, scope, inAll } = KIND_FACTS[kind];
  const spec: JsonObject = {
    group: APPMESH_GROUP,
    names: {
      kind,
      listKind: `${kind}List`,
      plural,
      singular: kind.toLowerCase(),
      ...(inAll && { categories: ["all"] }),
    },
    scope,
    versions: [version(kind)],
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: definitionName(kind),
      labels: { "app.kubernetes.io/part-of": "outrigger" },
      annotations: { [SCHEMA_KEY]: hashOf(spec) },
    },
    spec,
  };
}

function hashOf(spec: JsonObject): string {
  return createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
}

function version(kind: Kind): JsonObject {
  const { arnField, condition } = KIND_FACTS[kind];
  const active = `.status.conditions[?(@.type=="${condition}")]`;
  const columns = [
    { name: "ARN", type: "string", description: `ARN of the ${kind}`, jsonPath: `.status.${arnField}` },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" },
    // after those that App Mesh's had, whose places scripts know
    { name: "ACTIVE", type: "string", description: "Whether it is in effect", jsonPath: `${active}.status` },
    { name: "REASON", type: "string", description: "Why, or why not", jsonPath: `${active}.reason` },
  ];
  return {
    name: APPMESH_VERSION,
    served: true,
    storage: true,
    subresources: { status: {} },
    ...(arnField !== undefined && { additionalPrinterColumns: columns }),
    schema: {
      openAPIV3Schema: {
        description: `A ${kind} of App Mesh; see docs/resources.md.`,
        type: "object",
        properties: {
          apiVersion: { type: "string" },
          kind: { type: "string" },
          metadata: { type: "object" },
          spec: { description: "What is wanted.", ...structuralSchema(SPEC_SCHEMAS[kind]) },
          status: { description: "What became of it; written by Outrigger.", ...structuralSchema(statusSchema(kind)) },
        },
        "x-kubernetes-preserve-unknown-fields": true,
      },
    },
  };
}
