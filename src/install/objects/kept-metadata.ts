/** Of the metadata what a client writes, beside finalizers. */
export const KEPT_METADATA = ["labels", "annotations", "ownerReferences"] as const;

/** A CEL expression of an admission policy: these fields of the metadata are as before. */
export function keeps(fields: readonly string[]): string {
  return fields
    .map(
      (field) =>
        `has(object.metadata.${field}) == has(oldObject.metadata.${field}) && (!has(object.metadata.${field}) || object.metadata.${field} == oldObject.metadata.${field})`,
    )
    .join(" && ");
}
