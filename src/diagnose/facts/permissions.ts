import { COMPONENTS } from "../../install/objects/ownership.ts";
import { type Permission, permissionsAround, permissionsToApply } from "../../install/preflight/permissions.ts";
import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import { CONTROL_PLANE_NAMESPACE, INJECTOR_NAMESPACE } from "../../model/names.ts";
import type { Reading } from "./reading.ts";

/** A permission, and why it is asked for. */
export interface NeededPermission extends Permission {
  /** What is not known, or not possible, without it. */
  readonly purpose: string;
}

export interface PermissionAnswer extends NeededPermission {
  readonly allowed: Reading<boolean>;
}

const INSTALLS = "outrigger install writes it";
const TIDIES = "outrigger install and uninstall look for it and remove it";

/** What this command and `status` read. */
export const READING_PERMISSIONS: readonly NeededPermission[] = [
  { verb: "list", group: "", resource: "namespaces", purpose: "labels and Pod Security levels" },
  { verb: "list", group: "", resource: "pods", purpose: "pods without their sidecar" },
  { verb: "create", group: "", resource: "pods", purpose: "the test admission, a dry run that stores nothing" },
  {
    verb: "list",
    group: "admissionregistration.k8s.io",
    resource: "mutatingwebhookconfigurations",
    purpose: "the registration",
  },
  {
    verb: "list",
    group: "admissionregistration.k8s.io",
    resource: "validatingwebhookconfigurations",
    purpose: "what another program left that refuses App Mesh objects",
  },
  { verb: "list", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", purpose: "the App Mesh kinds" },
  { verb: "list", group: "apps", resource: "replicasets", purpose: "the workloads of pods" },
  { verb: "list", group: "batch", resource: "jobs", purpose: "the workloads of pods" },
  ...KINDS.map((kind) => ({
    verb: "list",
    group: APPMESH_GROUP,
    resource: KIND_FACTS[kind].plural,
    purpose: "what is wrong in the mesh",
  })),
  { verb: "list", group: "", resource: "services", purpose: "what is wrong in the mesh" },
  { verb: "list", group: "discovery.k8s.io", resource: "endpointslices", purpose: "what is wrong in the mesh" },
  {
    verb: "list",
    group: "",
    resource: "configmaps",
    namespace: CONTROL_PLANE_NAMESPACE,
    purpose: "what proxies reject",
  },
  ...[INJECTOR_NAMESPACE, CONTROL_PLANE_NAMESPACE].flatMap((namespace) => [
    { verb: "list", group: "apps", resource: "deployments", namespace, purpose: "whether Outrigger runs" },
    { verb: "get", group: "", resource: "configmaps", namespace, purpose: "configuration and trust" },
    { verb: "get", group: "", resource: "services", namespace, purpose: "whether Outrigger can be reached" },
    {
      verb: "get",
      group: "",
      resource: "pods/portforward",
      namespace,
      purpose: "served certificates, metrics and connected proxies",
    },
  ]),
];

/** What it takes to apply these objects, to look for what was there before, and to remove it; nothing for no objects. */
export function installingPermissions(objects: readonly JsonObject[]): readonly NeededPermission[] {
  if (objects.length === 0) return [];
  return [
    ...permissionsToApply(objects).map((permission) => ({ ...permission, purpose: INSTALLS })),
    ...permissionsAround(COMPONENTS).map((permission) => ({ ...permission, purpose: TIDIES })),
  ];
}
