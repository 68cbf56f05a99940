import { TYPES, type TypeUrl } from "../types.ts";
import type { Frozen } from "./client-resources.ts";
import type { OrderedType } from "./push-order.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";

/**
 * How a proxy stands to what it is to have. `current`: it has accepted all of it. `rejecting`: not all, and it says why. `pending`: it
 * is about to say, or has not been sent everything yet. Endpoints do not count: they change all the time, and no proxy has a reason to reject them.
 */
export interface ProxyStanding {
  readonly state: "current" | "rejecting" | "pending";
  /** What it rejects. */
  readonly frozen: readonly Frozen[];
  /** Whether any of its listeners was made from objects: otherwise it passes traffic through. */
  readonly hasOrigins: boolean;
}

/** Before a response of each of these was accepted a proxy has just come. */
export const FIRST_TYPES = [TYPES.cluster, TYPES.listener] as const;

/** `types`: what the proxy asked for. `wanted`: undefined before its first request. */
export function standingOf(types: ReadonlyMap<TypeUrl, OrderedType>, wanted: Snapshot | undefined): ProxyStanding {
  const frozen: Frozen[] = [];
  let isSettled = FIRST_TYPES.every((type) => types.get(type)?.resources.hasAccepted === true);
  for (const [type, client] of types) {
    if (type === TYPES.endpoints) continue;
    frozen.push(...client.resources.frozen.values());
    isSettled &&= client.resources.exchange.waiting.length === 0 && hasAll(client, wanted?.get(type));
  }
  let hasOrigins = false;
  for (const { origins } of wanted?.get(TYPES.listener)?.resources.values() ?? []) hasOrigins ||= origins.length > 0;
  return { state: frozen.length > 0 ? "rejecting" : isSettled ? "current" : "pending", frozen, hasOrigins };
}

/**
 * Whether a client has acknowledged secrets of these names: it asks for those only once it has what names them, and uses nothing of it
 * before.
 */
export function hasSecrets(types: ReadonlyMap<TypeUrl, OrderedType>, secrets: readonly string[]): boolean {
  const accepted = types.get(TYPES.secret)?.resources.accepted;
  return secrets.every((name) => accepted?.has(name) === true);
}

/**
 * Whether a client has acknowledged endpoints as they are to be; undefined: they are none of its content. One that just came may still hold
 * those of an earlier stream.
 */
export function holdsEndpoints(
  types: ReadonlyMap<TypeUrl, OrderedType>,
  wanted: Snapshot | undefined,
  name: string,
): boolean | undefined {
  const resource = wanted?.get(TYPES.endpoints)?.resources.get(name);
  if (resource === undefined) return undefined;
  const client = types.get(TYPES.endpoints);
  if (client?.wants(name) !== true || client.resources.exchange.waiting.length > 0) return false;
  return client.resources.known.get(name)?.version === resource.version;
}

/** Whether a client has everything of one type that it asked for: what is held back, or waits for a slow connection, is not on its way. */
function hasAll(client: OrderedType, content: TypeSnapshot | undefined): boolean {
  for (const { name, version } of content?.resources.values() ?? []) {
    if (client.wants(name) && client.resources.known.get(name)?.version !== version) return false;
  }
  return true;
}
