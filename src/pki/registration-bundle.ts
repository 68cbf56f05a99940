import { apply, read, type Writer } from "../kube/writes.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { isOurEntry } from "../model/names.ts";
import { nameOf } from "../model/object-metadata.ts";
import { precondition } from "./trust-config-map.ts";
import type { TrustPlace } from "./trust-place.ts";

/**
 * The `caBundle` of each of our entries in a registration, and no other field, nor another program's entry: server-side apply owns just that, so
 * whoever keeps the registration in Git leaves the field out and has no difference
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). Never makes the registration: the object that
 * was read is named by its UID, and the role has no `create`. Needs `get`, `watch` and `patch` of that name.
 */
export function registrationBundle(writer: Writer, reference: JsonObject): TrustPlace {
  return {
    reference,
    async publish(bundle) {
      const object = await read(writer, reference);
      const entries = objectsOf(member(object, "webhooks")).filter(isOurs);
      if (object === undefined || entries.length === 0) return "absent";
      const pem = await bundle();
      if (bundlesIn(object).every((found) => found === pem)) return "there";
      const caBundle = Buffer.from(pem).toString("base64");
      const webhooks = entries.map((entry) => ({ name: entry["name"] ?? "", clientConfig: { caBundle } }));
      const metadata = { name: nameOf(reference), ...precondition(object) };
      await apply(writer, { ...reference, metadata, webhooks }, { conflicts: "take" });
      return "written";
    },
  };
}

/** What identifies a registration to the API server. */
export function registrationReference(
  name: string,
  kind: "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" = "MutatingWebhookConfiguration",
): JsonObject {
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name } };
}

/** The PEM in each of our entries, empty where there is none. */
export function bundlesIn(registration: JsonObject | undefined): readonly string[] {
  return objectsOf(member(registration, "webhooks"))
    .filter(isOurs)
    .map((entry) => stringOf(member(member(entry, "clientConfig"), "caBundle")) ?? "")
    .map((caBundle) => Buffer.from(caBundle, "base64").toString());
}

function isOurs(entry: JsonObject): boolean {
  return isOurEntry(stringOf(entry["name"]) ?? "");
}
