import { parseArn } from "../model/arn.ts";
import type { NamedKind } from "../model/kinds.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import type { MeshReader } from "./mesh-state.ts";
import { sayMissing } from "./missing-object.ts";
import type { Say } from "./report.ts";

/** A reference as it stands in an object: by name in Kubernetes, or by ARN, which wins where both are given. */
export interface WrittenLink {
  readonly reference: { readonly name: string; readonly namespace?: string | undefined } | undefined;
  readonly arn: string | undefined;
}

/** The object that refers, and where. */
export interface Referrer {
  readonly ref: ObjectRef;
  readonly mesh: ObjectRef<"Mesh">;
  /** Such as `spec.backends[0].virtualService`. */
  readonly path: string;
}

export type Link<K extends NamedKind> =
  | { readonly kind: "found"; readonly ref: ObjectRef<K>; readonly awsName: string }
  /** `name`: what was asked for, for people. */
  | { readonly kind: "missing"; readonly name: string };

/**
 * The object that a link means. A reference means an object's name in App Mesh, and that name may be another object's by right; an ARN
 * means a name in the mesh of the referrer. Only objects of the same mesh are found.
 */
export function resolveLink<K extends NamedKind>(
  kind: K,
  link: WrittenLink,
  from: Referrer,
  reader: MeshReader,
  say: Say,
): Link<K> {
  if (link.arn !== undefined) return byArn(kind, link.arn, from, reader, say);
  if (link.reference !== undefined) return byReference(kind, link.reference, from, reader, say);
  const field = `${kind[0]?.toLowerCase()}${kind.slice(1)}`;
  const help = `write ${field}Ref with its name, or ${field}ARN`;
  say("no-reference", from.path, `neither a reference nor an ARN of a ${kind} is given`, help);
  return { kind: "missing", name: "" };
}

function byReference<K extends NamedKind>(
  kind: K,
  { name, namespace }: NonNullable<WrittenLink["reference"]>,
  { ref: from, mesh, path }: Referrer,
  reader: MeshReader,
  say: Say,
): Link<K> {
  const ref: ObjectRef<K> = { kind, namespace: namespace || from.namespace, name };
  const title = keyOf(ref);
  const missing = { kind: "missing", name: title } as const;
  if (reader.object(ref) === undefined) {
    sayMissing(ref, { mesh, path }, reader, say);
    return missing;
  }
  const placement = reader.placement(ref);
  if (placement.mesh?.name !== mesh.name) {
    const place = placement.mesh === undefined ? "no mesh" : `mesh ${placement.mesh.name}`;
    const help = "refer to an object of the same mesh, or have one Mesh select both namespaces";
    say("other-mesh", path, `${title} is of ${place}, not of mesh ${mesh.name}`, help);
    return missing;
  }
  const owner = reader.named(kind, mesh, placement.awsName);
  return owner === undefined ? missing : { kind: "found", ref: owner, awsName: reader.placement(owner).awsName };
}

function byArn<K extends NamedKind>(kind: K, arn: string, from: Referrer, reader: MeshReader, say: Say): Link<K> {
  const { mesh, path } = from;
  const target = parseArn(arn);
  const missing = { kind: "missing", name: arn } as const;
  if (target === undefined || target.kind !== kind) {
    const found = target === undefined ? "it is none of App Mesh" : `it is that of a ${target.kind}`;
    say("bad-arn", path, `the ARN ${arn} cannot be used: ${found}`, `give the ARN of a ${kind}`);
    return missing;
  }
  const own = reader.placement(mesh).awsName;
  const owner = reader.object(mesh)?.spec.meshOwner;
  if (target.mesh !== own || (target.owner !== undefined && owner !== undefined && target.owner !== owner)) {
    say(
      "other-mesh",
      path,
      `the ARN ${arn} is of mesh ${target.mesh}, not of mesh ${own}`,
      "name an object of the same mesh",
    );
    return missing;
  }
  const ref = reader.named(kind, mesh, target.name);
  if (ref === undefined) {
    say(
      "missing-reference",
      path,
      `no ${kind} of mesh ${own} is called ${target.name}`,
      "create it, or correct the ARN",
    );
    return missing;
  }
  return { kind: "found", ref, awsName: reader.placement(ref).awsName };
}
