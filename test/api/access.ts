import { type JsonObject, listOf, member } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { until } from "./until.ts";

/** Whose right to what is asked for, as a SubjectAccessReview has it. */
export interface Access {
  readonly user: string;
  readonly resourceAttributes: JsonObject;
}

/** Whether the API server would allow it now: it goes by roles a moment after they were written. */
export async function isAllowed(api: ApiConnection, spec: Access): Promise<boolean> {
  const review = await api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { ...spec },
  });
  return member(review.status, "allowed") === true;
}

/** Waits until the API server goes by rules that were just given to a user: in a namespace, or in the whole cluster. */
export async function untilGranted(
  api: ApiConnection,
  user: string,
  rules: readonly JsonObject[],
  namespace?: string,
): Promise<void> {
  for (const rule of rules) {
    const resourceAttributes = attributesOf(rule, namespace);
    const title = JSON.stringify(resourceAttributes);
    await until(async () =>
      (await isAllowed(api, { user, resourceAttributes })) ? undefined : `not granted: ${title}`,
    );
  }
}

/** One of the calls that a rule of RBAC is for. */
export function attributesOf(rule: JsonObject, namespace?: string): JsonObject {
  const [resource = "", subresource] = text(listOf(rule.resources)[0]).split("/");
  const [name] = listOf(rule.resourceNames);
  return {
    verb: listOf(rule.verbs)[0] ?? "",
    group: listOf(rule.apiGroups)[0] ?? "",
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
}
