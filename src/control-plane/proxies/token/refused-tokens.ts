import { createHash } from "node:crypto";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";

/** Tokens that the API server has refused a moment ago, by their hashes: nobody makes us ask about one again and again. */
export class RefusedTokens {
  readonly #now: () => number;
  /** Until when, the oldest first. */
  readonly #until = new Map<string, number>();

  /** `now` in milliseconds, as of any clock that does not go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(token: string): boolean {
    return (this.#until.get(hashOf(token)) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }

  add(token: string): void {
    const { refusedFor, refusedTokens } = CONTROL_PLANE_LIMITS;
    const hash = hashOf(token);
    this.#until.delete(hash);
    this.#until.set(hash, this.#now() + refusedFor);
    const [oldest] = this.#until.keys();
    if (this.#until.size > refusedTokens && oldest !== undefined) this.#until.delete(oldest);
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
