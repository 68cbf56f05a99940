import { isObject, type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";

/**
 * When those who own a namespace's label for injection last changed something, in the order of `metadata.managedFields` and as the
 * API server writes it (RFC 3339 in UTC: such texts compare like the times they mean). A manager has one time for all of its fields,
 * so each is the latest at which it can have set the label
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). Empty where nothing is recorded.
 */
export function labelTimes(namespace: JsonObject | undefined): readonly string[] {
  return objectsOf(member(member(namespace, "metadata"), "managedFields"))
    .filter((manager) => {
      const labels = member(member(member(manager, "fieldsV1"), "f:metadata"), "f:labels");
      return isObject(labels) && Object.hasOwn(labels, `f:${INJECT_KEY}`);
    })
    .flatMap((manager) => stringOf(manager["time"]) ?? []);
}
