import type { TlsSource } from "../../graph/tls-view.ts";
import type { TlsChange } from "./tls-change.ts";

/**
 * The certificates that callers need for the steps of changes. Each step is looked at four times a second until the proxies of all replicas have
 * it, and to find them took 150 ms each time for a thousand listeners with thirty callers each: so they are kept until some view is another one.
 */
export class NeededCertificates {
  #ofSteps = new WeakMap<TlsChange["waitsFor"], Map<string, readonly TlsSource[]>>();

  /** Those that a caller needs for a step, which is known by what it waits for. */
  of(step: TlsChange["waitsFor"], caller: string, find: () => readonly TlsSource[]): readonly TlsSource[] {
    const known = this.#ofSteps.get(step) ?? new Map<string, readonly TlsSource[]>();
    const found = known.get(caller) ?? find();
    this.#ofSteps.set(step, known.set(caller, found));
    return found;
  }

  /** Some view is another one: what it needs, and how others call it, may be too. */
  forget(): void {
    this.#ofSteps = new WeakMap();
  }
}
