import type { EnvelopedReview, Refused, ReviewIdentity } from "../../admission/review.ts";
import { shown } from "../../admission/review.ts";
import { isObject, type JsonObject, member, objectOf, stringOf } from "../../model/json.ts";
import { APPMESH_GROUP, isKind, KIND_FACTS, type Kind } from "../../model/kinds.ts";
import type { ObjectRef } from "../../model/mesh-object.ts";

/** A review of an App Mesh object, reduced to what is used of it. */
export type ObjectReview = ReviewIdentity & {
  /** Its name is empty where the API server is to make one. */
  readonly ref: ObjectRef;
  readonly user: string;
  readonly dryRun: boolean;
} & (
    | { readonly operation: "CREATE"; readonly object: JsonObject }
    | { readonly operation: "UPDATE"; readonly object: JsonObject; readonly oldObject: JsonObject }
    | { readonly operation: "DELETE" }
    /** Something that a registration of ours never asks about; it goes through. */
    | { readonly operation: "other" }
  );

/** What a review asks, or why it cannot be answered. */
export function objectReview({
  identity,
  request,
}: EnvelopedReview): ObjectReview | Extract<Refused, { kind: "denied" }> {
  const kind = stringOf(member(member(request, "kind"), "kind")) ?? "";
  const group = member(member(request, "kind"), "group");
  const subresource = stringOf(member(request, "subResource")) ?? "";
  const isOurs = group === APPMESH_GROUP && isKind(kind) && subresource === "";
  const [object, oldObject] = [member(request, "object"), member(request, "oldObject")];
  const common = {
    ...identity,
    ref: refOf(isOurs ? kind : "Mesh", request, objectOf(object)),
    user: stringOf(member(member(request, "userInfo"), "username")) ?? "",
    dryRun: member(request, "dryRun") === true,
  };
  if (!isOurs) return { ...common, operation: "other" };
  const missing = (name: string, found: typeof object): Extract<Refused, { kind: "denied" }> => ({
    kind: "denied",
    identity,
    problem: "missing-object",
    message: `request.${name} is ${shown(found)}: expected the ${kind}`,
  });
  switch (member(request, "operation")) {
    case "CREATE":
      if (!isObject(object)) return missing("object", object);
      return { ...common, operation: "CREATE", object: named(object, common.ref) };
    case "UPDATE":
      if (!isObject(object)) return missing("object", object);
      if (!isObject(oldObject)) return missing("oldObject", oldObject);
      return { ...common, operation: "UPDATE", object: named(object, common.ref), oldObject };
    case "DELETE":
      return { ...common, operation: "DELETE" };
    default:
      return { ...common, operation: "other" };
  }
}

function refOf(kind: Kind, request: JsonObject, object: JsonObject): ObjectRef {
  const name = stringOf(member(request, "name")) || stringOf(member(member(object, "metadata"), "name")) || "";
  const namespace = KIND_FACTS[kind].scope === "Cluster" ? "" : (stringOf(member(request, "namespace")) ?? "");
  return { kind, namespace, name };
}

/** Later than any other: an object that is being created is younger than those that are there. */
const NOT_YET = "9999-12-31T23:59:59Z";

/** The object with what the API server fills in about it. */
function named(object: JsonObject, { namespace, name }: ObjectRef): JsonObject {
  const metadata = objectOf(member(object, "metadata"));
  const creationTimestamp = stringOf(metadata["creationTimestamp"]) || NOT_YET;
  return { ...object, metadata: { ...metadata, name, ...(namespace !== "" && { namespace }), creationTimestamp } };
}
