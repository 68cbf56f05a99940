import { readFile } from "node:fs/promises";
import type { ClusterCredentials } from "../cluster.ts";
import type { ClusterCertificates } from "./certificates.ts";

/** A kubeconfig for the cluster's administrator with everything inline. JSON, which is YAML as well. */
export function adminKubeconfig(server: string, certificates: Pick<ClusterCertificates, "ca" | "admin">): string {
  return `${JSON.stringify(kubeconfigObject(server, certificates), null, 2)}\n`;
}

function kubeconfigObject(server: string, certificates: Pick<ClusterCertificates, "ca" | "admin">) {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "testbed", cluster: { server, "certificate-authority-data": base64(certificates.ca) } }],
    users: [
      {
        name: "admin",
        user: {
          "client-certificate-data": base64(certificates.admin.cert),
          "client-key-data": base64(certificates.admin.key),
        },
      },
    ],
    contexts: [{ name: "testbed", context: { cluster: "testbed", user: "admin" } }],
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
