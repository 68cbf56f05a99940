import { isIP } from "node:net";
import { servicesMeant } from "../model/cluster-dns.ts";
import { OUTRIGGER_PREFIX } from "../model/names.ts";
import { plainHost } from "../model/plain-host.ts";
import { type Say, SILENT } from "./report.ts";
import { shown } from "./shown.ts";

/*
 * Which names a certificate of the control plane's may carry. Whoever may write a VirtualNode writes its host name, and so could become
 * anybody: a node gets names of its own namespace, and others only where the Mesh, which is nobody's namespace, gives them to it.
 */

/** Of a Mesh: `NAMESPACE=NAME, …`; a name may begin with `*.`, for all one label below. */
const NAMES_KEY = `${OUTRIGGER_PREFIX}certificate-names`;

export type CertificateNames =
  | { readonly kind: "names"; readonly names: readonly string[] }
  /** Why not. */
  | { readonly kind: "refused"; readonly found: string; readonly help: string };

/** A name that the Mesh gives to a namespace. */
interface Given {
  readonly namespace: string;
  readonly name: string;
}

export interface NamedNode {
  readonly namespace: string;
  /** How its service discovery calls it. */
  readonly hostname: string | undefined;
  /** Name of its Mesh, and its annotations. */
  readonly mesh: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
}

/** The names of a node's certificate: of a Service every form in which the cluster knows it, of an endpoint of one those with `svc`. */
export function certificateNames({ namespace, hostname, mesh }: NamedNode, clusterDomain: string): CertificateNames {
  const host = plainHost(hostname ?? "");
  if (!isDnsName(host)) {
    const found = hostname === undefined ? "it has no name" : `${shown(hostname)} is no name of DNS`;
    return { kind: "refused", found, help: "give it serviceDiscovery by a name" };
  }
  const service = serviceIn(host, clusterDomain);
  if (service !== undefined && isNobodys(service)) {
    const found = `${host} is a name of the cluster's own namespaces`;
    return { kind: "refused", found, help: "give it a host name of its own namespace" };
  }
  if (service?.namespace === namespace) {
    return { kind: "names", names: formsOf(service, clusterDomain) };
  }
  if (givenNames(mesh.annotations, SILENT).some((given) => given.namespace === namespace && covers(given.name, host))) {
    return { kind: "names", names: [host] };
  }
  const help = `annotate Mesh ${mesh.name} with ${NAMES_KEY}: ${namespace}=${host}, or give it a host name such as NAME.${namespace}.svc.${clusterDomain}`;
  return { kind: "refused", found: `${host} is no name of namespace ${namespace}`, help };
}

/** Every form in which the cluster knows a Service, or an endpoint of one. */
function formsOf({ name, namespace }: Place, clusterDomain: string): readonly string[] {
  const whole = [".svc", `.svc.${clusterDomain.toLowerCase()}`];
  // an endpoint in short may be a name of the world: namespaces are called `dev` and `app`, as domains are
  const forms = name.includes(".") ? whole : ["", ...whole];
  return forms.map((end) => `${name}.${namespace}${end}`);
}

/** Names in one certificate: it goes over the network in each handshake. */
const MOST_NAMES = 100;

/**
 * All names that a namespace has, for a gateway, which is called by any of them: what the Mesh gives to it, then its Services. `found`: why
 * there is none, or not each of them.
 */
export function namesOfNamespace(
  { namespace, services, mesh }: Omit<NamedNode, "hostname"> & { readonly services: readonly string[] },
  clusterDomain: string,
): { readonly names: readonly string[]; readonly found: string | undefined; readonly help: string } {
  const given = givenNames(mesh.annotations, SILENT).filter((one) => one.namespace === namespace);
  const own = services.filter((name) => !isNobodys({ name, namespace }));
  const all = [
    ...new Set([
      ...given.map(({ name }) => name),
      ...own.flatMap((name) => formsOf({ name, namespace }, clusterDomain)),
    ]),
  ];
  const help = `annotate Mesh ${mesh.name} with ${NAMES_KEY}: ${namespace}=NAME for each name that clients call, or write the ARN of a Secret`;
  if (all.length === 0) {
    const found = `namespace ${namespace} has no Service, and Mesh ${mesh.name} gives it no name`;
    return { names: [], help, found: `${found}, so it gets no certificate and no TLS connection to it is made` };
  }
  const beyond = all.length - MOST_NAMES;
  const found = `namespace ${namespace} has ${all.length} names, and the certificate carries the first ${MOST_NAMES}`;
  return { names: all.slice(0, MOST_NAMES), found: beyond > 0 ? found : undefined, help };
}

/** What the Mesh gives away; what cannot be read of it is left out, and said. */
export function givenNames(annotations: Readonly<Record<string, string>>, say: Say): readonly Given[] {
  const entries = (annotations[NAMES_KEY] ?? "").split(",").map((entry) => entry.trim());
  return entries.flatMap((entry) => {
    if (entry === "") return [];
    const [, namespace = "", name = ""] = /^([a-z0-9-]+)=(.+)$/.exec(entry) ?? [];
    if (isDnsName(name.toLowerCase().replace(/^\*\./, ""))) return [{ namespace, name: name.toLowerCase() }];
    const help = "write NAMESPACE=NAME with commas, such as shop=api.example.com, shop=*.shop.example.com";
    say("bad-annotation", "", `annotation ${NAMES_KEY} has the entry ${shown(entry)}`, help);
    return [];
  });
}

function covers(given: string, host: string): boolean {
  if (!given.startsWith("*.")) return given === host;
  return host.slice(host.indexOf(".") + 1) === given.slice(2) && host.includes(".");
}

function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    isIP(name) === 0 &&
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name)
  );
}

interface Place {
  readonly name: string;
  readonly namespace: string;
}

/** The Service, or the endpoint of one, that a name of the cluster means; undefined for others, and for short ones, which mean another to each namespace. */
function serviceIn(host: string, clusterDomain: string): Place | undefined {
  const meant = host.includes(".") ? servicesMeant(host, "", clusterDomain).at(-1) : undefined;
  if (meant === undefined) return undefined;
  const { endpoint, name, namespace } = meant;
  return { name: endpoint === undefined ? name : `${endpoint}.${name}`, namespace };
}

/** Names by which the cluster itself, and this control plane, are called. */
function isNobodys({ name, namespace }: Place): boolean {
  return /^(appmesh|kube)-/.test(namespace) || (namespace === "default" && name === "kubernetes");
}
