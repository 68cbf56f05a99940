import type { NamespaceFacts } from "../model/facts.ts";
import type { NamespaceChange, ObjectChange } from "../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectKey, type ObjectRef } from "../model/mesh-object.ts";
import { type Misfit, misfits, type ParsedObject } from "../model/parse-object.ts";

type Change = ObjectChange | NamespaceChange;

/** What is known of one object: its last state that could be read, and why its newest cannot be. */
interface Known {
  readonly ref: ObjectRef;
  readonly object: MeshObject | undefined;
  readonly refused: readonly Misfit[];
}

/** The objects and namespaces of a store as they are known, and what has changed since that was last asked. */
export class KnownObjects {
  readonly #objects = new Map<ObjectKey, Known>();
  readonly #namespaces = new Map<string, NamespaceFacts>();
  /** By what they are about: of several changes of one thing, one is left. */
  readonly #pending = new Map<string, Change>();

  get(ref: ObjectRef): MeshObject | undefined {
    return this.#objects.get(keyOf(ref))?.object;
  }

  /** The object is now this; undefined: it is gone. */
  setObject(ref: ObjectRef, parsed: ParsedObject | undefined): void {
    const key = keyOf(ref);
    const known = this.#objects.get(key);
    const refused = parsed?.kind === "refused" ? misfits(parsed) : [];
    const object = parsed?.kind === "parsed" ? parsed.object : parsed === undefined ? undefined : known?.object;
    if (parsed === undefined) this.#objects.delete(key);
    else this.#objects.set(key, { ref, object, refused });
    const first = this.#pending.get(key);
    const before = first?.kind === "object" ? first.before : known?.object;
    this.#pending.set(key, { kind: "object", ref, before, after: object, refused });
  }

  /** The namespace is now this; undefined: it is gone. */
  setNamespace(name: string, after: NamespaceFacts | undefined): void {
    const key = `namespace ${name}`;
    const first = this.#pending.get(key);
    const before = first?.kind === "namespace" ? first.before : this.#namespaces.get(name);
    if (after === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, after);
    this.#pending.set(key, { kind: "namespace", name, before, after });
  }

  /** What changed since it was last taken, each thing once; what came and went meanwhile is left out. */
  takeChanges(): readonly Change[] {
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    return changes.filter((change) => {
      if (change.before !== undefined || change.after !== undefined) return true;
      return change.kind === "object" && change.refused.length > 0;
    });
  }

  /** Everything as if it had just come: for those who join later. */
  everything(): readonly Change[] {
    const namespaces = [...this.#namespaces].map(
      ([name, after]): Change => ({ kind: "namespace", name, before: undefined, after }),
    );
    const objects = [...this.#objects.values()].map(
      ({ ref, object, refused }): Change => ({ kind: "object", ref, before: undefined, after: object, refused }),
    );
    return [...namespaces, ...objects];
  }
}
