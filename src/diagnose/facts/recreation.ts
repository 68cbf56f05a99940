import type { PodState } from "./pod-state.ts";

/** Kinds that `kubectl rollout restart` knows. */
const RESTARTED = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** The command that creates the pods of a workload again. */
export function recreation(namespace: string, { kind, name }: PodState["workload"]): string {
  if (RESTARTED.has(kind)) return `kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace}`;
  if (kind === "Pod")
    return `create the pod ${name} again: nothing else would (outrigger explain pod/${name} -n ${namespace})`;
  return `delete its pods, so that ${kind} ${name} makes new ones`;
}
