import { randomUUID } from "node:crypto";
import type { JsonObject } from "../model/json.ts";
import { KUBE_LIMITS } from "./limits.ts";
import { objectPath } from "./object-path.ts";
import type { Writer } from "./writes.ts";

/**
 * Creates an object by server-side apply, which names what it creates: so a role can allow it for that one name, which `POST`
 * cannot be limited to (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources). It takes the verbs
 * `create` and `patch`. Every call is a field manager of its own, so that of two who create at once the second, whose values are
 * others, gets the conflict instead of writing over the first: KubeError, reason `Conflict`. Rejects with KubeError for any
 * other failure. `unique` makes the manager's name; it may be any text of 36 characters.
 */
export function createByName(writer: Writer, object: JsonObject, unique: string = randomUUID()): Promise<JsonObject> {
  const fieldManager = `${writer.fieldManager}-${unique}`;
  return writer.client.send({
    method: "PATCH",
    patch: "apply",
    path: `${objectPath(object)}?${new URLSearchParams({ fieldManager, fieldValidation: "Strict" }).toString()}`,
    body: object,
    signal: writer.signal,
    timeout: KUBE_LIMITS.write,
  });
}
