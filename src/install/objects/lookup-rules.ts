import type { PolicyRule } from "./roles.ts";

/* What both parts read of a cluster to know which virtual node a pod is: they look it up with the same code. */

export const WATCHED = ["list", "watch"] as const;
/** Also read one by one, while the cache does not have it yet, or whole. */
export const WATCHED_AND_READ = ["get", ...WATCHED] as const;

export const OWNERS: readonly PolicyRule[] = [
  {
    purpose: "the Deployment or Rollout behind a pod, which names its virtual node",
    apiGroups: ["apps"],
    resources: ["replicasets"],
    verbs: WATCHED_AND_READ,
  },
  {
    purpose: "the CronJob behind a pod, which names its virtual node",
    apiGroups: ["batch"],
    resources: ["jobs"],
    verbs: WATCHED_AND_READ,
  },
];

export const MESH_OBJECTS: PolicyRule = {
  purpose: "mesh, virtual node and virtual gateway of a pod",
  apiGroups: ["appmesh.k8s.aws"],
  resources: ["meshes", "virtualnodes", "virtualgateways"],
  verbs: WATCHED,
};
