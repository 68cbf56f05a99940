import { isIP } from "node:net";

/** The domain of nearly all clusters; for whoever runs outside of one. */
export const CLUSTER_DOMAIN = "cluster.local";

/** The DNS that knows the names of the cluster's Services. A pod's own may be another: `dnsPolicy: Default`, `None`. */
export interface ClusterDns {
  /** IP addresses, never empty. */
  readonly servers: readonly string[];
  /** Such as `cluster.local`. */
  readonly domain: string;
}

/**
 * The cluster's DNS by the `resolv.conf` that the kubelet writes for a pod with `dnsPolicy: ClusterFirst`: it searches
 * `<namespace>.svc.<domain>`, `svc.<domain>` and `<domain>`
 * (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). Undefined for any other, such as a machine's.
 */
export function clusterDnsIn(resolvConf: string): ClusterDns | undefined {
  const lines = resolvConf.split("\n").map((line) => line.trim().split(/\s+/));
  const servers = lines.flatMap(([key, value = ""]) => (key === "nameserver" && isIP(value) !== 0 ? [value] : []));
  // as in resolv.conf(5): of several lines the last counts
  const [, ...search] = lines.findLast(([key]) => key === "search") ?? [];
  const domain = search.map((name) => /^svc\.(.+?)\.?$/.exec(name)?.[1]).find((found) => found !== undefined);
  return servers.length === 0 || domain === undefined ? undefined : { servers, domain };
}

/**
 * The whole name, with the dot at the end that keeps it out of search lists and of the pod's `/etc/hosts`
 * (`hostAliases`), of a Service that is named as
 * `<service>.<namespace>.svc`, with or without the domain; undefined for any other name, which the cluster's DNS need not
 * know.
 */
export function serviceName(host: string, { domain }: ClusterDns): string | undefined {
  const name = host.replace(/\.$/, "");
  const short = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
  return /^[^.]+\.[^.]+\.svc$/.test(short) ? `${short}.${domain}.` : undefined;
}

/**
 * The Service that a host name means to a pod of a namespace: `<service>` or `<service>.<namespace>[.svc[.<domain>]]`, in any case; undefined for any other name. Whether there is such a Service is not known here.
 */
export function serviceMeant(
  host: string,
  namespace: string,
  domain: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const whole = host.toLowerCase().replace(/\.$/, "");
  const suffix = [`.svc.${domain.toLowerCase()}`, ".svc"].find((end) => whole.endsWith(end));
  const labels = whole.slice(0, whole.length - (suffix?.length ?? 0)).split(".");
  const [name = "", within] = labels;
  // a short name is found by the pod's search list, which ends none of them in `.svc`
  if (labels.includes("") || labels.length > 2 || (within === undefined && suffix !== undefined)) return undefined;
  return { namespace: within ?? namespace, name };
}
