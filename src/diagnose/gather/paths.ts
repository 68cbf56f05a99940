import { type JsonObject, member, stringOf } from "../../model/json.ts";

export const REGISTRATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/** The path of a collection in one namespace: `/apis/apps/v1/replicasets` → `/apis/apps/v1/namespaces/shop/replicasets`. */
export function inNamespace(path: string, namespace: string): string {
  return path.replace(/[^/]+$/, `namespaces/${encodeURIComponent(namespace)}/$&`);
}

/** `metadata.name`; empty when there is none. */
export function nameOf(object: JsonObject): string {
  return stringOf(member(member(object, "metadata"), "name")) ?? "";
}

/** RFC 3339 in UTC as the API server writes it, so that texts compare like the times they mean; empty when there is none. */
export function createdAt(object: JsonObject): string {
  return stringOf(member(member(object, "metadata"), "creationTimestamp")) ?? "";
}
