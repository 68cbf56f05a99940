/** What a replica says of its own proxies: how many changes it has begun, and how many steps of each its proxies have. */
export interface OwnStepsSaid {
  readonly begun: number;
  /** By the name of the change. */
  readonly held: ReadonlyMap<string, number>;
}

interface Known {
  /** Undefined: what belongs together is still being gathered. */
  chain: string | undefined;
  held: number;
  /** Until when it is said although it is over, as others may be a step behind; undefined: it is on its way. */
  until: number | undefined;
}

/**
 * How far this replica's own proxies are with changes of TLS, by place: what other replicas go by. It is said of the first steps in a row alone:
 * after one that not all had in time nothing more is said.
 */
export class OwnSteps {
  readonly #changed: () => void;
  readonly #places = new Map<string, Known>();
  #begun = 0;

  /** `changed`: there is something else to say. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** A change begins, or begins again: what was said of the place is over. Returns the number of this beginning. */
  begin(place: string): number {
    this.#places.set(place, { chain: undefined, held: 0, until: undefined });
    this.#changed();
    return ++this.#begun;
  }

  /** What the change comes to is known. */
  name(place: string, chain: string): void {
    const known = this.#places.get(place);
    if (known !== undefined) known.chain = chain;
  }

  /** All proxies of this replica have a step of the change. */
  hold(place: string, index: number): void {
    const known = this.#places.get(place);
    if (known?.chain === undefined || known.held !== index) return;
    known.held = index + 1;
    this.#changed();
  }

  /** What is written holds; it is said until a time. */
  end(place: string, until: number): void {
    const known = this.#places.get(place);
    if (known !== undefined) known.until = until;
  }

  /** There is nothing to say of the place any more. */
  forget(place: string): void {
    if (this.#places.delete(place)) this.#changed();
  }

  /** As of a time. */
  said(now: number): OwnStepsSaid {
    const held = new Map<string, number>();
    for (const [place, { chain, held: steps, until }] of this.#places) {
      if (until !== undefined && now >= until) this.#places.delete(place);
      else if (chain !== undefined && steps > 0) held.set(chain, steps);
    }
    return { begun: this.#begun, held };
  }
}
