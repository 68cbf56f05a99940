import { isObject, type Json, type JsonObject, listOf, member } from "../../model/json.ts";
import { APPMESH_PREFIX, CAPTURE_CONTAINER, ENVOY_CONTAINER } from "../../model/names.ts";
import type { InitContainersPlace } from "../decision.ts";
import { type PatchOperation, pointer } from "../json-patch.ts";
import type { InjectionRecord } from "./record.ts";

const LIST = ["spec", "initContainers"];

/**
 * Moves our init containers together again where another webhook put its own between them. Whoever runs between the
 * redirection and Envoy has no network, and the pod hangs.
 *
 * ```
 * inside    proxyinit, theirs, envoy  →  proxyinit, envoy, theirs
 * outside   proxyinit, theirs, envoy  →  theirs, proxyinit, envoy
 * ```
 *
 * Returns at most one move, as a removal and an addition on the pod that is given; none when the order is right.
 */
export function movesIntoOrder(
  pod: JsonObject,
  record: InjectionRecord,
  place: InitContainersPlace,
): readonly PatchOperation[] {
  const list = listOf(member(member(pod, "spec"), "initContainers"));
  const capture = positionOf(list, record, CAPTURE_CONTAINER);
  const envoy = positionOf(list, record, ENVOY_CONTAINER);
  if (capture !== undefined && envoy !== undefined) return together(list, capture, envoy, place);
  // Envoy is an ordinary container: it runs after all init containers, and so must the redirection
  if (capture !== undefined && hasOrdinaryEnvoy(record)) return move(list, capture, lastCompleted(list));
  // the CNI plugin has redirected already when the first container starts
  if (envoy !== undefined && isCapturedByPlugin(record)) return move(list, envoy, 0);
  return [];
}

function together(
  list: readonly Json[],
  capture: number,
  envoy: number,
  place: InitContainersPlace,
): readonly PatchOperation[] {
  if (envoy === capture + 1) return [];
  const isCaptureFirst = capture < envoy;
  // inside: both where the first of them stands; outside: where the last does
  if (place === "inside") return isCaptureFirst ? move(list, envoy, capture + 1) : move(list, capture, envoy);
  return isCaptureFirst ? move(list, capture, envoy - 1) : move(list, envoy, capture);
}

/** From one position to another, the latter counted after the removal. */
function move(list: readonly Json[], from: number, to: number): readonly PatchOperation[] {
  if (from === to) return [];
  return [
    { op: "remove", path: pointer(...LIST, from) },
    { op: "add", path: pointer(...LIST, to), value: list[from] as Json },
  ];
}

/** Where the redirection belongs without a native Envoy: behind every container that completes. */
function lastCompleted(list: readonly Json[]): number {
  return list.findLastIndex((container) => member(container, "restartPolicy") !== "Always");
}

function positionOf(list: readonly Json[], record: InjectionRecord, name: string): number | undefined {
  if (!record.created.includes(pointer(...LIST, `name=${name}`))) return undefined;
  const index = list.findLastIndex((container) => isObject(container) && container["name"] === name);
  return index < 0 ? undefined : index;
}

function hasOrdinaryEnvoy(record: InjectionRecord): boolean {
  return record.created.includes(pointer("spec", "containers", `name=${ENVOY_CONTAINER}`));
}

/** Written for the plugin only; where the pod had the annotation it was replaced. */
function isCapturedByPlugin({ created, replaced }: InjectionRecord): boolean {
  const place = pointer("metadata", "annotations", `${APPMESH_PREFIX}proxyEgressPort`);
  return created.includes(place) || Object.hasOwn(replaced, place);
}
