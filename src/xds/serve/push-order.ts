import type { XdsLimits } from "../limits.ts";
import { TYPES, type TypeUrl } from "../types.ts";
import type { ClientResources, Held, Replaced } from "./client-resources.ts";
import type { Sent } from "./exchange.ts";
import { type ClusterWarming, type EncodedResource, type Mention, mentionOf } from "./resource.ts";
import type { Snapshot } from "./snapshot.ts";

/*
 * The order of changes across types. Envoy warms a new or changed cluster, and answers 503 for, or closes, what points at a cluster
 * that is not there (docs/decisions/0020-order-of-pushes.md). So:
 *
 *  1. clusters and secrets; then, unasked, the endpoints of every cluster of that response;
 *  2. listeners and routes, once the clusters that they name are usable;
 *  3. removals, once nothing that the client may still use names the thing.
 *
 * Who names whom is looked up in the encoded messages.
 */

/** What the order knows of one type at a client. */
export interface OrderedType {
  readonly resources: ClientResources;
  /** Whether the client has asked for it. */
  wants(name: string): boolean;
}

/** The types of one client that were asked for, and what it is to have. */
export interface OrderView {
  readonly types: ReadonlyMap<TypeUrl, OrderedType>;
  readonly wanted: Snapshot;
  readonly now: number;
}

/** Now; or not yet, and when to look again unless something is acknowledged before. */
export type Clearance = { readonly may: true } | { readonly may: false; readonly again: number };

type OrderLimits = Pick<
  XdsLimits,
  "clusterWarming" | "endpointsWarming" | "lingering" | "lingeringUnready" | "retryRejected"
>;

const MAY: Clearance = { may: true };
const NEVER = Number.POSITIVE_INFINITY;

/** Which types may name resources of this one. */
const USERS: Partial<Record<TypeUrl, readonly TypeUrl[]>> = {
  [TYPES.route]: [TYPES.listener, TYPES.scopedRoutes],
  [TYPES.cluster]: [TYPES.listener, TYPES.scopedRoutes, TYPES.route, TYPES.virtualHost, TYPES.cluster],
  [TYPES.endpoints]: [TYPES.cluster],
  [TYPES.secret]: [TYPES.listener, TYPES.cluster],
};
/** They wait for clusters. */
const AFTER_CLUSTERS: ReadonlySet<TypeUrl> = new Set([
  TYPES.listener,
  TYPES.scopedRoutes,
  TYPES.route,
  TYPES.virtualHost,
]);
/** They name others. */
const POINTS: ReadonlySet<TypeUrl> = new Set([...AFTER_CLUSTERS, TYPES.cluster]);
/** Without these a listener is accepted, but not active. */
const OF_LISTENERS: readonly TypeUrl[] = [TYPES.route, TYPES.secret];

/** A cluster that is on its way, or was, and is not known to be usable yet. */
interface Warming {
  /** When a version of it was sent first, since it was last known to be usable. */
  readonly since: number;
  /** Of the response with the newest version. */
  readonly sequence: number;
  readonly facts: ClusterWarming | undefined;
  /** The client has used an earlier version. */
  readonly wasUsable: boolean;
}

/** A version that was replaced, and that connections, retries or warming listeners may still use. */
interface Lingering {
  readonly type: TypeUrl;
  readonly name: string;
  readonly old: Held;
  readonly until: number;
}

interface Unusable {
  readonly mentions: Mention;
  /** `coming`: the client has nothing of it; `changing`: it has an older one. */
  readonly kind: "coming" | "changing";
  readonly until: number;
}

/** The order of one stream. It has no clock of its own: times are milliseconds of the stream's. */
export class PushOrder {
  readonly #limits: OrderLimits;
  readonly #begun: number;
  /** Endpoints that are to be sent although nobody asked for them, or has them already. */
  readonly unasked = new Set<string>();
  readonly #warming = new Map<string, Warming>();
  /** The newest response of endpoints that was acknowledged, by name. */
  readonly #endpoints = new Map<string, number>();
  /** Since when a listener or routes wait for clusters. */
  readonly #heldSince = new Map<string, number>();
  #lingering: Lingering[] = [];

  /** `begun`: when the stream began. */
  constructor(limits: OrderLimits, begun: number) {
    this.#limits = limits;
    this.#begun = begun;
  }

  /** A response of clusters was sent: their endpoints have to follow, also those that the client has. */
  clustersSent({ resources, sequence, at }: Sent): void {
    for (const [name, { cluster: facts }] of resources) {
      const before = this.#warming.get(name);
      const isReady = before !== undefined && this.#hasEndpoints(before);
      const since = before === undefined || isReady ? at : before.since;
      this.#warming.set(name, { since, sequence, facts, wasUsable: isReady || before?.wasUsable === true });
      if (facts?.endpoints !== undefined) this.unasked.add(facts.endpoints);
    }
  }

  /** A response of endpoints was sent. */
  endpointsSent({ removed, resources }: Sent): void {
    for (const name of resources.keys()) this.unasked.delete(name);
    for (const name of removed) this.unasked.delete(name);
  }

  /** A response was accepted. */
  accepted(type: TypeUrl, { sequence, resources, removed }: Sent): void {
    if (type === TYPES.cluster) this.#clustersAccepted(sequence, resources.keys());
    if (type !== TYPES.endpoints) return;
    for (const name of [...resources.keys(), ...removed]) this.#endpoints.set(name, sequence);
  }

  /** A client put other versions in the place of these: the old ones are in use for a while. */
  replaced(type: TypeUrl, versions: readonly Replaced[], view: OrderView): void {
    if (type === TYPES.cluster) this.#clustersGone(versions, view);
    if (!POINTS.has(type)) return;
    this.#lingering = this.#lingering.filter(({ until }) => until > view.now);
    for (const { name, old, by } of versions) {
      const isUnready = type === TYPES.listener && by !== undefined && !isReady(by, view);
      const until = view.now + (isUnready ? this.#limits.lingeringUnready : this.#limits.lingering);
      this.#lingering.push({ type, name, old, until });
    }
  }

  /** Whether a new version of a listener or of routes may be sent: the clusters that it names have to be usable. */
  maySend(type: TypeUrl, resource: EncodedResource, unusable: () => readonly Unusable[], view: OrderView): Clearance {
    if (!AFTER_CLUSTERS.has(type)) return MAY;
    const key = `${type} ${resource.name}`;
    const since = this.#heldSince.get(key) ?? view.now;
    let again = NEVER;
    let isHeld = false;
    for (const { kind, mentions, until } of unusable()) {
      // where the client can do with an older one, a cluster that changes all the time does not hold back for ever
      const end = kind === "changing" ? Math.min(until, since + this.#limits.clusterWarming) : until;
      if (view.now >= end || !mentions(resource.any)) continue;
      isHeld = true;
      again = Math.min(again, end);
    }
    if (!isHeld) {
      this.#heldSince.delete(key);
      return MAY;
    }
    this.#heldSince.set(key, since);
    return { may: false, again };
  }

  /** Whether what was rejected when it was sent `since` may be sent once more. */
  mayRetry(since: number, { now }: OrderView): Clearance {
    const again = since + this.#limits.retryRejected;
    return now >= again ? MAY : { may: false, again };
  }

  /** The clusters that nothing may point at yet. */
  unusable(view: OrderView): Unusable[] {
    const clusters = view.types.get(TYPES.cluster);
    if (clusters === undefined) return [];
    const found: Unusable[] = [];
    for (const resource of view.wanted.get(TYPES.cluster)?.resources.values() ?? []) {
      const { name } = resource;
      if (!clusters.wants(name)) continue;
      const state = this.#stateOf(resource, clusters.resources);
      if (state !== "usable") found.push({ ...state, mentions: mentionOf(name) });
    }
    return found;
  }

  /** Whether a resource that is not wanted any more may be called gone: nothing that the client may use names it. */
  mayRemove(type: TypeUrl, name: string, view: OrderView): Clearance {
    const users = USERS[type];
    if (users === undefined) return MAY;
    const mentions = mentionOf(name);
    this.#lingering = this.#lingering.filter(({ until }) => until > view.now);
    let again = this.#claimedUntil(type, name, view);
    for (const user of users) {
      const isUsed = ({ resource }: Held, by: string): boolean => {
        if (user === type && by === name) return false;
        // of what a client brought along the bytes are not known; two of one type would wait for each other for ever
        return resource === undefined ? user !== type : mentions(resource.any);
      };
      for (const [by, held] of view.types.get(user)?.resources.inUse() ?? []) {
        if (isUsed(held, by)) return { may: false, again: NEVER };
      }
      for (const { type: of, name: by, old, until } of this.#lingering) {
        if (of === user && isUsed(old, by)) again = Math.max(again, until);
      }
    }
    return again > view.now ? { may: false, again } : MAY;
  }

  /** What a client brought along may be used by what it has not spoken of yet. */
  #claimedUntil(type: TypeUrl, name: string, { types }: OrderView): number {
    const known = types.get(type)?.resources.known.get(name);
    return known !== undefined && known.resource === undefined ? this.#begun + this.#limits.lingering : 0;
  }

  #clustersAccepted(sequence: number, names: Iterable<string>): void {
    for (const name of names) {
      const warming = this.#warming.get(name);
      if (warming !== undefined && warming.sequence <= sequence) this.#warming.delete(name);
    }
  }

  #stateOf(resource: EncodedResource, resources: ClientResources): "usable" | Omit<Unusable, "mentions"> {
    const { name, version } = resource;
    const accepted = resources.accepted.get(name);
    const known = resources.known.get(name);
    // of what it rejects nothing more comes, and routes of others stand in one resource with those that lead there
    if (resources.frozen.get(name)?.resource.version === version) return "usable";
    if (accepted?.version === version && known?.version === version) return "usable";
    const warming = this.#warming.get(name);
    const isReady = warming !== undefined && this.#hasEndpoints(warming);
    const wasUsable = accepted !== undefined || isReady || warming?.wasUsable === true;
    const kind = wasUsable ? "changing" : "coming";
    if (known?.version !== version || warming === undefined) return { kind, until: NEVER };
    if (isReady) return "usable";
    const { clusterWarming, endpointsWarming } = this.#limits;
    return { kind, until: warming.since + (byEndpoints(warming.facts) ? endpointsWarming : clusterWarming) };
  }

  /** Whether its endpoints were acknowledged after it was sent, and it waits for nothing else. */
  #hasEndpoints({ facts, sequence }: Warming): boolean {
    return byEndpoints(facts) && (this.#endpoints.get(facts?.endpoints ?? "") ?? 0) > sequence;
  }

  /** What a later response has brought again is on its way, and not gone; several clusters may have the same endpoints. */
  #clustersGone(versions: readonly Replaced[], { types }: OrderView): void {
    const gone = versions.filter(({ by }) => by === undefined);
    if (gone.length === 0) return;
    const known = types.get(TYPES.cluster)?.resources.known ?? new Map<string, Held>();
    const used = new Set([...known.values()].map(({ resource }) => resource?.cluster?.endpoints));
    for (const { name, old } of gone) {
      if (!known.has(name)) this.#warming.delete(name);
      const endpoints = old.resource?.cluster?.endpoints;
      if (endpoints === undefined || used.has(endpoints)) continue;
      this.#endpoints.delete(endpoints);
      this.unasked.delete(endpoints);
    }
  }
}

function byEndpoints(facts: ClusterWarming | undefined): boolean {
  return facts?.endpoints !== undefined && !facts.isSlow;
}

/** Whether a listener has what it waits for, of the things that come from here. */
function isReady({ any }: EncodedResource, { types, wanted }: OrderView): boolean {
  return OF_LISTENERS.every((type) => {
    const accepted = types.get(type)?.resources.accepted;
    return [...(wanted.get(type)?.resources.keys() ?? [])].every(
      (name) => accepted?.has(name) || !mentionOf(name)(any),
    );
  });
}
