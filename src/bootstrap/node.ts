import type { JsonObject } from "../model/json.ts";
import type { Separation } from "../model/proxy-traits.ts";
import { expanded } from "./expansion.ts";
import type { BootstrapNode } from "./spec.ts";

/**
 * Who the proxy says it is. The id has the form of App Mesh, `mesh/<mesh>/virtualNode/<name>`; the control plane
 * compares it and reports a difference, but decides by the pod that the token names. The traits in `metadata` it reads out of
 * that pod's arguments (src/cluster/pod-traits.ts), and it refuses a stream whose token is that of another pod than `pod`.
 */
export function envoyNode(node: BootstrapNode, ipv6: boolean, tracing: JsonObject | undefined): JsonObject {
  const id = `mesh/${node.mesh}/${node.kind}/${node.name}`;
  return {
    id,
    cluster: id,
    metadata: {
      outrigger: {
        pod: { uid: expanded("OUTRIGGER_POD_UID") },
        release: node.release,
        preview: node.preview,
        // whether the listeners that the control plane makes are to be of both families
        ipv6,
        // not what 0.1.0 had: one cluster for both
        directions: "separate" satisfies Separation,
        ...(tracing && { tracing }),
      },
    },
  };
}
