import type { Surroundings } from "../../answers/mesh-diff.ts";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { registeredPod } from "../../cluster/registered-pod.ts";
import { type Configuration, configuration as withDefaults } from "../../config/schema.ts";
import type { GraphSettings } from "../../graph/graph-settings.ts";
import { CLUSTER_DOMAIN } from "../../model/cluster-dns.ts";
import type { ComponentFacts } from "../facts/component.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { readComponent } from "./components.ts";
import { liveConfiguration } from "./live-configuration.ts";
import type { GatheredMesh } from "./mesh.ts";

/** What a control plane goes by, beside the mesh. */
export interface ControlPlaneSettings {
  readonly controlPlane: ComponentFacts;
  readonly configuration: Configuration;
  readonly graph: GraphSettings;
  /** Sentences for a person: what had to be assumed. */
  readonly notes: readonly string[];
}

/** Reads the settings of the control plane that runs; where it does not say them, a new installation's are assumed, and that is said. Nothing is thrown. */
export async function readControlPlane(reads: ClusterReads): Promise<ControlPlaneSettings> {
  const controlPlane = await readComponent(reads, "control-plane");
  const live = liveConfiguration(controlPlane);
  const configuration = live.kind === "read" ? live.value : withDefaults({});
  const { accountId } = configuration;
  const { mesh, discovery } = configuration.controlPlane;
  const notes =
    live.kind === "read"
      ? []
      : [`${whyNot(live, "configuration of a control plane")}, so that its default settings are assumed`];
  return {
    controlPlane,
    configuration,
    graph: { mesh, accountId, clusterDomain: CLUSTER_DOMAIN, discovery },
    notes,
  };
}

/** What decides beside the mesh what proxies get, where `pods` are all that nodes may register in Cloud Map. */
export function surroundingsOf(
  { configuration, graph }: ControlPlaneSettings,
  pods: readonly PodSummary[],
  { members, clusterDomain }: Pick<GatheredMesh, "members" | "clusterDomain">,
): Omit<Surroundings, "pods"> {
  return {
    settings: { ...graph, clusterDomain },
    proxies: { accessLog: configuration.controlPlane.accessLog, clusterDomain },
    registered: pods.map((pod) => ({ namespace: pod.namespace, name: pod.name, pod: registeredPod(pod) })),
    members,
  };
}

/** Pods that have not ended, of all namespaces, or of one. */
export async function readPods(reads: ClusterReads, namespace?: string): Promise<Reading<readonly PodSummary[]>> {
  const path = namespace === undefined ? "/api/v1/pods" : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  return await reads.list(path, "whole", (pod) => {
    const summary = podSummary(pod);
    return summary.phase === "Succeeded" || summary.phase === "Failed" ? undefined : summary;
  });
}
