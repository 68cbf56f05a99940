import { oneLine } from "../../model/one-line.ts";
import type { EncodedResource } from "./resource.ts";

/** What a request was about: an answer to a response of ours, one to a response that is long answered, or neither. */
export type Receipt =
  | { readonly kind: "ack" }
  | { readonly kind: "nack"; readonly message: string }
  | { readonly kind: "stale" }
  | { readonly kind: "subscribe" };

/** A response that was sent. */
export interface Sent {
  /** Greater than that of any response that was sent before on the stream. */
  readonly sequence: number;
  /** Milliseconds of the stream's clock. */
  readonly at: number;
  readonly version: string;
  /** What was new in it. */
  readonly resources: ReadonlyMap<string, EncodedResource>;
  readonly removed: ReadonlySet<string>;
}

/** How a request ends the wait for responses. */
export type Acknowledgement =
  | { readonly kind: "accepted" | "rejected"; readonly receipt: Receipt; readonly response: Sent }
  | { readonly kind: "neither"; readonly receipt: Receipt };

/** Beyond this the oldest ones count as one. */
const MOST = 16;

/** Responses of one type that are on their way, and their acknowledgements. */
export class Exchange {
  #waiting: readonly Sent[] = [];
  #newest = 0;

  /** The oldest first. */
  get waiting(): readonly Sent[] {
    return this.#waiting;
  }

  sent(response: Sent): void {
    this.#newest = response.sequence;
    const [oldest, second, ...rest] = this.#waiting;
    // the acknowledgement of the later one of them speaks for both: proxies answer in order
    const isFull = this.#waiting.length >= MOST && oldest !== undefined && second !== undefined;
    this.#waiting = isFull ? [merged(oldest, second), ...rest, response] : [...this.#waiting, response];
  }

  /** `problem`: the request's `error_detail`, where it has one. */
  receive(nonce: string, problem: string | undefined): Acknowledgement {
    const index = this.#waiting.findIndex(({ sequence }) => String(sequence) === nonce);
    const [oldest, ...others] = this.#waiting.slice(0, index + 1);
    if (oldest === undefined) return { kind: "neither", receipt: this.#unanswering(nonce) };
    this.#waiting = this.#waiting.slice(index + 1);
    // in the state of the world Envoy answers the last of several responses, and says with it what became of all
    const response = others.reduce(merged, oldest);
    if (problem === undefined) return { kind: "accepted", receipt: { kind: "ack" }, response };
    return { kind: "rejected", receipt: { kind: "nack", message: oneLine(problem) }, response };
  }

  /** Without a nonce it begins again; with one before anything was sent it goes on from a stream that has ended. */
  #unanswering(nonce: string): Receipt {
    const isCurrent = nonce === "" || this.#newest === 0 || nonce === String(this.#newest);
    return { kind: isCurrent ? "subscribe" : "stale" };
  }
}

function merged(older: Sent, newer: Sent): Sent {
  const removed = new Set([...older.removed].filter((name) => !newer.resources.has(name)));
  for (const name of newer.removed) removed.add(name);
  const resources = new Map([...older.resources, ...newer.resources]);
  for (const name of newer.removed) resources.delete(name);
  return { ...newer, at: older.at, resources, removed };
}
