import { generateKeyPairSync } from "node:crypto";
import { type KeyPairPem, makeAuthority } from "../api-tier/certificates.ts";
import { KUBERNETES_SERVICE_IP, NODE_IP, NODE_NAME } from "./addresses.ts";

/** Clients whose names Kubernetes' own roles know, and the cluster's DNS, which gets a role of its own. */
const CLIENTS = {
  admin: "O=system:masters, CN=admin",
  "apiserver-kubelet": "O=system:masters, CN=apiserver-kubelet",
  "controller-manager": "CN=system:kube-controller-manager",
  scheduler: "CN=system:kube-scheduler",
  proxy: "CN=system:kube-proxy",
  dns: "CN=testbed:coredns",
} as const;

export type NodeTierClient = keyof typeof CLIENTS;

export interface NodeTierCertificates {
  readonly ca: KeyPairPem;
  readonly apiserver: KeyPairPem;
  /** Of the kubelet, as a client and as the server of logs, exec and port-forward. */
  readonly node: KeyPairPem;
  readonly clients: Readonly<Record<NodeTierClient, KeyPairPem>>;
  /** Signs service account tokens: RSA 2048, as most clusters have it; PKCS#8 and SPKI, PEM. */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/** One authority signs all: servers, clients and, in the controller manager, certificate requests. */
export async function makeNodeTierCertificates(now: Date): Promise<NodeTierCertificates> {
  const authority = await makeAuthority(now);
  const apiserver = await authority.issue("CN=kube-apiserver", ["server"], {
    ips: ["127.0.0.1", NODE_IP.v4, NODE_IP.v6, KUBERNETES_SERVICE_IP],
    dns: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ],
  });
  const node = await authority.issue(`O=system:nodes, CN=system:node:${NODE_NAME}`, ["client", "server"], {
    ips: [NODE_IP.v4, NODE_IP.v6],
    dns: [NODE_NAME],
  });
  const clients = await Promise.all(
    Object.entries(CLIENTS).map(async ([name, subject]) => [name, await authority.issue(subject, ["client"])] as const),
  );
  const serviceAccount = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return {
    ca: { cert: authority.cert, key: authority.key },
    apiserver,
    node,
    clients: Object.fromEntries(clients) as Record<NodeTierClient, KeyPairPem>,
    serviceAccount,
  };
}
