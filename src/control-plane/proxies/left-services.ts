import type { GatewayView } from "../../graph/view.ts";
import { calledByGateway, type LeftService, serviceValue } from "../../xds/translate/gateway-second-pass.ts";

export interface LeftServicesParts {
  /** Is told the key of a gateway's view whose second pass needs less from now on. */
  readonly changed: (view: string) => void;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Calls back after so many milliseconds. */
  readonly later: (milliseconds: number, callback: () => void) => void;
  /** Milliseconds for which a second pass knows what no route leads to any more. */
  readonly keep: number;
}

/** A timer may ring a moment early, and nobody would look again. */
const LATE = 100;

interface Gateway {
  readonly view: GatewayView;
  readonly left: readonly Left[];
}

type Left = LeftService & { readonly until: number };

/**
 * The services that gateways' routes led to until a moment ago. The two passes of a gateway take up their routes one after the other, the
 * second one first: a request that the first one still sends to a service by its former routes must find that there, or it would be
 * answered with 404 though the routes before and after both answer it.
 */
export class LeftServices {
  readonly #parts: LeftServicesParts;
  /** The last view of each gateway, by its key. */
  readonly #gateways = new Map<string, Gateway>();

  constructor(parts: LeftServicesParts) {
    this.#parts = parts;
  }

  /** What the second pass of a gateway takes beside what its view says, which counts as what its proxies get from now on. */
  of(key: string, view: GatewayView): readonly LeftService[] {
    const before = this.#gateways.get(key);
    const now = this.#parts.now();
    const until = now + this.#parts.keep;
    const called = new Set(calledByGateway(view).map(serviceValue));
    const gone = calledBefore(before?.view).filter((one) => !called.has(serviceValue(one)));
    const left = new Map<string, Left>();
    for (const one of before?.left ?? []) {
      const value = serviceValue(one);
      if (one.until > now && !called.has(value)) left.set(value, one);
    }
    for (const one of gone) left.set(serviceValue(one), { ...one, until });
    this.#gateways.set(key, { view, left: [...left.values()] });
    if (gone.length > 0) this.#parts.later(this.#parts.keep + LATE, () => this.#parts.changed(key));
    return [...left.values()];
  }

  /** A gateway is not served any more. */
  forget(key: string): void {
    this.#gateways.delete(key);
  }
}

function calledBefore(view: GatewayView | undefined): readonly LeftService[] {
  return view === undefined ? [] : calledByGateway(view).map((one) => ({ ...one, view }));
}
