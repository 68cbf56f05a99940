import { apply, read, type Writer } from "../kube/writes.ts";
import { type JsonObject, member, stringOf } from "../model/json.ts";
import type { TrustPlace } from "./trust-place.ts";

/**
 * One key of a ConfigMap, made when it is not there; other keys are left to others. Needs `get`, `watch`, `patch` of that name and
 * `create` of ConfigMaps in its namespace.
 */
export function trustConfigMap(
  writer: Writer,
  place: { readonly namespace: string; readonly name: string; readonly key: string },
): TrustPlace {
  const { namespace, name, key } = place;
  const reference: JsonObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name } };
  return {
    reference,
    async publish(bundle) {
      const object = await read(writer, reference);
      const pem = await bundle();
      if (stringOf(member(member(object, "data"), key)) === pem) return "there";
      const metadata = { namespace, name, ...precondition(object) };
      await apply(writer, { ...reference, metadata, data: { [key]: pem } }, { conflicts: "take" });
      return "written";
    },
  };
}

/** Makes an apply fail with a conflict when the object is another one, or was changed, since it was read. */
export function precondition(object: JsonObject | undefined): JsonObject {
  const metadata = member(object, "metadata");
  const uid = stringOf(member(metadata, "uid"));
  const resourceVersion = stringOf(member(metadata, "resourceVersion"));
  return { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
}
