import { type Configuration, configuration as withDefaults } from "../../config/schema.ts";
import type { ComponentFacts } from "../facts/component.ts";
import { type ClusterLookups, inputOf, trustFactsOf } from "../facts/lookups.ts";
import type { NamespaceState } from "../facts/namespace-state.ts";
import type { Unread } from "../facts/pod-node.ts";
import { type PodState, podState, type Settings } from "../facts/pod-state.ts";
import type { Reading } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import type { Gathering } from "./gathering.ts";
import { liveConfiguration, liveRelease } from "./live-configuration.ts";
import type { MembershipFacts } from "./membership.ts";
import { readNamespaceLookups } from "./namespace-lookups.ts";

/** What decides about every pod alike. */
export interface Deciding extends ClusterLookups {
  readonly configuration: Configuration;
  readonly settings: Settings;
  /** What of the whole cluster's lookups could not be read. */
  readonly unread: Unread;
  /** Version of Outrigger that injects. */
  readonly release: string;
}

/** What the running injector goes by; where it does not say its settings, the default ones with the mesh that was named are assumed. */
export function decidingBy(
  { release, meshName }: Pick<Gathering, "release" | "meshName">,
  injector: ComponentFacts,
  trust: Reading<string>,
  { meshes, sharing, unread }: MembershipFacts,
): Deciding {
  const live = liveConfiguration(injector);
  return {
    configuration: live.kind === "read" ? live.value : withDefaults({ meshName }),
    settings: live.kind === "read" ? "live" : "assumed",
    release: liveRelease(injector, release),
    trust: trustFactsOf(trust),
    meshes,
    sharing,
    unread,
  };
}

/** The states of the running pods of a namespace. Whole pods come page by page, and only their states are kept. */
export async function readPodStates(
  reads: ClusterReads,
  namespace: NamespaceState,
  deciding: Deciding,
): Promise<Reading<readonly PodState[]>> {
  const { settings, unread: ofAll, ...rest } = deciding;
  const looked = await readNamespaceLookups(reads, namespace.name);
  const unread = {
    nodes: ofAll.nodes || looked.unread.nodes,
    others: ofAll.others || looked.unread.others,
  };
  return await reads.list(`/api/v1/namespaces/${encodeURIComponent(namespace.name)}/pods`, "whole", (pod) =>
    podState(inputOf(pod, looked, { namespace, ...rest }), settings, unread),
  );
}
