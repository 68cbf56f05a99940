import { type JsonObject, objectOf } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";

/** Makes a namespace whose name begins as given, and returns its name: test files share one cluster. */
export async function createNamespace(
  api: ApiConnection,
  prefix: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const made = await api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { generateName: `${prefix}-`, labels },
  });
  return nameOf(made);
}

/** Path of the pods of a namespace. */
export function podsOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/**
 * The pod as webhooks see it in a cluster: the admission plugin ServiceAccount, which the API tier does without, has put
 * in the name of the service account, and without one the API server refuses projected tokens.
 */
export function withServiceAccount(pod: JsonObject): JsonObject {
  return { ...pod, spec: { serviceAccountName: "default", ...objectOf(pod.spec) } };
}

/** The pod of the walkthrough, word for word. */
export const NGINX = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace: "appmesh-inject-test",
    name: "nginx",
    labels: { name: "nginx" },
    annotations: { "appmesh.k8s.aws/virtualNode": "test" },
  },
  spec: { containers: [{ name: "nginx", image: "nginx", ports: [{ containerPort: 80 }] }] },
} as const satisfies JsonObject;

/** The walkthrough's containers under other metadata. */
export function nginx(metadata: JsonObject): JsonObject {
  return { ...NGINX, metadata };
}

/** Creates the pod and reads it back, what etcd holds and not what the call answered; then its name is free again. */
export async function stored(api: ApiConnection, namespace: string, pod: JsonObject): Promise<JsonObject> {
  const created = await api.create(podsOf(namespace), withServiceAccount(pod));
  const path = `${podsOf(namespace)}/${nameOf(created)}`;
  const { status, body } = await api.send("GET", path);
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  await api.send("DELETE", `${path}?gracePeriodSeconds=0`);
  return body;
}
