import { type Json, type JsonObject, member, numberOf, objectsOf, stringMapOf, stringOf } from "./json.ts";
import { CAPTURE_CONTAINER, ENVOY_CONTAINER, RECORD_KEY } from "./names.ts";

/** A sidecar that is not ready, for a reason that does not go away by itself in a moment. */
export interface UnreadySidecar {
  /** Milliseconds since 1970, by the cluster's clocks. */
  readonly since: number;
  /** Completes "its sidecar is not ready: …". */
  readonly why: string;
}

/** After this long, in milliseconds, a sidecar that is not ready is worth a word: one in a burst of sixty pods takes 40 s. */
export const SLOW_START = 60_000;

/** What a container waits for that is on its way: containers before it, its image, its volumes. */
const ON_ITS_WAY = new Set(["PodInitializing", "ContainerCreating", ""]);

/**
 * Why an injected pod's sidecar is not ready, by what the kubelet says of its containers. Undefined for one that is, for a pod
 * that has ended or is ending, and while there is nothing but to wait.
 */
export function unreadySidecar(pod: JsonObject): UnreadySidecar | undefined {
  const metadata = member(pod, "metadata");
  const status = member(pod, "status");
  const phase = stringOf(member(status, "phase"));
  const hasEnded = phase === "Succeeded" || phase === "Failed" || member(metadata, "deletionTimestamp") !== undefined;
  if (hasEnded || !Object.hasOwn(stringMapOf(member(metadata, "annotations")), RECORD_KEY)) return undefined;
  const containers = [
    ...objectsOf(member(status, "initContainerStatuses")),
    ...objectsOf(member(status, "containerStatuses")),
  ];
  const capture = containers.find(({ name }) => name === CAPTURE_CONTAINER);
  const envoy = containers.find(({ name }) => name === ENVOY_CONTAINER);
  return (capture && failing(capture)) ?? (envoy && unready(envoy));
}

/** Why a container that should end well does not. */
function failing(container: JsonObject): UnreadySidecar | undefined {
  const name = stringOf(container["name"]) ?? "";
  const state = member(container, "state");
  const { reason, message } = waitingFor(state);
  const isCrashing = reason === "CrashLoopBackOff" && (numberOf(container["restartCount"]) ?? 0) >= 2;
  const last = member(state, "terminated") ?? member(member(container, "lastState"), "terminated");
  if (last === undefined) {
    if (ON_ITS_WAY.has(reason)) return undefined;
    return { since: Number.NEGATIVE_INFINITY, why: `${name} waits, ${reason}${message}` };
  }
  if (numberOf(member(last, "exitCode")) === 0) return undefined;
  // each start of one that crashes is recent: it would be waited for for ever
  const since = isCrashing ? Number.NEGATIVE_INFINITY : timeOf(last, "startedAt");
  return { since, why: `${name} fails, ${ending(last)}${name === ENVOY_CONTAINER ? causeOf(last) : ""}` };
}

function unready(container: JsonObject): UnreadySidecar | undefined {
  if (container["ready"] === true) return undefined;
  const failed = failing(container);
  const running = member(member(container, "state"), "running");
  if (running === undefined) return failed;
  const again = failed === undefined ? "" : `; the one before it ${failed.why.replace(/^\S+ fails, /, "ended with ")}`;
  return {
    since: failed?.since ?? timeOf(running, "startedAt"),
    why: `Envoy runs but has no configuration, since it has not reached the control plane or was refused by it${again}`,
  };
}

function waitingFor(state: Json | undefined): { readonly reason: string; readonly message: string } {
  const waiting = member(state, "waiting");
  const message = stringOf(member(waiting, "message")) ?? "";
  return { reason: stringOf(member(waiting, "reason")) ?? "", message: message === "" ? "" : ` (${message})` };
}

function ending(terminated: Json): string {
  const reason = stringOf(member(terminated, "reason")) ?? "";
  return `exit code ${numberOf(member(terminated, "exitCode")) ?? "unknown"}${reason === "" ? "" : ` (${reason})`}`;
}

/** Envoy aborts where it cannot watch its files; its handler of signals then faults, so that the code is that of either. */
function causeOf(terminated: Json): string {
  const code = numberOf(member(terminated, "exitCode"));
  if (code !== 134 && code !== 139) return "";
  return ": an Envoy ends so at its start where the node's fs.inotify.max_user_instances is used up, of which each sidecar needs four";
}

/** Of a time that is not told: long ago. */
function timeOf(parent: Json, key: string): number {
  const time = Date.parse(stringOf(member(parent, key)) ?? "");
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
