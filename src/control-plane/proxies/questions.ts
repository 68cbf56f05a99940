import { RequestRate } from "../../xds/serve/request-rate.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";

/**
 * How many questions of one kind to the API server callers may cause: all of them together, and each address a share, so that
 * one stranger cannot use up what the proxies need.
 */
export class Questions {
  readonly #now: () => number;
  readonly #all: RequestRate;
  /** Those who asked last; the one that asked longest ago gives way. */
  readonly #ofPeer = new Map<string, RequestRate>();

  /** `now` in milliseconds, as of any clock that does not go back. */
  constructor(now: () => number) {
    const { questionBurst, questionsPerSecond } = CONTROL_PLANE_LIMITS;
    this.#now = now;
    this.#all = new RequestRate(questionBurst, questionsPerSecond, now());
  }

  /** Whether this address may cause one more. */
  may(peer: string): boolean {
    const { peerQuestionBurst, peerQuestionsPerSecond, askingPeers } = CONTROL_PLANE_LIMITS;
    const now = this.#now();
    const own = this.#ofPeer.get(peer) ?? new RequestRate(peerQuestionBurst, peerQuestionsPerSecond, now);
    this.#ofPeer.delete(peer);
    this.#ofPeer.set(peer, own);
    const [oldest] = this.#ofPeer.keys();
    if (this.#ofPeer.size > askingPeers && oldest !== undefined) this.#ofPeer.delete(oldest);
    return own.take(now) && this.#all.take(now);
  }
}
