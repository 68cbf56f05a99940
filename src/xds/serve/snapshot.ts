import { createHash } from "node:crypto";
import { TYPE_ORDER, type TypeUrl } from "../types.ts";
import type { EncodedResource } from "./resource.ts";

/** All resources of one type that one proxy may see. */
export interface TypeSnapshot {
  /** Changes with any of them. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, EncodedResource>;
}

/** All that one proxy may see; every type is there, if only empty. Never changed: a change is another snapshot. */
export type Snapshot = ReadonlyMap<TypeUrl, TypeSnapshot>;

/** Puts resources together. */
export function snapshotOf(resources: readonly EncodedResource[]): Snapshot {
  return new Map(
    TYPE_ORDER.map((type) => {
      const ofType = resources.filter((resource) => resource.type === type);
      return [type, { version: versionOf(ofType), resources: new Map(ofType.map((each) => [each.name, each])) }];
    }),
  );
}

/** One version for several resources; their order does not count. */
export function versionOf(resources: readonly EncodedResource[]): string {
  const hash = createHash("sha256");
  for (const version of resources.map(({ name, version }) => `${name}\0${version}`).sort()) hash.update(`${version}\n`);
  return hash.digest("base64url").slice(0, 16);
}
