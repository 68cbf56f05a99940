import type { KubeClient } from "../../kube/client.ts";
import { read } from "../../kube/writes.ts";
import { member, numberOf } from "../../model/json.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { WRITE_LIMITS } from "./limits.ts";

/** App Mesh's own controller, where its chart puts it. */
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: CONTROL_PLANE_NAMESPACE, name: "appmesh-controller" },
} as const;

/** Whether App Mesh's own controller runs. Rejects with KubeError. */
export type AppMeshController = (signal: AbortSignal) => Promise<boolean>;

/**
 * Whether App Mesh's own controller runs, which then writes statuses: two writers would write for ever. Asked of the API server at most
 * every {@link WRITE_LIMITS.controllerAge}. Rejects with KubeError.
 */
export function appMeshController(client: KubeClient, now: () => number): AppMeshController {
  let last: { readonly at: number; readonly isRunning: boolean } | undefined;
  return async (signal) => {
    if (last !== undefined && now() - last.at < WRITE_LIMITS.controllerAge) return last.isRunning;
    const deployment = await read({ client, signal }, DEPLOYMENT);
    const isRunning = (numberOf(member(member(deployment, "status"), "readyReplicas")) ?? 0) > 0;
    last = { at: now(), isRunning };
    return isRunning;
  };
}
