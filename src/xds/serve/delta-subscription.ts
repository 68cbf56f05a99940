import { isWildcardType } from "../types.ts";
import { deltaResponse } from "./responses.ts";
import type { TypeSnapshot } from "./snapshot.ts";
import { Exchange, type Receipt, type SubscriptionState } from "./subscription.ts";

/** What counts of a `DeltaDiscoveryRequest`. */
export interface DeltaRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Versions that the client has from an earlier stream, by name; of a first request only. */
  readonly initialVersions: Readonly<Record<string, string>>;
  readonly responseNonce: string;
  /** Message of `error_detail`. */
  readonly problem: string | undefined;
}

/** The version of a name that the client was told does not exist. */
const ABSENT = "";
/** A version that no resource has. */
const UNKNOWN = "?";

/**
 * One type of a delta stream: only what differs from what the client has is sent
 * (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds).
 */
export class DeltaSubscription {
  readonly #type: string;
  readonly #exchange = new Exchange();
  readonly #names = new Set<string>();
  /** What the client has, or is about to have: version by name. */
  readonly #known = new Map<string, string>();
  #isWildcard = false;
  #begun = false;
  /** A request waits for a response, even if there is nothing new. */
  #owed = false;

  constructor(type: string) {
    this.#type = type;
  }

  get state(): SubscriptionState {
    return this.#exchange.state;
  }

  /** Names that are subscribed to, and those that the client said it has; what we sent it is no burden of its making. */
  names(content: TypeSnapshot | undefined): number {
    let count = this.#names.size;
    for (const name of this.#known.keys()) if (!this.#names.has(name) && !content?.resources.has(name)) count += 1;
    return count;
  }

  receive(request: DeltaRequest): Receipt {
    const receipt = this.#exchange.receive(request.responseNonce, request.problem);
    if (this.#begun) for (const name of request.subscribe) this.#subscribe(name);
    else this.#begin(request);
    // unlike acknowledgements, changes of the subscription are never out of date
    for (const name of request.unsubscribe) this.#unsubscribe(name);
    return receipt;
  }

  #begin({ subscribe, initialVersions }: DeltaRequest): void {
    this.#begun = true;
    this.#owed = true;
    if (subscribe.length === 0 && isWildcardType(this.#type)) this.#isWildcard = true;
    for (const [name, version] of Object.entries(initialVersions)) this.#known.set(name, version);
    for (const name of subscribe) {
      if (name === "*") this.#isWildcard = true;
      else this.#names.add(name);
    }
  }

  #subscribe(name: string): void {
    if (name === "*") {
      this.#isWildcard = true;
      this.#owed = true;
      return;
    }
    // whatever the client had of it before, it waits for it now
    this.#known.delete(name);
    this.#names.add(name);
  }

  #unsubscribe(name: string): void {
    if (name === "*") {
      this.#isWildcard = false;
      for (const known of this.#known.keys()) if (!this.#names.has(known)) this.#known.delete(known);
      return;
    }
    this.#names.delete(name);
    // where all are subscribed to it is sent, or called gone, once more, so that the client knows where it stands
    if (this.#isWildcard) this.#known.set(name, UNKNOWN);
    else this.#known.delete(name);
  }

  /** The next response, when there is something to say and none on its way. */
  next(snapshot: TypeSnapshot, nonce: string): Uint8Array[] | undefined {
    if (this.#exchange.waiting) return undefined;
    const resources = [...snapshot.resources.values()].filter(
      ({ name, version }) => (this.#isWildcard || this.#names.has(name)) && this.#known.get(name) !== version,
    );
    const removed = this.#removed(snapshot);
    if (resources.length === 0 && removed.length === 0 && !this.#owed) return undefined;
    // put together first: where that fails nothing is thought to be sent
    const { version } = snapshot;
    const message = deltaResponse({ version, type: this.#type, nonce, resources, removed });
    this.#owed = false;
    for (const each of resources) this.#known.set(each.name, each.version);
    for (const name of removed) {
      if (this.#names.has(name)) this.#known.set(name, ABSENT);
      else this.#known.delete(name);
    }
    this.#exchange.sent(nonce, version);
    return message;
  }

  /** What the client has, or asks for by name, and does not exist: told once. */
  #removed({ resources }: TypeSnapshot): string[] {
    const gone = [...this.#known].filter(([name, version]) => version !== ABSENT && !resources.has(name));
    const never = [...this.#names].filter((name) => !this.#known.has(name) && !resources.has(name));
    return [...gone.map(([name]) => name), ...never];
  }
}
