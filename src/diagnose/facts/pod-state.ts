import { inject } from "../../inject/inject.ts";
import type { InjectionInput } from "../../inject/input.ts";
import { applyPatch } from "../../inject/json-patch.ts";
import { uninject } from "../../inject/record/uninject.ts";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../model/json.ts";
import { createdAt, nameOf } from "../../model/object-metadata.ts";
import { metadataAsSent } from "../../model/owner.ts";
import { SLOW_START, unreadySidecar } from "../../model/sidecar-start.ts";
import { driftOf, isByMembership, knowsNoRoot, newNameOf } from "./drift.ts";
import { type PodCapture, podCapture } from "./pod-capture.ts";
import { ALL_READ, type PodNode, podNode, type Unread } from "./pod-node.ts";
import { type Sidecar, sidecarOf } from "./sidecar.ts";

/** What is kept of one running pod: a few hundred bytes, whatever the pod's size. */
export interface PodState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** RFC 3339 in UTC. */
  readonly created: string;
  readonly ready: boolean;
  readonly sidecar: Sidecar;
  /** Why its sidecar is not ready although it has had the time; empty: it is, or may still get so. */
  readonly unready: string;
  /** What would be decided about the pod, without its sidecar, if it were created now. */
  readonly now: NowDecided;
  /** In what its sidecar differs from the one that it would get now, one sentence each. */
  readonly drift: readonly string[];
  /** Whether its sidecar knows none of the mesh's roots, and so cannot connect. */
  readonly isStranger: boolean;
  /** What it is served as, where it was injected under another name; else empty. */
  readonly newName: string;
  /** Which node of the mesh it is, by what a control plane goes by. */
  readonly node: PodNode;
  /** What of its traffic goes through its sidecar; undefined: it has no sidecar of ours, or does not say. */
  readonly capture: PodCapture | undefined;
}

export interface NowDecided {
  /** `unknown`: it depends on what could not be read. */
  readonly outcome: "inject" | "skip" | "deny" | "unknown";
  readonly reason: string;
  readonly message: string;
}

/** Whether the settings are the injector's own: nothing is called drift that differs only from a guess. */
export type Settings = "live" | "assumed";

/** The state of a pod, or undefined when it has ended or is ending. */
export function podState(
  input: InjectionInput,
  settings: Settings,
  unread: Unread = ALL_READ,
  now = Date.now(),
): PodState | undefined {
  const { pod } = input;
  const metadata = member(pod, "metadata");
  const status = member(pod, "status");
  const phase = stringOf(member(status, "phase"));
  if (phase === "Succeeded" || phase === "Failed" || member(metadata, "deletionTimestamp") !== undefined)
    return undefined;
  const removal = uninject(pod);
  const bare = asSent(removal.outcome === "removed" ? applyPatch(pod, removal.patch) : pod);
  const result = inject({ ...input, pod: bare });
  const sidecar = sidecarOf(pod);
  const node = podNode(input, unread);
  const { outcome, reason, message } = result;
  return {
    namespace: input.namespace.name,
    name: nameOf(pod),
    uid: stringOf(member(metadata, "uid")) ?? "",
    workload: workloadOf(input, nameOf(pod)),
    created: createdAt(pod) ?? "",
    ready: objectsOf(member(status, "conditions")).some(({ type, status }) => type === "Ready" && status === "True"),
    sidecar,
    unready: unreadyFor(pod, now),
    now:
      node.kind === "unknown" && isByMembership(result)
        ? { outcome: "unknown", reason: "unread", message: node.why }
        : { outcome, reason, message },
    drift: sidecar.kind === "ours" && settings === "live" ? driftOf(sidecar, input, bare, result, node) : [],
    isStranger: sidecar.kind === "ours" && knowsNoRoot(pod, input.trust),
    newName: settings === "live" && node.kind === "node" ? newNameOf(sidecar, bare, result) : "",
    node,
    capture: sidecar.kind === "ours" ? podCapture(pod) : undefined,
  };
}

/** A generated name is not there yet when a pod is injected. */
function asSent(pod: JsonObject): JsonObject {
  return { ...pod, metadata: metadataAsSent(objectOf(pod["metadata"])) };
}

function unreadyFor(pod: JsonObject, now: number): string {
  const unready = unreadySidecar(pod);
  return unready === undefined || now - unready.since < SLOW_START ? "" : unready.why;
}

function workloadOf({ owner }: InjectionInput, name: string): PodState["workload"] {
  switch (owner.kind) {
    case "none":
      return { kind: "Pod", name };
    case "known":
      return { kind: owner.owner.kind, name: owner.owner.name };
    case "lookup-failed":
      return { kind: owner.direct.kind, name: owner.direct.name };
  }
}
