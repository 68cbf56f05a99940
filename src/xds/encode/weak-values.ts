/** How many names one value may have: the newest ones are kept. */
const MOST_NAMES = 4;

/** Values by name for as long as somebody else holds them. */
export class WeakValues<T extends object> {
  readonly #values = new Map<string, WeakRef<T>>();
  readonly #names = new WeakMap<T, string[]>();
  readonly #forgotten = new FinalizationRegistry<string>((name) => {
    if (this.#values.get(name)?.deref() === undefined) this.#values.delete(name);
  });

  get(name: string): T | undefined {
    return this.#values.get(name)?.deref();
  }

  set(name: string, value: T): void {
    const names = this.#names.get(value) ?? [];
    names.push(name);
    const oldest = names.length > MOST_NAMES ? names.shift() : undefined;
    if (oldest !== undefined) this.#values.delete(oldest);
    this.#names.set(value, names);
    this.#values.set(name, new WeakRef(value));
    this.#forgotten.register(value, name);
  }
}
