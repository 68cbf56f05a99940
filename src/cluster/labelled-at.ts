import { isObject, type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";

/**
 * Since when a namespace's label for injection has had its value, as `metadata.managedFields` tells it: the earliest time of those
 * who own it, as the API server writes times (RFC 3339 in UTC: such texts compare like the times they mean). Never too early, but
 * too late where the owner changed something else since, for a manager has one time for all of its fields
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). Undefined where nothing is recorded.
 */
export function labelledAt(namespace: JsonObject | undefined): string | undefined {
  const times = objectsOf(member(member(namespace, "metadata"), "managedFields"))
    .filter((manager) => {
      const labels = member(member(member(manager, "fieldsV1"), "f:metadata"), "f:labels");
      return isObject(labels) && Object.hasOwn(labels, `f:${INJECT_KEY}`);
    })
    .flatMap((manager) => stringOf(manager["time"]) ?? [])
    .filter((time) => !Number.isNaN(Date.parse(time)));
  return times.sort()[0];
}
