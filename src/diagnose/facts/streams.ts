import { isObject, type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";

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
  /** What it should have acknowledged by now, and since when (RFC 3339); null: nothing that is known. */
  readonly behind: { readonly type: string; readonly since: string } | null;
}

/** What all replicas together serve, and what they could not tell. */
export interface StreamsFacts {
  readonly replicas: readonly { readonly name: string; readonly streams: number; readonly problem: string }[];
  readonly streams: readonly StreamState[];
  /** Why nothing is known at all; empty when something is. */
  readonly problem: string;
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
  const { behind, pod, resolved, types } = stream;
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
    behind: behindIn(string(behind, "type"), string(behind, "since")),
  };
}

function behindIn(type: string, since: string): StreamState["behind"] {
  return Number.isNaN(Date.parse(since)) ? null : { type, since };
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
