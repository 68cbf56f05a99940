import type { EncodedResource } from "../serve/resource.ts";
import { type Snapshot, type TypeSnapshot, withResource } from "../serve/snapshot.ts";
import type { Publication } from "./publisher.ts";

/** A publication that has one resource more than others of its view: the proxy's own. */
export interface OwnPublication<Traits> extends Publication<Traits> {
  /** The own resource is now this; undefined: there is none. Tells the stream at once where that changes something. */
  readonly own: (resource: EncodedResource | undefined) => void;
}

/** What was put together, and out of what. */
interface Together {
  readonly shared: Snapshot;
  readonly own: EncodedResource | undefined;
  readonly snapshot: Snapshot;
}

/** Adds to what many proxies share what one of them has for itself; all else stays shared. */
export function withOwnResource<Traits>(publication: Publication<Traits>): OwnPublication<Traits> {
  let own: EncodedResource | undefined;
  let together: Together | undefined;
  let tell: (snapshot: Snapshot) => void = () => undefined;
  const snapshot = (): Snapshot => {
    const shared = publication.snapshot();
    if (together?.shared !== shared || together.own !== own) {
      together = { shared, own, snapshot: combined(shared, own, together) };
    }
    return together.snapshot;
  };
  return {
    ...publication,
    snapshot,
    subscribe(changed) {
      tell = changed;
      publication.subscribe(() => changed(snapshot()));
    },
    own(resource) {
      if (resource === own) return;
      own = resource;
      tell(snapshot());
    },
  };
}

/** What did not change against `before` is taken from there. */
function combined(shared: Snapshot, own: EncodedResource | undefined, before: Together | undefined): Snapshot {
  if (own === undefined) return shared;
  const ofType = shared.get(own.type);
  if (ofType === undefined) return shared;
  const isSame = before?.own === own && before.shared.get(own.type) === ofType;
  const known: TypeSnapshot | undefined = isSame ? before.snapshot.get(own.type) : undefined;
  return new Map(shared).set(own.type, known ?? withResource(ofType, own.name, own));
}
