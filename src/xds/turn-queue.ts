import { taken, type Work, type WorkRound } from "./work-round.ts";

/**
 * Many that have something to do now and then, as one kind of work of a round. They take turns, one thing of each, those first that have waited
 * longest: however much one of them has to do, each of the others waits for one thing of it.
 */
export class TurnQueue {
  readonly #waiting = new Set<Work>();
  readonly #round: WorkRound;

  constructor(round: WorkRound) {
    this.#round = round;
    round.add({ next: () => this.#next() });
  }

  /** There is something to do for this one, who is to remember what: it is done soon, not now. */
  add(work: Work): void {
    this.#waiting.add(work);
    this.#round.wake();
  }

  /** Whatever it still has to do is not done. */
  remove(work: Work): void {
    this.#waiting.delete(work);
  }

  #next(): boolean {
    const first = taken(this.#waiting);
    if (first === undefined) return false;
    if (first.next()) this.#waiting.add(first);
    return true;
  }
}
