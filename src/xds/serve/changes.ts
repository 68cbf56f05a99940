import { TYPES, type TypeUrl } from "../types.ts";
import type { ClientResources, Held } from "./client-resources.ts";
import type { Clearance, OrderedType, OrderView, PushOrder } from "./push-order.ts";
import type { EncodedResource } from "./resource.ts";
import type { TypeSnapshot } from "./snapshot.ts";

/** One look at what a client is to be told. */
export interface Look extends OrderView {
  readonly order: PushOrder;
  /** {@link PushOrder.unusable}, found when it is needed first. */
  readonly unusable: () => ReturnType<PushOrder["unusable"]>;
  /** Of the next response. */
  readonly sequence: number;
  /** By how many tries it is further with what it may have rejected in an earlier stream, of which nobody here knows. */
  readonly earlierTries: number;
}

/** What may be said of one type now. */
export interface Changes {
  /** New to the client, or due once more. */
  readonly resources: ReadonlyMap<string, EncodedResource>;
  /** What the client has and is to lose. */
  readonly removed: readonly string[];
  /** When to look again because something has to wait; undefined: nothing has. */
  readonly again: number | undefined;
}

const MAY: Clearance = { may: true };

/** Never, unless something else happens. */
export const WHEN_SOMETHING_HAPPENS = Number.POSITIVE_INFINITY;

/** What differs between what a client has and what it is to have, as far as the order and its rejections let it be said now. */
export function changesOf(type: TypeUrl, client: OrderedType, content: TypeSnapshot, look: Look): Changes {
  const waits: number[] = [];
  const isAllowed = (permission: Clearance): boolean => {
    if (!permission.may) waits.push(permission.again);
    return permission.may;
  };
  const unasked = type === TYPES.endpoints ? look.order.unasked : undefined;
  const { known } = client.resources;
  const resources = new Map<string, EncodedResource>();
  for (const resource of wantedOf(client, content, unasked)) {
    const { name } = resource;
    const target = targetOf(client, resource, look, (since) => isAllowed(look.order.mayRetry(since, look)));
    if (target?.resource === undefined) continue;
    if (known.get(name)?.version === target.version && unasked?.has(name) !== true) continue;
    // whatever holds that one back looks again by itself
    const comesAfter = hasBefore(target.resource, client, content, resources);
    if (!isAllowed(comesAfter ? MAY : { may: false, again: WHEN_SOMETHING_HAPPENS })) continue;
    if (isAllowed(look.order.maySend(type, target.resource, look.unusable, look))) resources.set(name, target.resource);
  }
  // a listener that comes in the place of another one may need its address
  const isOneHeld = type === TYPES.listener && waits.length > 0;
  const removed: string[] = [];
  for (const name of known.keys()) {
    if (content.resources.has(name)) continue;
    if (isOneHeld) waits.push(WHEN_SOMETHING_HAPPENS);
    else if (isAllowed(look.order.mayRemove(type, name, look))) removed.push(name);
  }
  const now = inSmallSteps(type, client.resources, { resources, removed }, waits);
  return { ...now, again: waits.length > 0 ? Math.min(...waits) : undefined };
}

/** Whether the client has what a resource comes after, or gets it in the same response, or rejects it. */
function hasBefore(
  { after }: EncodedResource,
  client: OrderedType,
  content: TypeSnapshot,
  sending: ReadonlyMap<string, EncodedResource>,
): boolean {
  const before = after === undefined ? undefined : content.resources.get(after);
  if (before === undefined || !client.wants(before.name)) return true;
  const { known, frozen } = client.resources;
  const versions = [known.get(before.name), sending.get(before.name), frozen.get(before.name)?.resource];
  return versions.some((each) => each?.version === before.version);
}

function* wantedOf(client: OrderedType, { resources }: TypeSnapshot, unasked: ReadonlySet<string> | undefined) {
  for (const resource of resources.values()) {
    if (client.wants(resource.name) || unasked?.has(resource.name) === true) yield resource;
  }
}

/**
 * The wanted version, or where the client rejects that, the one that it has accepted; undefined: neither. What it rejected for
 * something else than itself is tried again.
 */
function targetOf(
  { resources }: OrderedType,
  resource: EncodedResource,
  { earlierTries }: Look,
  mayRetry: (since: number) => boolean,
): Held | undefined {
  const { name, version } = resource;
  const frozen = resources.frozen.get(name);
  if (frozen?.resource.version !== version) {
    return { version, resource: earlierTries > 0 ? (resource.again?.(earlierTries) ?? resource) : resource };
  }
  const { again } = frozen.resource;
  return again !== undefined && mayRetry(frozen.at) ? { version, resource: again(1) } : resources.accepted.get(name);
}

/**
 * Where a response was rejected and nobody knows for what, its resources are tried one at a time, and everything else waits. Secrets
 * always go one at a time: Envoy 1.40 does not say which it rejects, and acknowledges a rejected one when it comes again.
 */
function inSmallSteps(
  type: TypeUrl,
  { suspects }: ClientResources,
  changes: Pick<Changes, "removed" | "resources">,
  waits: number[],
): Pick<Changes, "removed" | "resources"> {
  const { resources } = changes;
  for (const name of suspects) if (!resources.has(name)) suspects.delete(name);
  const [name = type === TYPES.secret ? [...resources.keys()][0] : undefined] = suspects;
  const one = name === undefined ? undefined : resources.get(name);
  if (one === undefined || resources.size === 1) return changes;
  waits.push(WHEN_SOMETHING_HAPPENS);
  return { resources: new Map([[one.name, one]]), removed: [] };
}
