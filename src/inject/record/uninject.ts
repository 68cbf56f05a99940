import { isObject, type Json, type JsonObject, jsonIn, type MutableJson, sameJson } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import {
  applyOperation,
  escapeToken,
  mutableCopy,
  type PatchOperation,
  pointer,
  pointerTokens,
} from "../json-patch.ts";
import { type InjectionRecord, locate, readRecord } from "./record.ts";

export interface UninjectResult {
  /** `removed`: the patch takes the sidecar away. `not-injected`: nothing to do. `mismatch`: the record does not fit the pod. */
  readonly outcome: "removed" | "not-injected" | "mismatch";
  readonly message: string;
  readonly patch: readonly PatchOperation[];
}

/** The patch that takes away what injection put into the pod, as its record says; what others added since stays. */
export function uninject(pod: JsonObject): UninjectResult {
  const reading = readRecord(pod);
  switch (reading.kind) {
    case "absent":
      return { outcome: "not-injected", message: `the pod has no annotation ${RECORD_KEY}`, patch: [] };
    case "mismatch":
      return {
        outcome: "mismatch",
        message: `${reading.problem}: the pod was changed after injection and cannot be restored safely; remove the sidecar by hand, together with the annotation`,
        patch: [],
      };
    case "fits":
      return {
        outcome: "removed",
        message: `the sidecar of ${reading.record.resource} is taken away`,
        patch: undo(pod, reading.record),
      };
  }
}

/** Works on one copy, operation by operation, so that every pointer is right at its turn. */
class Undoing {
  readonly #document: { [key: string]: MutableJson };
  readonly operations: PatchOperation[] = [];

  constructor(document: JsonObject) {
    this.#document = mutableCopy(document);
  }

  get document(): JsonObject {
    return this.#document as JsonObject;
  }

  /** In place: a record can have thousands of entries, and a copy of the pod for each would take minutes. */
  run(operation: PatchOperation): void {
    applyOperation(this.#document, operation);
    this.operations.push(operation);
  }

  removeKeyed(place: string): void {
    const location = locate(this.document, place);
    if (location !== undefined) this.run({ op: "remove", path: location.path });
  }
}

function undo(pod: JsonObject, record: InjectionRecord): readonly PatchOperation[] {
  const undoing = new Undoing(pod);
  const removed = removedObjects(pod, record.replaced);
  for (const place of record.created) {
    undoing.removeKeyed(place);
    // directly behind, so that in a text it takes the place of ours
    bringBack(undoing, removed, parentOf(place));
  }
  undoing.removeKeyed(pointer("metadata", "annotations", RECORD_KEY));
  for (const parent of removed.keys()) bringBack(undoing, removed, parent);
  restore(undoing, record.replaced);
  // the deepest first, so that a parent of a parent is empty by its turn
  for (const place of [...record.parents].sort((a, b) => pointerTokens(b).length - pointerTokens(a).length)) {
    const location = locate(undoing.document, place);
    if (location !== undefined && isEmpty(location.value)) undoing.run({ op: "remove", path: location.path });
  }
  return undoing.operations;
}

/** The command of a probe, a list, is recorded as JSON. */
const COMMAND = /Probe\/exec\/command$/;

function original(place: string, recorded: InjectionRecord["replaced"][string]): Json {
  return COMMAND.test(place) && typeof recorded === "string" ? (jsonIn(recorded) ?? recorded) : recorded;
}

function restore(undoing: Undoing, replaced: InjectionRecord["replaced"]): void {
  for (const [place, recorded] of Object.entries(replaced)) {
    const old = original(place, recorded);
    const location = locate(undoing.document, place);
    if (old === null && location !== undefined && typeof location.value === "object") {
      // a list or object that stood there as null and was made for ours; what others put in stays
      if (isEmpty(location.value)) undoing.run({ op: "replace", path: location.path, value: null });
    } else if (location === undefined) {
      const parent = locate(undoing.document, parentOf(place));
      const name = escapeToken(pointerTokens(place).at(-1) as string);
      if (parent !== undefined) undoing.run({ op: "add", path: `${parent.path}/${name}`, value: old });
    } else if (!sameJson(location.value, old)) {
      undoing.run({ op: "replace", path: location.path, value: old });
    }
  }
}

/** The members of each removed object, by the place of the object around it and its own name. */
type RemovedObjects = Map<string, Map<string, [string, Json][]>>;

/** Objects of which the record has scalars and which the pod does not have (`tcpSocket`), by the place they were in. */
function removedObjects(pod: JsonObject, replaced: InjectionRecord["replaced"]): RemovedObjects {
  const objects: RemovedObjects = new Map();
  for (const [place, old] of Object.entries(replaced)) {
    const tokens = pointerTokens(place);
    const member = tokens.pop() as string;
    if (tokens.length === 0 || locate(pod, pointer(...tokens)) !== undefined) continue;
    const name = tokens.pop() as string;
    const parent = pointer(...tokens);
    const siblings = objects.get(parent) ?? new Map<string, [string, Json][]>();
    const members = siblings.get(name) ?? [];
    members.push([member, original(place, old)]);
    objects.set(parent, siblings.set(name, members));
  }
  return objects;
}

function bringBack(undoing: Undoing, removed: RemovedObjects, parent: string): void {
  const location = locate(undoing.document, parent);
  for (const [name, members] of location === undefined ? [] : (removed.get(parent) ?? [])) {
    const path = `${location?.path}/${escapeToken(name)}`;
    undoing.run({ op: "add", path, value: Object.fromEntries(members) });
  }
  removed.delete(parent);
}

function parentOf(place: string): string {
  return pointer(...pointerTokens(place).slice(0, -1));
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
