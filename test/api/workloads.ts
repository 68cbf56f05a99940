import type { JsonObject } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { metadataText, nameOf } from "./api-object.ts";
import { NGINX, podsOf, withServiceAccount } from "./namespaces.ts";

/** A Deployment and its ReplicaSet as the controllers make them, which do not run here, and a way to make their pods. */
export interface DeployedPods {
  readonly deployment: JsonObject;
  /** Makes one pod of it, through every webhook, and returns what is stored. */
  pod(metadata?: JsonObject, spec?: JsonObject): Promise<JsonObject>;
}

export async function deploy(api: ApiConnection, namespace: string, name: string): Promise<DeployedPods> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: NGINX.spec };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const deployment = await api.create(`${apps}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec,
  });
  const replicaSet = await api.create(`${apps}/replicasets`, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `${name}-5d4f8`, ownerReferences: [ownerReference(deployment)] },
    spec,
  });
  return {
    deployment,
    pod: (metadata = {}, more = {}) =>
      api.create(
        podsOf(namespace),
        withServiceAccount({
          apiVersion: "v1",
          kind: "Pod",
          metadata: {
            generateName: `${nameOf(replicaSet)}-`,
            labels,
            ownerReferences: [ownerReference(replicaSet)],
            ...metadata,
          },
          spec: { ...NGINX.spec, ...more },
        }),
      ),
  };
}

export function ownerReference(owner: JsonObject): JsonObject {
  const { apiVersion = "", kind = "" } = owner;
  return { apiVersion, kind, name: nameOf(owner), uid: metadataText(owner, "uid"), controller: true };
}

/** Says what the kubelet would: the pod runs and is Ready. */
export async function makeReady(api: ApiConnection, pod: JsonObject): Promise<void> {
  const path = `${podsOf(metadataText(pod, "namespace"))}/${nameOf(pod)}`;
  const { body } = await api.send("GET", path);
  const conditions = [{ type: "Ready", status: "True" }];
  const answer = await api.send("PUT", `${path}/status`, { ...body, status: { phase: "Running", conditions } });
  if (answer.status !== 200) throw new Error(`PUT ${path}/status: ${answer.status}`);
}
