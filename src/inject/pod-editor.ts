import { isObject, type Json, type JsonObject, listOf, member, stringOf } from "../model/json.ts";
import { escapeToken, type PatchOperation } from "./json-patch.ts";
import type { ContainerView } from "./pod.ts";

/** A step of a path: a member's name, or an element by its position now and by the key that names it in the record. */
export type PathStep = string | { readonly index: number; readonly key: string };

/**
 * Turns edits of a raw pod into RFC 6902 operations, and remembers what was created and replaced. Every edit is made against
 * the pod as it came: edits inside list elements must come before elements are put in front of them.
 */
export class PodEditor {
  readonly pod: JsonObject;
  readonly operations: PatchOperation[] = [];
  readonly created: string[] = [];
  readonly parents: string[] = [];
  readonly replaced: Record<string, string | number | boolean | null> = {};

  constructor(pod: JsonObject) {
    this.pod = pod;
  }

  /** Adds members to an object, which is made where it is missing. A member that is there already must not be named. */
  addMembers(path: readonly PathStep[], members: JsonObject): void {
    const keys = Object.keys(members);
    if (keys.length === 0) return;
    const place = keyed(path);
    for (const key of keys) this.created.push(`${place}/${escapeToken(key)}`);
    const missing = this.#firstMissing(path);
    if (missing === undefined) {
      const pointer = indexed(path);
      for (const [key, value] of Object.entries(members)) {
        this.operations.push({ op: "add", path: `${pointer}/${escapeToken(key)}`, value });
      }
      return;
    }
    let value: JsonObject = members;
    for (let depth = path.length - 1; depth > missing; depth--) value = { [path[depth] as string]: value };
    this.#make(path.slice(0, missing + 1), value);
    for (let depth = missing + 1; depth < path.length; depth++) this.parents.push(keyed(path.slice(0, depth + 1)));
  }

  /**
   * Adds elements to a list, which is made where it is missing: before the element that now has the position `at`, or at the
   * end. `key` is the member that names an element.
   */
  addElements(path: readonly PathStep[], elements: readonly JsonObject[], key: string, at: number | "end"): void {
    if (elements.length === 0) return;
    const place = keyed(path);
    for (const element of elements) this.created.push(`${place}/${escapeToken(`${key}=${stringOf(element[key])}`)}`);
    const missing = this.#firstMissing(path);
    if (missing !== undefined) {
      this.#make(path, elements);
      return;
    }
    const pointer = indexed(path);
    for (const [offset, element] of elements.entries()) {
      this.operations.push({ op: "add", path: `${pointer}/${at === "end" ? "-" : at + offset}`, value: element });
    }
  }

  /** Replaces scalars of an object that are there, and adds those that are not. */
  setScalars(path: readonly PathStep[], scalars: Readonly<Record<string, string | number>>): void {
    const object = this.#valueAt(path);
    const place = keyed(path);
    const pointer = indexed(path);
    for (const [key, value] of Object.entries(scalars)) {
      const old = member(object, key);
      if (old === undefined) {
        this.addMembers(path, { [key]: value });
      } else if (old !== value) {
        const token = escapeToken(key);
        this.replaced[`${place}/${token}`] = old as string | number | boolean | null;
        this.operations.push({ op: "replace", path: `${pointer}/${token}`, value });
      }
    }
  }

  /** Removes an object of scalars and lists; each is remembered, a list, such as the command of a probe, as JSON. */
  removeObject(path: readonly PathStep[]): void {
    for (const [key, value] of Object.entries(this.#valueAt(path) as JsonObject)) {
      const kept = Array.isArray(value) ? JSON.stringify(value) : (value as string | number | boolean | null);
      this.replaced[keyed([...path, key])] = kept;
    }
    this.operations.push({ op: "remove", path: indexed(path) });
  }

  /** Adds what is missing; null counts as missing and is remembered, for it is the pod's own. */
  #make(path: readonly PathStep[], value: Json): void {
    const isNull = this.#valueAt(path) === null;
    if (isNull) this.replaced[keyed(path)] = null;
    else this.parents.push(keyed(path));
    this.operations.push({ op: isNull ? "replace" : "add", path: indexed(path), value });
  }

  #firstMissing(path: readonly PathStep[]): number | undefined {
    let value: Json | undefined = this.pod;
    for (const [depth, step] of path.entries()) {
      value = next(value, step);
      if (value === undefined || value === null) return depth;
    }
    return undefined;
  }

  #valueAt(path: readonly PathStep[]): Json | undefined {
    return path.reduce<Json | undefined>(next, this.pod);
  }
}

/** The path of a container: by position for the patch, by name for the record. */
export function containerPath(container: ContainerView): PathStep[] {
  return ["spec", container.list, { index: container.index, key: `name=${container.name}` }];
}

function next(value: Json | undefined, step: PathStep): Json | undefined {
  if (typeof step !== "string") return listOf(value)[step.index];
  return isObject(value) ? member(value, step) : undefined;
}

function indexed(path: readonly PathStep[]): string {
  return path.reduce<string>(
    (text, step) => `${text}/${typeof step === "string" ? escapeToken(step) : step.index}`,
    "",
  );
}

function keyed(path: readonly PathStep[]): string {
  return path.reduce<string>((text, step) => `${text}/${escapeToken(typeof step === "string" ? step : step.key)}`, "");
}
