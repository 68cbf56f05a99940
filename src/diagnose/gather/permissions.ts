import { type JsonObject, member } from "../../model/json.ts";
import type { NeededPermission, PermissionAnswer } from "../facts/permissions.ts";
import { mapped } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { inParallel } from "./in-parallel.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Asks the API server about each (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access). */
export function askPermissions(
  reads: ClusterReads,
  permissions: readonly NeededPermission[],
): Promise<readonly PermissionAnswer[]> {
  return inParallel(permissions, async (permission) => {
    const answer = await reads.ask(REVIEWS, review(permission));
    return { ...permission, allowed: mapped(answer, ({ status }) => member(status, "allowed") === true) };
  });
}

function review({ verb, group, resource, namespace }: NeededPermission): JsonObject {
  const [plural = resource, subresource] = resource.split("/");
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        verb,
        group,
        resource: plural,
        ...(subresource !== undefined && { subresource }),
        ...(namespace !== undefined && { namespace }),
      },
    },
  };
}
