import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { GraphSettings } from "../../graph/graph-settings.ts";
import { type ObjectRef, sameObject } from "../../model/mesh-object.ts";
import type { ReplicaReport } from "../../model/replica-report.ts";
import { sharedNamespaces } from "../../model/shared-namespaces.ts";
import { membersOf } from "../facts/mesh-members.ts";
import { workloadOf } from "../facts/owners.ts";
import { whyNot } from "../facts/reading.ts";
import type { Gathering } from "./gathering.ts";
import { type GatheredMesh, gatherMesh } from "./mesh.ts";
import { readControlPlane, readPods } from "./mesh-pods.ts";
import { readOwners } from "./owners.ts";

/** What is to be known of one object of a cluster. */
export interface DescribedFacts {
  readonly mesh: GatheredMesh;
  /** Undefined: nobody's report could be read. */
  readonly reports: readonly ReplicaReport[] | undefined;
  readonly settings: GraphSettings;
  /** Pods of the object; undefined: it has none, or they could not be read. */
  readonly pods: readonly MemberPod[] | undefined;
  /** Sentences for a person: what had to be assumed, and what could not be read. */
  readonly notes: readonly string[];
}

export interface MemberPod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly ready: boolean;
  readonly sidecar: boolean;
}

/** Reads the mesh, what replicas report, and the pods of a node or gateway. Rejects with KubeError where the mesh cannot be read. */
export async function gatherDescribed(
  { reads, progress }: Pick<Gathering, "reads" | "progress">,
  ref: ObjectRef,
): Promise<DescribedFacts> {
  const [mesh, settings] = await Promise.all([
    gatherMesh({ reads, progress }, ref.namespace === "" ? undefined : ref.namespace),
    readControlPlane(reads),
  ]);
  const known = {
    mesh,
    reports: mesh.unreported.length === 0 ? mesh.reports : undefined,
    settings: settings.graph,
    notes: [...mesh.notes, ...mesh.unreported, ...settings.notes],
  };
  if (ref.kind !== "VirtualNode" && ref.kind !== "VirtualGateway") return { ...known, pods: undefined };
  progress("the pods");
  const [pods, owners] = await Promise.all([readPods(reads, homeOf(ref, mesh)), readOwners(reads)]);
  if (pods.kind !== "read") {
    const note = `its pods are not known: ${whyNot(pods, "list of pods")}`;
    return { ...known, pods: undefined, notes: [...known.notes, note] };
  }
  const identityOf = membersOf(mesh, owners, settings.configuration);
  const isMember = (pod: PodSummary): boolean => {
    const identity = identityOf(pod);
    return sameObject(ref, identity.kind === "resolved" ? identity.object : identity.injectedAs);
  };
  const members = pods.value.filter(isMember).map(
    (pod): MemberPod => ({
      namespace: pod.namespace,
      name: pod.name,
      workload: workloadOf(pod, owners),
      ready: pod.ready,
      sidecar: pod.injected,
    }),
  );
  return { ...known, pods: members };
}

/** Where an object's pods are: its own namespace; undefined where it lets others name it, so that they may be anywhere. */
function homeOf({ kind, namespace, name }: ObjectRef, { objects }: GatheredMesh): string | undefined {
  const shares = objects.some((parsed) => {
    if (parsed.kind !== "parsed" || parsed.object.kind !== kind) return false;
    const { metadata } = parsed.object;
    const isIt = metadata.namespace === namespace && metadata.name === name;
    return isIt && sharedNamespaces(metadata.annotations).names.length > 0;
  });
  return shares ? undefined : namespace;
}
