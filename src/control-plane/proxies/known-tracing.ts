import type { TracingTraits } from "../../model/proxy-traits.ts";

export interface KnownTracingParts {
  /** How many different settings are served at once. */
  readonly most: number;
  /** The settings of all pods that there are; asked only when there are too many. */
  readonly inUse: () => Iterable<TracingTraits>;
}

/**
 * Bounds how many configurations the tracing of pods can make: an installation has one or two settings, while whoever may
 * create pods can write as many as there are pods.
 */
export class KnownTracing {
  readonly #parts: KnownTracingParts;
  readonly #known = new Set<string>();

  constructor(parts: KnownTracingParts) {
    this.#parts = parts;
  }

  /** Whether these settings are served; those that were are, as long as a pod has them. */
  admits(tracing: TracingTraits): boolean {
    const key = keyOf(tracing);
    if (this.#known.has(key)) return true;
    if (this.#known.size >= this.#parts.most) this.#forget();
    if (this.#known.size >= this.#parts.most) return false;
    this.#known.add(key);
    return true;
  }

  #forget(): void {
    // most pods share one object
    const used = new Set([...new Set(this.#parts.inUse())].map(keyOf));
    for (const key of this.#known) if (!used.has(key)) this.#known.delete(key);
  }
}

function keyOf(tracing: TracingTraits): string {
  return JSON.stringify(tracing);
}
