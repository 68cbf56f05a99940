import type { JsonObject } from "../../src/model/json.ts";
import { member } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { text } from "./api-object.ts";

const PODS = "/api/v1/namespaces/appmesh-system/pods";

/** A pod of the control plane that nobody runs, and that is ready as the kubelet would say; returns its UID. Its namespace wants restricted pods. */
export async function createReplicaPod(api: ApiConnection, name: string): Promise<string> {
  const container: JsonObject = {
    name: "control-plane",
    image: "outrigger",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const made = await api.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      serviceAccountName: "outrigger-control-plane",
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [container],
    },
  });
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" }));
  await api.send("PUT", `${PODS}/${name}/status`, { ...made, status: { phase: "Running", conditions } });
  return text(member(made.metadata, "uid"));
}

export async function deleteReplicaPod(api: ApiConnection, name: string): Promise<void> {
  await api.send("DELETE", `${PODS}/${name}`);
}
