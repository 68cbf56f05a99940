import { acceptedNames, shownCertificates } from "../../answers/certificate-names.ts";
import { type Json, jsonIn } from "../../model/json.ts";
import { PORTS } from "../../model/names.ts";
import { calledNode } from "../facts/called-node.ts";
import { type CertificateNames, isOneAccepted } from "../facts/certificate-names.ts";
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
  /** Pods of the called node, those first that tell most. */
  readonly called: readonly StreamState[];
}

/**
 * Asks, where a certificate has none of the names that its caller accepts, the caller's Envoy for these names and Envoys of the called node
 * for their certificates, until one shows what is not accepted. One caller of each workload, and a few of them. Nothing is thrown.
 */
export async function withCertificateNames(
  door: PodDoor,
  statistics: ReadonlyMap<string, SidecarStatistics>,
  pods: readonly PodState[],
  streams: StreamsFacts,
): Promise<ReadonlyMap<string, SidecarStatistics>> {
  const connected = byPod(streams);
  const staying = new Set(pods.map(({ uid }) => uid));
  const asked = new Map<string, Asked>();
  for (const pod of pods) {
    for (const failure of statistics.get(pod.uid)?.failures ?? []) {
      const key = keyOf(pod, failure.kind === "other-name" ? failure.cluster : "");
      if (failure.kind !== "other-name" || asked.has(key) || asked.size >= DIAGNOSE_LIMITS.certificatesAsked) continue;
      asked.set(key, {
        pod,
        cluster: failure.cluster,
        called: calledPods(failure.cluster, connected.get(pod.uid), connected, staying),
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

/**
 * The pods that are the node by whose name a cluster goes. A rollout that brought a certificate has pods of both: those that are known to stay come first,
 * and what connected last, since one on its way out has the old certificate, and ends in the middle of an answer.
 */
function calledPods(
  cluster: string,
  caller: StreamState | undefined,
  connected: ReadonlyMap<string, StreamState>,
  staying: ReadonlySet<string>,
): readonly StreamState[] {
  const mesh = caller?.resolved?.mesh;
  if (mesh === undefined) return [];
  const { name } = calledNode(cluster, mesh);
  return [...connected.values()]
    .filter(({ resolved }) => resolved?.mesh === mesh && resolved.name === name)
    .sort(
      (a, b) =>
        Number(staying.has(b.pod.uid)) - Number(staying.has(a.pod.uid)) || Date.parse(b.since) - Date.parse(a.since),
    )
    .slice(0, DIAGNOSE_LIMITS.calledAsked);
}

async function namesOf(door: PodDoor, { pod, cluster, called }: Asked): Promise<CertificateNames> {
  // a node's admin interface has no other port; of a gateway that has one the answer is a failure
  const ask = (of: { readonly namespace: string; readonly name: string }, path: string) =>
    askPod(door, { namespace: of.namespace, pod: of.name, port: PORTS.admin }, path);
  const unknown = (why: string, place: string): CertificateNames => ({ kind: "unknown", why, pod: place });
  const [first] = called;
  if (first === undefined) return unknown("no connected pod of that node is known", "");
  const config = await ask(pod, "/config_dump?resource=dynamic_active_clusters");
  const accepted = read(config, (json) => acceptedNames(json, cluster));
  if (accepted.kind !== "read") return unknown(whyNot(accepted, "configuration of the caller's Envoy"), placeOf(first));
  let found: CertificateNames | undefined;
  for (const one of called) {
    const place = placeOf(one);
    const secrets = await ask(one.pod, "/config_dump?resource=dynamic_active_secrets");
    const shown = read(secrets, shownCertificates);
    if (shown.kind !== "read") {
      found ??= unknown(whyNot(shown, `list of certificates of ${place}`), place);
      continue;
    }
    const names = { kind: "known", accepted: accepted.value, pod: place, shown: shown.value } as const;
    if (!isOneAccepted(names)) return names;
    // says more than a failure
    if (found?.kind !== "known") found = names;
  }
  return found ?? unknown("", placeOf(first));
}

function placeOf({ pod }: StreamState): string {
  return `${pod.namespace}/${pod.name}`;
}

function read<T>(answer: Reading<string>, in_: (json: Json | undefined) => T | undefined): Reading<T> {
  if (answer.kind !== "read") return answer;
  const value = in_(jsonIn(answer.value));
  return value === undefined
    ? { kind: "failed", why: "its answer is none of an Envoy that this version reads" }
    : { kind: "read", value };
}
