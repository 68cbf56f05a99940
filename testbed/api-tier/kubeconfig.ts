import { readFile } from "node:fs/promises";
import type { ClusterCertificates, KeyPairPem } from "./certificates.ts";
import type { ClusterCredentials } from "./credentials.ts";

/** A kubeconfig for the cluster's administrator with everything inline. JSON, which is YAML as well. */
export function adminKubeconfig(server: string, certificates: Pick<ClusterCertificates, "ca" | "admin">): string {
  return clientKubeconfig(server, certificates.ca, "admin", certificates.admin);
}

/** The same for any client of the cluster; `user` is a word for people, who it is says the certificate. */
export function clientKubeconfig(server: string, ca: string, user: string, client: KeyPairPem): string {
  return `${JSON.stringify(kubeconfigObject(server, ca, user, client), null, 2)}\n`;
}

function kubeconfigObject(server: string, ca: string, user: string, client: KeyPairPem) {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "testbed", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [
      {
        name: user,
        user: {
          "client-certificate-data": base64(client.cert),
          "client-key-data": base64(client.key),
        },
      },
    ],
    contexts: [{ name: "testbed", context: { cluster: "testbed", user } }],
    "current-context": "testbed",
  };
}

/** The administrator's credentials out of a file that `adminKubeconfig` made. */
export async function readCredentials(path: string): Promise<ClusterCredentials> {
  const config = JSON.parse(await readFile(path, "utf8")) as ReturnType<typeof kubeconfigObject>;
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error(`${path} is not a kubeconfig of the testbed`);
  const text = (base64: string) => Buffer.from(base64, "base64").toString("utf8");
  return {
    ca: text(cluster["certificate-authority-data"]),
    cert: text(user["client-certificate-data"]),
    key: text(user["client-key-data"]),
  };
}
