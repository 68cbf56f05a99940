import { namespaceInName } from "./aws-names.ts";
import { flowText } from "./flow-text.ts";
import { isObject, type Json, member, stringOf } from "./json.ts";
import type { Shape } from "./shapes.ts";

/*
 * Fields that had another form in App Mesh's own API and in `appmesh.k8s.aws/v1beta1`, which old manifests and pages of documentation still have
 * (https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_VirtualServiceBackend.html).
 */

/** What is to be written instead of such a field, beside the known ones; undefined where it is none. */
export function formerField(shape: Shape, key: string, value: Json): string | undefined {
  return asReference(shape, key, value) ?? asDuration(shape, key, value);
}

/** `virtualServiceName: app.shop`, `virtualNode: app` or `virtualNode: {name: app}`: a name stands in a reference now. */
function asReference(shape: Shape, key: string, value: Json): string | undefined {
  const subject = key.replace(/Name$/, "");
  // the mesh of an object follows from its namespace, and that reference is written by the control plane
  if (subject === "mesh" || !Object.hasOwn(shape, `${subject}Ref`)) return undefined;
  const name = stringOf(value) ?? stringOf(isObject(value) ? member(value, "name") : undefined);
  if (name === undefined || name === "") return undefined;
  // services were referred to by their names in App Mesh, which are host names
  const object = subject === "virtualService" ? name.split(".", 1)[0] || name : name;
  const namespace = subject === "virtualService" ? namespaceInName("VirtualService", name) : undefined;
  return `${subject}Ref: ${flowText({ name: object, ...(namespace !== undefined && { namespace }) })}`;
}

/** `perRetryTimeoutMillis: 500`. */
function asDuration(shape: Shape, key: string, value: Json): string | undefined {
  const field = key.replace(/Millis$/, "");
  if (field === key || !Object.hasOwn(shape, field) || typeof value !== "number") return undefined;
  return `${field}: ${flowText({ unit: "ms", value })}`;
}
