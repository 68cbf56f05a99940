import { acceptedNames, shownCertificates } from "../../answers/certificate-names.ts";
import { type Json, jsonIn } from "../../model/json.ts";
import { PORTS } from "../../model/names.ts";
import { calledNode } from "../facts/called-node.ts";
import type { CertificateNames } from "../facts/certificate-names.ts";
import type { PodState } from "../facts/pod-state.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import { byPod, type StreamState, type StreamsFacts } from "../facts/streams.ts";
import type { SidecarStatistics } from "../facts/workload-status.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { askPod } from "./ask-pod.ts";
import { inParallel } from "./in-parallel.ts";
import type { PodDoor } from "./pod-door.ts";

/** A cluster of one caller whose certificates have another name. */
interface Asked {
  readonly pod: PodState;
  readonly cluster: string;
  readonly called: StreamState | undefined;
}

/**
 * Asks, where a certificate has none of the names that its caller accepts, the caller's Envoy for these names and an Envoy of the called node
 * for its certificates. One caller of each workload, and a few of them. Nothing is thrown.
 */
export async function withCertificateNames(
  door: PodDoor,
  statistics: ReadonlyMap<string, SidecarStatistics>,
  pods: readonly PodState[],
  streams: StreamsFacts,
): Promise<ReadonlyMap<string, SidecarStatistics>> {
  const connected = byPod(streams);
  const asked = new Map<string, Asked>();
  for (const pod of pods) {
    for (const failure of statistics.get(pod.uid)?.failures ?? []) {
      const key = keyOf(pod, failure.kind === "other-name" ? failure.cluster : "");
      if (failure.kind !== "other-name" || asked.has(key) || asked.size >= DIAGNOSE_LIMITS.certificatesAsked) continue;
      asked.set(key, {
        pod,
        cluster: failure.cluster,
        called: calledPod(failure.cluster, connected.get(pod.uid), connected),
      });
    }
  }
  const answers = await inParallel([...asked], async ([key, one]) => [key, await namesOf(door, one)] as const);
  const found = new Map(answers);
  const named = pods.flatMap((pod) => {
    const one = statistics.get(pod.uid);
    if (one === undefined) return [];
    const failures = one.failures.map((failure) => {
      const names = failure.kind === "other-name" ? found.get(keyOf(pod, failure.cluster)) : undefined;
      return names === undefined ? failure : { ...failure, names };
    });
    return [[pod.uid, { ...one, failures }] as const];
  });
  return new Map(named);
}

function keyOf({ namespace, workload: { kind, name } }: PodState, cluster: string): string {
  return [namespace, kind, name, cluster].join("\u0000");
}

/** A pod that is the node by whose name a cluster goes. */
function calledPod(
  cluster: string,
  caller: StreamState | undefined,
  connected: ReadonlyMap<string, StreamState>,
): StreamState | undefined {
  const mesh = caller?.resolved?.mesh;
  if (mesh === undefined) return undefined;
  const { name } = calledNode(cluster, mesh);
  return [...connected.values()].find(({ resolved }) => resolved?.mesh === mesh && resolved.name === name);
}

async function namesOf(door: PodDoor, { pod, cluster, called }: Asked): Promise<CertificateNames> {
  if (called === undefined) return { kind: "unknown", why: "no connected pod of that node is known", pod: "" };
  const place = `${called.pod.namespace}/${called.pod.name}`;
  // a node's admin interface has no other port; of a gateway that has one the answer is a failure
  const ask = (namespace: string, name: string, path: string) =>
    askPod(door, { namespace, pod: name, port: PORTS.admin }, path);
  const [config, certificates] = await Promise.all([
    ask(pod.namespace, pod.name, "/config_dump?resource=dynamic_active_clusters"),
    ask(called.pod.namespace, called.pod.name, "/config_dump?resource=dynamic_active_secrets"),
  ]);
  const accepted = read(config, (json) => acceptedNames(json, cluster));
  const shown = read(certificates, shownCertificates);
  if (accepted.kind !== "read")
    return { kind: "unknown", why: whyNot(accepted, "configuration of the caller's Envoy"), pod: place };
  if (shown.kind !== "read")
    return { kind: "unknown", why: whyNot(shown, `list of certificates of ${place}`), pod: place };
  return { kind: "known", accepted: accepted.value, pod: place, shown: shown.value };
}

function read<T>(answer: Reading<string>, in_: (json: Json | undefined) => T | undefined): Reading<T> {
  if (answer.kind !== "read") return answer;
  const value = in_(jsonIn(answer.value));
  return value === undefined
    ? { kind: "failed", why: "its answer is none of an Envoy that this version reads" }
    : { kind: "read", value };
}
