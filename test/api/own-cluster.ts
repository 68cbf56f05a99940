import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import { type JsonObject, member, objectsOf } from "../../src/model/json.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import type { ProvidedCluster } from "../../testbed/vitest-api.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";

/** An API server for one test file alone, as administrator: for objects whose names are fixed. */
export interface OwnCluster {
  readonly api: ApiConnection;
  readonly kubeconfig: string;
  readonly provided: ProvidedCluster;
  /** The administrator's kubeconfig with a token instead of the certificate, or with another server. */
  kubeconfigOf(change: { readonly token?: string; readonly server?: string }): Promise<JsonObject>;
  /** One call with a token, a patch being a strategic one; the path is a whole URL. */
  as(
    token: string,
    method: "POST" | "PATCH",
    url: string,
    body: JsonObject,
  ): Promise<{ status: number; body: JsonObject }>;
  /** Does what the namespace controller, which the API tier lacks, does at last: lets deleted namespaces go. */
  finishDeletions(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnCluster(): Promise<OwnCluster> {
  const cluster: Cluster = await startCluster();
  const { credentials, server, kubeconfig, binaries } = cluster;
  const { kubectl } = binaries;
  const provided = { ...credentials, server, kubeconfig, kubectl };
  const api = connectApi(provided);
  const agent = new Agent({ connect: { ca: credentials.ca } });
  return {
    api,
    kubeconfig,
    provided,
    async as(token, method, url, body) {
      const type = method === "PATCH" ? "application/strategic-merge-patch+json" : "application/json";
      const headers = { authorization: `Bearer ${token}`, "content-type": type };
      const answer = await request(url, { dispatcher: agent, method, headers, body: JSON.stringify(body) });
      return { status: answer.statusCode, body: (await answer.body.json()) as JsonObject };
    },
    async kubeconfigOf({ token, server: other }) {
      const config = JSON.parse(await readFile(kubeconfig, "utf8")) as JsonObject;
      const [entry = {}] = objectsOf(config.clusters);
      const [user = {}] = objectsOf(config.users);
      return {
        ...config,
        ...(token !== undefined && { users: [{ ...user, user: { token } }] }),
        ...(other !== undefined && {
          // the client library speaks plain HTTP only to those who want no TLS at all
          clusters: [{ ...entry, cluster: { server: other, "insecure-skip-tls-verify": true } }],
        }),
      };
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
      await Promise.all([api.close(), agent.close()]);
      await cluster.stop();
    },
  };
}
