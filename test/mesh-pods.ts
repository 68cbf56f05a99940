import type { JsonObject } from "../src/model/json.ts";
import { member, stringOf } from "../src/model/json.ts";
import { TOKEN_AUDIENCE } from "../src/model/names.ts";
import type { ApiConnection } from "./api/api-connection.ts";

/** A pod of a real API server that nobody runs; a JSON object too. */
export type MeshPod = Readonly<Record<"namespace" | "name" | "uid", string>>;

export interface TokenWishes {
  readonly audience?: string;
  readonly seconds?: number;
  /** Not bound to the pod. */
  readonly unbound?: boolean;
}

/** A namespace with a service account `default`, which nobody makes where there is no controller. */
export async function meshNamespace(api: ApiConnection, prefix: string): Promise<string> {
  const metadata = { generateName: `${prefix}-` };
  const made = await api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  const namespace = stringOf(member(made["metadata"], "name")) ?? "";
  await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default" },
  });
  return namespace;
}

export async function createMeshPod(
  api: ApiConnection,
  namespace: string,
  name: string,
  metadata: JsonObject = {},
  sidecars: readonly JsonObject[] = [],
): Promise<MeshPod> {
  const made = await api.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name },
    spec: {
      serviceAccountName: "default",
      // nobody runs it: it goes at once when it is deleted
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: "app" }, ...sidecars],
    },
  });
  return { namespace, name, uid: stringOf(member(made["metadata"], "uid")) ?? "" };
}

/** A token of the pod's service account, as the kubelet asks for it. */
export async function tokenOf(api: ApiConnection, pod: MeshPod, wishes: TokenWishes = {}): Promise<string> {
  const made = await api.create(`/api/v1/namespaces/${pod.namespace}/serviceaccounts/default/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      audiences: [wishes.audience ?? TOKEN_AUDIENCE],
      expirationSeconds: wishes.seconds ?? 3600,
      ...(!wishes.unbound && { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid } }),
    },
  });
  return stringOf(member(made["status"], "token")) ?? "";
}
