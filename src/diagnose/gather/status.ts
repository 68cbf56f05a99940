import { MUTATING_WEBHOOKS } from "../../kube/object-path.ts";
import { INJECTOR_NAME } from "../../model/names.ts";
import { type NamespaceState, namespaceState, takesPart } from "../facts/namespace-state.ts";
import type { PodState } from "../facts/pod-state.ts";
import { mapped, type Reading, valueIn, whyNot, whyUnread } from "../facts/reading.ts";
import type { StatusFacts } from "../facts/status-facts.ts";
import { registeredSince } from "../facts/verdict.ts";
import { workloadStatuses } from "../facts/workload-status.ts";
import { withCertificateNames } from "./certificate-names.ts";
import { readTrust } from "./check.ts";
import { readComponent } from "./components.ts";
import type { Gathering } from "./gathering.ts";
import { liveConfiguration } from "./live-configuration.ts";
import { readMembership } from "./membership.ts";
import { meshModesOf } from "./mesh-mode.ts";
import { readNamespaces, refuseAbsent } from "./namespaces.ts";
import { decidingBy, readPodStates } from "./pod-states.ts";
import { readStatistics } from "./sidecar-statistics.ts";
import { readStreams } from "./streams.ts";

/** One namespace, whatever its label, or every labelled one. */
export type AskedNamespaces = { readonly kind: "one"; readonly namespace: string } | { readonly kind: "labelled" };

/**
 * Reads the pods of the asked namespaces, one namespace after the other and page by page, decides about each as the injector
 * would now, and asks the control plane who is connected. Nothing is written.
 */
export async function gatherStatus(gathering: Gathering, asked: AskedNamespaces): Promise<StatusFacts> {
  const { reads, door, progress } = gathering;
  progress("the installation");
  const [namespaces, injector, controlPlane, trust, registration, membership] = await Promise.all([
    readAsked(gathering, asked),
    readComponent(reads, "injector"),
    readComponent(reads, "control-plane"),
    readTrust(reads),
    reads.one(`${MUTATING_WEBHOOKS}/${INJECTOR_NAME}`),
    readMembership(reads),
  ]);
  refuseAbsent(namespaces, asked.kind === "one" ? asked.namespace : undefined);
  const configuration = liveConfiguration(injector);
  const meshModes = meshModesOf(controlPlane, membership.annotatedMeshes, namespaces);
  const deciding = decidingBy(gathering, injector, trust, membership);
  const notes = [
    ...missing(namespaces, asked.kind === "one" ? `namespace ${asked.namespace}` : "list of namespaces"),
    ...missing(
      registration,
      "registration of the injector",
      registration.kind === "absent"
        ? "nothing asks it about new pods"
        : "since when it is asked about new pods is not known",
    ),
    ...missing(
      configuration,
      "configuration of the injector",
      "decisions are made by the default one, and drift is not known",
    ),
    ...modeUnknown(meshModes.setting),
  ];
  const found: { namespace: NamespaceState; pods: readonly PodState[] }[] = [];
  for (const namespace of valueIn(namespaces) ?? []) {
    progress(`the pods of namespace ${namespace.name}`);
    const pods = await readPodStates(reads, namespace, deciding);
    notes.push(...missing(pods, `list of pods of namespace ${namespace.name}`));
    found.push({ namespace, pods: valueIn(pods) ?? [] });
  }
  notes.push(...nodesUnknown(found.flatMap(({ pods }) => pods)));
  progress("the connected proxies");
  const streams = await readStreams(door, controlPlane);
  const unasked = streams.replicas.filter(({ problem }) => problem !== "");
  if (streams.problem !== "") notes.push(`who is connected is not known: ${streams.problem}`);
  notes.push(...unasked.map(({ name, problem }) => `pod ${name} of the control plane: ${problem}`));
  progress("the statistics of the sidecars");
  const read = await readStatistics(
    door,
    found.flatMap(({ pods }) => pods),
    gathering.now(),
  );
  notes.push(...read.notes);
  const pods = found.flatMap(({ pods: own }) => own);
  const statistics = await withCertificateNames(door, read.statistics, pods, streams);
  const registeredAt = registeredSince(registration);
  return { workloads: workloadStatuses(found, streams, registeredAt, statistics), streams, meshModes, notes };
}

async function readAsked({ reads }: Gathering, asked: AskedNamespaces): Promise<Reading<readonly NamespaceState[]>> {
  if (asked.kind === "labelled") return mapped(await readNamespaces(reads), (all) => all.filter(takesPart));
  const one = await reads.one(`/api/v1/namespaces/${encodeURIComponent(asked.namespace)}`);
  return mapped(one, (object) => [namespaceState(object)]);
}

/** `so` is what follows. */
function missing(reading: Reading<unknown>, what: string, so = ""): readonly string[] {
  if (reading.kind === "read") return [];
  return [`${whyNot(reading, what)}${so === "" ? "" : `: ${so}`}`];
}

function modeUnknown(setting: Reading<unknown>): readonly string[] {
  const why = whyUnread(setting, "configuration of the control plane");
  return why === "" ? [] : [`whether the mesh is served is not known: ${why}`];
}

/** One sentence for all pods of which the same keeps anybody from telling. */
function nodesUnknown(pods: readonly PodState[]): readonly string[] {
  const whys = pods.flatMap(({ sidecar, node }) =>
    sidecar.kind === "ours" && node.kind === "unknown" ? [node.why] : [],
  );
  return [...Map.groupBy(whys, (why) => why)].map(([why, { length }]) => {
    const are = length === 1 ? "1 pod is" : `${length} pods are`;
    return `which node of the mesh ${are} is not known: ${why}`;
  });
}
