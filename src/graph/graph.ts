import { isDeepStrictEqual } from "node:util";
import type { Kind } from "../model/kinds.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import {
  keyOf,
  type MeshObject,
  type ObjectKey,
  type ObjectRef,
  refOf,
  type TypedObject,
} from "../model/mesh-object.ts";
import type { WrittenFields } from "../model/written-fields.ts";
import { inTheWay } from "./deletion-order.ts";
import type { GraphSettings } from "./graph-settings.ts";
import { linksOf, type ObjectLink } from "./links.ts";
import { type Dependency, type MeshReader, MeshState } from "./mesh-state.ts";
import { objectProblems } from "./object-problems.ts";
import type { Problem } from "./problem.ts";
import { type Registration, registrationOf } from "./registration.ts";
import { resolveGateway } from "./resolve-gateway.ts";
import { resolveNode } from "./resolve-node.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { MeshView } from "./view.ts";
import { writtenFields } from "./written-fields.ts";

/** A VirtualNode or a VirtualGateway: what has a view. */
export type ViewRef = ObjectRef<"VirtualNode"> | ObjectRef<"VirtualGateway">;

/** What an object would come to. */
export interface Tried {
  readonly problems: readonly Problem[];
  readonly written: WrittenFields;
}

/** What changes came to. */
export interface Dirty {
  /** Nodes and gateways whose view is another one than before, or is no longer there. */
  readonly views: readonly ViewRef[];
  /** Objects with other problems than before. */
  readonly problems: readonly ObjectRef[];
}

/**
 * The mesh as a whole: what each node may see and what is wrong with each object, kept up to date. Every result is a pure function of the
 * state and notes what it looked at. A change makes those stale that looked at what it touched; they are made again one by one, when there is time
 * or when somebody reads them, and what comes out equal is not dirty. So whatever is read is what the same objects give from nothing.
 */
export class MeshGraph {
  readonly #state: MeshState;
  readonly #settings: GraphSettings;
  readonly #views: Results<ViewRef, MeshView | undefined>;
  readonly #problems: Results<ObjectRef, readonly Problem[]>;
  readonly #registrations: Results<ObjectRef<"VirtualNode">, Registration | undefined>;

  constructor(settings: GraphSettings) {
    this.#settings = settings;
    this.#state = new MeshState(settings);
    const isKnown = (ref: ObjectRef): boolean => this.#state.has(ref);
    this.#views = new Results<ViewRef, MeshView | undefined>({
      compute: (ref, noted) => viewOf(ref, this.#state.reader(noted), settings),
      isSame: (before, after) => before?.hash === after?.hash,
      isKnown,
    });
    this.#problems = new Results<ObjectRef, readonly Problem[]>({
      compute: (ref, noted) => objectProblems(ref, this.#state.reader(noted)),
      isSame: (before, after) => JSON.stringify(before ?? []) === JSON.stringify(after),
      isKnown,
    });
    this.#registrations = new Results<ObjectRef<"VirtualNode">, Registration | undefined>({
      compute: (ref, noted) => registrationOf(ref, this.#state.reader(noted)),
      isSame: isDeepStrictEqual,
      isKnown,
    });
  }

  /** Takes changes, in their order. What they come to is said bit by bit, by the two functions below. */
  take(changes: readonly MeshChange[]): void {
    const touched = new Set<Dependency>();
    const named = new Map<ObjectKey, ObjectRef>();
    for (const change of changes) {
      this.#state.apply(change, touched);
      if (change.kind === "object") named.set(keyOf(change.ref), change.ref);
    }
    this.#views.touch(touched, [...named.values()].filter(hasView));
    this.#problems.touch(touched, [...named.values()]);
    this.#registrations.touch(touched, [...named.values()].filter(isNode));
  }

  /**
   * Makes one stale view again. Nodes and gateways whose view is another one now, or is no longer there: that one, and those of which this was found when they were read.
   * Undefined: there is nothing to do. Throws what making it throws; it stays what it was then, until it is touched again.
   */
  renewNextView(): readonly ViewRef[] | undefined {
    return this.#views.renewNext();
  }

  /** Whether every view is as the objects are; else some are still to be made again. */
  get hasAllViews(): boolean {
    return this.#views.isSettled;
  }

  /** The same of problems: objects that have others now. Problems that nobody asks for cost nothing. */
  renewNextProblems(): readonly ObjectRef[] | undefined {
    return this.#problems.renewNext();
  }

  /** The same of who is registered in Cloud Map: nodes that register their pods in another way now, or not any more. */
  renewNextRegistration(): readonly ObjectRef<"VirtualNode">[] | undefined {
    return this.#registrations.renewNext();
  }

  /** How a node registers its pods in Cloud Map; undefined: it does not. */
  registration(ref: ObjectRef<"VirtualNode">): Registration | undefined {
    return this.#registrations.get(ref);
  }

  /** Takes changes, and says what they came to together: for whoever has the time. */
  apply(changes: readonly MeshChange[]): Dirty {
    this.take(changes);
    const views: ViewRef[] = [];
    const problems: ObjectRef[] = [];
    for (let next = this.renewNextView(); next !== undefined; next = this.renewNextView()) views.push(...next);
    for (let next = this.renewNextProblems(); next !== undefined; next = this.renewNextProblems())
      problems.push(...next);
    return { views, problems };
  }

  /**
   * What the proxies of a node or gateway may see. Undefined: it is not there, is in no mesh, or its name is another object's; then its
   * pods pass traffic through.
   */
  view(ref: ViewRef): MeshView | undefined {
    return this.#views.get(ref);
  }

  /** What is wrong with an object. */
  problems(ref: ObjectRef): readonly Problem[] {
    return this.#problems.get(ref) ?? [];
  }

  /** The mesh that an object is in; a Mesh is in itself. Undefined: in none, or the object is not there. */
  meshOf(ref: ObjectRef): ObjectRef<"Mesh"> | undefined {
    return this.#state.reader(new Set()).placement(ref).mesh;
  }

  /** What the webhook writes into an object, or the leader where the webhook was away. */
  written(ref: ObjectRef): WrittenFields {
    const reader = this.#state.reader(new Set());
    const object = reader.object(ref) as MeshObject | undefined;
    return object === undefined ? {} : writtenFields(object, reader);
  }

  /** What an object is in its mesh; undefined: it is not there. */
  standing(ref: ObjectRef): Standing | undefined {
    const reader = this.#state.reader(new Set());
    const object = reader.object(ref) as MeshObject | undefined;
    return object && standingOf(object, reader, this.#settings);
  }

  /** The references of an object to others of its mesh; none where it is not there, or is in no mesh. */
  links(ref: ObjectRef): readonly ObjectLink[] {
    const reader = this.#state.reader(new Set());
    const object = reader.object(ref) as MeshObject | undefined;
    return object === undefined ? [] : linksOf(object, reader);
  }

  /** An object as it is; undefined: it is not there, or has never been readable. */
  object(ref: ObjectRef): MeshObject | undefined {
    return this.#state.reader(new Set()).object(ref) as MeshObject | undefined;
  }

  /** All objects of a kind. */
  list<K extends Kind>(kind: K): readonly TypedObject<K>[] {
    return this.#state.reader(new Set()).list(kind);
  }

  /** What was deleted before an object in App Mesh. */
  inTheWay(ref: ObjectRef): readonly ObjectRef[] {
    return inTheWay(ref, this.#state.reader(new Set()));
  }

  /** What would be wrong with an object, and written into it, if it were so: the mesh stays as it is. */
  tried(object: MeshObject): Tried {
    const ref = refOf(object) as ObjectRef;
    const reader = this.#state.reader(new Set());
    const change = { kind: "object", ref } as const;
    const [before, refused] = [reader.object(ref) as MeshObject | undefined, reader.refused(ref)];
    this.#state.apply({ ...change, before, after: object, refused: [] }, new Set());
    try {
      return { problems: objectProblems(ref, reader), written: writtenFields(object, reader) };
    } finally {
      this.#state.apply({ ...change, before: object, after: before, refused }, new Set());
    }
  }

  /** Every view that there is. */
  views(): readonly MeshView[] {
    return this.#views.all().filter((view) => view !== undefined);
  }

  /** Everything that is wrong. */
  allProblems(): readonly Problem[] {
    return this.#problems.all().flat();
  }
}

interface Result<R, T> {
  readonly ref: R;
  readonly value: T;
  readonly dependencies: ReadonlySet<Dependency>;
}

interface Making<R, T> {
  /** Makes a result and notes what it looked at. */
  readonly compute: (ref: R, noted: Set<Dependency>) => T;
  readonly isSame: (before: T | undefined, after: T) => boolean;
  /** Whether the object is there. */
  readonly isKnown: (ref: R) => boolean;
}

/** Results by the object that they are about, with an index of what they looked at, and which of them are stale. */
class Results<R extends ObjectRef, T> {
  readonly #making: Making<R, T>;
  readonly #results = new Map<ObjectKey, Result<R, T>>();
  readonly #dependents = new Map<Dependency, Set<ObjectKey>>();
  readonly #stale = new Map<ObjectKey, R>();
  /** Others than before, found when they were read. */
  readonly #unsaid = new Map<ObjectKey, R>();

  constructor(making: Making<R, T>) {
    this.#making = making;
  }

  /** Whether nothing is to be made again, or to be said. */
  get isSettled(): boolean {
    return this.#stale.size === 0 && this.#unsaid.size === 0;
  }

  /** As the state is now. */
  get(ref: R): T | undefined {
    const key = keyOf(ref);
    if (this.#stale.has(key) && this.#renew(key, ref)) this.#unsaid.set(key, ref);
    return this.#results.get(key)?.value;
  }

  /** All of them, sorted. */
  all(): readonly T[] {
    for (const ref of this.#stale.values()) this.get(ref);
    return [...this.#results].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { value }]) => value);
  }

  /** Those that looked at something that was touched are stale, and those named. */
  touch(touched: ReadonlySet<Dependency>, named: readonly R[]): void {
    for (const ref of named) this.#stale.set(keyOf(ref), ref);
    for (const dependency of touched) {
      for (const key of this.#dependents.get(dependency) ?? []) {
        const result = this.#results.get(key);
        if (result !== undefined) this.#stale.set(key, result.ref);
      }
    }
  }

  /** Makes one stale result again. The objects that have another one now, those that were found before too; undefined: nothing to do. */
  renewNext(): readonly R[] | undefined {
    for (const [key, ref] of this.#stale) {
      if (this.#renew(key, ref)) this.#unsaid.set(key, ref);
      return this.#say();
    }
    return this.#unsaid.size > 0 ? this.#say() : undefined;
  }

  #say(): readonly R[] {
    const refs = [...this.#unsaid.values()];
    this.#unsaid.clear();
    return refs;
  }

  /** Whether the result is another one. */
  #renew(key: ObjectKey, ref: R): boolean {
    this.#stale.delete(key);
    const noted = new Set<Dependency>();
    const value = this.#making.compute(ref, noted);
    const before = this.#results.get(key);
    for (const dependency of before?.dependencies ?? []) {
      if (!noted.has(dependency)) this.#forget(dependency, key);
    }
    if (this.#making.isKnown(ref)) {
      for (const dependency of noted) {
        const keys = this.#dependents.get(dependency) ?? new Set();
        this.#dependents.set(dependency, keys.add(key));
      }
      this.#results.set(key, { ref, value, dependencies: noted });
    } else {
      // should it come back, it is named by that change
      for (const dependency of noted) this.#forget(dependency, key);
      this.#results.delete(key);
    }
    return !this.#making.isSame(before?.value, value);
  }

  #forget(dependency: Dependency, key: ObjectKey): void {
    const keys = this.#dependents.get(dependency);
    keys?.delete(key);
    if (keys?.size === 0) this.#dependents.delete(dependency);
  }
}

/** Whether it is a node or a gateway. */
export function hasView(ref: ObjectRef): ref is ViewRef {
  return ref.kind === "VirtualNode" || ref.kind === "VirtualGateway";
}

function isNode(ref: ObjectRef): ref is ObjectRef<"VirtualNode"> {
  return ref.kind === "VirtualNode";
}

function viewOf(ref: ViewRef, reader: MeshReader, settings: GraphSettings): MeshView | undefined {
  return ref.kind === "VirtualNode" ? resolveNode(ref, reader, settings) : resolveGateway(ref, reader, settings);
}
