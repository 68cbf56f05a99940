/** Values by name for as long as somebody else holds them. */
export class WeakValues<T extends object> {
  readonly #values = new Map<string, WeakRef<T>>();
  readonly #forgotten = new FinalizationRegistry<string>((name) => {
    if (this.#values.get(name)?.deref() === undefined) this.#values.delete(name);
  });

  get(name: string): T | undefined {
    return this.#values.get(name)?.deref();
  }

  set(name: string, value: T): void {
    this.#values.set(name, new WeakRef(value));
    this.#forgotten.register(value, name);
  }
}
