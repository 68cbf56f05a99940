import { type HeldResource, heldResources } from "../../answers/config-dump.ts";
import type { Surroundings } from "../../answers/mesh-diff.ts";
import { adminPortOf } from "../../cluster/pod-traits.ts";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { nearestName } from "../../config/nearest.ts";
import type { PodIdentity } from "../../inject/pod-identity.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { jsonIn } from "../../model/json.ts";
import { ENVOY_CONTAINER } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { ReplicaReport } from "../../model/replica-report.ts";
import { releaseOf } from "../facts/component.ts";
import { membersOf } from "../facts/mesh-members.ts";
import { workloadOf } from "../facts/owners.ts";
import { type Reading, valueIn, whyNot } from "../facts/reading.ts";
import { type Sidecar, sidecarOf } from "../facts/sidecar.ts";
import { byPod, isKnown, type StreamState } from "../facts/streams.ts";
import { askPod } from "./ask-pod.ts";
import type { Gathering } from "./gathering.ts";
import { type GatheredMesh, gatherMesh } from "./mesh.ts";
import { readControlPlane, readPods, surroundingsOf } from "./mesh-pods.ts";
import { readOwners } from "./owners.ts";
import { readStreams } from "./streams.ts";

/** A pod with what decides what its proxy gets, and what its Envoy says that it has. */
export interface ProxiedFacts {
  readonly pod: PodSummary;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly sidecar: Sidecar;
  readonly identity: PodIdentity;
  readonly mesh: GatheredMesh;
  readonly around: Omit<Surroundings, "pods">;
  /** `unknown`: not every replica could be asked. */
  readonly stream: StreamState | "none" | "unknown";
  readonly reports: readonly ReplicaReport[];
  /** What its Envoy has. */
  readonly held: Reading<readonly HeldResource[]>;
  /** Release of the control plane that runs; undefined: its image does not say it. */
  readonly release: string | undefined;
  /** Sentences for a person: what had to be assumed, and what could not be read. */
  readonly notes: readonly string[];
}

/** All that came over xDS, with the endpoints. */
const QUESTION = "/config_dump?include_eds";

/** Reads a pod, the mesh around it, and by port forwarding its Envoy. Rejects with KubeError where the pod is not there or the mesh cannot be read. */
export async function gatherProxied(
  { reads, door, progress }: Pick<Gathering, "reads" | "door" | "progress">,
  namespace: string,
  name: string,
): Promise<ProxiedFacts> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const found = await reads.one(`${path}/${encodeURIComponent(name)}`);
  if (found.kind === "absent") throw await noSuchPod(reads, path, namespace, name);
  if (found.kind !== "read") throw new KubeError("status", whyNot(found, `pod ${namespace}/${name}`));
  const raw = found.value;
  const pod = podSummary(raw);
  const [mesh, settings, owners, all] = await Promise.all([
    gatherMesh({ reads, progress }, undefined),
    readControlPlane(reads),
    readOwners(reads),
    readPods(reads),
  ]);
  progress("the proxy");
  const sidecar = sidecarOf(raw);
  const [streams, held] = await Promise.all([
    readStreams(door, settings.controlPlane),
    !pod.containers.includes(ENVOY_CONTAINER)
      ? ({ kind: "absent" } as const)
      : askPod(door, { namespace, pod: name, port: adminPortOf(raw) }, QUESTION),
  ]);
  const stream = byPod(streams).get(pod.uid) ?? (isKnown(streams) ? "none" : "unknown");
  return {
    pod,
    workload: workloadOf(pod, owners),
    sidecar,
    identity: membersOf(mesh, owners, settings.configuration)(pod),
    mesh,
    around: surroundingsOf(settings, valueIn(all) ?? [], mesh),
    stream,
    reports: mesh.reports,
    held: heldIn(held),
    release: releaseOf(valueIn(settings.controlPlane.deployment)?.image ?? ""),
    notes: [
      ...mesh.notes,
      ...settings.notes,
      ...mesh.unreported,
      ...(stream === "unknown"
        ? [`whether it is connected is not known: ${streams.problem || "not every replica could be asked"}`]
        : []),
      ...(all.kind === "read" ? [] : [`instances of Cloud Map are not known: ${whyNot(all, "list of pods")}`]),
    ],
  };
}

function heldIn(answer: Reading<string>): Reading<readonly HeldResource[]> {
  if (answer.kind !== "read") return answer;
  const value = heldResources(jsonIn(answer.value));
  return value === undefined
    ? { kind: "failed", why: "its answer is none of an Envoy that this version reads" }
    : { kind: "read", value };
}

async function noSuchPod(reads: Gathering["reads"], path: string, namespace: string, name: string): Promise<KubeError> {
  const names = valueIn(await reads.list(path, "metadata", nameOf)) ?? [];
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "kubectl get pods lists those that there are" : `did you mean ${nearest}?`;
  return new KubeError("no-such-name", `there is no pod ${name} in namespace ${namespace}: ${hint}`);
}
