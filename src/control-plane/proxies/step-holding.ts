import { serverTls, sourcesOf } from "../../graph/tls.ts";
import type { TlsSource } from "../../graph/tls-view.ts";
import type { Holding } from "../../xds/serve/streams.ts";
import { type CallingViews, servicesOf } from "./calling-views.ts";
import { NeededCertificates } from "./needed-certificates.ts";
import type { TlsChange, WayOf } from "./tls-change.ts";

/** Who of the proxies of a view has acknowledged what it is to have, and these certificates. */
export type Acknowledged = (view: string, sources: readonly TlsSource[]) => Holding;

interface StepHoldingParts {
  readonly views: Pick<CallingViews, "called">;
  readonly wayOf: WayOf;
}

/** Who of this replica's proxies has acknowledged the step of a change that is in effect. */
export class StepHolding {
  readonly #parts: StepHoldingParts;
  readonly #needed = new NeededCertificates();

  constructor(parts: StepHoldingParts) {
    this.#parts = parts;
  }

  of(change: TlsChange, acknowledged: Acknowledged): Holding {
    let isHeld = false;
    for (const [key, sources] of this.#waitedFor(change)) {
      const answer = acknowledged(key, sources);
      if (answer === "some") return "some";
      isHeld ||= answer === "all";
    }
    return isHeld ? "all" : "nobody";
  }

  /** Some view is another one. */
  forget(): void {
    this.#needed.forget();
  }

  /** The views that a step waits for, with the certificates that they need for it. */
  *#waitedFor(change: TlsChange): Generator<readonly [view: string, sources: readonly TlsSource[]]> {
    const { callers, servers } = change.waitsFor;
    if (servers) {
      const ways = [change.step.server, ...change.former.values()];
      const all = ways.flatMap(({ tls, namedTls }) => [tls, ...namedTls.map((named) => named.tls)]);
      yield [change.node, all.map(serverTls).flatMap(sourcesOf)];
    }
    for (const key of callers) {
      yield [key, this.#needed.of(change.waitsFor, key, () => this.#sourcesOf(change, key))];
    }
  }

  /** The certificates that a caller needs for what is in effect. */
  #sourcesOf(change: TlsChange, key: string): readonly TlsSource[] {
    const called = this.#parts.views.called(key, change.node, change.port);
    const ways = called && servicesOf(called).map((service) => this.#parts.wayOf(change, key, service, called));
    return (ways ?? []).flatMap(sourcesOf);
  }
}
