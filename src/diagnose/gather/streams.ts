import { PLACES } from "../../install/objects/ownership.ts";
import { isObject, type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";
import { whyNot } from "../facts/reading.ts";
import { askPod } from "./ask-pod.ts";
import type { ComponentFacts } from "./components.ts";
import { inParallel } from "./in-parallel.ts";
import type { PodDoor } from "./pod-door.ts";

/** Where the control plane tells whom it serves; it listens on loopback only. */
const DIAGNOSTICS_PORT = 9091;

/** One proxy's stream, as the replica tells that serves it. */
export interface StreamState {
  /** Name of the replica's pod. */
  readonly replica: string;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** What the proxy says it is. */
  readonly claimed: string;
  /** What its pod makes it; undefined: nothing, and `unresolved` says why. */
  readonly resolved: { readonly mesh: string; readonly kind: string; readonly name: string } | undefined;
  readonly unresolved: string;
  readonly agrees: boolean;
  readonly protocol: string;
  /** RFC 3339. */
  readonly since: string;
  /** For each type: the version that was accepted, the one that was refused and why. */
  readonly types: JsonObject;
}

/** What all replicas together serve, and what they could not tell. */
export interface StreamsFacts {
  readonly replicas: readonly { readonly name: string; readonly streams: number; readonly problem: string }[];
  readonly streams: readonly StreamState[];
  /** Why nothing is known at all; empty when something is. */
  readonly problem: string;
}

/** Asks every ready replica of the control plane, and puts their answers together. Nothing is thrown. */
export async function readStreams(door: PodDoor, { deployment, pods }: ComponentFacts): Promise<StreamsFacts> {
  const { name, namespace } = PLACES["control-plane"];
  if (deployment.kind !== "read") return nothing(whyNot(deployment, `Deployment ${name} in namespace ${namespace}`));
  if (pods.kind !== "read") return nothing(whyNot(pods, `pod of ${name}`));
  const ready = pods.value.filter((pod) => pod.ready);
  if (ready.length === 0) return nothing("no replica of the control plane is ready");
  const answers = await inParallel(ready, async ({ name: pod }) => {
    const answer = await askPod(door, { namespace, pod, port: DIAGNOSTICS_PORT }, "/streams");
    if (answer.kind !== "read") return { name: pod, streams: [], problem: whyNot(answer, "list of streams") };
    const streams = streamsIn(answer.value, pod);
    return streams === undefined
      ? { name: pod, streams: [], problem: "its list of streams is not what this version reads" }
      : { name: pod, streams, problem: "" };
  });
  return {
    replicas: answers.map(({ streams, ...rest }) => ({ ...rest, streams: streams.length })),
    streams: answers.flatMap(({ streams }) => streams),
    problem: answers.every(({ problem }) => problem !== "") ? "no replica of the control plane could be asked" : "",
  };
}

function nothing(problem: string): StreamsFacts {
  return { replicas: [], streams: [], problem };
}

/** The streams in a replica's answer, a list or an object with one; undefined when it is neither. */
export function streamsIn(text: string, replica: string): readonly StreamState[] | undefined {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const list = Array.isArray(json) ? listOf(json) : member(json, "streams");
  if (!Array.isArray(list)) return undefined;
  return objectsOf(list).map((stream) => streamState(stream, replica));
}

function streamState(stream: JsonObject, replica: string): StreamState {
  const string = (value: Json | undefined, key: string): string => stringOf(member(value, key)) ?? "";
  const { pod, resolved, types } = stream;
  return {
    replica,
    pod: { namespace: string(pod, "namespace"), name: string(pod, "name"), uid: string(pod, "uid") },
    claimed: string(stream, "claimed"),
    resolved: isObject(resolved)
      ? { mesh: string(resolved, "mesh"), kind: string(resolved, "kind"), name: string(resolved, "name") }
      : undefined,
    unresolved: string(stream, "unresolved"),
    agrees: stream.agrees === true,
    protocol: string(stream, "protocol"),
    since: string(stream, "since"),
    types: isObject(types) ? types : {},
  };
}

/** The streams by the UID of their pod; of several streams of a pod the youngest counts. */
export function byPod({ streams }: StreamsFacts): ReadonlyMap<string, StreamState> {
  const found = new Map<string, StreamState>();
  for (const stream of streams) {
    const known = found.get(stream.pod.uid);
    if (known === undefined || known.since < stream.since) found.set(stream.pod.uid, stream);
  }
  return found;
}

/** Whether somebody can be asked at all, for a pod without a stream. */
export function isKnown({ problem, replicas }: StreamsFacts): boolean {
  return problem === "" && replicas.every((replica) => replica.problem === "");
}
