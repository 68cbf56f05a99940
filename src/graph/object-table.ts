import { compareTexts } from "../model/compare-texts.ts";
import { KINDS, type Kind } from "../model/kinds.ts";
import { keyOf, type MeshObject, type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";

/** App Mesh objects by kind, namespace and name. */
export class ObjectTable {
  readonly #kinds = new Map<Kind, Map<string, Map<string, MeshObject>>>(KINDS.map((kind) => [kind, new Map()]));
  /** Sorted lists that were asked for since one of their objects changed, by kind and namespace. */
  readonly #lists = new Map<string, readonly MeshObject[]>();

  get<K extends Kind>({ kind, namespace, name }: ObjectRef<K>): TypedObject<K> | undefined {
    return this.#kinds.get(kind)?.get(namespace)?.get(name) as TypedObject<K> | undefined;
  }

  /** Undefined: it is no longer there. */
  put({ kind, namespace, name }: ObjectRef, object: MeshObject | undefined): void {
    const names = this.#kinds.get(kind)?.get(namespace) ?? new Map<string, MeshObject>();
    if (object === undefined) names.delete(name);
    else names.set(name, object);
    if (names.size === 0) this.#kinds.get(kind)?.delete(namespace);
    else this.#kinds.get(kind)?.set(namespace, names);
    this.#lists.delete(kind);
    this.#lists.delete(`${kind}/${namespace}`);
  }

  /** Sorted by namespace and name; of one namespace where it is given. */
  list<K extends Kind>(kind: K, namespace?: string): readonly TypedObject<K>[] {
    const key = namespace === undefined ? kind : `${kind}/${namespace}`;
    const known = this.#lists.get(key) as unknown as readonly TypedObject<K>[] | undefined;
    if (known !== undefined) return known;
    const made = this.#sorted(kind, namespace);
    this.#lists.set(key, made as unknown as readonly MeshObject[]);
    return made;
  }

  /** Namespaces in which an object of that kind has that name, sorted. */
  namespacesWith(kind: Kind, name: string): readonly string[] {
    const namespaces = this.#kinds.get(kind) ?? new Map<string, Map<string, MeshObject>>();
    return [...namespaces]
      .flatMap(([namespace, objects]) => (objects.has(name) ? [namespace] : []))
      .toSorted(compareTexts);
  }

  /** All that belong into a mesh, or those of a namespace, in no order. */
  *members(namespace?: string): Iterable<ObjectRef> {
    for (const [kind, namespaces] of this.#kinds) {
      if (kind === "Mesh") continue;
      const maps =
        namespace === undefined ? namespaces.values() : [namespaces.get(namespace) ?? new Map<string, MeshObject>()];
      for (const objects of maps) for (const object of objects.values()) yield refOf(object);
    }
  }

  #sorted<K extends Kind>(kind: K, namespace: string | undefined): readonly TypedObject<K>[] {
    const namespaces = this.#kinds.get(kind) ?? new Map<string, Map<string, MeshObject>>();
    const maps = namespace === undefined ? [...namespaces.values()] : [namespaces.get(namespace) ?? new Map()];
    const objects = maps.flatMap((map) => [...map.values()]) as TypedObject<K>[];
    const keyed = objects.map((object) => ({ key: keyOf(refOf(object)), object }));
    return keyed.toSorted((a, b) => compareTexts(a.key, b.key)).map(({ object }) => object);
  }
}
