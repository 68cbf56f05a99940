import { isWildcardType } from "../types.ts";
import { sotwResponse } from "./responses.ts";
import { type TypeSnapshot, versionOf } from "./snapshot.ts";
import { Exchange, type Receipt, type SubscriptionState } from "./subscription.ts";

/** What counts of a `DiscoveryRequest`. */
export interface SotwRequest {
  readonly resourceNames: readonly string[];
  readonly responseNonce: string;
  /** Message of `error_detail`. */
  readonly problem: string | undefined;
}

/**
 * One type of a state-of-the-world stream
 * (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview).
 */
export class SotwSubscription {
  readonly #type: string;
  readonly #exchange = new Exchange();
  #names: ReadonlySet<string> = new Set();
  #everNamed = false;
  /** Something was asked for that no response has answered yet, even if nothing changed. */
  #owed = false;
  #sentVersion: string | undefined;

  constructor(type: string) {
    this.#type = type;
  }

  get state(): SubscriptionState {
    return this.#exchange.state;
  }

  names(): number {
    return this.#names.size;
  }

  receive({ resourceNames, responseNonce, problem }: SotwRequest): Receipt {
    const receipt = this.#exchange.receive(responseNonce, problem);
    // the client has not seen our newest response: it will say again what it wants once it has
    if (receipt.kind === "stale") return receipt;
    const names = new Set(resourceNames);
    if (names.size > 0) this.#everNamed = true;
    if (responseNonce === "" || [...names].some((name) => !this.#names.has(name))) this.#owed = true;
    this.#names = names;
    return receipt;
  }

  /** The next response, when there is something to say and none on its way. */
  next(snapshot: TypeSnapshot, nonce: string): Uint8Array[] | undefined {
    if (this.#exchange.waiting) return undefined;
    if (!this.#isWildcard && this.#names.size === 0) return undefined;
    const resources = [...snapshot.resources.values()].filter(({ name }) => this.#isWildcard || this.#names.has(name));
    const version = this.#isWildcard ? snapshot.version : versionOf(resources);
    if (!this.#owed && version === this.#sentVersion) return undefined;
    // put together first: where that fails nothing is thought to be sent
    const message = sotwResponse({ version, type: this.#type, nonce, resources });
    this.#owed = false;
    this.#sentVersion = version;
    this.#exchange.sent(nonce, version);
    return message;
  }

  /** `*`, or for some types a subscription that never named anything. */
  get #isWildcard(): boolean {
    return this.#names.has("*") || (isWildcardType(this.#type) && !this.#everNamed);
  }
}
