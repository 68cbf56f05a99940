import { isDeepStrictEqual } from "node:util";
import type { MeshView, ServiceView } from "../../graph/view.ts";

type Policy = ServiceView["clientPolicy"];

interface Former {
  readonly at: number;
  readonly before: Policy;
  readonly after: Policy;
}

/**
 * Which client policies have taken the place of which, by view: a service that a caller gets while TLS changes would have been called by the
 * former one, and what it calls may not know the new one yet.
 */
export class FormerPolicies {
  readonly #all = new Map<string, readonly Former[]>();

  /** A view takes the place of another one at a time, in milliseconds. Those of before `oldest` are of no use any more. */
  note(key: string, before: MeshView, view: MeshView, at: number, oldest: number): void {
    const services = new Map(before.services.map((service) => [service.name, service]));
    const found: Former[] = [];
    for (const { name, clientPolicy: after } of view.services) {
      const old = services.get(name);
      if (old === undefined || old.clientPolicy === after) continue;
      // most have that of the node's defaults
      if (found.some((each) => each.after === after) || isDeepStrictEqual(old.clientPolicy, after)) continue;
      found.push({ at, before: old.clientPolicy, after });
    }
    if (found.length > 0)
      this.#all.set(key, [...(this.#all.get(key) ?? []).filter((each) => each.at >= oldest), ...found]);
  }

  /** The view is gone. */
  forget(key: string): void {
    this.#all.delete(key);
  }

  /** What stood in the place of a policy at that time; itself where it has not changed since. */
  of(key: string, policy: Policy, since: number): Policy {
    return (this.#all.get(key) ?? []).reduceRight(
      (found, { at, before, after }) => (at > since && isDeepStrictEqual(after, found) ? before : found),
      policy,
    );
  }
}
