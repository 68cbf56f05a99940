import { isIP } from "node:net";
import { plainHost } from "./plain-host.ts";

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

/** A Kubernetes Service that a host name may mean. Whether it is there is not known here. */
export interface MeantService {
  readonly namespace: string;
  readonly name: string;
  /** One of its endpoints by its own name, as `db-0` of a StatefulSet; undefined: the Service as a whole. */
  readonly endpoint: string | undefined;
}

/**
 * The Services that a host name may mean to a pod of a namespace, in the order in which the pod's search list finds them. In any case:
 * `<service>`, `<service>.<namespace>[.svc[.<domain>]]`, `<endpoint>.<service>` of its own namespace, and `<endpoint>.<service>.<namespace>.svc[.<domain>]`; none for any other name.
 */
export function servicesMeant(host: string, namespace: string, domain: string): readonly MeantService[] {
  const whole = plainHost(host);
  const suffix = [`.svc.${domain.toLowerCase()}`, ".svc"].find((end) => whole.endsWith(end));
  const labels = whole.slice(0, whole.length - (suffix?.length ?? 0)).split(".");
  if (labels.includes("")) return [];
  const [first = "", second = "", third = ""] = labels;
  const isShort = suffix === undefined;
  const ofNamespace = { namespace: second, name: first, endpoint: undefined };
  switch (labels.length) {
    case 1:
      // a short name is found by the search list, which ends none of them in `.svc`
      return isShort ? [{ namespace, name: first, endpoint: undefined }] : [];
    case 2:
      return isShort ? [{ namespace, name: second, endpoint: first }, ofNamespace] : [ofNamespace];
    case 3:
      // where it has no `.svc` it is rather a name of the world
      return isShort ? [] : [{ namespace: third, name: second, endpoint: first }];
    default:
      return [];
  }
}
