import { readFile } from "node:fs/promises";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";

/** An API server for one test file alone, as administrator: for objects whose names are fixed. */
export interface OwnCluster {
  readonly api: ApiConnection;
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** The administrator's kubeconfig with another token instead of the certificate, or with another server. */
  kubeconfigOf(change: { readonly token: string } | { readonly server: string }): Promise<JsonObject>;
  /** Does what the namespace controller, which the API tier lacks, does at last: lets deleted namespaces go. */
  finishDeletions(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnCluster(): Promise<OwnCluster> {
  const cluster: Cluster = await startCluster();
  const { credentials, server, kubeconfig, binaries } = cluster;
  const { kubectl } = binaries;
  const api = connectApi({ ...credentials, server, kubeconfig, kubectl });
  return {
    api,
    kubeconfig,
    kubectl,
    async kubeconfigOf(change) {
      const config = JSON.parse(await readFile(kubeconfig, "utf8")) as JsonObject;
      const [entry = {}] = objectsOf(config.clusters);
      const [user = {}] = objectsOf(config.users);
      if ("token" in change) return { ...config, users: [{ ...user, user: { token: change.token } }] };
      return { ...config, clusters: [{ ...entry, cluster: { ...objectOf(entry.cluster), server: change.server } }] };
    },
    async finishDeletions() {
      const { body } = await api.send("GET", "/api/v1/namespaces");
      const leaving = objectsOf(body.items).filter((one) => member(one.metadata, "deletionTimestamp") !== undefined);
      for (const namespace of leaving) {
        const object: JsonObject = { ...namespace, apiVersion: "v1", kind: "Namespace", spec: { finalizers: [] } };
        await api.send("PUT", `/api/v1/namespaces/${nameOf(namespace)}/finalize`, object);
      }
    },
    async stop() {
      await api.close();
      await cluster.stop();
    },
  };
}
