/** Longest text that is kept, and how much of all together: some four megabytes at one byte a character. */
const LONGEST = 65_536;
const MOST = 4_194_304;

/**
 * Keeps what a pure function made of the most recent keys, within bounds: the pods of one Deployment need the same texts.
 * That it exists shows in nothing but time.
 */
export class RecentValues<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly size: number }>();
  #size = 0;

  /**
   * What `make` returns for this key, made now or before; before only where `fits`, if it is given, says that it is right for
   * this call as well. `sizeOf` tells the characters of a value.
   */
  get(key: string, make: () => T, sizeOf: (value: T) => number, fits?: (value: T) => boolean): T {
    const known = this.#entries.get(key);
    if (known !== undefined && (fits === undefined || fits(known.value))) {
      // last in the order of the map: the first is the one that was not asked for the longest
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    if (known !== undefined) this.#remove(key, known.size);
    const value = make();
    const size = key.length + sizeOf(value);
    if (size <= LONGEST) this.#add(key, value, size);
    return value;
  }

  #add(key: string, value: T, size: number): void {
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= MOST) return;
      this.#remove(oldest, entry.size);
    }
  }

  #remove(key: string, size: number): void {
    this.#entries.delete(key);
    this.#size -= size;
  }
}
