import type { KubeClient } from "../../kube/client.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { collectionPath } from "../../kube/object-path.ts";
import { type Json, type JsonObject, listOf, member, objectsOf } from "../../model/json.ts";
import { inBatches } from "../in-batches.ts";
import type { Refusal } from "../install-error.ts";
import { INVENTORY_KINDS } from "../objects/inventory-kinds.ts";
import { objectNameOf } from "../objects/object-name.ts";
import { type Component, PLACES } from "../objects/ownership.ts";

/** One thing that somebody may do or not. */
export interface Permission {
  readonly verb: string;
  readonly group: string;
  /** Plural, with `/subresource`. */
  readonly resource: string;
  readonly name?: string;
  /** Absent: in every namespace, or in none. */
  readonly namespace?: string;
}

const WRITING = ["get", "create", "patch"] as const;

/** What applying the objects takes, without what their roles grant. */
export function permissionsToApply(objects: readonly JsonObject[]): readonly Permission[] {
  const needed = new Map<string, Permission>();
  for (const object of objects) {
    const { namespace } = objectNameOf(object);
    const { group, resource } = apiResourceOf(object);
    for (const verb of WRITING) {
      const permission = { verb, group, resource, ...(namespace !== undefined && { namespace }) };
      needed.set(JSON.stringify(permission), permission);
    }
  }
  return [...needed.values()];
}

/**
 * What installing, upgrading and removing these components takes besides their objects: finding and removing what is no longer
 * part of them, the test admission, looking for other injectors and switching them off.
 */
export function permissionsAround(components: readonly Component[]): readonly Permission[] {
  return once([...permissionsToTidy(components), ...AROUND]);
}

/**
 * What removing everything takes: finding and removing objects of these components and what their processes `made`, their namespaces, and
 * looking for what was taken over and for pods with a sidecar. A removal that found out in the middle would leave half of it.
 */
export function permissionsToRemove(
  components: readonly Component[],
  made: readonly JsonObject[],
): readonly Permission[] {
  const ofProcesses = made.map((object) => {
    const { name, namespace = "" } = objectNameOf(object);
    return { verb: "delete", ...apiResourceOf(object), namespace, name };
  });
  const helm = components.map((component): Permission => {
    return { verb: "get", group: "apps", resource: "deployments", namespace: PLACES[component].namespace };
  });
  return once([...permissionsToTidy(components), ...ofProcesses, ...helm, ...REMOVING]);
}

function permissionsToTidy(components: readonly Component[]): readonly Permission[] {
  return components.flatMap((component) =>
    INVENTORY_KINDS.flatMap(([apiVersion, , resource, scope]) => {
      const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
      const place = scope === "cluster" ? {} : { namespace: PLACES[component].namespace };
      return ["list", "delete"].map((verb) => ({ verb, group, resource, ...place }));
    }),
  );
}

function once(permissions: readonly Permission[]): readonly Permission[] {
  return [...new Map(permissions.map((permission) => [JSON.stringify(permission), permission])).values()];
}

/** What removing the App Mesh CRDs takes besides. */
export const PURGING: readonly Permission[] = ["get", "delete"].map((verb) => {
  return { verb, group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };
});

const LOOKING: readonly Permission[] = [
  { verb: "list", group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  { verb: "list", group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" },
  { verb: "list", group: "", resource: "namespaces" },
  { verb: "delete", group: "", resource: "namespaces" },
];
const AROUND: readonly Permission[] = [...LOOKING, { verb: "create", group: "", resource: "pods" }];
const REMOVING: readonly Permission[] = [
  ...LOOKING,
  { verb: "get", group: "", resource: "namespaces" },
  { verb: "list", group: "", resource: "pods" },
];

/** What switching others off takes, and giving them back. */
export const TAKING_OVER: readonly Permission[] = [
  { verb: "update", group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  { verb: "update", group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" },
  { verb: "list", group: "apps", resource: "deployments" },
  { verb: "update", group: "apps", resource: "deployments" },
];

/** What the roles among the objects grant: nobody can grant what they may not do, unless they may `escalate`. */
export function permissionsGranted(objects: readonly JsonObject[]): readonly Permission[] {
  const roles = objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
  return roles.flatMap((role) => {
    const { namespace } = objectNameOf(role);
    const place = namespace === undefined ? {} : { namespace };
    return objectsOf(role.rules).flatMap((rule) =>
      texts(rule.apiGroups).flatMap((group) =>
        texts(rule.resources).flatMap((resource) =>
          texts(rule.verbs).flatMap((verb) => {
            const names = texts(rule.resourceNames);
            const permission = { verb, group, resource, ...place };
            return names.length === 0 ? [permission] : names.map((name) => ({ ...permission, name }));
          }),
        ),
      ),
    );
  });
}

/** Those of the permissions that the caller lacks, by the API server's own word. Rejects with KubeError. */
export async function missingPermissions(
  client: KubeClient,
  permissions: readonly Permission[],
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const allowed = await inBatches(permissions, (permission) => isAllowed(client, permission, signal));
  return permissions.filter((_, index) => allowed[index] !== true);
}

async function isAllowed(client: KubeClient, permission: Permission, signal: AbortSignal): Promise<boolean> {
  const { resource, ...attributes } = permission;
  const [plural = "", subresource] = resource.split("/");
  const review = await client.send({
    method: "POST",
    path: `/apis/${REVIEWS}/selfsubjectaccessreviews`,
    body: {
      apiVersion: REVIEWS,
      kind: "SelfSubjectAccessReview",
      spec: {
        resourceAttributes: { ...attributes, resource: plural, ...(subresource !== undefined && { subresource }) },
      },
    },
    signal,
    timeout: KUBE_LIMITS.write,
  });
  return member(review.status, "allowed") === true;
}

const REVIEWS = "authorization.k8s.io/v1";

/** One refusal for all that is missing, or none; `work` is what cannot be done without it. */
export function permissionRefusals(
  missing: readonly Permission[],
  work: "install" | "uninstall" = "install",
): readonly Refusal[] {
  if (missing.length === 0) return [];
  const byPlace = Map.groupBy(missing, ({ resource, group, namespace }) => {
    const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
    return `${group === "" ? resource : `${resource}.${group}`} ${where}`;
  });
  const lines = [...byPlace].map(
    ([place, some]) => `${[...new Set(some.map(({ verb }) => verb))].join(", ")} ${place}`,
  );
  return [
    {
      reason: `the current user is not allowed to:${lines.map((line) => `\n      ${line}`).join("")}`,
      remedy: `${work} as a cluster administrator, or have one grant this${work === "install" ? " (nobody can grant what they may not do)" : ""}`,
    },
  ];
}

/** API group and plural of an object. */
export function apiResourceOf(object: JsonObject): { readonly group: string; readonly resource: string } {
  const { apiVersion } = objectNameOf(object);
  const resource = collectionPath(object).split("/").at(-1) ?? "";
  return { group: apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "", resource };
}

function texts(value: Json | undefined): readonly string[] {
  return listOf(value).filter((entry) => typeof entry === "string");
}
