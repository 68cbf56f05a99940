import type { CertificateSecret } from "../model/certificate-secrets.ts";
import { CLUSTER_DOMAIN } from "../model/cluster-dns.ts";

/** What of the configuration the graph goes by. */
export interface GraphSettings {
  /** Setting `controlPlane.mesh`: what holds where neither namespace nor Mesh says it. */
  readonly mesh: "serve" | "observe";
  /** Our own AWS account; empty: none. A mesh of another owner is addressed as `name@owner`. */
  readonly accountId: string;
  /** Of the cluster, such as `cluster.local`: host names below it are those of its Services. */
  readonly clusterDomain: string;
  /** Setting `controlPlane.discovery`: how host names of Services are found of nodes that do not say it. */
  readonly discovery: "dns" | "endpoints";
  /** Setting `controlPlane.certificates.secrets`: ARNs that mean Secrets; absent: none. */
  readonly certificates?: readonly CertificateSecret[];
}

/**
 * For whoever has no configuration, and asks where objects belong and what is wrong with them: what a setting asks for and does not get is
 * no problem. The domain is that of nearly all clusters.
 */
export const NO_SETTINGS: GraphSettings = {
  mesh: "observe",
  accountId: "",
  clusterDomain: CLUSTER_DOMAIN,
  discovery: "dns",
};
