import { inject } from "../inject/inject.ts";
import type { InjectionInput } from "../inject/input.ts";
import { applyPatch } from "../inject/json-patch.ts";
import { type ContainerView, findContainer, podView } from "../inject/pod.ts";
import { readRecord } from "../inject/record.ts";
import { uninject } from "../inject/uninject.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { ENVOY_CONTAINER } from "../model/names.ts";
import { driftOf } from "./drift.ts";
import { createdAt, nameOf } from "./paths.ts";

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
  /** What would be decided about the pod, without its sidecar, if it were created now. */
  readonly now: { readonly outcome: "inject" | "skip" | "deny"; readonly reason: string; readonly message: string };
  /** In what its sidecar differs from the one that it would get now, one sentence each. */
  readonly drift: readonly string[];
}

export type Sidecar =
  | {
      readonly kind: "ours";
      /** Version of Outrigger that put it in, and the hash of the configuration it went by. */
      readonly release: string;
      readonly configuration: string;
      /** `mesh/<mesh>/virtualNode/<node>`. */
      readonly resource: string;
      readonly image: string;
    }
  /** The pod carries a record that does not fit it. */
  | { readonly kind: "unfit"; readonly problem: string }
  /** Put in by the AWS controller or the injector of 2019. */
  | { readonly kind: "aws"; readonly image: string }
  | { readonly kind: "none" };

/** Whether the settings are the injector's own: nothing is called drift that differs only from a guess. */
export type Settings = "live" | "assumed";

/** The state of a pod, or undefined when it has ended or is ending. */
export function podState(input: InjectionInput, settings: Settings): PodState | undefined {
  const { pod } = input;
  const metadata = member(pod, "metadata");
  const status = member(pod, "status");
  const phase = stringOf(member(status, "phase"));
  if (phase === "Succeeded" || phase === "Failed" || member(metadata, "deletionTimestamp") !== undefined)
    return undefined;
  const removal = uninject(pod);
  const bare = removal.outcome === "removed" ? applyPatch(pod, removal.patch) : pod;
  const result = inject({ ...input, pod: bare });
  const sidecar = sidecarOf(pod);
  const { outcome, reason, message } = result;
  return {
    namespace: input.namespace.name,
    name: nameOf(pod),
    uid: stringOf(member(metadata, "uid")) ?? "",
    workload: workloadOf(input, nameOf(pod)),
    created: createdAt(pod),
    ready: objectsOf(member(status, "conditions")).some(({ type, status }) => type === "Ready" && status === "True"),
    sidecar,
    now: { outcome, reason, message },
    drift: sidecar.kind === "ours" && settings === "live" ? driftOf(sidecar, input, bare, result) : [],
  };
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

/** Variables by which AWS's Envoy image learns whose proxy it is. */
const AWS_VARIABLES = ["APPMESH_VIRTUAL_NODE_NAME", "APPMESH_RESOURCE_ARN"];

function sidecarOf(pod: JsonObject): Sidecar {
  const view = podView(pod);
  const envoy = findContainer([...view.initContainers, ...view.containers], ENVOY_CONTAINER);
  const image = imageOf(envoy);
  const reading = readRecord(pod);
  switch (reading.kind) {
    case "fits": {
      const { release, configuration, resource } = reading.record;
      return { kind: "ours", release, configuration, resource, image };
    }
    case "mismatch":
      return { kind: "unfit", problem: reading.problem };
    case "absent":
      return envoy !== undefined && isAws(envoy) ? { kind: "aws", image } : { kind: "none" };
  }
}

function isAws(envoy: ContainerView): boolean {
  const names = objectsOf(member(envoy.raw, "env")).map(({ name }) => stringOf(name) ?? "");
  return /aws-appmesh-envoy/.test(imageOf(envoy)) || names.some((name) => AWS_VARIABLES.includes(name));
}

export function imageOf(container: ContainerView | undefined): string {
  return stringOf(member(container?.raw, "image")) ?? "";
}
