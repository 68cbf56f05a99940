import { Agent } from "node:https";
import { type KubeClient, kubeClient } from "../../src/kube/client.ts";
import { type JsonObject, member } from "../../src/model/json.ts";
import type { ProvidedCluster } from "../../testbed/vitest-api.ts";
import { untilGranted } from "./access.ts";
import type { ApiConnection } from "./api-connection.ts";
import { text } from "./api-object.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const RBAC_VERSION = "rbac.authorization.k8s.io/v1";

/** What a client may do: rules in one namespace, and rules in the whole cluster. */
export interface Permissions {
  readonly namespace: string;
  readonly inNamespace?: readonly JsonObject[];
  readonly inCluster?: readonly JsonObject[];
}

/** The administrator, by certificate. */
export function adminClient({ server, ca, cert, key }: ProvidedCluster): KubeClient {
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  return kubeClient({ server: new URL(server), options: async () => ({ agent }) });
}

/** A new service account with these rules, which hold already, and nothing else, by token. */
export async function limitedClient(
  api: ApiConnection,
  { server, ca }: ProvidedCluster,
  permissions: Permissions,
): Promise<KubeClient> {
  const { namespace } = permissions;
  const made = await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { generateName: "limited-" },
  });
  const name = text(member(made.metadata, "name"));
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const uniqueName = `${namespace}-${name}`;
  await grant(api, `${RBAC}/namespaces/${namespace}`, "Role", name, subjects, permissions.inNamespace ?? []);
  await grant(api, RBAC, "ClusterRole", uniqueName, subjects, permissions.inCluster ?? []);
  const user = `system:serviceaccount:${namespace}:${name}`;
  await untilGranted(api, user, permissions.inNamespace ?? [], namespace);
  await untilGranted(api, user, permissions.inCluster ?? []);
  const { status } = await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  });
  const authorization = `Bearer ${text(member(status, "token"))}`;
  const agent = new Agent({ keepAlive: true, ca });
  return kubeClient({ server: new URL(server), options: async () => ({ agent, headers: { authorization } }) });
}

async function grant(
  api: ApiConnection,
  path: string,
  kind: "Role" | "ClusterRole",
  name: string,
  subjects: readonly JsonObject[],
  rules: readonly JsonObject[],
): Promise<void> {
  const role = { apiVersion: RBAC_VERSION, kind, metadata: { name }, rules };
  await api.create(`${path}/${kind.toLowerCase()}s`, role);
  await api.create(`${path}/${kind.toLowerCase()}bindings`, {
    apiVersion: RBAC_VERSION,
    kind: `${kind}Binding`,
    metadata: { name },
    subjects,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
  });
}
