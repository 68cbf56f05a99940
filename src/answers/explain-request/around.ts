import type { MeshGraph } from "../../graph/graph.ts";
import type { DiscoveryView, TargetListenerView, TargetView } from "../../graph/view.ts";
import { servicesMeant } from "../../model/cluster-dns.ts";
import type { ServiceChange } from "../../model/mesh-change.ts";
import type { Members } from "./explanation.ts";

/** The mesh that a request is sent in. */
export interface Around {
  readonly graph: MeshGraph;
  /** As changes from nothing. */
  readonly services: readonly ServiceChange[];
  readonly clusterDomain: string;
  /** Whether these are all Services that there are: of files nobody knows. */
  readonly knows: "cluster" | "files";
  /** Who is there for a listener of a target; undefined: not known. */
  readonly membersOf: (target: MembersAsked) => Members | undefined;
}

export interface MembersAsked {
  readonly object: TargetView["object"];
  readonly discovery: DiscoveryView;
  readonly listener: TargetListenerView;
}

/** Where a name leads, as far as the cluster says it. */
export interface Place {
  /** The first of them; undefined: not known. */
  readonly address: string | undefined;
  /** The Service that it is, as `namespace/name`; undefined: none. */
  readonly service: string | undefined;
}

/** Where an app of a namespace gets when it looks a host up. */
export function placeOfHost(host: string, namespace: string, { services, clusterDomain }: Around): Place {
  for (const meant of servicesMeant(host, namespace, clusterDomain)) {
    const facts = services.find((one) => one.namespace === meant.namespace && one.name === meant.name)?.after;
    if (facts === undefined) continue;
    const addresses = meant.endpoint === undefined ? facts.addresses : facts.endpoints.get(meant.endpoint);
    if (meant.endpoint !== undefined && addresses === undefined) continue;
    return { address: addresses?.[0], service: `${meant.namespace}/${meant.name}` };
  }
  return { address: undefined, service: undefined };
}
