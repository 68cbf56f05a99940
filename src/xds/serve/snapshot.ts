import { TYPE_ORDER, type TypeUrl } from "../types.ts";
import type { EncodedResource } from "./resource.ts";

/** All resources of one type that one proxy may see. Never changed: a change is another one. */
export interface TypeSnapshot {
  /** Changes with any of them. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, EncodedResource>;
}

/**
 * All that one proxy may see; every type is there, if only empty. Never changed: a change is another snapshot, which has the same
 * {@link TypeSnapshot} for a type in which nothing changed.
 */
export type Snapshot = ReadonlyMap<TypeUrl, TypeSnapshot>;

const NOTHING = typeSnapshotOf([]);

/** Puts resources together; what did not change against `before` is taken from there. */
export function snapshotOf(resources: Iterable<EncodedResource>, before?: Snapshot): Snapshot {
  const ofTypes = new Map<TypeUrl, EncodedResource[]>();
  for (const resource of resources) {
    const ofType = ofTypes.get(resource.type);
    if (ofType === undefined) ofTypes.set(resource.type, [resource]);
    else ofType.push(resource);
  }
  return new Map(
    TYPE_ORDER.map((type) => {
      const ofType = ofTypes.get(type);
      const known = before?.get(type);
      if (ofType === undefined) return [type, known?.resources.size === 0 ? known : NOTHING];
      return [type, known !== undefined && isSame(known, ofType) ? known : typeSnapshotOf(ofType)];
    }),
  );
}

/** The resources of one type. */
function typeSnapshotOf(resources: readonly EncodedResource[]): TypeSnapshot {
  return typeSnapshot(new Map(resources.map((resource) => [resource.name, resource])));
}

/** The same with another resource of this name, or without it. */
export function withResource(before: TypeSnapshot, name: string, resource: EncodedResource | undefined): TypeSnapshot {
  const resources = new Map(before.resources);
  if (resource === undefined) resources.delete(name);
  else resources.set(name, resource);
  return typeSnapshot(resources);
}

function typeSnapshot(resources: ReadonlyMap<string, EncodedResource>): TypeSnapshot {
  let version: string | undefined;
  return {
    // when a stream needs it: there may be hundreds of views that share a resource
    get version() {
      version ??= versionOf(resources.values());
      return version;
    },
    resources,
  };
}

function isSame({ resources }: TypeSnapshot, ofType: readonly EncodedResource[]): boolean {
  return resources.size === ofType.length && ofType.every((each) => resources.get(each.name) === each);
}

const SPAN = 2 ** 52;

/** One version for several resources; their order does not count. Sums of small hashes: the content has been hashed already. */
export function versionOf(resources: Iterable<EncodedResource>): string {
  let [high, low] = [0, 0];
  for (const resource of resources) {
    const [first, second] = fingerprintOf(resource);
    high = (high + first) % SPAN;
    low = (low + second) % SPAN;
  }
  return high.toString(36) + low.toString(36);
}

/** Found once for a resource, however many views have it. */
const fingerprints = new WeakMap<EncodedResource, readonly [high: number, low: number]>();

function fingerprintOf(resource: EncodedResource): readonly [high: number, low: number] {
  let known = fingerprints.get(resource);
  if (known === undefined) {
    const text = `${resource.name}\0${resource.version}`;
    known = [hashOf(text, 0x811c9dc5), hashOf(text, 0x01000193)];
    fingerprints.set(resource, known);
  }
  return known;
}

/** FNV-1a of 52 bits, in two halves (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hashOf(text: string, seed: number): number {
  let [a, b] = [seed, seed ^ 0x5bd1e995];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return ((a >>> 0) & 0xfffff) * 2 ** 32 + (b >>> 0);
}
