import { RESOURCES } from "../../cluster/resources.ts";
import { MUTATING_WEBHOOKS } from "../../kube/object-path.ts";
import { INJECTOR_NAME } from "../../model/names.ts";
import { createdAt } from "../../model/object-metadata.ts";
import { trustFactsOf } from "../facts/lookups.ts";
import { type NamespaceState, namespaceState, takesPart } from "../facts/namespace-state.ts";
import type { PodState } from "../facts/pod-state.ts";
import { mapped, type Reading, valueIn, whyNot } from "../facts/reading.ts";
import type { StatusFacts } from "../facts/status-facts.ts";
import { workloadStatuses } from "../facts/workload-status.ts";
import { readTrust, settingsOf } from "./check.ts";
import { readComponent } from "./components.ts";
import type { Gathering } from "./gathering.ts";
import { liveConfiguration, liveRelease } from "./live-configuration.ts";
import { readMeshModes } from "./mesh-mode.ts";
import { readNamespaces, refuseAbsent } from "./namespaces.ts";
import { readOverflows } from "./overflows.ts";
import { type Deciding, readPodStates } from "./pod-states.ts";
import { readSharing } from "./sharing.ts";
import { readStreams } from "./streams.ts";

/** One namespace, whatever its label, or every labelled one. */
export type AskedNamespaces = { readonly kind: "one"; readonly namespace: string } | { readonly kind: "labelled" };

/**
 * Reads the pods of the asked namespaces, one namespace after the other and page by page, decides about each as the injector
 * would now, and asks the control plane who is connected. Nothing is written.
 */
export async function gatherStatus(gathering: Gathering, asked: AskedNamespaces): Promise<StatusFacts> {
  const { reads, release, meshName, door, progress } = gathering;
  progress("the installation");
  const [namespaces, injector, controlPlane, trust, registration, meshes] = await Promise.all([
    readAsked(gathering, asked),
    readComponent(reads, "injector"),
    readComponent(reads, "control-plane"),
    readTrust(reads),
    reads.one(`${MUTATING_WEBHOOKS}/${INJECTOR_NAME}`),
    reads.list(RESOURCES.meshes.path, "whole", RESOURCES.meshes.project),
  ]);
  refuseAbsent(namespaces, asked.kind === "one" ? asked.namespace : undefined);
  const configuration = liveConfiguration(injector);
  const meshModes = await readMeshModes(reads, controlPlane, valueIn(namespaces) ?? []);
  const deciding: Deciding = {
    ...settingsOf(configuration, meshName),
    release: liveRelease(injector, release),
    trust: trustFactsOf(trust),
    meshes: valueIn(meshes) ?? [],
    sharing: await readSharing(reads),
  };
  const notes = [
    ...missing(namespaces, asked.kind === "one" ? `namespace ${asked.namespace}` : "list of namespaces"),
    ...missing(registration, "registration of the injector: nothing asks it about new pods"),
    ...missing(
      configuration,
      "configuration of the injector: decisions are made by the default one, and drift is not known",
    ),
  ];
  const found: { namespace: NamespaceState; pods: readonly PodState[] }[] = [];
  for (const namespace of valueIn(namespaces) ?? []) {
    progress(`the pods of namespace ${namespace.name}`);
    const pods = await readPodStates(reads, namespace, deciding);
    notes.push(...missing(pods, `list of pods of namespace ${namespace.name}`));
    found.push({ namespace, pods: valueIn(pods) ?? [] });
  }
  progress("the connected proxies");
  const streams = await readStreams(door, controlPlane);
  const unasked = streams.replicas.filter(({ problem }) => problem !== "");
  if (streams.problem !== "") notes.push(`who is connected is not known: ${streams.problem}`);
  notes.push(...unasked.map(({ name, problem }) => `pod ${name} of the control plane: ${problem}`));
  progress("limits that were reached");
  const reached = await readOverflows(
    door,
    found.flatMap(({ pods }) => pods),
  );
  notes.push(...reached.notes);
  const registeredAt = createdAt(valueIn(registration)) ?? "";
  return { workloads: workloadStatuses(found, streams, registeredAt, reached.overflows), streams, meshModes, notes };
}

async function readAsked({ reads }: Gathering, asked: AskedNamespaces): Promise<Reading<readonly NamespaceState[]>> {
  if (asked.kind === "labelled") return mapped(await readNamespaces(reads), (all) => all.filter(takesPart));
  const one = await reads.one(`/api/v1/namespaces/${encodeURIComponent(asked.namespace)}`);
  return mapped(one, (object) => [namespaceState(object)]);
}

function missing(reading: Reading<unknown>, what: string): readonly string[] {
  return reading.kind === "read" ? [] : [whyNot(reading, what)];
}
