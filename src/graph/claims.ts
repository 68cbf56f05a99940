import { distinctName, namespaceInName } from "../model/aws-names.ts";
import { compareTexts } from "../model/compare-texts.ts";
import type { Kind, NamedKind } from "../model/kinds.ts";
import type { MeshObject, ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { OUTRIGGER_PREFIX } from "../model/names.ts";
import { acceptedAs } from "./accepted-as.ts";

/* Who has a name in App Mesh, where several objects claim it. */

/** Annotation of a Mesh: `strict` refuses names that speak of another namespace. */
const NAMES_KEY = `${OUTRIGGER_PREFIX}names`;

/** Whether a Mesh refuses names that speak of another namespace. */
export function isStrict(mesh: TypedObject<"Mesh"> | undefined): boolean {
  return mesh?.metadata.annotations[NAMES_KEY] === "strict";
}

/** A name in a mesh, by which several objects can claim it. */
export function claimKey(kind: NamedKind, mesh: string, awsName: string): string {
  return `${kind}\n${mesh}\n${distinctName(kind, awsName)}`;
}

/** The inverse; the name as {@link distinctName} has it. */
export function claimParts(claim: string): readonly [kind: NamedKind, mesh: string, awsName: string] {
  const [kind = "", mesh = "", ...rest] = claim.split("\n");
  return [kind as NamedKind, mesh, rest.join("\n")];
}

/** Name of the Mesh. */
export function meshOfClaim(claim: string): string {
  return claimParts(claim)[1];
}

/**
 * What an object claims where it is placed; undefined: nothing. Two Meshes of one name in App Mesh are two meshes here: names of Kubernetes
 * tell them apart.
 */
export function claimOf(
  kind: Kind,
  placement: { readonly mesh: ObjectRef<"Mesh"> | undefined; readonly awsName: string } | undefined,
): string | undefined {
  if (placement?.mesh === undefined || kind === "Mesh" || kind === "BackendGroup") return undefined;
  return claimKey(kind, placement.mesh.name, placement.awsName);
}

/** Whether a name speaks of a namespace that is there and is not the object's own. */
export function speaksOfAnother(
  kind: NamedKind,
  awsName: string,
  namespace: string,
  exists: (namespace: string) => boolean,
): boolean {
  const spoken = namespaceInName(kind, awsName);
  return spoken !== undefined && spoken !== namespace && exists(spoken);
}

/** A name that several objects of a mesh may claim. */
export interface ClaimedName {
  readonly kind: NamedKind;
  readonly awsName: string;
  /** Name of the mesh in App Mesh. */
  readonly mesh: string;
}

/**
 * Which of the objects that claim one name has it: the one in the namespace that the name speaks of, then one that was accepted under it
 * before, then the oldest, then the first by namespace and name. Undefined where none may have it.
 */
export function ownerOfName(
  name: ClaimedName,
  claimants: readonly TypedObject<NamedKind>[],
  { isStrict: strict, exists }: { readonly isStrict: boolean; readonly exists: (namespace: string) => boolean },
): TypedObject<NamedKind> | undefined {
  const { kind, awsName } = name;
  const allowed = strict
    ? claimants.filter(({ metadata }) => !speaksOfAnother(kind, awsName, metadata.namespace, exists))
    : claimants;
  if (allowed.length < 2) return allowed[0];
  const spoken = namespaceInName(kind, awsName);
  const ranked = allowed.map((object) => ({ object, had: hadName(object as MeshObject, name) }));
  return ranked.toSorted(({ object: { metadata: a }, had: hadA }, { object: { metadata: b }, had: hadB }) => {
    const home = Number(b.namespace === spoken) - Number(a.namespace === spoken);
    return (
      home ||
      Number(hadB) - Number(hadA) ||
      compareTexts(a.created, b.created) ||
      compareTexts(a.namespace, b.namespace) ||
      compareTexts(a.name, b.name)
    );
  })[0]?.object;
}

/** Whether an object was accepted under a name before: who takes it over while nobody is asked has it not. */
function hadName(object: MeshObject, { kind, awsName, mesh }: ClaimedName): boolean {
  const accepted = acceptedAs(object);
  return accepted?.mesh === mesh && distinctName(kind, accepted.name) === distinctName(kind, awsName);
}
