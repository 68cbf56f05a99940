import { customResourceDefinitions, SCHEMA_KEY } from "../../install/objects/custom-resource-definitions.ts";
import { annotationsOf, objectNameOf } from "../../install/objects/object-name.ts";
import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP } from "../../model/kinds.ts";

/** A CRD of App Mesh in the cluster. */
export interface DefinitionState {
  /** Such as `meshes.appmesh.k8s.aws`. */
  readonly name: string;
  /** `ours`: as this release has it. `other-release`: of another release of Outrigger. `foreign`: of App Mesh's own controller. */
  readonly state: "ours" | "other-release" | "foreign";
}

/** What a CRD's metadata says of it; undefined for one that is not App Mesh's. */
export function definitionState(definition: JsonObject): DefinitionState | undefined {
  const { name } = objectNameOf(definition);
  if (!name.endsWith(`.${APPMESH_GROUP}`)) return undefined;
  const schema = annotationsOf(definition)[SCHEMA_KEY];
  if (schema === undefined) return { name, state: "foreign" };
  return { name, state: schema === ownSchemas().get(name) ? "ours" : "other-release" };
}

/** Names of the CRDs that this release has. */
export function ownDefinitions(): readonly string[] {
  return [...ownSchemas().keys()];
}

let known: ReadonlyMap<string, string | undefined> | undefined;

/** Made once and only when asked for: the schemas take a moment. */
function ownSchemas(): ReadonlyMap<string, string | undefined> {
  known ??= new Map(customResourceDefinitions().map((own) => [objectNameOf(own).name, annotationsOf(own)[SCHEMA_KEY]]));
  return known;
}
