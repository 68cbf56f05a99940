import type { Change } from "../model/mesh-change.ts";
import { keyOf, type ObjectKey, type ObjectRef } from "../model/mesh-object.ts";
import type { GraphSettings } from "./graph-settings.ts";
import { type Dependency, MeshState } from "./mesh-state.ts";
import { objectProblems } from "./object-problems.ts";
import type { Problem } from "./problem.ts";
import { resolveGateway } from "./resolve-gateway.ts";
import { resolveNode } from "./resolve-node.ts";
import type { MeshView } from "./view.ts";

/** A VirtualNode or a VirtualGateway: what has a view. */
export type ViewRef = ObjectRef<"VirtualNode"> | ObjectRef<"VirtualGateway">;

/** What changes came to. */
export interface Dirty {
  /** Nodes and gateways whose view is another one than before, or is there no more. */
  readonly views: readonly ViewRef[];
  /** Objects with other problems than before. */
  readonly problems: readonly ObjectRef[];
}

interface Result<T> {
  readonly ref: ObjectRef;
  readonly value: T;
  readonly dependencies: ReadonlySet<Dependency>;
}

/**
 * The mesh as a whole: what each node may see and what is wrong with each object, kept up to date. Every result is a pure function of the
 * state and notes what it looked at; a change makes those again that looked at what it touched, and what comes out equal is not dirty.
 * So the graph after any changes is the one that the same objects give from nothing.
 */
export class MeshGraph {
  readonly #settings: GraphSettings;
  readonly #state: MeshState;
  readonly #views = new Results<MeshView | undefined>();
  readonly #problems = new Results<readonly Problem[]>();

  constructor(settings: GraphSettings) {
    this.#settings = settings;
    this.#state = new MeshState(settings.clusterDomain);
  }

  /** Takes changes, in their order, and says what they came to together. */
  apply(changes: readonly Change[]): Dirty {
    const touched = new Set<Dependency>();
    const named = new Map<ObjectKey, ObjectRef>();
    for (const change of changes) {
      this.#state.apply(change, touched);
      if (change.kind === "object") named.set(keyOf(change.ref), change.ref);
    }
    const views: ViewRef[] = [];
    for (const ref of this.#views.stale(touched, [...named.values()].filter(hasView))) {
      const changed = this.#views.renew(ref, (noted) => this.#view(ref as ViewRef, noted), sameView);
      if (changed) views.push(ref as ViewRef);
      if (!this.#state.has(ref)) this.#views.drop(ref);
    }
    const problems: ObjectRef[] = [];
    for (const ref of this.#problems.stale(touched, [...named.values()])) {
      const compute = (noted: Set<Dependency>): readonly Problem[] => objectProblems(ref, this.#state.reader(noted));
      if (this.#problems.renew(ref, compute, sameProblems)) problems.push(ref);
      if (!this.#state.has(ref)) this.#problems.drop(ref);
    }
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

  /** Every view that there is. */
  views(): readonly MeshView[] {
    return this.#views.all().filter((view) => view !== undefined);
  }

  /** Everything that is wrong. */
  allProblems(): readonly Problem[] {
    return this.#problems.all().flat();
  }

  #view(ref: ViewRef, noted: Set<Dependency>): MeshView | undefined {
    const reader = this.#state.reader(noted);
    return ref.kind === "VirtualNode"
      ? resolveNode(ref, reader, this.#settings)
      : resolveGateway(ref, reader, this.#settings);
  }
}

/** Results by the object that they are about, with an index of what they looked at. */
class Results<T> {
  readonly #results = new Map<ObjectKey, Result<T>>();
  readonly #dependents = new Map<Dependency, Set<ObjectKey>>();

  get(ref: ObjectRef): T | undefined {
    return this.#results.get(keyOf(ref))?.value;
  }

  all(): readonly T[] {
    return [...this.#results].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { value }]) => value);
  }

  /** Whose result must be made again: those that looked at something that was touched, and those named. */
  stale(touched: ReadonlySet<Dependency>, named: readonly ObjectRef[]): readonly ObjectRef[] {
    const stale = new Map<ObjectKey, ObjectRef>(named.map((ref) => [keyOf(ref), ref]));
    for (const dependency of touched) {
      for (const key of this.#dependents.get(dependency) ?? []) {
        const result = this.#results.get(key);
        if (result !== undefined) stale.set(key, result.ref);
      }
    }
    return [...stale.values()];
  }

  /** Makes a result again; whether it is another one. */
  renew(ref: ObjectRef, compute: (noted: Set<Dependency>) => T, same: (a: T | undefined, b: T) => boolean): boolean {
    const key = keyOf(ref);
    const noted = new Set<Dependency>();
    const value = compute(noted);
    const before = this.#results.get(key);
    for (const dependency of before?.dependencies ?? []) {
      if (!noted.has(dependency)) this.#forget(dependency, key);
    }
    for (const dependency of noted) {
      const keys = this.#dependents.get(dependency) ?? new Set();
      this.#dependents.set(dependency, keys.add(key));
    }
    this.#results.set(key, { ref, value, dependencies: noted });
    return !same(before?.value, value);
  }

  /** Forgets an object that is gone: should it come back, it is named by that change. */
  drop(ref: ObjectRef): void {
    const key = keyOf(ref);
    for (const dependency of this.#results.get(key)?.dependencies ?? []) this.#forget(dependency, key);
    this.#results.delete(key);
  }

  #forget(dependency: Dependency, key: ObjectKey): void {
    const keys = this.#dependents.get(dependency);
    keys?.delete(key);
    if (keys?.size === 0) this.#dependents.delete(dependency);
  }
}

function hasView(ref: ObjectRef): ref is ViewRef {
  return ref.kind === "VirtualNode" || ref.kind === "VirtualGateway";
}

function sameView(a: MeshView | undefined, b: MeshView | undefined): boolean {
  return a?.hash === b?.hash;
}

function sameProblems(a: readonly Problem[] | undefined, b: readonly Problem[]): boolean {
  return JSON.stringify(a ?? []) === JSON.stringify(b);
}
