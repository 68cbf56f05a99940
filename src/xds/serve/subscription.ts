/** What a request was about: an answer to our last response, one to an older response, or neither. */
export type Receipt =
  | { readonly kind: "ack" }
  | { readonly kind: "nack"; readonly message: string }
  | { readonly kind: "stale" }
  | { readonly kind: "subscribe" };

/** Where one type of a stream stands, as it is shown. */
export interface SubscriptionState {
  /** Version that the proxy last accepted; empty: none yet. */
  readonly accepted: string;
  /** Version that it last refused, when that is the newest that it was sent; empty: it was not. */
  readonly rejected: string;
  /** What it said then. */
  readonly problem: string;
  /** Whether a response is on its way. */
  readonly waiting: boolean;
}

/**
 * The exchange of responses and their acknowledgements for one type: at most one response is on its way, and whatever
 * changes meanwhile is in the next one.
 */
export class Exchange {
  #nonce = "";
  #sentVersion = "";
  #waiting = false;
  #accepted = "";
  #rejected = "";
  #problem = "";

  get waiting(): boolean {
    return this.#waiting;
  }

  get nonce(): string {
    return this.#nonce;
  }

  get state(): SubscriptionState {
    return { accepted: this.#accepted, rejected: this.#rejected, problem: this.#problem, waiting: this.#waiting };
  }

  sent(nonce: string, version: string): void {
    this.#nonce = nonce;
    this.#sentVersion = version;
    this.#waiting = true;
  }

  /** `problem`: the request's `error_detail`, where it has one. */
  receive(nonce: string, problem: string | undefined): Receipt {
    // without a nonce it begins anew; with one before anything was sent it goes on from a stream that is no more
    if (nonce === "" || this.#nonce === "") return { kind: "subscribe" };
    if (nonce !== this.#nonce) return { kind: "stale" };
    if (!this.#waiting) return { kind: "subscribe" };
    this.#waiting = false;
    if (problem !== undefined) {
      this.#rejected = this.#sentVersion;
      this.#problem = problem;
      return { kind: "nack", message: problem };
    }
    this.#accepted = this.#sentVersion;
    this.#rejected = "";
    this.#problem = "";
    return { kind: "ack" };
  }
}
