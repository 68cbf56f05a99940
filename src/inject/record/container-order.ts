import { isObject, type Json, type JsonObject, listOf, member, stringOf } from "../../model/json.ts";
import { APPMESH_PREFIX, CAPTURE_CONTAINER, ENVOY_CONTAINER, WAIT_OPTION } from "../../model/names.ts";
import type { InitContainersPlace } from "../decision.ts";
import { type PatchOperation, pointer } from "../json-patch.ts";
import type { InjectionRecord } from "./record.ts";

const LIST = ["spec", "initContainers"];

/**
 * Moves our init containers together again where another webhook put its own between them. Whoever runs between the
 * redirection and Envoy has no network, and the pod hangs; whoever runs between Envoy and the redirection runs outside of the mesh.
 * A `proxyinit` that waits for Envoy has it before itself, and one that does not has it behind.
 *
 * ```
 * inside    envoy, theirs, proxyinit  →  envoy, proxyinit, theirs
 * outside   envoy, theirs, proxyinit  →  theirs, envoy, proxyinit
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
  if (capture !== undefined && envoy !== undefined)
    return waitsForEnvoy(list[capture]) ? together(list, envoy, capture, place) : together(list, capture, envoy, place);
  // Envoy is an ordinary container: it runs after all init containers, and so must the redirection
  if (capture !== undefined && hasOrdinaryEnvoy(record)) return move(list, capture, lastCompleted(list));
  // the CNI plugin has redirected already when the first container starts
  if (envoy !== undefined && isCapturedByPlugin(record)) return move(list, envoy, 0);
  return [];
}

function together(
  list: readonly Json[],
  first: number,
  second: number,
  place: InitContainersPlace,
): readonly PatchOperation[] {
  if (second === first + 1) return [];
  const isFirstBefore = first < second;
  // inside: both where the first of them stands; outside: where the last does
  if (place === "inside") return isFirstBefore ? move(list, second, first + 1) : move(list, first, second);
  return isFirstBefore ? move(list, first, second - 1) : move(list, second, first);
}

function waitsForEnvoy(capture: Json | undefined): boolean {
  return listOf(member(capture, "args")).some((argument) => stringOf(argument)?.startsWith(WAIT_OPTION) === true);
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
