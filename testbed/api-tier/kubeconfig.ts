import type { ClusterCertificates } from "./certificates.ts";

/** A kubeconfig for the cluster's administrator with everything inline. JSON, which is YAML as well. */
export function adminKubeconfig(server: string, certificates: Pick<ClusterCertificates, "ca" | "admin">): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const config = {
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
  return `${JSON.stringify(config, null, 2)}\n`;
}
