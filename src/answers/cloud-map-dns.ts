import { hash } from "node:crypto";
import type { MeshGraph } from "../graph/graph.ts";
import { NO_SETTINGS } from "../graph/graph-settings.ts";
import { effectiveAwsName } from "../model/aws-names.ts";
import { CLUSTER_DOMAIN } from "../model/cluster-dns.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { refOf, type TypedObject } from "../model/mesh-object.ts";
import { plainHost } from "../model/plain-host.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";
import { plain } from "./plain-text.ts";

/** Names that pods call and that AWS Cloud Map answered, zone by zone. */
export interface CloudMapDns {
  readonly zones: readonly DnsZone[];
  /** Sentences for a person: names that are left out, and why. */
  readonly notes: readonly string[];
}

export interface DnsZone {
  /** Name of the Cloud Map namespace, in lower case. */
  readonly name: string;
  /** The VirtualNodes that are in it, as `namespace/name`. */
  readonly nodes: readonly string[];
  /** Sorted by name; no address twice in all zones. */
  readonly services: readonly { readonly name: string; readonly address: string }[];
}

/**
 * The zones of all nodes that are found by Cloud Map, with their services and the virtual services below them. Each name has an address of
 * 240.0.0.0/4, which nobody has: a sidecar goes by the name. It is made of the name, so that it stays what it is whatever else comes.
 * `graph`: of the same contents, where somebody has it.
 */
export function cloudMapDns(contents: MeshContents, graph: MeshGraph = meshGraph(contents, NO_SETTINGS)): CloudMapDns {
  const nodes = graph.list("VirtualNode").filter((node) => graph.meshOf(refOf(node)) !== undefined);
  const services = graph.list("VirtualService").filter((service) => graph.meshOf(refOf(service)) !== undefined);
  const notes: string[] = [];
  const names: string[] = [];
  const { clusterDomain = CLUSTER_DOMAIN } = contents;
  const zones = new Map<string, { readonly nodes: Set<string>; readonly names: Set<string> }>();
  for (const node of nodes) {
    const discovery = node.spec.serviceDiscovery?.awsCloudMap;
    if (discovery === undefined) continue;
    const place = `${node.metadata.namespace}/${node.metadata.name}`;
    const zone = plainHost(discovery.namespaceName);
    const why = zoneFlaw(zone, clusterDomain);
    if (why !== undefined) {
      notes.push(`${JSON.stringify(zone)}, the Cloud Map namespace of VirtualNode ${place}, is left out: ${why}`);
      continue;
    }
    const found = zones.get(zone) ?? { nodes: new Set(), names: new Set() };
    zones.set(zone, found);
    found.nodes.add(place);
    const name = `${plainHost(discovery.serviceName)}.${zone}`;
    if (isName(name)) names.push(name);
    else
      notes.push(`${JSON.stringify(name)}, by which VirtualNode ${place} is found, is left out: it is no name of DNS`);
  }
  for (const name of [...names, ...services.map(calledName)]) zoneOf(name, zones)?.names.add(name);
  const addresses = addressesOf([...zones.values()].flatMap(({ names }) => [...names]));
  return {
    zones: [...zones]
      .filter(([, { names: found }]) => found.size > 0)
      .toSorted(([a], [b]) => compareTexts(a, b))
      .map(([name, zone]) => ({
        name,
        nodes: [...zone.nodes].toSorted(compareTexts),
        services: [...zone.names]
          .toSorted(compareTexts)
          .map((each) => ({ name: each, address: addresses.get(each) ?? "" })),
      })),
    notes,
  };
}

/** Stanzas of a Corefile, one a zone: https://coredns.io/plugins/hosts. Names in it hold nothing but letters, digits, `-`, `_` and dots. */
export function corefileOf({ zones }: Pick<CloudMapDns, "zones">): string {
  return zones.map(stanza).join("\n");
}

function stanza({ name, nodes, services }: DnsZone): string {
  const of = nodes.length > MOST_NODES ? [...nodes.slice(0, MOST_NODES), `${nodes.length - MOST_NODES} more`] : nodes;
  return [
    // of files, names may be anything
    `# VirtualNodes ${of.map(plain).join(", ")}`,
    `${name}:53 {`,
    "    errors",
    "    hosts {",
    ...services.map((service) => `        ${service.address} ${service.name}`),
    `        ttl ${TTL_SECONDS}`,
    "        no_reverse",
    "    }",
    "}",
    "",
  ].join("\n");
}

/** Nodes that a stanza names. */
const MOST_NODES = 3;
/** How soon a name that is taken away is gone. */
const TTL_SECONDS = 60;

/** Longer zones win, as in CoreDNS. */
function zoneOf<T>(name: string, zones: ReadonlyMap<string, T>): T | undefined {
  if (!isName(name)) return undefined;
  const labels = name.split(".");
  for (let first = 1; first < labels.length; first++) {
    const zone = zones.get(labels.slice(first).join("."));
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** The name by which apps call a virtual service, as DNS compares it. */
export function calledName({ metadata, spec }: TypedObject<"VirtualService">): string {
  return plainHost(effectiveAwsName("VirtualService", metadata, spec.awsName));
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

function isName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((label) => LABEL.test(label));
}

function zoneFlaw(zone: string, clusterDomain: string): string | undefined {
  if (!isName(zone)) return "it is no name of DNS";
  if (zone === clusterDomain || zone.endsWith(`.${clusterDomain}`)) {
    return "names below the cluster's domain are those of its Services: create Services of these names";
  }
  if (clusterDomain.endsWith(`.${zone}`)) {
    return `the cluster's own domain ${clusterDomain} is in it, and no name of that would be answered any more: use another namespace`;
  }
  if (zone === "arpa" || zone.endsWith(".arpa")) return "there the cluster's DNS says whose an address is";
  return undefined;
}

/** Of 240.0.0.0/4, without its first and its last. */
const ADDRESSES = 2 ** 28 - 2;

function addressesOf(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Map<number, string>();
  for (const name of [...new Set(names)].toSorted(compareTexts)) {
    let place = Number.parseInt(hash("sha256", name, "hex").slice(0, 12), 16) % ADDRESSES;
    while (taken.has(place)) place = (place + 1) % ADDRESSES;
    taken.set(place, name);
  }
  return new Map([...taken].map(([place, name]) => [name, addressAt(place)]));
}

function addressAt(place: number): string {
  const number = 0xf0_00_00_01 + place;
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join(".");
}
